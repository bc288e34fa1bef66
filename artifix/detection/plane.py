"""Planes over the frame, in cells of a few pixels, and what is done with all of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]  # (h, w)
STRIDE = 4  # px of the frame per cell


def cells_of(size: tuple[int, int]) -> tuple[int, int]:
    """(rows, columns) of cells of a frame of (height, width) [px]."""
    return max(1, round(size[0] / STRIDE)), max(1, round(size[1] / STRIDE))


def in_cells(plane: NDArray, size: tuple[int, int]) -> Plane:
    """The mean over each cell."""
    return np.asarray(
        cv2.resize(plane.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA), np.float32
    )


def soft(plane: NDArray, sigma: float) -> Plane:
    """Blurred by a Gaussian of this deviation."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def grey_of(picture: NDArray[np.uint8]) -> Plane:
    """(h, w) float32 in [0, 255] of (h, w, 3) RGB."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def shifts(reach: int) -> list[tuple[int, int]]:
    """(down, right) of all shifts by about `reach` at most."""
    line = range(-reach, reach + 1)
    return [(y, x) for y in line for x in line if y * y + x * x <= reach * reach + 1]


def shifted(plane: NDArray, down: int, right: int) -> NDArray:
    """What lies so far down and right of each place; the edge is repeated."""
    pad = max(abs(down), abs(right))
    wide = cv2.copyMakeBorder(plane, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    height, width = plane.shape[:2]
    return np.asarray(wide[pad + down : pad + down + height, pad + right : pad + right + width])
