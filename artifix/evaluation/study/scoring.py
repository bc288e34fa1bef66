"""From answers to figures: how often each method was preferred, and how far raters agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.study.answers import Answers
from artifix.evaluation.study.statistics import (
    Share,
    Strengths,
    bradley_terry,
    exact_share,
    fleiss_kappa,
    observed_agreement,
    two_sided_p,
)
from artifix.evaluation.study.study import Question, Study

Pair = tuple[str, str]  # methods, in the researcher's order


@dataclass(frozen=True, slots=True)
class MethodScore:
    """How one method did in one part."""

    method: str
    preferred: Share  # of the comparisons that were decided
    ties: int
    first: Share  # of the questions it was in: chosen before all others
    strength: float  # log-odds, see `statistics.Strengths`
    low: float
    high: float
    rank: int  # 1 is best; by strength, or by share where there is none


@dataclass(frozen=True, slots=True)
class PairScore:
    """How two methods did against each other in one part."""

    first: str
    second: str
    preferred: Share  # of the first, where it was decided
    ties: int
    p: float  # two-sided, that both are equally good
    kappa: float  # of Fleiss; nan where it cannot be told


@dataclass(frozen=True, slots=True)
class PartScore:
    """All of one part."""

    part: str
    raters: int
    questions: int  # without checks
    methods: tuple[MethodScore, ...]  # in the researcher's order
    pairs: tuple[PairScore, ...]
    kappa: float  # of Fleiss, over all pairs
    agreement: float  # share of two raters with the same answer
    notes: tuple[str, ...]  # what could not be told, and why


def scores_of(study: Study, answers: Sequence[Answers], level: float) -> list[PartScore]:
    """The figures of each part.

    Args:
        study: what was asked.
        answers: of those who count, each finished.
        level: of all intervals.
    """
    return [_part_score(study, part, answers, level) for part in study.parts]


def _part_score(study: Study, part: str, answers: Sequence[Answers], level: float) -> PartScore:
    asked = [q for q in study.questions if q.part == part and not q.is_check]
    tables = _tables(study, asked, answers)
    wins = _wins(study, tables)
    orders = _orders(study, asked, answers) if study.form == "rank" else None
    strengths = bradley_terry(wins, level, orders)
    first = _firsts(asked, answers)
    pairs = tuple(_pair_score(pair, tables[pair], level) for pair in study.pairs if pair in tables)
    shown = list(tables.values())
    return PartScore(
        part,
        len(answers),
        len(asked),
        _method_scores(study, tables, strengths, first, _spreads(study, orders), level),
        pairs,
        fleiss_kappa(shown),
        observed_agreement(shown),
        tuple(_notes(study, strengths, len(answers), shown)),
    )


def _tables(
    study: Study, asked: Sequence[Question], answers: Sequence[Answers]
) -> dict[Pair, NDArray[np.int64]]:
    """By pair: (questions, 3), how many preferred the first, the second, neither."""
    rows: dict[Pair, list[list[int]]] = {}
    place = {method: number for number, method in enumerate(study.methods)}
    for question in asked:
        counts = {pair: [0, 0, 0] for pair in _pairs_in(question, place)}
        for one in answers:
            order = [question.methods[picture] for picture in one.choices[question.id]]
            for pair, count in counts.items():
                count[2 if not order else 0 if order.index(pair[0]) < order.index(pair[1]) else 1] += 1
        for pair, count in counts.items():
            rows.setdefault(pair, []).append(count)
    return {pair: np.array(counts) for pair, counts in rows.items()}


def _pairs_in(question: Question, place: Mapping[str, int]) -> list[Pair]:
    return list(combinations(sorted(question.methods.values(), key=place.__getitem__), 2))


def _wins(study: Study, tables: Mapping[Pair, NDArray[np.int64]]) -> NDArray[np.float64]:
    """(methods, methods) as `bradley_terry` takes it."""
    wins = np.zeros((len(study.methods),) * 2)
    for (first, second), table in tables.items():
        a, b = study.methods.index(first), study.methods.index(second)
        won, lost, tied = table.sum(0)
        wins[a, b] += won + tied / 2
        wins[b, a] += lost + tied / 2
    return wins


def _orders(study: Study, asked: Sequence[Question], answers: Sequence[Answers]) -> Counter[tuple[int, ...]]:
    """How often each order was given: methods by their place in the study, best first."""
    place = {method: number for number, method in enumerate(study.methods)}
    return Counter(
        tuple(place[question.methods[picture]] for picture in one.choices[question.id])
        for question in asked
        for one in answers
    )


def _spreads(study: Study, orders: Mapping[tuple[int, ...], int] | None) -> list[float]:
    """By method: variance of its wins in an order over that of as many independent choices."""
    if orders is None:
        return [1.0] * len(study.methods)
    others, counts = len(study.methods) - 1, np.array(list(orders.values()))
    found = []
    for method in range(len(study.methods)):
        wins = np.array([others - order.index(method) for order in orders])
        mean = float((wins * counts).sum() / counts.sum())
        chance = mean / others
        independent = others * chance * (1 - chance)
        variance = float(((wins - mean) ** 2 * counts).sum() / counts.sum())
        found.append(variance / independent if independent > 0 else 1.0)
    return found


def _firsts(asked: Sequence[Question], answers: Sequence[Answers]) -> dict[str, tuple[int, int]]:
    """By method: how often it was chosen before all others, and how often it was shown."""
    best, shown = Counter[str](), Counter[str]()
    for question in asked:
        for method in question.methods.values():
            shown[method] += len(answers)
        for one in answers:
            best.update(question.methods[picture] for picture in one.choices[question.id][:1])
    return {method: (best[method], count) for method, count in shown.items()}


def _method_scores(
    study: Study,
    tables: Mapping[Pair, NDArray[np.int64]],
    strengths: Strengths,
    first: Mapping[str, tuple[int, int]],
    spreads: Sequence[float],
    level: float,
) -> tuple[MethodScore, ...]:
    shares: list[Share] = []
    ties = []
    for method in study.methods:
        own = [
            table.sum(0) if pair[0] == method else table.sum(0)[[1, 0, 2]]
            for pair, table in tables.items()
            if method in pair
        ]
        won, lost, tied = (int(sum(counts)) for counts in zip(*own, strict=True)) if own else (0, 0, 0)
        shares.append(exact_share(won, won + lost, level, spreads[len(shares)]))
        ties.append(tied)
    by = strengths.values if np.isfinite(strengths.values).all() else np.array([s.value for s in shares])
    return tuple(
        MethodScore(
            method,
            shares[k],
            ties[k],
            exact_share(*first.get(method, (0, 0)), level),
            float(strengths.values[k]),
            float(strengths.low[k]),
            float(strengths.high[k]),
            1 + int((by > by[k]).sum()),
        )
        for k, method in enumerate(study.methods)
    )


def _pair_score(pair: Pair, table: NDArray[np.int64], level: float) -> PairScore:
    won, lost, tied = (int(count) for count in table.sum(0))
    share = exact_share(won, won + lost, level)
    return PairScore(*pair, share, tied, two_sided_p(won, won + lost), fleiss_kappa([table]))


def _notes(study: Study, strengths: Strengths, raters: int, tables: Sequence[NDArray[np.int64]]) -> list[str]:
    notes = []
    if len(strengths.groups) > 1:
        groups = "; ".join(", ".join(study.methods[k] for k in group) for group in strengths.groups)
        why = (
            "some methods always won against some others"
            if strengths.are_connected
            else "some methods were never compared with some others, not even by way of a third"
        )
        notes.append(f"no Bradley-Terry strengths: {why}; ranks are by share. Groups: {groups}")
    if raters < 2:
        notes.append("no agreement: it takes two raters")
    elif np.isnan(fleiss_kappa(tables)):
        notes.append("no kappa: all answers are the same, so that chance would agree as well")
    return notes
