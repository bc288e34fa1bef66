"""Where everything of a figure stands: at whole pixels, so that no picture is resampled when printed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.sheets.config import FigureConfig
from artifix.evaluation.sheets.rows import SheetRow

MM_PER_INCH, POINTS_PER_INCH = 25.4, 72.0
_GAP_MM, _BLOCK_GAP_MM, _GROUP_GAP_MM = 0.8, 3.0, 2.4
_LINE = 1.5  # height of a line of text, over the size of its font
TOLD_SIZE = 0.8  # of what is said below a row, over the size of the other text
_NARROWEST_MM = 4.0  # column


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes that are the same for all rows [px]."""

    width: int
    gap: int
    block_gap: int  # between cases beside each other
    group_gap: int
    cell: int  # width of a column
    line: int  # height of the titles, and width of the names of rows and groups
    told: int  # height of what is said below a row; 0 if nothing is
    columns: int
    across: int
    group_label: int  # width of the names of groups, 0 without
    row_label: int  # of the names of rows

    @property
    def block(self) -> int:
        """Width of one case with its name."""
        return self.row_label + self.columns * self.cell + (self.columns - 1) * self.gap

    def left(self, number: int) -> int:
        """Where the case of this number in its line begins."""
        return self.group_label + number * (self.block + self.block_gap)

    def cell_left(self, number: int, column: int) -> int:
        """Where a column of that case begins."""
        return self.left(number) + self.row_label + column * (self.cell + self.gap)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A picture, or a word in its place."""

    picture: NDArray[np.uint8] | None  # RGB (h, w, 3)
    word: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnRow:
    """A row whose panels have the size that they are printed in."""

    row: SheetRow
    height: int  # [px]
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of writing, centred at a point [px from the top left]."""

    x: float
    y: float
    text: str
    room: float  # that it has along its line [px]
    size: float = 1.0  # over the size of the font
    upright: bool = True  # or else turned to run upwards
    bold: bool = False
    kind: str = ""  # texts of one kind have one size


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Everything, placed."""

    width: int
    height: int
    pictures: list[tuple[int, int, NDArray[np.uint8]]] = field(default_factory=list)  # left, top, RGB
    empty: list[tuple[int, int, int, int]] = field(default_factory=list)  # left, top, width, height
    texts: list[Text] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)  # y of lines across the figure


def grid_of(
    config: FigureConfig, columns: int, across: int, grouped: bool, named: bool, told: bool
) -> Grid | None:
    """The sizes for a figure; None if its columns would be narrower than 4 mm.

    Args:
        config: width, resolution and font.
        columns: of each case.
        across: cases beside each other.
        grouped: rows have groups.
        named: the names of rows are written beside them.
        told: something is said below each row.
    """
    gap, block_gap, group_gap = (_px(mm, config) for mm in (_GAP_MM, _BLOCK_GAP_MM, _GROUP_GAP_MM))
    line = max(1, round(_LINE * config.font_size * config.dpi / POINTS_PER_INCH))
    width = round(config.width * config.dpi / MM_PER_INCH)
    group_label, row_label = line * grouped, line * named
    free = width - group_label - across * (row_label + (columns - 1) * gap) - (across - 1) * block_gap
    cell = free // (columns * across)
    if cell < max(1, _px(_NARROWEST_MM, config)):
        return None
    told_px = round(TOLD_SIZE * line) if told else 0
    return Grid(
        width, gap, block_gap, group_gap, cell, line, told_px, columns, across, group_label, row_label
    )


def line_px(config: FigureConfig) -> int:
    """Thickness of outlines: 0.6 points, and 1 pixel at least."""
    return max(1, round(0.6 * config.dpi / POINTS_PER_INCH))


def page_of(grid: Grid, titles: Sequence[str], rows: Sequence[DrawnRow], told: bool) -> Page:
    """Place the rows, one line below the other, the titles above the first."""
    lines = [list(line) for line in _lines(rows, grid.across)]
    y, last = grid.line + grid.gap, None
    page = Page(grid.width, 0)
    group_tops: list[tuple[str, int, int]] = []  # name, top, bottom
    for line in lines:
        group = line[0].row.group
        if last is not None:
            y += grid.group_gap if group != last else grid.gap
            if group != last:
                page.rules.append(y - grid.group_gap // 2)
        height = max(row.height for row in line)
        for number, row in enumerate(line):
            _place(page, grid, row, number, y, height, told)
        bottom = y + height
        if group and group == last:
            group_tops[-1] = (group, group_tops[-1][1], bottom)
        elif group:
            group_tops.append((group, y, bottom))
        y, last = bottom + grid.told, group
    used = max(len(line) for line in lines)
    page.texts.extend(
        Text(grid.cell_left(number, column) + grid.cell / 2, grid.line / 2, title, grid.cell, kind="title")
        for number in range(used)
        for column, title in enumerate(titles)
    )
    for name, top, bottom in group_tops:
        page.texts.append(Text(grid.group_label / 2, (top + bottom) / 2, name, bottom - top, 1, False, True))
    return Page(page.width, y, page.pictures, page.empty, page.texts, page.rules)


def _place(page: Page, grid: Grid, row: DrawnRow, number: int, top: int, height: int, told: bool) -> None:
    for column, cell in enumerate(row.cells):
        left = grid.cell_left(number, column)
        if cell.picture is None:
            page.empty.append((left, top, grid.cell, height))
            page.texts.append(Text(left + grid.cell / 2, top + height / 2, cell.word, grid.cell))
            continue
        high, wide = cell.picture.shape[:2]
        page.pictures.append((left + (grid.cell - wide) // 2, top + (height - high) // 2, cell.picture))
    if grid.row_label:
        x = grid.left(number) + grid.row_label / 2
        page.texts.append(Text(x, top + height / 2, row.row.name, height, 1, False))
    if told and row.row.told:
        room = grid.block - grid.row_label
        x = grid.cell_left(number, 0) + room / 2
        page.texts.append(Text(x, top + height + grid.told / 2, row.row.told, room, TOLD_SIZE))


def _lines(rows: Sequence[DrawnRow], across: int) -> Iterator[Sequence[DrawnRow]]:
    """The cases of each line: so many beside each other, and of one group."""
    for _, group in groupby(rows, key=lambda row: row.row.group):
        members = list(group)
        yield from (members[i : i + across] for i in range(0, len(members), across))


def _px(mm: float, config: FigureConfig) -> int:
    return round(mm * config.dpi / MM_PER_INCH)
