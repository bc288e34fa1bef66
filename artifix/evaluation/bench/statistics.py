"""How sure a mean is, and whether two methods differ: bootstrap, paired tests, Holm's correction."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LEVEL = 0.95
RESAMPLES = 10_000
_MOST_AT_ONCE = 2**22  # indices drawn at once


class Estimate(NamedTuple):
    """A mean over cases, and between what it may well lie."""

    mean: float
    low: float
    high: float
    cases: int  # that have the figure


class Comparison(NamedTuple):
    """A paired test of one method against another."""

    difference: Estimate  # of the first minus the second, over the cases that both have
    p: float  # that of no difference; nan of fewer than two pairs


def estimate(values: NDArray[np.float64], seed: int = 0) -> Estimate:
    """The mean of the values that are known, with its bootstrap interval.

    The percentile interval (Efron 1979) of 95 %: cases are drawn with replacement 10,000 times. Its coverage
    falls short where there are few cases or a few of them decide: with 20 normal values it is about 93 %.

    Args:
        values: (N,), nan where a case has none.
        seed: of the draws; values of equal number are drawn alike.

    Returns:
        nan of no values; the value itself, three times, of one.
    """
    known = values[~np.isnan(values)]
    count = len(known)
    if count == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    random, step = np.random.default_rng(seed), max(_MOST_AT_ONCE // count, 1)
    means = [
        known[random.integers(0, count, (min(step, RESAMPLES - start), count))].mean(axis=1)
        for start in range(0, RESAMPLES, step)
    ]
    low, high = np.quantile(np.concatenate(means), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(float(known.mean()), float(low), float(high), count)


def compare(first: NDArray[np.float64], second: NDArray[np.float64], seed: int = 0) -> Comparison:
    """Whether two methods differ on the same cases.

    The test is Wilcoxon's (1945) of signed ranks, two-sided, with Pratt's (1959) treatment of pairs without a
    difference. It is exact where there are up to 50 pairs and neither ties nor such pairs, and by the normal
    approximation otherwise.

    Args:
        first: (N,), nan where a case has none.
        second: (N,) of the same cases.
        seed: of the bootstrap of the difference.
    """
    differences = first - second
    known = differences[~np.isnan(differences)]
    difference = estimate(known, seed)
    if len(known) < 2:
        return Comparison(difference, float("nan"))
    if not known.any():
        return Comparison(difference, 1.0)
    return Comparison(difference, float(stats.wilcoxon(known, zero_method="pratt").pvalue))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number (Holm 1979): at least as large, at most 1, nan where nan."""
    known = [index for index, p in enumerate(p_values) if not np.isnan(p)]
    corrected, largest = list(p_values), 0.0
    for rank, index in enumerate(sorted(known, key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(known) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected
