"""Register the reference on what the crop shows, artifact included.

A melted logo still says where it belongs, how large it is and how it is turned, and on a plain bag or a shirt
nothing else does. The reference is warped into the crop's frame and compared with it cell by cell; where a
neighbouring cell is more alike, the transform follows, as in Lucas and Kanade (1981) on descriptors instead
of grey values. A prior keeps it near a similarity.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import transform_points
from artifix.matching.descriptors import CELL_PX, CELLS, SIDE_PX
from artifix.registration import tuning
from artifix.registration.candidates import is_plausible
from artifix.registration.content import Content, Seen, likeness_in, weights_of
from artifix.registration.spline import SplineWarp, energy, is_smooth
from artifix.registration.transform import Transform


def register(
    content: Content, reference: NDArray[np.uint8], transforms: Sequence[Transform]
) -> list[tuple[float, Transform]]:
    """Let each transform follow the content; with how alike the pictures are then, in [-1, 1].

    Args:
        content: of the image.
        reference: (H_ref, W_ref, 3).
        transforms: to start from, without warps.

    Returns:
        For each the best of its path, which may be the start itself.
    """
    current = list(transforms)
    best = [(-1.0, t) for t in current]
    for last in [False] * tuning.REGISTRATION.flow_rounds + [True]:
        seen = content.view(current, reference)
        found = [(likeness_in(content, s), t) for s, t in zip(seen, current, strict=True)]
        best = [max(pair, key=lambda rated: rated[0]) for pair in zip(best, found, strict=True)]
        if not last:
            current = [_followed(content, s, t) for s, t in zip(seen, current, strict=True)]
    return best


def warp_along(content: Content, reference: NDArray[np.uint8], transform: Transform) -> Transform:
    """The transform with a smooth displacement, where what surrounds the mask is clearly more alike so.

    Cloth hangs otherwise and other views show otherwise what no matrix tells. Inside the mask the artifact
    may have melted, so that what surrounds it says most.

    Arguments as for `register`.
    """
    tuned = tuning.REGISTRATION
    pad = tuned.content_warp_pad * content.box.width
    left, top, right, bottom = content.box.as_tuple()
    box = left - pad, top - pad, right + pad, bottom + pad
    warp = SplineWarp(box, np.zeros((tuned.content_warp_cells + 3,) * 2 + (2,)))
    chosen = transform
    seen = content.view([transform], reference)[0]
    start = best = _around(content, seen)
    for curvature in tuned.content_warp_curvatures:
        warp = _warped(content, seen, warp, curvature)
        if not is_smooth(warp, content.box):
            break
        warped = replace(transform, displacement=warp)
        seen = content.view([warped], reference)[0]
        if (score := _around(content, seen)) > best:
            best, chosen = score, warped
    return chosen if best > start + tuned.content_worth_warping else transform


def centres() -> NDArray[np.float64]:
    """(CELLS**2, 2) centres (x, y) of the cells in the frame's picture, row by row."""
    line = (np.arange(CELLS) + 0.5) * CELL_PX - 0.5
    return np.column_stack([np.tile(line, CELLS), np.repeat(line, CELLS)])


def _around(content: Content, seen: Seen) -> float:
    """Mean likeness of what surrounds the mask."""
    weight = (1 - content.mask) * content.shown * seen.valid
    return likeness_in(content, seen, weight)


