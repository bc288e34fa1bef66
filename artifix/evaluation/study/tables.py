"""The figures of a study as tables: Markdown, LaTeX, CSV, and plain values for JSON."""

import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from artifix.evaluation.latex import in_latex
from artifix.evaluation.study.raters import Rater
from artifix.evaluation.study.scoring import MethodScore, PairScore, PartScore
from artifix.evaluation.study.statistics import Share
from artifix.inputs.table import counted
from artifix.outputs.encode import encode_csv

Line = list[str]
METHOD_COLUMNS = ("rank", "method", "preferred", "of", "ties", "share", "strength")
PAIR_COLUMNS = ("first", "second", "first preferred", "of", "ties", "share of first", "p", "kappa")
_SHARE = ("count", "of", "share", "low", "high")
_INTERVALS = (
    "of shares exact binomial ones (Clopper-Pearson); of strengths, which are log-odds with mean 0 "
    "(Bradley-Terry), those of Wald. p is two-sided, exact binomial."
)


def plain(score: PartScore) -> dict[str, Any]:
    """The figures of a part, JSON-ready: what is not known is null."""
    return _known(asdict(score))


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def methods_csv(scores: Sequence[PartScore]) -> bytes:
    """A row for each method of each part."""
    columns = (
        *("part", "method", "rank"),
        *(f"preferred_{name}" for name in _SHARE),
        "ties",
        *(f"first_{name}" for name in _SHARE),
        *("strength", "strength_low", "strength_high"),
    )
    rows = [
        [score.part, one.method, one.rank, *_cells(one.preferred), one.ties, *_cells(one.first)]
        + [_blank(value) for value in (one.strength, one.low, one.high)]
        for score in scores
        for one in score.methods
    ]
    return encode_csv(columns, rows)


def pairs_csv(scores: Sequence[PartScore]) -> bytes:
    """A row for each two methods of each part."""
    columns = ("part", "first", "second", *(f"first_{name}" for name in _SHARE), "ties", "p", "kappa")
    rows = [
        [
            score.part,
            one.first,
            one.second,
            *_cells(one.preferred),
            one.ties,
            _blank(one.p),
            _blank(one.kappa),
        ]
        for score in scores
        for one in score.pairs
    ]
    return encode_csv(columns, rows)


def raters_csv(raters: Sequence[Rater]) -> bytes:
    """A row for each file of answers."""
    names = [field.name for field in fields(Rater)]
    columns = ["file", *names[1:]]
    return encode_csv(columns, [[getattr(one, name) for name in names] for one in raters])


def _cells(share: Share) -> list[object]:
    return [share.count, share.of, _blank(share.value), share.low, share.high]


def _blank(value: float) -> object:
    return "" if math.isnan(value) else value


def markdown(scores: Sequence[PartScore], raters: Sequence[Rater], level: float) -> bytes:
    """The tables of all parts, and who was left out, to be read."""
    lines = ["# User study", "", _who(raters), ""]
    for score in scores:
        lines += [f"## {score.part.capitalize()}", "", _what(score), ""]
        lines += _markdown_table(METHOD_COLUMNS, [_method_line(one) for one in _by_rank(score)])
        lines += ["", *_markdown_table(PAIR_COLUMNS, [_pair_line(one) for one in score.pairs]), ""]
        lines += [line for note in score.notes for line in (f"- {_escaped(note)}", "")]
    lines += [f"Intervals of {level:g}: {_INTERVALS}", ""]
    out = [one for one in raters if one.left_out]
    if out:
        rows = [[one.rater, one.name, one.left_out] for one in out]
        lines += ["## Left out", "", *_markdown_table(("rater", "file", "why"), rows), ""]
    return "\n".join(lines).encode("utf-8", "backslashreplace")


def latex(scores: Sequence[PartScore]) -> bytes:
    """A table of the methods of all parts, for booktabs."""
    parts = len(scores)
    lines = [
        "% needs \\usepackage{booktabs}",
        f"\\begin{{tabular}}{{l{'rr' * parts}}}",
        "\\toprule",
        " & ".join(["", *(f"\\multicolumn{{2}}{{c}}{{{score.part.capitalize()}}}" for score in scores)])
        + r" \\",
        " & ".join(["Method", *(["Preferred [\\%]", "Strength"] * parts)]) + r" \\",
        "\\midrule",
    ]
    for rows in zip(*(score.methods for score in scores), strict=True):
        cells = [cell for one in rows for cell in (_latex_share(one.preferred), _latex_strength(one))]
        lines.append(" & ".join([in_latex(rows[0].method), *cells]) + r" \\")
    lines += ["\\bottomrule", "\\end{tabular}", ""]
    return "\n".join(lines).encode("utf-8", "backslashreplace")


def _latex_share(share: Share) -> str:
    if math.isnan(share.value):
        return "--"
    return f"{100 * share.value:.1f} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def _latex_strength(one: MethodScore) -> str:
    return "--" if math.isnan(one.strength) else f"${one.strength:+.2f}$"


def _who(raters: Sequence[Rater]) -> str:
    count = sum(not one.left_out for one in raters)
    return f"{counted(count, 'rater')} of {counted(len(raters), 'file')} of answers."


def _what(score: PartScore) -> str:
    kappa = "" if math.isnan(score.kappa) else f", Fleiss' kappa within pairs {score.kappa:.3f}"
    agreed = "" if math.isnan(score.agreement) else f"; two raters agree in {score.agreement:.1%}{kappa}"
    return f"{counted(score.questions, 'question')}, {counted(score.raters, 'rater')}{agreed}."


def _by_rank(score: PartScore) -> list[MethodScore]:
    return sorted(score.methods, key=lambda one: one.rank)


def _method_line(one: MethodScore) -> Line:
    strength = _told(one.strength, "+.2f", (one.low, one.high))
    share = _told(one.preferred.value, ".3f", (one.preferred.low, one.preferred.high))
    counts = [str(one.preferred.count), str(one.preferred.of), str(one.ties)]
    return [str(one.rank), one.method, *counts, share, strength]


def _pair_line(one: PairScore) -> Line:
    share = _told(one.preferred.value, ".3f", (one.preferred.low, one.preferred.high))
    counts = [str(one.preferred.count), str(one.preferred.of), str(one.ties)]
    p = "-" if math.isnan(one.p) else "< .0001" if one.p < 1e-4 else f"{one.p:.4f}"
    return [one.first, one.second, *counts, share, p, _told(one.kappa, ".3f")]


def _told(value: float, form: str, interval: tuple[float, float] | None = None) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:{form}}" + ("" if interval is None else f" [{interval[0]:{form}}, {interval[1]:{form}}]")


def _markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    told = [f"| {' | '.join(map(_escaped, cells))} |" for cells in (columns, *rows)]
    return [told[0], f"|{'---|' * len(columns)}", *told[1:]]


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\|*_`<>#" else sign for sign in text)
