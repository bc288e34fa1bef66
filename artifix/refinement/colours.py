"""Fit a colour matrix that takes one picture to another, by robust ridge regression.

A ring around a mask may hold two colours where the print holds ten, and a fit must not invent what becomes of
the others. In directions of colour that the ring does not tell of, a ridge holds the matrix to plain gains of
the channels, and those near one another: a free matrix turned black print yellow.
"""

import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning


def fit_colours(
    source: NDArray[np.float32], target: NDArray[np.float32], weight: NDArray[np.float32], is_exact: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The matrix (3, 3) and offset (3,) so that `source @ matrix + offset` is near `target`, robustly.

    Args:
        source: (N, 3).
        target: (N, 3).
        weight: (N,), at least 0.
        is_exact: each pair shows the same spot, and not only about the same.
    """
    tuned = tuning.REFINEMENT
    a_all, b_all, prior = (part.astype(np.float64) for part in (source, target, weight))
    trust, outlier = prior / prior.sum(), None
    for _ in range(tuned.colour_rounds):
        mean_a, mean_b = trust @ a_all, trust @ b_all
        a, b = a_all - mean_a, b_all - mean_b
        scatter, cross = (a * trust[:, None]).T @ a, (a * trust[:, None]).T @ b
        gains = np.diag(_gains_from_spread(trust @ a**2, trust @ b**2))
        if not is_exact:
            told = _tells_of_gain(a.mean(1), b.mean(1), trust)
            gains = told * gains + (1 - told) * np.diag(_gains_from_means(mean_a, mean_b))
        free = _ridge_solution(scatter, cross, gains, tuned.colour_least_ridge)
        unexplained = float((trust @ (b - a @ free) ** 2).sum() / max(float((trust @ b**2).sum()), 1e-6))
        # A ring that the reference does not explain is no witness of colours that it lacks.
        ridge = float(np.clip(tuned.colour_ridge * unexplained, tuned.colour_least_ridge, tuned.colour_ridge))
        if outlier is None:  # where most is explained at once, what is not may be colours, not other content
            more = is_exact * (tuned.colour_outlier_exact - tuned.colour_outlier_rough)
            outlier = tuned.colour_outlier_rough + more * max(1 - tuned.colour_unexplained * unexplained, 0.0)
        matrix = _ridge_solution(scatter, cross, gains, ridge)
        error = np.abs(a @ matrix - b).mean(1)
        limit = outlier * _weighted_median(error, prior) + tuned.colour_error
        trust = prior * np.exp(-((error / limit) ** 2))
        trust /= trust.sum()
    return matrix.astype(np.float32), (mean_b - mean_a @ matrix).astype(np.float32)


def _ridge_solution(
    scatter: NDArray[np.float64], cross: NDArray[np.float64], gains: NDArray[np.float64], ridge: float
) -> NDArray[np.float64]:
    """The matrix of least squares, held to `gains` by a ridge over the mean variance."""
    tuned = tuning.REFINEMENT
    floor = tuned.colour_ridge_floor * (tuned.colour_least_ridge + ridge / tuned.colour_ridge)
    hold = ridge * np.trace(scatter) / 3 + floor
    return np.asarray(np.linalg.solve(scatter + hold * np.eye(3), cross + hold * gains), np.float64)


def _gains_from_spread(variance: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Plain gains of the channels, near that of all: a ring of one colour says nothing of the others."""
    noise = tuning.REFINEMENT.colour_gain_noise
    common = np.sqrt((wanted.sum() + 3 * noise) / (variance.sum() + 3 * noise))
    return _near_common(np.sqrt((wanted + noise) / (variance + noise)), common)


def _tells_of_gain(a: NDArray[np.float64], b: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """How far the spread of grey levels tells of a gain, in [0, 1]: shading spreads those of one alone."""
    noise = tuning.REFINEMENT.colour_gain_noise
    spread = np.sqrt((weight @ a**2 + noise) * (weight @ b**2 + noise))
    return float(np.clip(weight @ (a * b) / spread, 0, 1) ** 2)


def _gains_from_means(mean: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains of a light that multiplies: of one that is half as strong black stays black."""
    dark = tuning.REFINEMENT.colour_dark
    common = (wanted.sum() + 3 * dark) / (mean.sum() + 3 * dark)
    return _near_common((wanted + dark) / (mean + dark), common)


def _near_common(gains: NDArray[np.float64], common: float) -> NDArray[np.float64]:
    """The gains of the channels, none far from that of all."""
    uneven = tuning.REFINEMENT.colour_uneven
    return np.clip(gains, (1 - uneven) * common, (1 + uneven) * common)


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    mass = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(mass, mass[-1] / 2)])