def _flow(
    descriptors: NDArray[np.float32], others: NDArray[np.float32], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each cell's like lies: (CELLS**2, 2) displacements [px of the frame], and (CELLS**2,) certainty.

    The centre of mass of the 3 x 3 displacements around the most alike.
    """
    side = 2 * reach + 1
    padded = np.pad(others, ((reach, reach), (reach, reach), (0, 0)))
    alike = np.stack(
        [
            (descriptors * padded[down : down + CELLS, right : right + CELLS]).sum(-1)
            for down in range(side)
            for right in range(side)
        ],
        -1,
    )
    alike = (alike + np.dstack([cv2.blur(alike[..., k], (3, 3)) for k in range(side * side)])) / 2
    chance = np.exp(tuning.REGISTRATION.flow_sharpness * (alike - alike.max(-1, keepdims=True)))
    chance /= chance.sum(-1, keepdims=True)
    cube = np.pad(chance.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    down, right = np.divmod(chance.reshape(-1, side * side).argmax(1), side)
    rows, steps = np.arange(len(down)), [(dy, dx) for dy in range(3) for dx in range(3)]
    near = np.stack([cube[rows, down + dy, right + dx] for dy, dx in steps], 1)
    mass = near.sum(1)
    offset = near @ (np.array(steps)[:, ::-1] - 1) / np.maximum(mass, 1e-9)[:, None]
    return (np.column_stack([right, down]) - reach + offset) * CELL_PX, mass.astype(np.float64)


def _followed(content: Content, seen: Seen, transform: Transform) -> Transform:
    """The transform after one step along the flow; the same where that is no view of a surface."""
    flow, certainty = _flow(content.descriptors, seen.descriptors, tuning.REGISTRATION.flow_reach_cells)
    weight = weights_of(content, seen).ravel() * certainty**2
    to_frame = content.matrix()
    matrix = transform.matrix @ np.linalg.inv(to_frame) @ _correction(flow, weight) @ to_frame
    if not np.isfinite(matrix).all() or abs(matrix[2, 2]) < 1e-12:
        return transform
    matrix = matrix / matrix[2, 2]
    return replace(transform, matrix=matrix) if is_plausible(matrix, content.box) else transform


def _correction(flow: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """3x3 map of the frame that moves the cells as most of them want, near a similarity."""
    tuned = tuning.REGISTRATION
    half = SIDE_PX / 2
    x, y = ((centres() - (SIDE_PX - 1) / 2) / half).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    # shift right, shift down, scale, turn, stretch along the axes, stretch along the diagonals
    across = np.column_stack([one, zero, x, -y, x, y])
    along = np.column_stack([zero, one, y, x, -y, x])
    design, wanted = np.concatenate([across, along]), (flow / half).T.ravel()
    solution = np.zeros(6)
    for _ in range(tuned.flow_votes):
        error_px = np.linalg.norm((wanted - design @ solution).reshape(2, -1), axis=0) * half
        vote = np.tile(weight / (1 + (error_px / tuned.flow_tolerance_px) ** 2) ** 2, 2)
        normal = (design * vote[:, None]).T @ design + np.diag(tuned.flow_prior)
        solution = np.linalg.solve(normal, design.T @ (vote * wanted))
    right, down, scale, turn, axes, diagonals = solution
    move = np.array(
        [[1 + scale + axes, diagonals - turn, right], [diagonals + turn, 1 + scale - axes, down], [0, 0, 1]]
    )
    to_unit = np.array(
        [[1 / half, 0, -(SIDE_PX - 1) / SIDE_PX], [0, 1 / half, -(SIDE_PX - 1) / SIDE_PX], [0, 0, 1]]
    )
    return np.asarray(np.linalg.inv(to_unit) @ move @ to_unit, np.float64)


def _warped(content: Content, seen: Seen, warp: SplineWarp, curvature: float) -> SplineWarp:
    """The warp after one step along the flow, as stiff as `curvature` says."""
    tuned = tuning.REGISTRATION
    flow, certainty = _flow(content.descriptors, seen.descriptors, tuned.content_warp_reach_cells)
    around = tuned.content_surroundings
    weight = weights_of(content, seen, tuned.content_warp_inside * around).ravel() * certainty**2 / around
    scale = content.box.width / SIDE_PX
    points = transform_points(np.linalg.inv(content.matrix()), centres())
    wanted = warp.points(points + flow * scale) - points
    basis, stiffness, cell_px = warp.basis(points), energy(warp, curvature), CELL_PX * scale
    fitted = warp.points(points) - points
    loose, strict = tuned.content_warp_tolerances
    for tolerance in np.geomspace(loose, strict, 5) * cell_px:
        error_px = np.linalg.norm(wanted - fitted, axis=1)
        vote = weight * (1 + (error_px / tolerance) ** 2) ** -2 / cell_px**2  # Geman-McClure's
        solution = np.linalg.solve(
            (basis * vote[:, None]).T @ basis + stiffness, basis.T @ (vote[:, None] * wanted)
        )
        fitted = basis @ solution
    return replace(warp, coefficients=solution.reshape(warp.coefficients.shape))
