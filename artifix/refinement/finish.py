"""What a patch takes over from the image it is pasted into: its grain."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.refinement.grain import Shown, with_grain
from artifix.refinement.stage import AlignedReference, Patch


@dataclass(frozen=True, slots=True, eq=False)
class Finish:
    """The last touches to the patches of one image."""

    image: NDArray[np.uint8]  # (H, W, 3)
    marked: NDArray[np.bool_]  # (H, W), True where anything is repainted
    has_grain: bool  # patches take up the image's grain
    seed: int

    def apply(
        self, patch: Patch, aligned: AlignedReference | None, index: int
    ) -> tuple[Patch, dict[str, Any]]:
        """The patch of group `index` as it is to be pasted, and what the record says of it.

        Args:
            patch: as drawn.
            aligned: the reference that it shows; None where it shows none.
            index: of the mask group; each draws its own noise.
        """
        pixels, sigma = patch.pixels, 0.0
        if self.has_grain:
            shown = None
            if aligned is not None:
                where = aligned.warp(patch.box, (patch.box.height, patch.box.width))[1]
                shown = Shown(where, aligned.is_exact)
            random = np.random.default_rng((self.seed, index))
            pixels, sigma = with_grain(pixels, patch.box, self.image, self.marked, random, shown)
        return replace(patch, pixels=pixels), {"grain": round(sigma, 2)}
