"""Irregular masks, where they may lie, and the artifact they hide."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from stress_set.views import Points

FINENESS = 16  # polygons are filled to a sixteenth of a pixel
MARGIN = 1.5  # a mask reaches no farther, in radii of the disc with its area


@dataclass(frozen=True, slots=True)
class Texture:
    """How much there is to see where a mask lies."""

    least: float  # deviation of the grey levels
    most: float
    reach: float  # of the square that is looked at, in radii of the mask to each side


BUSY = Texture(20.0, 255.0, 1.2)
POOR = Texture(2.5, 9.0, 3.5)


def irregular_mask(
    random: Generator, size: tuple[int, int], centre: tuple[float, float], area_px: float
) -> NDArray[np.bool_]:
    """A closed shape of about `area_px`, as artifacts are circled by hand; (H, W) of `size`."""
    angle = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    reach = np.ones_like(angle)
    for waves in range(2, 7):
        reach += random.normal(0, 0.22 / waves) * np.cos(waves * angle + random.uniform(0, 2 * math.pi))
    reach = np.clip(reach, 0.55, 1.35)
    reach *= math.sqrt(area_px / (0.5 * (2 * math.pi / 72) * (reach**2).sum()))
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * reach[:, None] + centre
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(points * FINENESS).astype(np.int32)], 1, shift=FINENESS.bit_length() - 1)
    return mask > 0


def texture(picture: NDArray[np.uint8], reach_px: float) -> NDArray[np.float32]:
    """Deviation of the grey levels within `reach_px` of each pixel of (H, W, 3), (H, W)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    window = (2 * round(reach_px) + 1,) * 2
    mean, square = cv2.blur(grey, window), cv2.blur(grey * grey, window)
    return np.sqrt(np.maximum(square - mean * mean, 0))


def choose_place(
    random: Generator,
    picture: NDArray[np.uint8],
    cover: NDArray[np.float32],
    radius_px: float,
    wanted: Texture,
) -> tuple[float, float] | None:
    """A point (x, y) with room for a mask on what `cover` shows; None where there is none.

    Args:
        random: draws among all that fit.
        picture: (H, W, 3).
        cover: (H, W) in [0, 1].
        radius_px: of the disc with the mask's area.
        wanted: there.
    """
    whole = np.pad((cover > 0.99).astype(np.uint8), 1)
    room = cv2.distanceTransform(whole, cv2.DIST_L2, 5)[1:-1, 1:-1] > MARGIN * radius_px + 2
    spread = texture(picture, wanted.reach * radius_px)
    found = pixels_of(room & (spread >= wanted.least) & (spread <= wanted.most))
    if not len(found):
        return None
    x, y = found[random.integers(len(found))]
    return float(x), float(y)


def pixels_of(mask: NDArray[np.bool_]) -> Points:
    """The True pixels as points (x, y)."""
    return np.argwhere(mask)[:, ::-1].astype(np.float64)


def destroy(random: Generator, picture: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture with its masked part twisted, smeared and tinted, as a generator garbles print."""
    points = pixels_of(mask)
    centre, half = points.mean(0), np.ptp(points, axis=0).max() / 2 + 1
    height, width = mask.shape
    offset = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1) - centre
    away = np.clip(1 - np.hypot(*np.moveaxis(offset, -1, 0)) / (1.5 * half), 0, None)
    angle = random.choice([-1, 1]) * random.uniform(1.5, 3.0) * away
    cosine, sine = np.cos(angle), np.sin(angle)
    source_x = centre[0] + cosine * offset[..., 0] - sine * offset[..., 1]
    source_y = centre[1] + sine * offset[..., 0] + cosine * offset[..., 1]
    maps = source_x.astype(np.float32), source_y.astype(np.float32)
    twisted = cv2.remap(picture, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    smeared = cv2.GaussianBlur(twisted, (0, 0), max(1.0, half / 12)).astype(np.float32)
    tinted = smeared * random.uniform(0.8, 1.2, 3) + random.uniform(-15, 15, 3)
    return np.where(mask[..., None], tinted.round().clip(0, 255).astype(np.uint8), picture)
