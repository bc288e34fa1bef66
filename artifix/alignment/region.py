"""From the correspondence map to the region: noise filter, clusters, the largest blob, as in the paper."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

NOISE_SHARE = 0.4  # of the peak: what is lower is noise
EDGE_SHARE = 0.25  # of the map's mass: a blob at the border with less is an attention sink, not a match


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """A connected part of the correspondence map."""

    region: NDArray[np.bool_]  # (H_ref, W_ref)
    mass: float  # share of the map's mass in it, in [0, 1]


def blobs(correspondence: NDArray[np.float32], noise_share: float = NOISE_SHARE) -> list[Blob]:
    """Clusters of the map after the noise filter, the one with the most mass first.

    Raw maps have noise at corners and borders, as ViT feature maps do (Darcet et al. 2024): a blob that
    touches the border and holds little mass is dropped if another remains.

    Args:
        correspondence: (H_ref, W_ref), at least 0.
        noise_share: of the peak; lower values belong to no blob.
    """
    labels, count = ndimage.label(correspondence >= noise_share * correspondence.max())
    index = np.arange(1, count + 1)
    mass = np.atleast_1d(ndimage.sum(correspondence, labels, index)) / max(float(correspondence.sum()), 1e-12)
    found = [Blob(labels == k, min(float(share), 1.0)) for k, share in zip(index, mass, strict=True)]
    inner = [blob for blob in found if blob.mass >= EDGE_SHARE or not _touches_border(blob.region)]
    return sorted(inner or found, key=lambda blob: -blob.mass)


def _touches_border(region: NDArray[np.bool_]) -> bool:
    return bool(region[0].any() or region[-1].any() or region[:, 0].any() or region[:, -1].any())
