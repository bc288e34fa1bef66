"""The figures of all cases, summed up: by task and in all, method beside method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.bench.scoring import ScoredCase
from artifix.evaluation.bench.statistics import Comparison, Estimate, compare, estimate, holm
from artifix.evaluation.scores.scorer import Column

ALL = "all"
SURE = 0.05  # of a corrected p-value: less is a difference


@dataclass(frozen=True, slots=True)
class Compared:
    """Two methods on one figure, of one scope."""

    column: str
    first: str
    second: str
    result: Comparison
    corrected_p: float  # for all pairs of methods on this figure and scope


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds of the cases of a task, or of all."""

    name: str
    cases: int
    columns: list[Column]  # those of which some method has a figure
    estimates: Mapping[str, Mapping[str, Estimate]]  # by method, then by column
    compared: list[Compared]

    def best(self, column: Column) -> set[str]:
        """The methods whose mean is best, at the digits shown; of as many cases as any has."""
        known = {method: told[column.name] for method, told in self.estimates.items()}
        most = max((one.cases for one in known.values()), default=0)
        means = {m: round(one.mean, column.digits) for m, one in known.items() if one.cases == most > 0}
        wanted = (max if column.better == "higher" else min)(means.values(), default=None)
        return {method for method, mean in means.items() if mean == wanted}

    def differs(self, column: str, method: str, other: str) -> bool:
        """Whether two methods surely differ on a figure."""
        pair = {method, other}
        return any(
            {one.first, one.second} == pair and one.column == column and one.corrected_p < SURE
            for one in self.compared
        )


def summed_up(
    scored: Sequence[ScoredCase], methods: Sequence[str], columns: Sequence[Column], tasks: Sequence[str]
) -> list[Scope]:
    """All cases first, then those of each task, if there are several.

    Args:
        scored: of all methods.
        methods: their names, in the order of the tables.
        columns: of the tables.
        tasks: that the cases are of.
    """
    scopes = [ALL, *(tasks if len(tasks) > 1 else [])]
    return [_scope(name, scored, methods, columns) for name in scopes]


def _scope(
    name: str, scored: Sequence[ScoredCase], methods: Sequence[str], columns: Sequence[Column]
) -> Scope:
    members = [one for one in scored if name in (ALL, one.task)]
    cases = list(dict.fromkeys(one.case for one in members))
    tables = {column.name: _table(members, methods, cases, column.name) for column in columns}
    shown = [column for column in columns if not np.isnan(tables[column.name]).all()]
    estimates = {
        method: {column.name: estimate(tables[column.name][row]) for column in shown}
        for row, method in enumerate(methods)
    }
    compared = [one for column in shown for one in _compared(column.name, methods, tables[column.name])]
    return Scope(name, len(cases), shown, estimates, compared)


def _table(
    members: Sequence[ScoredCase], methods: Sequence[str], cases: Sequence[str], column: str
) -> NDArray[np.float64]:
    """(methods, cases) of one figure, nan where there is none."""
    table = np.full((len(methods), len(cases)), np.nan)
    rows, places = {m: i for i, m in enumerate(methods)}, {case: i for i, case in enumerate(cases)}
    for one in members:
        table[rows[one.method], places[one.case]] = one.value(column)
    return table


def _compared(column: str, methods: Sequence[str], table: NDArray[np.float64]) -> list[Compared]:
    pairs = [
        (a, b) for a, b in combinations(range(len(methods)), 2) if not np.isnan(table[a] - table[b]).all()
    ]
    results = [compare(table[a], table[b]) for a, b in pairs]
    corrected = holm([result.p for result in results])
    return [
        Compared(column, methods[a], methods[b], result, p)
        for (a, b), result, p in zip(pairs, results, corrected, strict=True)
    ]


def told_of(scope: Scope) -> dict[str, Any]:
    """A scope, JSON-ready: null where nothing can be said."""
    return {
        "cases": scope.cases,
        "methods": {
            method: {column: _told(one) for column, one in told.items()}
            for method, told in scope.estimates.items()
        },
        "compared": [
            {
                "column": one.column,
                "first": one.first,
                "second": one.second,
                "difference": _told(one.result.difference),
                "p": _number(one.result.p),
                "p_holm": _number(one.corrected_p),
            }
            for one in scope.compared
        ],
    }


def _told(one: Estimate) -> dict[str, Any]:
    figures = {"mean": _number(one.mean), "low": _number(one.low), "high": _number(one.high)}
    return {**figures, "cases": one.cases}


def _number(value: float) -> float | None:
    return None if isnan(value) else float(f"{value:.6g}")
