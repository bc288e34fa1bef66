"""A last small correction: print that crosses the mask's edge meets itself.

Generated objects have other proportions than the reference, by a few per cent, and their print is drawn anew.
What places the reference best as a whole leaves letters cut and lines doubled at the mask's edge. There the
placed reference is compared with what lies outside (`edge_shifts`), and a smooth displacement closes the gap.
Where nothing tells of one it fades within a fraction of the mask's size: its prior is Whittle's and Matern's
(Lindgren, Rue & Lindström 2011, "An explicit link between Gaussian fields and Gaussian Markov random
fields"), whose deviation and range are in pixels, so that it does not extrapolate.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, box_of
from artifix.registration import tuning
from artifix.registration.edge_shifts import EdgeShifts, edge_shifts
from artifix.registration.spline import SplineWarp, is_smooth, squared_derivatives, still_warp
from artifix.registration.transform import Transform, lands
from artifix.scene import Scene


def meeting_at_edge(scene: Scene, transform: Transform) -> Transform:
    """The transform, corrected where structure around the mask meets the placed reference better so.

    Args:
        scene: image, mask and reference; its mask has a True pixel.
        transform: that places the reference. What is torn by depth is left as it is.
    """
    if transform.displacement is not None and not transform.displacement.is_continuous:
        return transform
    tuned = tuning.REGISTRATION
    reach_px = max(float(tuned.band_least_reach_px), tuned.edge_reach * float(np.sqrt(scene.mask.sum())))
    pad, inner = int(reach_px), box_of(scene.mask)
    box = Box(inner.left - pad, inner.top - pad, inner.right + pad, inner.bottom + pad).clip(
        *scene.mask.shape
    )
    coarse_px, fine_px = tuned.edge_sides_px
    warp = still = still_warp(box, tuned.edge_growth, tuned.edge_cells)
    if max(box.width, box.height) > coarse_px:
        seen = edge_shifts(scene, transform, box, coarse_px, reach_px)
        if seen is None:
            return transform
        warp = _fitted(still, still, seen, prior(still, *tuned.edge_coarse_prior))
    placed = replace(transform, correction=warp if warp.coefficients.any() else None)
    seen = edge_shifts(scene, placed, box, fine_px, tuned.edge_fine_reach * reach_px)
    if seen is None:
        return transform
    fitted = _fitted(still, warp, seen, prior(still, *tuned.edge_prior))
    corrected = replace(transform, correction=fitted)
    return corrected if is_smooth(fitted, inner) and lands(corrected, scene) else transform


def prior(warp: SplineWarp, deviation: float, reach: float) -> NDArray[np.float64]:
    """(K, K): what is expected of each coordinate, in pixels of the image.

    Args:
        warp: whose coefficients are asked.
        deviation: of the displacement, in sides of the warp's box.
        reach: in which it fades, in sides of the warp's box.
    """
    decay = np.sqrt(8) / reach  # in a side of the box
    unit = 4 * np.pi * decay**2 * (deviation * warp.side_px) ** 2
    terms = ((0, 0, decay**4), (1, 0, 2 * decay**2), (0, 1, 2 * decay**2), (2, 0, 1), (1, 1, 2), (0, 2, 1))
    return squared_derivatives(warp, terms) / unit


def _fitted(
    warp: SplineWarp, known: SplineWarp, seen: EdgeShifts, expected: NDArray[np.float64]
) -> SplineWarp:
    """The warp that most points want.

    Args:
        warp: to be fitted.
        known: the correction by which the reference was placed when it was compared.
        seen: the comparison.
        expected: the prior.
    """
    tuned = tuning.REGISTRATION
    basis = warp.basis(seen.points)
    wanted = known.points(seen.points + seen.shifts) - seen.points
    fitted, tolerance = np.zeros_like(wanted), tuned.edge_tolerance_px / seen.scale
    for slack in np.geomspace(tuned.edge_loose, 1, tuned.edge_rounds) * tolerance:
        error = np.linalg.norm(wanted - fitted, axis=1)
        agreed = (1 + (error / slack) ** 2) ** -2  # Geman-McClure's
        solution = _solved(basis, wanted, seen.information * agreed[:, None, None], expected)
        fitted = basis @ solution
    return replace(warp, coefficients=solution.reshape(warp.coefficients.shape))


def _solved(
    basis: NDArray[np.float64],
    wanted: NDArray[np.float64],
    information: NDArray[np.float64],
    expected: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(K, 2) coefficients of the (N, K) basis by (N, 2) displacements and what they are worth."""
    blocks = [[(basis * information[:, i, j, None]).T @ basis for j in range(2)] for i in range(2)]
    target = (basis.T @ np.einsum("nij,nj->ni", information, wanted)).T.ravel()
    solution = np.linalg.solve(np.block(blocks) + np.kron(np.eye(2), expected), target)
    return np.asarray(solution.reshape(2, -1).T, np.float64)
