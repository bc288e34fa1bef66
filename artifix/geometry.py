"""Boxes and crops: cut out of an image and put back exactly."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.box import Box

__all__ = [
    "LEAST_CROP_PX",
    "Box",
    "Crop",
    "box_of",
    "centre_hits",
    "crop_around",
    "resize",
    "square_around",
    "squared",
    "transform_points",
]

LEAST_CROP_PX = 32  # smaller crops hold too little to recognise, and too little context


def box_of(mask: NDArray[np.bool_]) -> Box:
    """The smallest box around the True pixels of (H, W) `mask`; an empty box if there are none."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if rows.size == 0:
        return Box(0, 0, 0, 0)
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def some_points(mask: NDArray[np.bool_], most: int) -> NDArray[np.float64]:
    """(N, 2) points (x, y) of True pixels of (H, W) `mask`, row by row; evenly fewer where they are many.

    Args:
        mask: at least one pixel is True.
        most: of them at least, and less than twice as many, if there are more.
    """
    box = box_of(mask)
    rows, columns = np.nonzero(mask[box.slices()])
    points = np.column_stack([columns, rows])[:: max(1, len(rows) // most)]
    return points.astype(np.float64) + np.array([box.left, box.top])


def centre_hits(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> bool:
    """Whether the centroid of the region found lies in the box around the true one, both (H, W)."""
    rows, columns = np.nonzero(found)
    if not rows.size:
        return False
    box, x, y = box_of(true), int(columns.mean()), int(rows.mean())
    return box.left <= x < box.right and box.top <= y < box.bottom


def square_around(box: Box, scale: float, least_px: int, height: int, width: int) -> Box:
    """The square `scale` times as wide as `box`'s longer side, pushed inside an image of (height, width).

    Args:
        box: in pixels of the image.
        scale: side of the square over the longer side of the box.
        least_px: the square is at least so wide, in pixels of the image.
        height: of the image [px].
        width: of the image [px].

    Returns:
        The square, moved to lie inside the image; where the image is smaller than the square, the box is cut
        to the image and is no longer square.
    """
    side = max(round(max(box.width, box.height) * scale), least_px)
    x, y = box.centre
    left = _push_inside(round(x - side / 2), side, width)
    top = _push_inside(round(y - side / 2), side, height)
    return Box(left, top, left + side, top + side).clip(height, width)


def crop_around(mask: NDArray[np.bool_], scale: float) -> Box:
    """The crop that shows the True pixels of (H, W) `mask` with their surroundings; see `square_around`."""
    return square_around(box_of(mask), scale, LEAST_CROP_PX, *mask.shape)


def squared(box: Box) -> Box:
    """The square of `box`'s longer side around its centre; it may reach beyond the image."""
    side = max(box.width, box.height)
    left, top = box.left - (side - box.width) // 2, box.top - (side - box.height) // 2
    return Box(left, top, left + side, top + side)


def _push_inside(start: int, length: int, limit: int) -> int:
    return max(0, min(start, limit - length))


@dataclass(frozen=True, slots=True)
class Crop:
    """A box of an image, resized to a working size and back."""

    box: Box  # in pixels of the image
    size: tuple[int, int]  # (height, width) of the working picture [px]

    def cut(self, image: NDArray, nearest: bool = False) -> NDArray:
        """The box of (H, W, ...) `image`, resized to `size`; bool arrays stay bool.

        Where the box reaches beyond the image, its edge is repeated.
        """
        height, width = image.shape[:2]
        inside = self.box.clip(height, width)
        part = image[inside.slices()]
        if inside != self.box:
            before = inside.top - self.box.top, inside.left - self.box.left
            after = self.box.bottom - inside.bottom, self.box.right - inside.right
            widths = [*zip(before, after, strict=True), *[(0, 0)] * (image.ndim - 2)]
            part = np.pad(part, widths, mode="edge")
        return resize(part, self.size, nearest)

    def share(self, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """How much of each pixel of the working picture lies in (H, W) `mask`, in [0, 1]."""
        box, inside = self.box, self.box.clip(*mask.shape)
        left, top = box.left - inside.left, box.top - inside.top
        local = Crop(Box(left, top, left + box.width, top + box.height), self.size)
        return local.cut(mask[inside.slices()].astype(np.float32))  # no more than the part becomes floats

    def matrix(self) -> NDArray[np.float64]:
        """3x3 affine map from image points (x, y, 1) to working points, pixel centres at integers."""
        scale_x, scale_y = self.size[1] / self.box.width, self.size[0] / self.box.height
        return np.array(
            [
                [scale_x, 0, (0.5 - self.box.left) * scale_x - 0.5],
                [0, scale_y, (0.5 - self.box.top) * scale_y - 0.5],
                [0, 0, 1.0],
            ]
        )


def resize(image: NDArray, size: tuple[int, int], nearest: bool = False) -> NDArray:
    """(H, W, ...) `image` at `size` (height, width): area-averaged when shrinking, cubic when growing."""
    if image.shape[:2] == tuple(size):
        return image.copy()
    if image.dtype == bool:
        return resize(image.astype(np.uint8), size, nearest=True) > 0
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    method = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(image, (size[1], size[0]), interpolation=method)


def transform_points(matrix: NDArray, points: NDArray) -> NDArray[np.float64]:
    """Apply the 3x3 homography `matrix` to (N, 2) points (x, y)."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ np.asarray(matrix, np.float64).T
    return homogeneous[:, :2] / homogeneous[:, 2:]
