"""Warp the reference into the frame of the image by the transform of stage 1, without what is transparent."""

from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box
from artifix.inputs.images import Picture
from artifix.refinement import tuning
from artifix.refinement.stage import Warp


class Warper(Protocol):
    """What warps pictures of the reference's size into the image: a transform of stage 1."""

    def warp_reference(
        self, reference: NDArray, box: Box, size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """A picture in the frame of a box of the image, and (h, w) where it shows."""


def warp_of(transform: Warper, reference: Picture) -> Warp:
    """The reference in the frame of any box of the image; it shows where it is not transparent."""
    return partial(_warped, transform, reference)


def _warped(
    transform: Warper, reference: Picture, box: Box, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    pixels, valid = transform.warp_reference(reference.rgb, box, size)
    if reference.alpha is None:
        return pixels, valid
    alpha, _ = transform.warp_reference(reference.alpha, box, size)
    # Less opaque pixels are mixed with what is not shown.
    opaque = tuning.REFINEMENT.opaque_share * float(reference.alpha.max())
    return pixels, valid & (alpha >= max(opaque, 1.0))
