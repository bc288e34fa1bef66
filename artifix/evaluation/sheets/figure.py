"""A figure from its rows and columns: pictures read, drawn, placed, printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from artifix.errors import InputError, UsageError
from artifix.evaluation.sheets.columns import OURS, Column
from artifix.evaluation.sheets.config import FigureConfig
from artifix.evaluation.sheets.grid import MM_PER_INCH, Cell, DrawnRow, Grid, grid_of, line_px, page_of
from artifix.evaluation.sheets.panels import Shown, draw, shown_in
from artifix.evaluation.sheets.pictures import read_pictures
from artifix.evaluation.sheets.places import Places
from artifix.evaluation.sheets.printing import Form, printed
from artifix.inputs.table import counted
from artifix.progress import Progress
from artifix.setting_names import setting

STAGE = "draw"
TALLEST_MM = 297.0  # a page of A4
_EMPTY, _REFUSED = "\N{EN DASH}", "refused"
_LOWEST, _HIGHEST = 0.3, 1.6  # height of a row over the width of its columns


@dataclass(frozen=True, slots=True)
class Plan:
    """What a figure is to show, and how."""

    columns: Sequence[Column]
    across: int = 1  # cases beside each other
    named: bool = False  # names are written beside the rows
    told: bool = False  # how sure each repair is, below it


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, ready to be written."""

    data: bytes
    width_mm: float
    height_mm: float
    notes: Sequence[str]  # for a person


def figure_of(
    rows: Sequence[Places], plan: Plan, config: FigureConfig, form: Form, progress: Progress
) -> Figure:
    """Draw a figure.

    Args:
        rows: at least one, with the files of each.
        plan: what to show.
        config: sizes and font.
        form: of the file.
        progress: told after each row.

    Raises:
        InputError: files cannot be used: all are told.
        UsageError: there are too many columns for the width, or there is no such font.
    """
    grid = _grid(rows, plan, config)
    drawn, mistakes = [], []
    progress(STAGE, 0, len(rows))
    for done, places in enumerate(rows, 1):
        try:
            drawn.append(_drawn(places, plan.columns, grid, line_px(config)))
        except InputError as error:
            mistakes.append((places.row.name, error))
        progress(STAGE, done, len(rows))
    _require_no(mistakes)
    page = page_of(grid, [column.title for column in plan.columns], drawn, plan.told)
    data, notes = printed(page, config, form)
    height_mm = page.height * MM_PER_INCH / config.dpi
    if height_mm > TALLEST_MM:
        told = f"the figure is {height_mm:.0f} mm high, more than a page of A4"
        notes.append(
            f"{told}: choose {setting('rows')}, or put cases beside each other with {setting('across')}"
        )
    return Figure(data, page.width * MM_PER_INCH / config.dpi, height_mm, notes)


def _grid(rows: Sequence[Places], plan: Plan, config: FigureConfig) -> Grid:
    grouped = any(places.row.group for places in rows)
    told = plan.told and any(places.row.told for places in rows)
    grid = grid_of(config, len(plan.columns), plan.across, grouped, plan.named, told)
    if grid is None:
        count = len(plan.columns) * plan.across
        raise UsageError(
            f"{counted(count, 'column')} in {config.width:g} mm leave less than 4 mm for each",
            f"take fewer {setting('columns')}, a smaller {setting('across')} or a larger {setting('width')}",
        )
    return grid


def _drawn(places: Places, columns: Sequence[Column], grid: Grid, thickness_px: int) -> DrawnRow:
    pictures = read_pictures(places)
    shown = [shown_in(column, pictures) for column in columns]
    height = _height(columns, shown, grid.cell)
    cells = [
        Cell(None, _REFUSED if column.shows == OURS and places.row.is_refused else _EMPTY)
        if one is None
        else Cell(draw(one, (height, grid.cell), thickness_px))
        for column, one in zip(columns, shown, strict=True)
    ]
    return DrawnRow(places.row, height, cells)


def _height(columns: Sequence[Column], shown: Sequence[Shown | None], width: int) -> int:
    """Of a row [px]: as the images ask for, so that a tall reference leaves no gaps around all others."""
    pairs = [(column, one) for column, one in zip(columns, shown, strict=True) if one is not None]
    asked = [one for column, one in pairs if not column.of_reference] or [one for _, one in pairs]
    if not asked:
        return width
    tallest = max(one.size[0] / one.size[1] for one in asked)
    return max(1, round(width * min(max(tallest, _LOWEST), _HIGHEST)))


def _require_no(mistakes: Sequence[tuple[str, InputError]]) -> None:
    if not mistakes:
        return
    if len(mistakes) == 1:
        raise mistakes[0][1]
    told = [f"{name}: {error.marked[0]}" for name, error in mistakes]
    raise InputError(
        "\n  ".join([f"{counted(len(mistakes), 'row')} cannot be drawn:", *told]), mistakes[0][1].marked[1]
    )
