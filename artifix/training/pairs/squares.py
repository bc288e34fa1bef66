"""Squares cut out of photos, and the geometry of two photos carried over to their squares."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, resize, square_around, transform_points
from artifix.training.pairs.folders import read_photo
from artifix.training.pairs.real_pairs import MOST_PHOTO_PX, RealPair

MARGIN = 1.6  # side of the square cut out of a photo, over that of the matched part
LEAST_SQUARE_PX = 96
LEAST_SHARE = 0.02  # of either square that the matched part must fill
LEAST_POINTS = 6  # matches that both squares show


def squares_of(pairs: Sequence[RealPair], side_px: int) -> dict[Path, Crop]:
    """For each photo the square around what the others match of it, as a crop to (side_px, side_px)."""
    points: dict[Path, list[NDArray[np.float64]]] = {}
    for pair in pairs:
        hull = pair.geometry.hull
        points.setdefault(pair.first, []).append(hull)
        points.setdefault(pair.second, []).append(transform_points(pair.geometry.matrix, hull))
    crops = {}
    for path, outlines in points.items():
        height, width = read_photo(path, MOST_PHOTO_PX).shape[:2]
        low, high = np.quantile(np.concatenate(outlines), (0.05, 0.95), axis=0)
        low, high = np.floor(low).astype(int), np.ceil(high).astype(int) + 1
        box = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        longer = max(box.width, box.height, 1)
        scale = min(MARGIN, min(height, width) / longer)  # a square inside the photo
        crops[path] = Crop(
            square_around(box, scale, min(LEAST_SQUARE_PX, height, width), height, width), (side_px, side_px)
        )
    return crops


def between_squares(
    pair: RealPair, crops: Mapping[Path, Crop]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Matrix between the squares and matches in the first; None where either shows too few of them."""
    first, second = crops[pair.first], crops[pair.second]
    matrix = second.matrix() @ pair.geometry.matrix @ np.linalg.inv(first.matrix())
    points = transform_points(first.matrix(), pair.geometry.points)
    seen = transform_points(matrix, points)
    shown = _inside(points, first) & _inside(seen, second)
    if shown.sum() < LEAST_POINTS:
        return None
    for found, crop in ((points[shown], first), (seen[shown], second)):
        outline = cv2.convexHull(found.astype(np.float32))
        if cv2.contourArea(outline) < LEAST_SHARE * crop.size[0] * crop.size[1]:
            return None
    return matrix / matrix[2, 2], points[shown]


def _inside(points: NDArray[np.float64], crop: Crop) -> NDArray[np.bool_]:
    low, high = points.min(1), (points - np.array(crop.size[::-1])).max(1)
    return (low > -0.5) & (high < -0.5)


def middle_of(path: Path, side_px: int) -> NDArray[np.uint8]:
    """The largest square out of the middle of a picture, shrunk."""
    photo = read_photo(path, 2 * side_px)
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(photo[top : top + side, left : left + side], (side_px, side_px))
