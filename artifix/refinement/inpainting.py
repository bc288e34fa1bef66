"""Inpainting without a reference: parts of a mask too small to be found are filled from around."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from artifix.refinement import tuning


def inpainted_note(filled: NDArray[np.bool_] | None) -> str:
    """What to say of pixels that are not repaired after the reference; empty if there are none."""
    if filled is None:
        return ""
    where = "in the reference: filled from around"
    return f"{int(filled.sum())} px of the mask are in parts too small or thin to be found {where}"


def inpaint(pixels: NDArray, hole: NDArray[np.bool_] | None) -> NDArray:
    """The picture with a hole painted over from what surrounds it (Telea 2004).

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        hole: (H, W); None leaves the picture as it is.
    """
    if hole is None:
        return pixels
    radius_px = tuning.REFINEMENT.inpaint_radius_px
    filled, pad = pixels.copy(), tuning.REFINEMENT.inpaint_surround * radius_px
    near = np.ones((2 * pad + 1,) * 2, np.uint8)
    _, labels = cv2.connectedComponents(cv2.dilate(hole.astype(np.uint8), near))  # with what surrounds it
    for k, place in enumerate(ndimage.find_objects(labels), 1):
        part, open_ = filled[place], (hole[place] & (labels[place] == k)).astype(np.uint8)
        planes = [
            cv2.inpaint(np.ascontiguousarray(part[..., i]), open_, radius_px, cv2.INPAINT_TELEA)
            for i in range(3)
        ]
        filled[place] = np.where(open_[..., None] > 0, np.dstack(planes), part)
    return filled
