"""The figures of a study as a picture, drawn with matplotlib, which is imported only when one is drawn."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from artifix.evaluation.study.scoring import PartScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 150
_INK, _QUIET, _LINE = "#1c1d20", "#63656d", "#d8d8d4"
_COLOURS = {"realism": "#0f6f80", "fidelity": "#c8401e"}
_ROW_IN = 0.42  # height of a method's line [inch]


def preference_chart(scores: Sequence[PartScore], level: float) -> bytes:
    """A PNG: shares and strengths of all methods with their intervals, a line of panels for each part.

    Args:
        scores: of the parts.
        level: of the intervals, which is told.
    """
    import matplotlib.figure

    count = len(scores[0].methods)
    size = (9.2, 0.4 + len(scores) * (0.8 + count * _ROW_IN))
    figure = matplotlib.figure.Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(scores), 2, squeeze=False, width_ratios=(3, 2))
    for (left, right), score in zip(panels, scores, strict=True):
        _shares(left, score)
        _strengths(right, score)
    figure.suptitle(f"Preferences of raters, intervals of {level:g}", fontsize=11, color=_INK)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=_DPI, metadata={"Software": None})
    return data.getvalue()


def _shares(axes: "Axes", score: PartScore) -> None:
    ordered = sorted(score.methods, key=lambda one: -one.rank)
    colour = _COLOURS[score.part]
    for place, one in enumerate(ordered):
        share = one.preferred
        if share.of:
            axes.barh(place, share.value, height=0.62, color=colour, alpha=0.22)
            axes.plot((share.low, share.high), (place, place), color=colour, linewidth=2)
            axes.plot(share.value, place, "o", color=colour, markersize=5)
        told = f"{100 * share.value:.0f} %" if share.of else "never decided"
        axes.annotate(
            told, (share.high if share.of else 0, place), (5, 0), textcoords="offset points", va="center",
            fontsize=8, color=_QUIET,
        )  # fmt: skip
    axes.axvline(0.5, color=_QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xlim(0, 1.08)
    axes.set_xticks(np.linspace(0, 1, 5), labels=[f"{share:.0f} %" for share in np.linspace(0, 100, 5)])
    axes.set_yticks(range(len(ordered)), labels=[one.method for one in ordered])
    axes.set_title(f"{score.part}: preferred", fontsize=10, loc="left", color=_INK)
    _plain(axes, len(ordered))


def _strengths(axes: "Axes", score: PartScore) -> None:
    ordered = sorted(score.methods, key=lambda one: -one.rank)
    axes.set_title("strength (log-odds)", fontsize=10, loc="left", color=_INK)
    axes.set_yticks(range(len(ordered)), labels=[""] * len(ordered))
    if any(np.isnan(one.strength) for one in ordered):
        axes.text(0.5, 0.5, "no estimate", transform=axes.transAxes, ha="center", va="center", color=_QUIET)
        axes.set_xticks([])
    else:
        colour = _COLOURS[score.part]
        for place, one in enumerate(ordered):
            axes.plot((one.low, one.high), (place, place), color=colour, linewidth=2)
            axes.plot(one.strength, place, "o", color=colour, markersize=5)
        axes.axvline(0, color=_QUIET, linewidth=1, linestyle=(0, (4, 3)))
        axes.locator_params(axis="x", nbins=5)
    _plain(axes, len(ordered))


def _plain(axes: "Axes", lines: int) -> None:
    axes.set_ylim(-0.6, lines - 0.4)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_LINE)
    axes.tick_params(length=0, labelsize=9, colors=_INK)
    axes.grid(axis="x", color=_LINE, linewidth=0.6, alpha=0.6)
    axes.set_axisbelow(True)
