"""From linear radiance to the 8-bit picture of a camera."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .studio import View

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def exposure(light: NDArray, view: View) -> float:
    """The gain that brings the mean luminance, highlights clipped, to the view's key."""
    luminance = light @ LUMINANCE
    ceiling = np.quantile(luminance, 0.97)
    return float(view.key / np.minimum(luminance, ceiling).mean())


def develop(light: NDArray, view: View, gain: float) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB of linear `light`: white balance, glare, vignette, tone curve, sensor noise."""
    balance = np.array([1 + view.warmth, 1, 1 - view.warmth])
    linear = light * gain * balance
    glare = cv2.GaussianBlur(np.minimum(linear, 4.0), (0, 0), light.shape[0] / 50)
    linear = 0.98 * linear + 0.02 * glare
    toned = _tone(linear * _vignette(light.shape[0], light.shape[1]))
    encoded = np.where(toned < 0.0031308, 12.92 * toned, 1.055 * np.maximum(toned, 1e-6) ** (1 / 2.4) - 0.055)
    encoded = encoded + _grain(encoded, view)
    return (np.clip(encoded, 0, 1) * 255).round().astype(np.uint8)


def _tone(linear: NDArray) -> NDArray:
    """Straight up to 0.55, then a shoulder towards 1, so that highlights roll off."""
    knee = 0.55
    over = np.maximum(linear - knee, 0) / (1 - knee)
    return np.where(linear < knee, linear, knee + (1 - knee) * (1 - np.exp(-over)))


def _vignette(height: int, width: int) -> NDArray:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (1 - 0.10 * (x**2 + y**2))[..., None]


def _grain(encoded: NDArray, view: View) -> NDArray:
    """Sensor noise, a little wider than a pixel, mostly shared by the channels, weaker in the highlights."""
    rng = np.random.default_rng(view.seed)
    shared = rng.standard_normal(encoded.shape[:2])[..., None]
    own = rng.standard_normal(encoded.shape)
    raw = cv2.GaussianBlur((0.8 * shared + 0.6 * own).astype(np.float32), (0, 0), 0.45)
    return raw / raw.std() * view.noise / 255 * (1.15 - 0.6 * np.clip(encoded, 0, 1))
