"""Noise of a given spectrum, drawn with correlated channels."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning
from artifix.refinement.windows import frequencies


def noise_kernels(missing: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, 3, side, side): white noise of channel j, filtered, is what channel i gets of it.

    Args:
        missing: (rings, 3, 3) spectrum; what of it is negative is left alone.
    """
    values, vectors = np.linalg.eigh(missing)
    root = (vectors * np.sqrt(np.maximum(values, 0))[:, None]) @ vectors.swapaxes(1, 2)
    rings = tuning.REFINEMENT.grain_rings
    centres = np.add(rings[:-1], rings[1:]) / 2
    radius, _ = frequencies()
    gains = np.empty((3, 3, *radius.shape))
    for i in range(3):
        for j in range(3):
            gains[i, j] = np.interp(radius, centres, root[:, i, j])
    gains *= _low_frequency_gain(radius, root, centres)
    return np.fft.fftshift(np.fft.ifft2(gains).real, (2, 3)).astype(np.float32)


def _low_frequency_gain(
    radius: NDArray[np.float64], root: NDArray[np.float64], centres: NDArray[np.float64]
) -> NDArray:
    """(side, side) factor below the first ring, where texture hides the noise: a Gaussian goes on."""
    first, second = (max(float(np.trace(part)), 1e-3) for part in root[:2])
    slope = max(np.log(first / second), 0) / (centres[1] ** 2 - centres[0] ** 2)
    return np.exp(slope * np.maximum(centres[0] ** 2 - radius**2, 0))


def draw_noise(
    kernels: NDArray[np.float32], size: tuple[int, int], random: np.random.Generator
) -> NDArray[np.float32]:
    """(height, width, 3) noise in grey levels."""
    margin = kernels.shape[-1] // 2
    height, width = size[0] + 2 * margin, size[1] + 2 * margin
    white = [random.standard_normal((height, width), np.float32) for _ in range(3)]
    channels = [sum(cv2.filter2D(white[j], -1, kernels[i, j]) for j in range(3)) for i in range(3)]
    return np.stack(channels, -1)[margin:-margin, margin:-margin].astype(np.float32)
