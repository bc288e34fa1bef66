"""The rings around the mask, on which the reference is compared with the image."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning


def rings_around(
    mask: NDArray[np.bool_], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where colours are fitted, and where what they leave is taken up: (h, w) each, True there.

    Args:
        mask: (h, w), True on the artifact.
        valid: (h, w), True where the reference shows something.
    """
    tuned = tuning.REFINEMENT
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    around = (distance > tuned.light_bleed_px) & valid
    return around & (distance <= tuned.light_fit_reach_px), around & (distance <= tuned.light_field_reach_px)


def is_too_small(ring: NDArray[np.bool_]) -> bool:
    """Whether a ring holds too few pixels for a fit."""
    return int(ring.sum()) < tuning.REFINEMENT.least_ring_pixels
