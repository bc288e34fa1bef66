"""Postprocessing of a patch before it is pasted: it takes up the image's grain, and its lack of colour."""

from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box
from artifix.inputs.images import bands
from artifix.refinement import tuning
from artifix.refinement.grain import ShownReference, add_grain, band_around
from artifix.refinement.stage import AlignedReference, Patch


@dataclass(frozen=True, slots=True, eq=False)
class Postprocessing:
    """The last touches to the patches of one image."""

    image: NDArray[np.uint8]  # (H, W, 3)
    marked: NDArray[np.bool_]  # (H, W), True where anything is repainted
    spoiled: NDArray[np.bool_]  # (H, W), True where the artifact may show; what lies around is measured
    has_grain: bool  # patches take up the image's grain
    seed: int

    def apply(self, patch: Patch, aligned: AlignedReference | None, index: int) -> tuple[Patch, float]:
        """The patch of group `index` as it is to be pasted, and the deviation of the noise added [levels].

        Args:
            patch: as drawn.
            aligned: the reference that it shows; None where it shows none.
            index: of the mask group; each draws its own noise.
        """
        is_grey = self.is_grey
        pixels, sigma = to_grey(patch.pixels) if is_grey else patch.pixels, 0.0
        if self.has_grain:
            around = band_around(patch.box, *self.marked.shape)
            shows = None if aligned is None else partial(_shown, aligned, around)
            random = np.random.default_rng((self.seed, index))
            pixels, sigma = add_grain(pixels, patch.box, self.image, self.spoiled, random, shows)
            # Sums of equal channels differ in their last bits.
            pixels = to_grey(pixels) if is_grey else pixels
        return replace(patch, pixels=pixels), sigma

    @property
    def is_grey(self) -> bool:
        """Whether the image has no colour anywhere outside the mask."""
        for rows in bands(len(self.image)):  # most images in colour show it in the first
            first, *others = cv2.split(self.image[rows])
            unlike = [cv2.absdiff(first, other) > tuning.REFINEMENT.grey_rounding for other in others]
            if np.any((unlike[0] | unlike[1]) & ~self.marked[rows]):
                return False
        return True


def _shown(aligned: AlignedReference, around: Box) -> ShownReference:
    return ShownReference(around, *aligned.warp(around, (around.height, around.width)), aligned.is_exact)


def to_grey(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 3) with the luma (Rec. 601) of `pixels` in every channel; equal channels stay as they are."""
    red, green, blue = np.moveaxis(pixels, -1, 0)
    luma = green + np.float32(0.299) * (red - green) + np.float32(0.114) * (blue - green)
    return np.repeat(luma[..., None], 3, axis=2)
