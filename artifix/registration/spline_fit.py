"""Warp smoothly where the surface is not flat: a can's label, or print on cloth, follows no homography."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import transform_points
from artifix.registration import tuning
from artifix.registration.context_band import ContextBand
from artifix.registration.polish import normalised
from artifix.registration.sampling import grid_of
from artifix.registration.spline import SplineWarp, energy, jacobians, still_warp
from artifix.scene import Matches


def identity(band: ContextBand) -> SplineWarp:
    """A warp around the band that displaces nothing."""
    tuned = tuning.REGISTRATION
    return still_warp(band.crop.box, tuned.warp_growth, tuned.warp_cells)


def fit_spline_warp(
    matrix: NDArray[np.float64], matches: Matches, band: ContextBand, curvature: float
) -> tuple[SplineWarp, NDArray[np.float64]] | None:
    """The warp that matches around the mask agree on.

    Args:
        matrix: (3, 3) image to reference.
        matches: between them.
        band: around the mask.
        curvature: that is expected of the displacement, in sides of the warp's box.

    Returns:
        The warp, and the (K, K) information that matches and energy hold on its coefficients; None where too
        few matches agree.
    """
    tuned = tuning.REGISTRATION
    warp = identity(band)
    left, top, right, bottom = warp.box
    x, y = matches.image.T
    near = matches.take((x > left) & (x < right) & (y > top) & (y < bottom))
    if len(near) < tuned.warp_least_matches:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        move = np.nan_to_num(transform_points(np.linalg.inv(matrix), near.reference) - near.image, nan=1e6)
    basis, stiffness = warp.basis(near.image), energy(warp, curvature)
    fitted = np.zeros_like(move)
    for tolerance in np.geomspace(
        max(tuned.warp_loose * warp.side_px, near.tolerance_px),
        near.tolerance_px,
        tuned.warp_rounds,
    ):
        error = np.linalg.norm(move - fitted, axis=1)
        weight = (1 + (error / tolerance) ** 2) ** -2 * (2 / tolerance) ** 2  # Geman-McClure's
        information = (basis * weight[:, None]).T @ basis + stiffness
        solution = np.linalg.solve(information, (basis * weight[:, None]).T @ move)
        fitted = basis @ solution
    if (np.linalg.norm(move - fitted, axis=1) < near.tolerance_px).sum() < tuned.warp_least_matches:
        return None
    return replace(warp, coefficients=solution.reshape(warp.coefficients.shape)), information


def polish_spline_warp(
    band: ContextBand,
    show: Callable[[SplineWarp], NDArray[np.float32]],
    warp: SplineWarp,
    information: NDArray[np.float64],
) -> SplineWarp:
    """Correct a warp so that the warped reference fits the band best, as `polish` does a matrix.

    Args:
        band: of the image.
        show: gives the reference, so displaced, in the band's frame: (h, w, 3) float32.
        warp: to start from.
        information: (K, K), on its coefficients: the prior.
    """
    tuned = tuning.REGISTRATION
    support = (band.weight > 0).astype(np.float32)
    target = normalised(band.picture, support, tuned.window_px)
    where = np.flatnonzero(band.weight)
    total = len(where)
    where = where[:: 1 + len(where) // tuned.warp_most_pixels]
    points = grid_of(band.crop)[where]
    basis, prior = warp.basis(points), np.kron(np.eye(2), information)
    scale = band.crop.size[1] / band.crop.box.width
    start = warp.coefficients.reshape(-1, 2).T.ravel()
    parameters = start
    for _ in range(tuned.warp_polish_iterations):
        moved = normalised(show(warp), np.ones_like(support), tuned.window_px)
        slopes = _slopes(moved, warp, points, where) * scale
        design = np.hstack([basis * slopes[:, :1], basis * slopes[:, 1:]])
        residual = (target - moved).ravel()[where]
        weight = band.weight.ravel()[where] / (1 + (residual / tuned.polish_outlier) ** 2)
        weight = weight / (np.pi * (tuned.polish_outlier * tuned.window_px) ** 2) * total / len(where)
        normal = (design * weight[:, None]).T @ design + prior
        step = np.linalg.solve(normal, design.T @ (weight * residual) - prior @ (parameters - start))
        parameters = parameters + step
        warp = replace(warp, coefficients=parameters.reshape(2, -1).T.reshape(warp.coefficients.shape))
    return warp


def _slopes(
    moved: NDArray[np.float32], warp: SplineWarp, points: NDArray[np.float64], where: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(N, 2) derivatives of the warped picture by the displacement, per working pixel."""
    slopes = [cv2.Sobel(moved, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1))]
    seen = np.stack([slope.ravel()[where] for slope in slopes], 1).astype(np.float64)
    # The picture's slopes are those before the warp times its Jacobian. A fold has no inverse, and no say.
    jacobian = jacobians(warp, points)
    folded = np.linalg.det(jacobian) < tuning.REGISTRATION.warp_least_area / 2
    jacobian[folded] = np.eye(2)
    unwarped = np.linalg.solve(jacobian.transpose(0, 2, 1), seen[..., None])[..., 0]
    return np.where(folded[:, None], 0.0, unwarped)
