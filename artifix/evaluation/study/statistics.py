"""Exact intervals of shares, strengths by Bradley and Terry, and agreement by Fleiss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_STEPS = 100
_SMALL = 1e-10  # the largest change of a strength at which fitting ends


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, and between what the true share lies."""

    count: int
    of: int
    value: float  # nan of none
    low: float
    high: float


def exact_share(count: int, of: int, level: float, spread: float = 1.0) -> Share:
    """A share with its exact binomial interval (Clopper and Pearson 1934).

    Args:
        count: of those chosen.
        of: how many there were; with 0 nothing is known: nan, and the interval from 0 to 1.
        level: probability that the interval holds the true share, at least.
        spread: variance of the share over that of as many independent choices; the interval is that of so
            many fewer (Korn and Graubard 1998). Below 1 it is taken for 1.
    """
    if of == 0:
        return Share(0, 0, np.nan, 0.0, 1.0)
    from scipy.stats import beta

    worth = 1 / max(spread, 1.0)
    won, lost = count * worth, (of - count) * worth
    low = beta.ppf((1 - level) / 2, won, lost + 1) if count else 0.0
    high = beta.ppf((1 + level) / 2, won + 1, lost) if count < of else 1.0
    return Share(count, of, count / of, float(low), float(high))


def two_sided_p(count: int, of: int) -> float:
    """Probability of a share at least as far from a half if both were equally good; nan of none."""
    if of == 0:
        return np.nan
    from scipy.stats import binomtest

    return float(binomtest(count, of).pvalue)


@dataclass(frozen=True, slots=True, eq=False)
class Strengths:
    """A fit of P(i is preferred to j) = 1 / (1 + exp(strength j - strength i))."""

    values: NDArray[np.float64]  # (methods,) log-odds, their mean 0; nan where there is no estimate
    low: NDArray[np.float64]  # (methods,)
    high: NDArray[np.float64]  # (methods,)
    groups: tuple[tuple[int, ...], ...]  # of methods; more than one where there is no estimate
    are_connected: bool  # every two methods were compared, directly or by way of others


def bradley_terry(
    wins: NDArray[np.float64], level: float, orders: Mapping[tuple[int, ...], int] | None = None
) -> Strengths:
    """Strengths of methods by their preferences (Bradley and Terry 1952), of greatest likelihood.

    Args:
        wins: (methods, methods) how often the row was preferred to the column; a tie is half a win of each.
        level: of the intervals, which are those of Wald, by the inverse of the Fisher information.
        orders: where the wins come of whole orders of methods: how often each was given, best first. The
            pairs of one order depend on each other, and the intervals heed that (the sandwich of Huber 1967).

    Returns:
        Strengths; without an estimate where methods fall into groups of which no one, or only one, was ever
        preferred to another (Ford 1957): the likelihood then has no greatest value.
    """
    from scipy.sparse.csgraph import connected_components
    from scipy.stats import norm

    count, names = connected_components(wins > 0, connection="strong")
    nothing = np.full(len(wins), np.nan)
    if count > 1:
        parts = connected_components(wins > 0, connection="weak")[0]
        return Strengths(nothing, nothing, nothing, _grouped(names), parts == 1)
    values = _fitted(wins)
    variance = np.linalg.pinv(_information(wins, values))
    if orders is not None:
        variance = variance @ _scatter(orders, values) @ variance
    reach = norm.ppf((1 + level) / 2) * np.sqrt(np.diag(variance))
    return Strengths(values, values - reach, values + reach, (tuple(range(len(wins))),), True)


def _fitted(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's method; a step that does not gain is halved."""
    values = np.zeros(len(wins))
    for _ in range(_MOST_STEPS):
        compared = wins + wins.T
        gradient = (wins - compared * _preferred(values)).sum(1)
        step = np.linalg.pinv(_information(wins, values)) @ gradient
        before = _log_likelihood(wins, values)
        while _log_likelihood(wins, values + step) < before - 1e-9 * abs(before):
            step = step / 2
        values = values + step
        if np.abs(step).max() < _SMALL:
            break
    return values - values.mean()


def _preferred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(methods, methods) probability that the row is preferred to the column."""
    return 1 / (1 + np.exp(values[None] - values[:, None]))


def _log_likelihood(wins: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    return -float((wins * np.logaddexp(0, values[None] - values[:, None])).sum())


def _information(wins: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(methods, methods) Fisher information of the strengths; it knows nothing of their mean."""
    chance = _preferred(values)
    weight = (wins + wins.T) * chance * chance.T
    return np.diag(weight.sum(1)) - weight


def _scatter(orders: Mapping[tuple[int, ...], int], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(methods, methods) sum of the squared gradients of single orders."""
    chance, found = _preferred(values), np.zeros((len(values),) * 2)
    for order, count in orders.items():
        gradient = np.zeros(len(values))
        for place, method in enumerate(order):
            later = list(order[place + 1 :])
            gradient[method] += chance[later, method].sum()
            gradient[later] -= chance[later, method]
        found += count * np.outer(gradient, gradient)
    return found


def _grouped(names: NDArray[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(np.flatnonzero(names == name).tolist()) for name in np.unique(names))


def fleiss_kappa(tables: Sequence[NDArray[np.int64]]) -> float:
    """How far raters agree beyond chance (Fleiss 1971): 1 is fully, 0 as by chance.

    Args:
        tables: each (questions, answers) of one kind of question: how many raters gave each answer. What
            chance does is reckoned within a kind, as its answers mean the same; of one kind it is
            Fleiss' kappa itself.

    Returns:
        Nan where a question has fewer than two raters, or all answers are the same, so that chance
        agrees as well.
    """
    agreed = expected = 0.0
    for table in tables:
        raters = table.sum(1)
        if len(table) == 0 or raters.min() < 2:
            return np.nan
        agreed += float(((table * (table - 1)).sum(1) / (raters * (raters - 1))).sum())
        expected += len(table) * float(((table.sum(0) / table.sum()) ** 2).sum())
    questions = sum(map(len, tables))
    if questions == 0 or np.isclose(expected, questions):
        return np.nan
    return (agreed - expected) / (questions - expected)


def observed_agreement(tables: Sequence[NDArray[np.int64]]) -> float:
    """Share of two raters that gave the same answer, over all questions; nan where nobody shared one."""
    pairs = sum(int((table.sum(1) * (table.sum(1) - 1)).sum()) for table in tables)
    same = sum(int((table * (table - 1)).sum()) for table in tables)
    return same / pairs if pairs else np.nan
