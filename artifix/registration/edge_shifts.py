"""How far off a placed reference lies just outside the mask, point by point, told by structure."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from artifix.geometry import Box, Crop
from artifix.registration import tuning
from artifix.registration.context_band import grey_of
from artifix.registration.transform import Transform
from artifix.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class EdgeShifts:
    """What N points around a mask say of how the reference is placed.

    Attributes:
        points: (N, 2) of the image, in its pixels.
        shifts: (N, 2) in pixels of the image: what the image shows at a point, the placed reference shows so
            far beside it.
        information: (N, 2, 2) on each shift, per squared pixel of the image: little along a line.
        scale: working pixels in a pixel of the image.
    """

    points: NDArray[np.float64]
    shifts: NDArray[np.float64]
    information: NDArray[np.float64]
    scale: float


def edge_shifts(
    scene: Scene, transform: Transform, box: Box, side_px: int, reach_px: float
) -> EdgeShifts | None:
    """What lies around the mask, compared with the placed reference; None where too little can be compared.

    Args:
        scene: image, mask and reference.
        transform: that places the reference.
        box: of the image, around the mask.
        side_px: longer side of the working picture, at most.
        reach_px: how far from the mask is asked, in pixels of the image.
    """
    tuned = tuning.REGISTRATION
    scale = min(1.0, side_px / max(box.width, box.height))
    crop = Crop(box, (max(1, round(box.height * scale)), max(1, round(box.width * scale))))
    warped, valid = transform.warp_reference(scene.reference, box, crop.size)
    free = _free(scene, crop)
    away = _away(scene, crop)
    rows, columns = _grid(away, free * valid, reach_px * scale)
    if len(rows) < tuned.edge_least_points:
        return None
    seen = _structure(crop.cut(scene.image).astype(np.float32))
    pairs = list(zip(seen, _structure(warped), strict=True))
    alike, deviation, mass = _alike(pairs, free * valid, rows, columns)
    known = mass > tuned.edge_least_mass
    if known.sum() < tuned.edge_least_points:
        return None
    rows, columns, alike, deviation = rows[known], columns[known], alike[known], deviation[known]
    shifts, best, curvature = _peaks(alike)
    near = np.clip(1.25 - away[rows, columns] / (reach_px * scale), 0, 1)
    weights = near * deviation / (deviation + tuned.salient_deviation)
    points = (np.column_stack([columns, rows]) + 0.5) / scale + [box.left, box.top] - 0.5
    information = _information(best, curvature) * weights[:, None, None] * scale**2
    return EdgeShifts(points, shifts / scale, information, scale)


def _structure(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(h, w) grey levels, and their edges, whichever side is darker."""
    grey = cv2.GaussianBlur(grey_of(picture), (0, 0), 0.8)
    right, down = (cv2.Sobel(grey, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    edges = cv2.GaussianBlur(np.hypot(right, down), (0, 0), 1.0) * 4  # as strong as grey levels
    return np.asarray(grey, np.float32), np.asarray(edges, np.float32)


def _free(scene: Scene, crop: Crop) -> NDArray[np.float32]:
    """(h, w) 1 where nothing is masked, nor beside it, as artifacts bleed; else 0."""
    masked = scene.mask if scene.hidden is None else scene.hidden
    share = crop.share(masked)
    return np.asarray(cv2.erode((share < 0.01).astype(np.float32), np.ones((3, 3))), np.float32)


def _away(scene: Scene, crop: Crop) -> NDArray[np.float32]:
    """(h, w) working pixels to the mask."""
    own = (crop.share(scene.mask) > 0).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(1 - own, cv2.DIST_L2, 5), np.float32)


def _grid(
    away: NDArray[np.float32], support: NDArray[np.float32], reach: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the points that are asked."""
    step = tuning.REGISTRATION.edge_step_px
    asked = np.zeros(away.shape, bool)
    asked[step // 2 :: step, step // 2 :: step] = True
    rows, columns = np.nonzero(asked & (support > 0) & (away > 0) & (away < reach))
    return rows, columns


def _alike(
    pairs: list[tuple[NDArray[np.float32], NDArray[np.float32]]],
    support: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """At N points: correlations by shift, the image's deviation, and the share of the window known."""
    tuned = tuning.REGISTRATION
    reach, half = tuned.edge_reach_px, int(np.ceil(2.5 * tuned.edge_window_px))
    line = np.exp(-0.5 * (np.arange(-half, half + 1) / tuned.edge_window_px) ** 2)
    window = np.outer(line, line) / line.sum() ** 2
    weight = _patches(support, rows, columns, half, False) * window.astype(np.float32)
    mass = weight.sum((1, 2))
    weight = weight / np.maximum(mass, 1e-6)[:, None, None]
    noise, total, deviation = tuned.noise_deviation**2, 0.0, np.zeros(len(rows))
    for first, (image, reference) in enumerate(pairs):
        a = _patches(image, rows, columns, half)
        a = a - (weight * a).sum((1, 2), keepdims=True)
        variance = (weight * a * a).sum((1, 2))
        others, product = _moments(_patches(reference, rows, columns, half + reach), weight, weight * a)
        total = total + product / np.sqrt((variance[:, None, None] + noise) * (others + noise)) / len(pairs)
        deviation = deviation if first else np.sqrt(variance)
    return np.asarray(total, np.float64), deviation, mass


def _moments(
    patches: NDArray[np.float32], weight: NDArray[np.float32], pattern: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Variance under (N, s, s) `weight`, and sum with `pattern`, at each place in (N, S, S) patches."""
    count, side = len(patches), weight.shape[1]
    windows = sliding_window_view(patches, (side, side), (1, 2))
    places = windows.shape[1:3]
    flat = windows.reshape(count, -1, side * side)
    by = np.stack([weight.reshape(count, -1), pattern.reshape(count, -1)], -1)
    mean, product = np.moveaxis(flat @ by, -1, 0).reshape(2, count, *places)
    square = ((flat * flat) @ by[..., :1]).reshape(count, *places)
    return np.maximum(square - mean * mean, 0), product


def _patches(
    plane: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    half: int,
    replicated: bool = True,
) -> NDArray[np.float32]:
    """(N, 2 * half + 1, 2 * half + 1) of the plane around N points; beyond it the edge, or 0."""
    border = cv2.BORDER_REPLICATE if replicated else cv2.BORDER_CONSTANT
    padded = cv2.copyMakeBorder(plane, half, half, half, half, border, value=0)
    return np.asarray(sliding_window_view(padded, (2 * half + 1,) * 2)[rows, columns], np.float32)


def _peaks(
    alike: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The most alike shift of each point, how alike it is there, and the (N, 2, 2) curvature of that peak."""
    count, side, _ = alike.shape
    down, right = np.divmod(alike[:, 1:-1, 1:-1].reshape(count, -1).argmax(1), side - 2)
    down, right, at = down + 1, right + 1, np.arange(count)
    near = {(y, x): alike[at, down + y, right + x] for y in (-1, 0, 1) for x in (-1, 0, 1)}
    across, along = (
        np.maximum(2 * near[0, 0] - low - high, 1e-4)
        for low, high in ((near[0, -1], near[0, 1]), (near[-1, 0], near[1, 0]))
    )
    mixed = -(near[1, 1] - near[1, -1] - near[-1, 1] + near[-1, -1]) / 4
    curvature = np.stack([np.stack([across, mixed], -1), np.stack([mixed, along], -1)], -2)
    values, vectors = np.linalg.eigh(curvature)
    curvature = np.einsum("nij,nj,nkj->nik", vectors, np.maximum(values, 1e-4), vectors)
    slope = np.stack([near[0, 1] - near[0, -1], near[1, 0] - near[-1, 0]], -1) / 2
    offset = np.clip(np.linalg.solve(curvature, slope[..., None])[..., 0], -0.7, 0.7)
    shifts = np.column_stack([right, down]) - (side - 1) / 2 + offset
    return shifts, near[0, 0], curvature


def _information(best: NDArray[np.float64], curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2, 2) on shifts in working pixels: of correlations of so many independent pixels, bounded."""
    tuned = tuning.REGISTRATION
    sure = np.clip(best, 0, 0.95)
    gain = tuned.edge_independent * sure / (1 - sure**2) * (best > tuned.edge_least_alike)
    values, vectors = np.linalg.eigh(curvature * gain[:, None, None])
    return np.einsum("nij,nj,nkj->nik", vectors, np.minimum(values, tuned.edge_least_error_px**-2), vectors)
