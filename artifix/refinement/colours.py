"""The colours of one picture as a matrix of those of another: what a ring lacks it must not invent.

A ring around a mask may hold two colours where the print holds ten. In the directions that it does not tell
of, a ridge holds the matrix to plain gains, and those near one another: free gains turned black print yellow.
"""

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6  # of reweighting
OUTLIER, NOISE = (2.0, 4.45), 3.5  # median errors and grey levels where a pair loses most of its say
# Towards plain gains, over the mean variance: in proportion to what a free matrix leaves unexplained, since a
# ring that the reference does not explain is no witness of colours that it lacks.
RIDGE, LEAST_RIDGE = 3.0, 0.01
RIDGE_FLOOR = 60.0  # grey levels squared, besides
GAIN_NOISE = 100.0  # variance of grey levels that says nothing of a gain
DARK = 8.0  # grey levels: ratios of less are noise
UNEVEN = 0.15  # a channel's gain over that of all, at most


def fit_colours(
    source: NDArray[np.float32], target: NDArray[np.float32], say: NDArray[np.float32], is_exact: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The matrix (3, 3) and offset (3,) so that `source @ matrix + offset` is near `target`, robustly.

    Args:
        source: (N, 3).
        target: (N, 3).
        say: (N,), at least 0.
        is_exact: each pair shows the same spot, and not only about the same.
    """
    a_all, b_all, prior = (part.astype(np.float64) for part in (source, target, say))
    weight, outlier = prior / prior.sum(), None
    for _ in range(ROUNDS):
        mean_a, mean_b = weight @ a_all, weight @ b_all
        a, b = a_all - mean_a, b_all - mean_b
        scatter, cross = (a * weight[:, None]).T @ a, (a * weight[:, None]).T @ b
        gains = np.diag(_gains(weight @ a**2, weight @ b**2))
        if not is_exact:
            told = _told(a.mean(1), b.mean(1), weight)
            gains = told * gains + (1 - told) * np.diag(_ratios(mean_a, mean_b))
        free = _solved(scatter, cross, gains, LEAST_RIDGE)
        unexplained = float((weight @ (b - a @ free) ** 2).sum() / max(float((weight @ b**2).sum()), 1e-6))
        ridge = float(np.clip(RIDGE * unexplained, LEAST_RIDGE, RIDGE))
        if outlier is None:  # where most is explained at once, what is not may be colours, not other content
            outlier = OUTLIER[0] + is_exact * (OUTLIER[1] - OUTLIER[0]) * max(1 - 2 * unexplained, 0.0)
        matrix = _solved(scatter, cross, gains, ridge)
        error = np.abs(a @ matrix - b).mean(1)
        limit = outlier * _weighted_median(error, prior) + NOISE
        weight = prior * np.exp(-((error / limit) ** 2))
        weight /= weight.sum()
    return matrix.astype(np.float32), (mean_b - mean_a @ matrix).astype(np.float32)


def _solved(
    scatter: NDArray[np.float64], cross: NDArray[np.float64], gains: NDArray[np.float64], ridge: float
) -> NDArray[np.float64]:
    """The matrix of least squares, held to `gains` by a ridge over the mean variance."""
    hold = ridge * np.trace(scatter) / 3 + RIDGE_FLOOR * (LEAST_RIDGE + ridge / RIDGE)
    return np.asarray(np.linalg.solve(scatter + hold * np.eye(3), cross + hold * gains), np.float64)


def _gains(variance: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Plain gains of the channels, near that of all: a ring of one colour says nothing of the others."""
    common = np.sqrt((wanted.sum() + 3 * GAIN_NOISE) / (variance.sum() + 3 * GAIN_NOISE))
    each = np.sqrt((wanted + GAIN_NOISE) / (variance + GAIN_NOISE))
    return np.clip(each, (1 - UNEVEN) * common, (1 + UNEVEN) * common)


def _told(a: NDArray[np.float64], b: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """How far the spread of grey levels tells of a gain, in [0, 1]: shading spreads those of one alone."""
    spread = np.sqrt((weight @ a**2 + GAIN_NOISE) * (weight @ b**2 + GAIN_NOISE))
    return float(np.clip(weight @ (a * b) / spread, 0, 1) ** 2)


def _ratios(mean: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains of a light that multiplies: of one that is half as strong black stays black."""
    common = (wanted.sum() + 3 * DARK) / (mean.sum() + 3 * DARK)
    return np.clip((wanted + DARK) / (mean + DARK), (1 - UNEVEN) * common, (1 + UNEVEN) * common)


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    mass = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(mass, mass[-1] / 2)])
