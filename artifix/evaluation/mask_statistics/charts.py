"""Charts of a set of masks, drawn with matplotlib, which is imported only when one is drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from artifix.evaluation.mask_statistics.summary import (
    MOST_SHARE,
    SHARE_STEP,
    SMALL_SHARE,
    Bar,
    Summary,
    part_bars,
    ratio_bars,
    share_bars,
)
from artifix.inputs.table import counted
from artifix.outputs.plots import png_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED, _OTHER, _INK = "#c8401e", "#9aa7b8", "#333333"


def share_chart(summary: Summary) -> bytes:
    """A PNG: how many masks cover which share of their image; the part under 4 % in colour, and named."""
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(7.2, 3.9), layout="constrained")
    axes = figure.subplots()
    bars = share_bars(summary)
    places = [number + 0.5 for number in range(len(bars))]
    colours = [_NAMED if bar.is_named else _OTHER for bar in bars]
    axes.bar(places, [100 * bar.share for bar in bars], width=0.92, color=colours)
    small, limit = round(SMALL_SHARE / SHARE_STEP), f"{100 * SMALL_SHARE:.0f} %"
    axes.axvline(small, color=_NAMED, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        f"{100 * summary.small_share:.1f} % of the masks cover\nless than {limit} of their image",
        xy=(small, 1),
        xycoords=("data", "axes fraction"),
        xytext=(8, -8),
        textcoords="offset points",
        va="top",
        color=_NAMED,
    )
    edges = range(0, len(bars), 2)
    axes.set_xticks(list(edges), labels=[f"{100 * edge * SHARE_STEP:.0f}" for edge in edges])
    if bars[-1].count:
        axes.annotate(
            "and more", xy=(places[-1], 0), xytext=(0, -24), textcoords="offset points", ha="center",
            va="top", fontsize=8, color=_INK,
        )  # fmt: skip
    axes.set_xlim(0, round(MOST_SHARE / SHARE_STEP) + 1)
    axes.set_xlabel("artifact's share of the image [%]")
    axes.set_ylabel("masks [%]")
    axes.set_title(f"Size of artifacts, {counted(summary.marking, 'mask')}", fontsize=11)
    _plain(axes)
    return png_of(figure)


def irregularity_chart(summary: Summary) -> bytes:
    """A PNG: compactness, solidity and number of parts."""
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(11, 3.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    ratios = {
        r"compactness  $4\pi A / P^2$": (left, summary.values(lambda shape: shape.compactness)),
        "solidity  (area / convex hulls)": (middle, summary.values(lambda shape: shape.solidity)),
    }
    for label, (axes, values) in ratios.items():
        _columns(axes, ratio_bars(values))
        edges = range(0, 11, 2)
        axes.set_xticks([edge - 0.5 for edge in edges], labels=[f"{edge / 10:.1f}" for edge in edges])
        axes.set_xlabel(label)
        if len(values):
            axes.set_title(f"mean {values.mean():.2f}", fontsize=10)
    bars = part_bars(summary)
    _columns(right, bars)
    right.set_xticks(range(len(bars)), labels=[bar.label for bar in bars])
    right.set_xlabel("number of parts")
    if summary.shapes:
        right.set_title(f"{100 * bars[0].share:.0f} % in one part", fontsize=10)
    left.set_ylabel("masks [%]")
    figure.suptitle(f"Irregularity of artifacts, {counted(summary.marking, 'mask')}", fontsize=11)
    return png_of(figure)


def _columns(axes: "Axes", bars: Sequence[Bar]) -> None:
    axes.bar(range(len(bars)), [100 * bar.share for bar in bars], width=0.92, color=_OTHER)
    _plain(axes)


def _plain(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
