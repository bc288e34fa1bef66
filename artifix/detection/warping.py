"""A stiff warp of the reference onto the image: through matches, then along the optical flow.

What differs locally must not pull the reference along, or it would vanish: votes that the surroundings do not
share count little.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.detection import tuning
from artifix.geometry import Crop, transform_points
from artifix.registration.sampling import points_on, sample
from artifix.registration.spline import SplineWarp, energy
from artifix.registration.transform import Transform
from artifix.scene import Matches

_MAPPED_POINTS = 20_000  # of a frame; others lie between them
_LEVEL_PX = 12  # deviation of the window that greys are levelled over, before the flow


def warp_through(first: NDArray[np.float64], pool: Matches, crop: Crop) -> Transform:
    """(3, 3) `first` with a smooth displacement through most of the matches."""
    tuned = tuning.DETECTION
    side = max(crop.box.width, crop.box.height)
    back = transform_points(np.linalg.inv(first), pool.reference)
    tolerances = tuned.near * side / 2, max(tuned.match_tolerance * side, pool.tolerance_px / 2)
    flat = _empty(crop, tuned.cells[0])
    warp = _fitted(flat, pool.image, back, np.ones(len(pool)), tuned.curvatures[0], tolerances)
    return Transform(first, warp)


def warp_along(
    transform: Transform, shown: NDArray[np.uint8], reference: NDArray[np.uint8], crop: Crop
) -> Transform:
    """The transform after the flow from the image's part (h, w, 3) to the warped reference, smoothed."""
    tuned = tuning.DETECTION
    step, side = tuned.flow_step_px, max(crop.box.width, crop.box.height)
    rows, columns = (g.ravel() for g in np.mgrid[tuple(slice(step // 2, n, step) for n in crop.size)])
    points = transform_points(np.linalg.inv(crop.matrix()), np.column_stack([columns, rows]))
    for _ in range(tuned.flow_rounds):
        warped, valid = seen(transform, reference, crop)
        flow = _flow(shown, warped)
        likeness = _likeness(shown, _followed(warped, flow)) * valid
        weight = likeness[rows, columns].astype(np.float64)
        kept = weight > tuned.flow_least_likeness
        if kept.sum() < tuned.flow_least_samples or transform.displacement is None:
            break
        ends = points[kept] + flow[rows[kept], columns[kept]] * (crop.box.width / crop.size[1])
        targets = transform.displacement.points(ends)
        loose, strict = tuned.flow_tolerances
        flat = _empty(crop, tuned.cells[1])
        tolerances = loose * side, strict * side
        warp = _fitted(flat, points[kept], targets, weight[kept] ** 2, tuned.curvatures[1], tolerances)
        transform = replace(transform, displacement=warp)
    return transform


def flow_left(shown: NDArray[np.uint8], warped: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) how far the flow between both (h, w, 3) goes beyond what is usual around [px of the frame]."""
    flow = _flow(shown, warped)
    tuned = tuning.DETECTION
    usual = cv2.GaussianBlur(flow, (0, 0), tuned.flow_usual * tuned.frame_px)
    return np.asarray(np.linalg.norm(flow - usual, axis=-1), np.float32)


def seen(
    transform: Transform, reference: NDArray[np.uint8], crop: Crop
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The reference in the crop's frame, (h, w, 3), and (h, w) True where it shows something."""
    picture, valid = sample(reference, points_on(crop, transform.points, _MAPPED_POINTS), crop.size)
    return np.round(picture).astype(np.uint8), valid


def agrees(transform: Transform, pool: Matches, crop: Crop) -> NDArray[np.bool_]:
    """(N,) whether the matches lie on the warp."""
    back = transform_points(np.linalg.inv(transform.matrix), pool.reference)
    moved = pool.image if transform.displacement is None else transform.displacement.points(pool.image)
    limit_px = tuning.DETECTION.agreeing * max(crop.box.width, crop.box.height)
    return np.asarray(np.linalg.norm(moved - back, axis=1) < max(limit_px, pool.tolerance_px))


def _empty(crop: Crop, cells: int) -> SplineWarp:
    """A warp of the crop that displaces nothing, its cells along the longer side."""
    left, top, right, bottom = crop.box.as_tuple()
    pad = 0.05 * max(crop.box.width, crop.box.height)
    box = left - pad, top - pad, right + pad, bottom + pad
    sides = np.array([box[3] - box[1], box[2] - box[0]])
    rows, columns = np.maximum(2, np.round(cells * sides / sides.max())).astype(int) + 3
    return SplineWarp(box, np.zeros((rows, columns, 2)))


def _fitted(
    warp: SplineWarp,
    points: NDArray[np.float64],
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
    curvature: float,
    tolerances: tuple[float, float],
) -> SplineWarp:
    """The warp that takes most (N, 2) points to their targets; tolerances [px of the image] shrink."""
    tuned = tuning.DETECTION
    basis, stiffness, move = warp.basis(points), energy(warp, curvature), targets - points
    fitted, solution = np.zeros_like(move), np.zeros((basis.shape[1], 2))
    for tolerance in np.geomspace(*tolerances, tuned.rounds):
        error = np.linalg.norm(move - fitted, axis=1)
        believed = (1 + (error / tolerance) ** 2) ** -2  # Geman-McClure's
        vote = tuned.vote * weights * believed * (2 / tolerance) ** 2
        normal = (basis * vote[:, None]).T @ basis + stiffness
        solution = np.linalg.solve(normal, (basis * vote[:, None]).T @ move)
        fitted = basis @ solution
    return replace(warp, coefficients=solution.reshape(warp.coefficients.shape))


def _followed(warped: NDArray[np.uint8], flow: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What the flow points at."""
    rows, columns = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    found = cv2.remap(warped, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR)
    return np.asarray(found, np.uint8)


def _flow(image: NDArray[np.uint8], warped: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 2) where in `warped` lies what `image` shows, as a displacement.

    Source: Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search", as OpenCV has it. It needs a
    dozen pixels a side, and below gives none.
    """
    if min(image.shape[:2]) < 2 * _LEVEL_PX:
        return np.zeros((*image.shape[:2], 2), np.float32)
    nothing = np.zeros((*image.shape[:2], 2), np.float32)
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(method.calc(_levelled(image), _levelled(warped), nothing), np.float32)


def _levelled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey over its local mean and spread."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.GaussianBlur(grey, (0, 0), _LEVEL_PX)
    variance = np.maximum(cv2.GaussianBlur(grey * grey, (0, 0), _LEVEL_PX) - mean * mean, 0)
    return np.clip(128 + 50 * (grey - mean) / (np.sqrt(variance) + 8), 0, 255).astype(np.uint8)


def _likeness(image: NDArray[np.uint8], warped: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) local correlation of the greys in [0, 1], low where there is no texture."""
    first, second = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (image, warped))

    def soft(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), 8), np.float32)

    mean, other = soft(first), soft(second)
    both = soft(first * second) - mean * other
    spread, others = soft(first * first) - mean**2, soft(second * second) - other**2
    return np.asarray(np.clip(both / np.sqrt((spread + 30) * (others + 30)), 0, 1), np.float32)
