"""Lightness and colour that differ after the reference took up the image's light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.detection.laying import Laid
from artifix.detection.plane import Plane, in_cells, shifted, shifts, soft

_REACH = 20  # cells: deviation of the window that light is smooth over


def light_planes(laid: Laid, size: tuple[int, int], weight: Plane) -> dict[str, Plane]:
    """Distances `light` and `colour`, at the best slight shift, cut at 3.

    Args:
        laid: both pictures.
        size: of the planes (rows, columns).
        weight: (rows, columns) in [0, 1], how far a cell may tell of the light.
    """
    lab, other = (_lab(picture, size) for picture in (laid.image, laid.reference))
    other = other + _around(lab - other, weight)
    # What the offset leaves is scaled as the image's own colours spread.
    mean = _around(other, weight)
    own = np.sqrt(_around((lab - _around(lab, weight)) ** 2, weight)) + 1
    theirs = np.sqrt(_around((other - mean) ** 2, weight)) + 1
    other = mean + (other - mean) * np.clip(own / theirs, 0.4, 2.5)
    light = np.full(size, np.inf, np.float32)
    colour = light.copy()
    for down, right in shifts(1):
        off = lab - shifted(other, down, right)
        light = np.minimum(light, np.abs(off[..., 0]))
        colour = np.minimum(colour, np.hypot(off[..., 1], off[..., 2]))
    return {"light": np.minimum(light / 20, 3), "colour": np.minimum(colour / 15, 3)}


def _lab(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """(rows, columns, 3) softened CIE Lab."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.dstack([in_cells(soft(np.ascontiguousarray(lab[..., k]), 3), size) for k in range(3)])


def _around(planes: NDArray[np.float32], weight: Plane) -> NDArray[np.float32]:
    """The weighted mean over what lies around each cell, of (rows, columns, 3)."""
    total = soft(planes * weight[..., None], _REACH)
    return np.asarray(total / (soft(weight, _REACH) + 1e-4)[..., None], np.float32)
