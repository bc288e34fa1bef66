"""The tables of a run: a row for each case as CSV, the summary as Markdown and LaTeX."""

from collections.abc import Mapping, Sequence
from math import isnan

from artifix.evaluation.bench.scoring import ScoredCase
from artifix.evaluation.bench.statistics import LEVEL, RESAMPLES, Estimate
from artifix.evaluation.bench.summary import ALL, SURE, Scope
from artifix.evaluation.latex import in_latex
from artifix.evaluation.scores.scorer import Column
from artifix.outputs.encode import encode_csv

_ARROWS = {"higher": "↑", "lower": "↓"}
_TEX_ARROWS = {"higher": r"$\uparrow$", "lower": r"$\downarrow$"}
_SIGN = "†"


def cases_csv(scored: Sequence[ScoredCase], columns: Sequence[Column]) -> bytes:
    """A row for each prediction; a figure that cannot be said is empty."""
    names = [column.name for column in columns]
    rows = [[one.method, one.case, one.task, *(_cell(one.value(name)) for name in names)] for one in scored]
    return encode_csv(("method", "case", "task", *names), rows)


def _cell(value: float) -> float | str:
    return "" if isnan(value) else value


def caption(scope: Scope, first: str) -> str:
    """What stands under a table."""
    what = "all cases" if scope.name == ALL else scope.name
    return (
        f"{what}: {scope.cases}. Means with {LEVEL:.0%} bootstrap intervals ({RESAMPLES:,} draws), the best "
        f"bold. {_SIGN}: differs from {first} (Wilcoxon's signed ranks, p < {SURE:g} after Holm's "
        "correction)."
    )


def markdown(scopes: Sequence[Scope], methods: Sequence[str], title: str) -> bytes:
    """The summary, a table for each scope."""
    parts = [f"# {title}"]
    for scope in scopes:
        heads = [_head(column, _ARROWS) for column in scope.columns]
        lines = [["method", *heads], ["---"] * (1 + len(heads))]
        for method in methods:
            cells = [_markdown_cell(scope, method, column, methods[0]) for column in scope.columns]
            lines.append([method, *cells])
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts += [f"## {scope.name}", table, caption(scope, methods[0])]
    return ("\n\n".join(parts) + "\n").encode()


def latex(scopes: Sequence[Scope], methods: Sequence[str]) -> bytes:
    r"""The same for LaTeX: needs \usepackage{booktabs}."""
    return "\n".join(_latex_table(scope, methods) for scope in scopes).encode()


def _latex_table(scope: Scope, methods: Sequence[str]) -> str:
    heads = [_head(column, _TEX_ARROWS).translate(_KEEPING_ARROWS) for column in scope.columns]
    rows = [
        " & ".join([in_latex(method), *(_latex_cell(scope, method, c, methods[0]) for c in scope.columns)])
        for method in methods
    ]
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}[t]",
        r"\centering\small",
        rf"\begin{{tabular}}{{l{'r' * len(heads)}}}",
        r"\toprule",
        " & ".join(["method", *heads]) + r" \\",
        r"\midrule",
        *(rf"{row} \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        rf"\caption{{{in_latex(caption(scope, methods[0])).replace(_SIGN, '$' + chr(92) + 'dagger$')}}}",
        rf"\label{{tab:bench-{scope.name}}}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


_KEEPING_ARROWS = str.maketrans({"_": r"\_", "%": r"\%"})


def _head(column: Column, arrows: Mapping[str, str]) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{column.name}{unit} {arrows[column.better]}"


def _figures(one: Estimate, column: Column) -> tuple[str, str]:
    """The mean and its interval, at the digits of the column."""
    mean, low, high = (f"{value:.{column.digits}f}" for value in (one.mean, one.low, one.high))
    return mean, f"{low}, {high}"


def _markdown_cell(scope: Scope, method: str, column: Column, first: str) -> str:
    one = scope.estimates[method][column.name]
    if one.cases == 0:
        return ""
    mean, interval = _figures(one, column)
    shown = f"**{mean}**" if method in scope.best(column) else mean
    sign = _SIGN if scope.differs(column.name, method, first) else ""
    few = f" (n={one.cases})" if one.cases < scope.cases else ""
    return f"{shown}{sign} [{interval}]{few}"


def _latex_cell(scope: Scope, method: str, column: Column, first: str) -> str:
    one = scope.estimates[method][column.name]
    if one.cases == 0:
        return ""
    mean, interval = _figures(one, column)
    shown = rf"\textbf{{{mean}}}" if method in scope.best(column) else mean
    sign = r"$^\dagger$" if scope.differs(column.name, method, first) else ""
    return rf"{shown}{sign} {{\scriptsize [{interval}]}}"
