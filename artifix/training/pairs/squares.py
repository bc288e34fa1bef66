"""Squares cut out of photos, and the geometry of two photos carried over to their squares."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, resize, square_around, transform_points
from artifix.training.pairs.folders import read_photo
from artifix.training.pairs.real_pairs import MOST_PHOTO_PX, RealPair

MARGIN = 1.3  # side of the square cut out of a photo, over that of the matched part
LEAST_SQUARE_PX = 96
LEAST_SHARE = 0.02  # of either square that the matched part must fill


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
    """Matrix and outline between the squares; None where too little of what matches is left in either."""
    first, second = crops[pair.first], crops[pair.second]
    matrix = second.matrix() @ pair.geometry.matrix @ np.linalg.inv(first.matrix())
    hull = transform_points(first.matrix(), pair.geometry.hull)
    inside = _clipped(hull, first.size[0])
    if len(inside) < 3:
        return None
    seen = _clipped(transform_points(matrix, inside), second.size[0])
    if len(seen) < 3:
        return None
    for outline, crop in ((inside, first), (seen, second)):
        if cv2.contourArea(outline.astype(np.float32)) < LEAST_SHARE * crop.size[0] * crop.size[1]:
            return None
    return matrix / matrix[2, 2], inside


def _clipped(hull: NDArray[np.float64], side_px: int) -> NDArray[np.float64]:
    """The part of a convex outline inside a square picture."""
    last = side_px - 1.0
    square = np.array([[0, 0], [last, 0], [last, last], [0, last]], np.float32)
    outline = cv2.convexHull(hull.astype(np.float32))
    _, inside = cv2.intersectConvexConvex(outline, square)
    return np.empty((0, 2)) if inside is None else inside.reshape(-1, 2).astype(np.float64)


def middle_of(path: Path, side_px: int) -> NDArray[np.uint8]:
    """The largest square out of the middle of a picture, shrunk."""
    photo = read_photo(path, 2 * side_px)
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(photo[top : top + side, left : left + side], (side_px, side_px))
