"""The histogram of masks for a terminal, and as plain lines for a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artifix.evaluation.mask_statistics.summary import (
    SMALL_SHARE,
    Bar,
    Summary,
    part_bars,
    ratio_bars,
    share_bars,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDTH = 40  # signs of the longest bar
_LABEL = 9  # signs
_NAMED, _OTHER = "red", "cyan"


@dataclass(frozen=True, slots=True)
class BarGroup:
    """A histogram and what is written above it."""

    title: str
    bars: Sequence[Bar]  # at least one that counts something; empty ones at the end are left out

    @property
    def top(self) -> int:
        """Of the longest bar."""
        return max(bar.count for bar in self.bars)


def bar_groups(summary: Summary) -> list[BarGroup]:
    """Size, compactness and number of parts; nothing where no mask marks anything."""
    if not summary.shapes:
        return []
    small = f"{100 * summary.small_share:.1f} % under {100 * SMALL_SHARE:.0f} %"
    bars = {
        f"share of the image: {small} ({summary.small} of {summary.marking})": share_bars(summary),
        "compactness (1 is a disc)": ratio_bars(summary.values(lambda shape: shape.compactness)),
        "number of parts": part_bars(summary),
    }
    return [BarGroup(title, _cut(group)) for title, group in bars.items()]


def plain_picture(groups: Sequence[BarGroup]) -> str:
    """The bars as lines of ASCII, each of which ends in a line break."""
    lines = []
    for group in groups:
        lines.append(group.title)
        for bar in group.bars:
            signs = "#" * (bar.count and max(1, round(_WIDTH * bar.count / group.top)))
            lines.append(" ".join(filter(None, [f"{bar.label:>{_LABEL}}", signs, _counted(bar)])))
    return "".join(f"{line}\n" for line in lines)


def terminal_picture(groups: Sequence[BarGroup]) -> "RenderableType":
    """The bars for rich, which knows the width and the colours of a terminal."""
    from rich.bar import Bar as Drawn
    from rich.table import Table
    from rich.text import Text

    lines = Table.grid()
    for group in groups:
        lines.add_row(Text(group.title, "bold"))
        rows = Table.grid(padding=(0, 1))
        rows.add_column(justify="right", min_width=_LABEL, no_wrap=True)
        rows.add_column(width=_WIDTH)
        rows.add_column(no_wrap=True)
        for bar in group.bars:
            colour = _NAMED if bar.is_named else _OTHER
            rows.add_row(bar.label, Drawn(group.top, 0, bar.count, width=_WIDTH, color=colour), _counted(bar))
        lines.add_row(rows)
    return lines


def _cut(bars: Sequence[Bar]) -> Sequence[Bar]:
    return bars[: 1 + max(number for number, bar in enumerate(bars) if bar.count)]


def _counted(bar: Bar) -> str:
    return f"{bar.count} ({100 * bar.share:.1f} %)"
