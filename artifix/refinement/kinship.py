"""Where two pictures that lie exactly in place show the same thing: their strokes vary together there.

A mask near the object's outline has a ring of two things, and behind the object the reference shows another
ground: a fit of colours to both paints the print in those of the ground.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW_PX = 3.0  # deviation of the Gaussian that pictures are correlated under
NOISE = 16.0  # variance of grey levels that says nothing
REACH_PX = 8.0  # deviation of the Gaussian that carries what texture tells to plain places beside it
UNKNOWN, MASS = 0.6, 0.1  # kinship where no texture tells, and the share of texture that tells as much
LEAST = 0.02


def kinship(
    one: NDArray[np.float32], other: NDArray[np.float32], within: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """How far both pictures show the same.

    Args:
        one: (h, w, 3) in [0, 255].
        other: as `one`.
        within: (h, w), where both show anything at all.

    Returns:
        (h, w) float32 in (0, 1]: the squared correlation of the grey levels, least where they vary apart,
        averaged over what is textured nearby.
    """
    first, second = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (one, other))
    means = [_blurred(grey) for grey in (first, second)]
    variances = [
        np.maximum(_blurred(grey * grey) - mean * mean, 0)
        for grey, mean in zip((first, second), means, strict=True)
    ]
    shared = _blurred(first * second) - means[0] * means[1]
    alike = np.clip(shared / np.sqrt((variances[0] + NOISE) * (variances[1] + NOISE)), 0, 1) ** 2
    texture = (1 - np.exp(-np.maximum(*variances) / (4 * NOISE))) * within
    told, mass = (_blurred(part, REACH_PX) for part in (alike * texture, texture))
    return np.asarray(np.maximum((told + MASS * UNKNOWN) / (mass + MASS), LEAST), np.float32)


def _blurred(plane: NDArray, deviation_px: float = WINDOW_PX) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), deviation_px), np.float32)
