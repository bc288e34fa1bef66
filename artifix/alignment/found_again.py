"""Whether a good repair is found again where it was taken from."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.alignment import Alignment
from artifix.alignment.calibration import Calibration
from artifix.alignment.stage import align
from artifix.config import RefineConfig
from artifix.network.assembly import Network
from artifix.scene import Scene


def found_again(
    network: Network,
    repaired: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    alignment: Alignment,
    config: RefineConfig,
) -> float:
    """Share of the attention that a repaired part pays to the region it was repaired after, in [0, 1].

    Args:
        network: whose attention is read.
        repaired: (H, W, 3) the image with that part repaired.
        reference: (H_ref, W_ref, 3).
        alignment: of the part.
        config: the settings.
    """
    blind = replace(config.alignment, transform=False, zoom=False)
    scene = Scene(repaired, alignment.mask, reference)
    seen = Calibration(alignment.layer, alignment.timestep)
    found = align(network, scene, blind, seen, config.seed).correspondence
    return float(found[alignment.region].sum() / max(float(found.sum()), 1e-12))
