"""Polish a transform to sub-pixel on the context ring."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.alignment.ring import Ring
from artifix.geometry import transform_points

ITERATIONS, EPSILON = 30, 1e-4
FARTHEST = 0.12  # a corner may move by this share of the ring's longer side; further is divergence
MOTION = {"similarity": cv2.MOTION_AFFINE, "affine": cv2.MOTION_AFFINE, "homography": cv2.MOTION_HOMOGRAPHY}


def polish(
    ring: Ring, warped: NDArray[np.float32], matrix: NDArray[np.float64], model: str, blur_px: int = 5
) -> NDArray[np.float64] | None:
    """Maximise the enhanced correlation coefficient on the ring (Evangelidis & Psarakis 2008).

    Args:
        ring: of the image.
        warped: (h, w, 3) float32 RGB, the reference warped by `matrix` into the ring's frame.
        matrix: (3, 3) image to reference.
        model: of `matrix`: "similarity", "affine" or "homography".
        blur_px: size of the Gaussian filter, odd; wider catches larger errors.

    Returns:
        The better (3, 3) matrix, or None where the search diverged.
    """
    motion = MOTION[model]
    start = np.eye(3 if motion == cv2.MOTION_HOMOGRAPHY else 2, 3, dtype=np.float32)
    template, picture = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (warped, ring.picture))
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ITERATIONS, EPSILON)
    where = ((ring.weight > 0) * 255).astype(np.uint8)
    try:
        _, found = cv2.findTransformECC(template, picture, start, motion, criteria, where, blur_px)
    except cv2.error:  # no convergence, or no structure under the mask
        return None
    step = np.eye(3)  # from the frame of the warped reference to the frame of the ring
    step[: len(found)] = found
    if not np.isfinite(step).all() or abs(np.linalg.det(step)) < 1e-6 or _moved(step, ring.crop.size) > FARTHEST:
        return None
    to_ring = ring.crop.matrix()
    better = matrix @ np.linalg.inv(to_ring) @ np.linalg.inv(step) @ to_ring
    return better / better[2, 2]


def _moved(step: NDArray[np.float64], size: tuple[int, int]) -> float:
    """Farthest move of a corner of a picture of `size`, over its longer side."""
    height, width = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    return float(np.linalg.norm(transform_points(step, corners) - corners, axis=1).max() / max(size))
