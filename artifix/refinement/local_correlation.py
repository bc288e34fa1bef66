"""Local correlation: where two pictures that lie exactly in place show the same, their strokes vary together.

A mask near the object's outline has a ring of two things, and behind the object the reference shows another
ground: a fit of colours to both paints the print in those of the ground.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning


def local_correlation(
    one: NDArray[np.float32], other: NDArray[np.float32], within: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """How far both pictures show the same around each pixel.

    Args:
        one: (h, w, 3) in [0, 255].
        other: as `one`.
        within: (h, w), where both show anything at all.

    Returns:
        (h, w) float32 in (0, 1]: the squared correlation of the grey levels, least where they vary apart,
        averaged over what is textured nearby.
    """
    tuned = tuning.REFINEMENT
    window_px, noise = tuned.correlation_window_px, tuned.noise_deviation**2
    first, second = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (one, other))
    means = [_blurred(grey, window_px) for grey in (first, second)]
    variances = [
        np.maximum(_blurred(grey * grey, window_px) - mean * mean, 0)
        for grey, mean in zip((first, second), means, strict=True)
    ]
    shared = _blurred(first * second, window_px) - means[0] * means[1]
    alike = np.clip(shared / np.sqrt((variances[0] + noise) * (variances[1] + noise)), 0, 1) ** 2
    texture = (1 - np.exp(-np.maximum(*variances) / (tuned.correlation_texture * noise))) * within
    told, mass = (_blurred(part, tuned.correlation_reach_px) for part in (alike * texture, texture))
    prior = tuned.correlation_mass
    mean = (told + prior * tuned.correlation_unknown) / (mass + prior)
    return np.asarray(np.maximum(mean, tuned.correlation_least), np.float32)


def _blurred(plane: NDArray, deviation_px: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), deviation_px), np.float32)
