"""The colours of one picture as a matrix of those of another: what a ring lacks it must not invent.

A ring around a mask may hold two colours where the print holds ten. In the directions that it does not tell
of, a ridge holds the matrix to plain gains, and those near one another: free gains turned black print yellow.
"""

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6  # of reweighting
OUTLIER, NOISE = 2.0, 4.0  # median errors and grey levels where a pair loses most of its say
RIDGE_FLOOR = 60.0  # grey levels squared, besides the ridge that is asked for
GAIN_NOISE = 100.0  # variance of grey levels that says nothing of a gain
UNEVEN = 0.15  # a channel's gain over that of all, at most


def fit_colours(
    source: NDArray[np.float32], target: NDArray[np.float32], say: NDArray[np.float32], ridge: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The matrix (3, 3) and offset (3,) so that `source @ matrix + offset` is near `target`, robustly.

    Args:
        source: (N, 3).
        target: (N, 3).
        say: (N,), at least 0.
        ridge: over the mean variance of `source`, towards plain gains.
    """
    a_all, b_all, prior = (part.astype(np.float64) for part in (source, target, say))
    weight = prior / prior.sum()
    for _ in range(ROUNDS):
        mean_a, mean_b = weight @ a_all, weight @ b_all
        a, b = a_all - mean_a, b_all - mean_b
        scatter, cross = (a * weight[:, None]).T @ a, (a * weight[:, None]).T @ b
        gains = _gains(weight @ a**2, weight @ b**2)
        hold = ridge * np.trace(scatter) / 3 + RIDGE_FLOOR
        matrix = np.linalg.solve(scatter + hold * np.eye(3), cross + hold * np.diag(gains))
        error = np.abs(a @ matrix - b).mean(1)
        limit = OUTLIER * _weighted_median(error, prior) + NOISE
        weight = prior * np.exp(-((error / limit) ** 2))
        weight /= weight.sum()
    return matrix.astype(np.float32), (mean_b - mean_a @ matrix).astype(np.float32)


def _gains(variance: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Plain gains of the channels, near that of all: a ring of one colour says nothing of the others."""
    common = np.sqrt((wanted.sum() + 3 * GAIN_NOISE) / (variance.sum() + 3 * GAIN_NOISE))
    each = np.sqrt((wanted + GAIN_NOISE) / (variance + GAIN_NOISE))
    return np.clip(each, (1 - UNEVEN) * common, (1 + UNEVEN) * common)


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    mass = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(mass, mass[-1] / 2)])
