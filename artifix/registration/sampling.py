"""Sample the reference where an image's pixels lie in it."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from artifix.geometry import Crop, box_of, transform_points
from artifix.registration import tuning

MOST_SOURCE_PX = 32_000  # cv2.remap addresses with 16-bit integers


def grid_of(crop: Crop) -> NDArray[np.float64]:
    """(h*w, 2) image points (x, y) of the pixel centres of the crop's working picture, row by row."""
    rows, columns = np.mgrid[: crop.size[0], : crop.size[1]]
    points = np.column_stack([columns.ravel(), rows.ravel()])
    return transform_points(np.linalg.inv(crop.matrix()), points)


def points_on(
    crop: Crop, points_of: Callable[[NDArray[np.float64]], NDArray[np.float64]], most: int | None = None
) -> NDArray[np.float64]:
    """(h*w, 2) where a map leads from the pixel centres of the crop's working picture, row by row.

    Args:
        crop: of the image.
        points_of: maps (N, 2) image points.
        most: of a picture of more pixels only some are mapped, and the others lie between them: for smooth
            maps; None maps all.
    """
    height, width = crop.size
    step = 1 if most is None else int(np.ceil(np.sqrt(height * width / most)))
    if step == 1:
        return points_of(grid_of(crop))
    rows, columns = (np.arange(-1, -(-side // step) + 2) * step for side in (height, width))
    coarse = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2).astype(np.float64)
    found = points_of(transform_points(np.linalg.inv(crop.matrix()), coarse))
    grid = found.reshape(len(rows), len(columns), 2)
    y, x = (np.arange(side, dtype=np.float64) / step + 1 for side in (height, width))
    at = np.arange(len(rows)), np.arange(len(columns))
    planes = [RectBivariateSpline(*at, grid[..., i], kx=2, ky=2)(y, x) for i in range(2)]
    return np.column_stack([plane.ravel() for plane in planes])


def sample(
    reference: NDArray, points: NDArray[np.float64], size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Sample the reference at its own resolution: area-averaged where it shrinks, cubic where it grows.

    Args:
        reference: (Hr, Wr) or (Hr, Wr, C), uint8, uint16 or float32.
        points: (h*w, 2) reference points (x, y) of the picture's pixels, row by row.
        size: (h, w) of the picture.

    Returns:
        (h, w) or (h, w, C) float32 in the reference's range (cubic overshoot is cut), and (h, w) bool, True
        where the point lies inside the reference; elsewhere the reference's edge is repeated.
    """
    height, width = reference.shape[:2]
    # nan and inf (points beyond the horizon) must not reach cv2
    points = np.clip(points, -MOST_SOURCE_PX, MOST_SOURCE_PX)
    np.nan_to_num(points, copy=False, nan=-MOST_SOURCE_PX)
    x, y = points.T.reshape(2, *size)
    valid = (x >= -0.5) & (y >= -0.5) & (x <= width - 0.5) & (y <= height - 0.5)
    if not valid.any():
        return np.zeros((*size, *reference.shape[2:]), np.float32), valid
    shrink = _shrinkage(x, y, valid)
    pad = int(np.ceil(4 * shrink))
    left, top = (max(0, int(v[valid].min()) - pad) for v in (x, y))
    right, bottom = int(x[valid].max()) + pad + 2, int(y[valid].max()) + pad + 2
    source = np.ascontiguousarray(reference[top:bottom, left:right])
    x, y, source = _shrink(x - left, y - top, source, shrink)
    low, high = float(source.min()), float(source.max())
    kind = np.uint16 if source.dtype == np.uint16 else np.float32
    maps = x.astype(np.float32), y.astype(np.float32)
    picture = cv2.remap(source.astype(kind), *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    found: NDArray[np.float32] = picture.astype(np.float32, copy=False)
    return np.clip(found, low, high, out=found), valid


def outlined(
    mask: NDArray[np.bool_],
    points_of: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    shape: Sequence[int],
) -> NDArray[np.bool_]:
    """Map a mask into the reference by its outlines, which any map without folds keeps in order.

    Args:
        mask: (H, W) of the image; at least one pixel is True.
        points_of: maps (N, 2) image points to reference points.
        shape: (Hr, Wr, ...) of the reference.

    Returns:
        (Hr, Wr) bool.
    """
    inner, fine = box_of(mask), tuning.REGISTRATION.outline_fine
    enlarged = np.kron(mask[inner.slices()], np.ones((fine, fine), bool)).astype(np.uint8)
    outlines, _ = cv2.findContours(enlarged, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    corner = np.array([inner.left, inner.top])
    limit = float(max(shape[:2]) * 2)  # farther points change nothing, and the canvas counts in integers
    mapped = [
        np.clip(np.nan_to_num(points_of((o.reshape(-1, 2) + 0.5) / fine - 0.5 + corner)), -limit, limit)
        for o in outlines
    ]
    # Only the part of the reference that is met is drawn, finely: cv2 fills half a pixel beyond an outline.
    every = np.vstack(mapped)
    low = np.clip(np.floor(every.min(0)), 0, [shape[1], shape[0]]).astype(int)
    high = np.clip(np.ceil(every.max(0)) + 1, low, [shape[1], shape[0]]).astype(int)
    canvas = np.zeros((fine * (high - low)[::-1]).tolist(), np.uint8)
    region = np.zeros(shape[:2], bool)
    if canvas.size:
        cv2.fillPoly(canvas, [np.round((p - low + 0.5) * fine - 0.5).astype(np.int32) for p in mapped], 1)
        region[low[1] : high[1], low[0] : high[0]] = canvas[fine // 2 :: fine, fine // 2 :: fine] > 0
    return region


def scattered(
    mask: NDArray[np.bool_],
    points_of: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    shape: Sequence[int],
    fine: int,
) -> NDArray[np.bool_]:
    """Map a mask into the reference point by point, by a map that may tear.

    Args:
        mask: (H, W) of the image.
        points_of: maps (N, 2) image points to reference points.
        shape: (Hr, Wr, ...) of the reference.
        fine: points per pixel along each axis; enough that none of the reference's is missed.

    Returns:
        (Hr, Wr) bool.
    """
    columns, rows = np.nonzero(mask)[::-1]
    region = np.zeros(shape[:2], np.uint8)
    for step in np.ndindex(fine, fine):
        right, down = (np.array(step) + 0.5) / fine - 0.5
        x, y = np.round(points_of(np.column_stack([columns + right, rows + down]))).T
        inside = (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0])
        region[y[inside].astype(np.intp), x[inside].astype(np.intp)] = 1
    # Slant spreads neighbours a pixel apart; a tear is wider.
    return cv2.morphologyEx(region, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0


def _shrinkage(x: NDArray[np.float64], y: NDArray[np.float64], valid: NDArray[np.bool_]) -> float:
    """Median number of reference pixels per picture pixel, along one axis, at least 1."""
    if min(x.shape) < 2:
        return 1.0
    step = int(np.ceil(np.sqrt(x.size / tuning.REGISTRATION.most_asked_pixels)))
    if min(x[::step, ::step].shape) < 2 or not valid[::step, ::step].any():
        step = 1
    some = np.s_[::step, ::step]
    (x_down, x_right), (y_down, y_right) = np.gradient(x[some]), np.gradient(y[some])
    area = np.abs(x_right * y_down - x_down * y_right)
    return max(1.0, float(np.sqrt(np.median(area[valid[some]]))) / step)


def _shrink(
    x: NDArray[np.float64], y: NDArray[np.float64], source: NDArray, factor: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray]:
    """The source shrunk by `factor` with area averaging, and the points moved with it."""
    height, width = source.shape[:2]
    size = max(1, round(width / factor)), max(1, round(height / factor))
    if factor < 1.1 or size == (width, height):
        return x, y, source
    small = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
    return (x + 0.5) * size[0] / width - 0.5, (y + 0.5) * size[1] / height - 0.5, small
