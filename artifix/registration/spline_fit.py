"""Bend a transform where the surface is not flat: a can's label, or print on cloth, follows no homography."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import transform_points
from artifix.registration.context_band import WINDOW_PX, Ring
from artifix.registration.polish import OUTLIER, normalised
from artifix.registration.sampling import grid_of
from artifix.registration.spline import LEAST_AREA, Bend, energy, jacobians
from artifix.scene import Matches

CELLS = 6  # of the spline along the longer side of its box
GROWTH = 0.1  # the box reaches this far over the ring's, in its sides
CURVATURES = 0.15, 0.3, 0.6, 1.2  # second derivatives that may be expected, in sides of the box
LOOSE = 0.06  # matches this far from the homography, in sides of the box, start with a quarter of their say
ROUNDS = 8  # of reweighting, from loose to the matches' own tolerance
LEAST_MATCHES = 12  # must agree with the bend
ITERATIONS = 3  # of the polish on the ring; it starts near
MOST_PIXELS = 4000  # of the ring that it looks at


def straight(ring: Ring) -> Bend:
    """A bend around the ring that displaces nothing."""
    inner = ring.crop.box
    pad = GROWTH * max(inner.width, inner.height)
    box = inner.left - pad, inner.top - pad, inner.right + pad, inner.bottom + pad
    sides = np.array([box[3] - box[1], box[2] - box[0]])
    rows, columns = np.maximum(2, np.round(CELLS * sides / sides.max())).astype(int) + 3
    return Bend(box, np.zeros((rows, columns, 2)))


def fit_bend(
    matrix: NDArray[np.float64], matches: Matches, ring: Ring, curvature: float
) -> tuple[Bend, NDArray[np.float64]] | None:
    """The bend that matches around the mask agree on.

    Args:
        matrix: (3, 3) image to reference.
        matches: between them.
        ring: around the mask.
        curvature: that is expected of the displacement, in sides of the bend's box.

    Returns:
        The bend, and the (K, K) information that matches and energy hold on its coefficients; None where too
        few matches agree.
    """
    bend = straight(ring)
    left, top, right, bottom = bend.box
    x, y = matches.image.T
    near = matches.take((x > left) & (x < right) & (y > top) & (y < bottom))
    if len(near) < LEAST_MATCHES:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        move = np.nan_to_num(transform_points(np.linalg.inv(matrix), near.reference) - near.image, nan=1e6)
    basis, stiffness = bend.basis(near.image), energy(bend, curvature)
    fitted = np.zeros_like(move)
    for tolerance in np.geomspace(max(LOOSE * bend.side_px, near.tolerance_px), near.tolerance_px, ROUNDS):
        error = np.linalg.norm(move - fitted, axis=1)
        weight = (1 + (error / tolerance) ** 2) ** -2 * (2 / tolerance) ** 2  # Geman-McClure's
        information = (basis * weight[:, None]).T @ basis + stiffness
        solution = np.linalg.solve(information, (basis * weight[:, None]).T @ move)
        fitted = basis @ solution
    if (np.linalg.norm(move - fitted, axis=1) < near.tolerance_px).sum() < LEAST_MATCHES:
        return None
    return replace(bend, coefficients=solution.reshape(bend.coefficients.shape)), information


def polish_bend(
    ring: Ring, warp: Callable[[Bend], NDArray[np.float32]], bend: Bend, information: NDArray[np.float64]
) -> Bend:
    """Correct a bend so that the warped reference fits the ring best, as `polish` does a matrix.

    Args:
        ring: of the image.
        warp: gives the reference, bent, in the ring's frame: (h, w, 3) float32.
        bend: to start from.
        information: (K, K), on its coefficients: the prior.
    """
    support = (ring.weight > 0).astype(np.float32)
    target = normalised(ring.picture, support, WINDOW_PX)
    where = np.flatnonzero(ring.weight)
    total = len(where)
    where = where[:: 1 + len(where) // MOST_PIXELS]
    points = grid_of(ring.crop)[where]
    basis, prior = bend.basis(points), np.kron(np.eye(2), information)
    scale = ring.crop.size[1] / ring.crop.box.width
    start = bend.coefficients.reshape(-1, 2).T.ravel()
    parameters = start
    for _ in range(ITERATIONS):
        moved = normalised(warp(bend), np.ones_like(support), WINDOW_PX)
        slopes = _slopes(moved, bend, points, where) * scale
        design = np.hstack([basis * slopes[:, :1], basis * slopes[:, 1:]])
        residual = (target - moved).ravel()[where]
        weight = ring.weight.ravel()[where] / (1 + (residual / OUTLIER) ** 2)
        weight = weight / (np.pi * (OUTLIER * WINDOW_PX) ** 2) * total / len(where)
        normal = (design * weight[:, None]).T @ design + prior
        step = np.linalg.solve(normal, design.T @ (weight * residual) - prior @ (parameters - start))
        parameters = parameters + step
        bend = replace(bend, coefficients=parameters.reshape(2, -1).T.reshape(bend.coefficients.shape))
    return bend


def _slopes(
    moved: NDArray[np.float32], bend: Bend, points: NDArray[np.float64], where: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(N, 2) derivatives of the bent picture by the displacement, per working pixel."""
    slopes = [cv2.Sobel(moved, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1))]
    seen = np.stack([slope.ravel()[where] for slope in slopes], 1).astype(np.float64)
    # The picture's slopes are those before the bend times its Jacobian. A fold has no inverse, and no say.
    jacobian = jacobians(bend, points)
    folded = np.linalg.det(jacobian) < LEAST_AREA / 2
    jacobian[folded] = np.eye(2)
    unbent = np.linalg.solve(jacobian.transpose(0, 2, 1), seen[..., None])[..., 0]
    return np.where(folded[:, None], 0.0, unbent)
