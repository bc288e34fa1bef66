"""`artifix sheet`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import argument, option
from artifix.config_sections import check_limits, settings_of
from artifix.errors import UsageError
from artifix.evaluation.sheets.columns import LAYOUTS, check_methods, columns_of
from artifix.evaluation.sheets.config import FigureConfig
from artifix.setting_names import setting

if TYPE_CHECKING:
    from artifix.evaluation.sheets.figure import Plan
    from artifix.evaluation.sheets.places import Places
    from artifix.evaluation.sheets.rows import SheetRow

_DEFAULTS = FigureConfig()
_DECLARED = settings_of(FigureConfig)
_OF_RUNS, _OF_CASES = "image,reference,correspondence,others,ours", "image,reference,others"  # by default
_LAYOUT_TEXT = "; ".join(f"{name}: {one.about}" for name, one in LAYOUTS.items())


def _own(name: str, metavar: str) -> Any:
    return option(f"--{name.replace('_', '-')}", _DECLARED[name].text, metavar)


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Which cases, and where their files are."""

    runs: Annotated[
        list[Path],
        argument("RUNS", "Results of refine, locate or batch, folders of such, or folders of cases."),
    ]
    out: Annotated[Path, option("--out", "The figure, .png or .pdf.", "FILE")]
    inputs: Annotated[
        list[Path] | None,
        option("--inputs", "Where images, masks and references lie; may be repeated.", "DIR"),
    ] = None
    method: Annotated[
        list[str] | None,
        option(
            "--method",
            "Results of another method, DIR/ROW.png or DIR/ROW/refined.png; "
            "ours=DIR for artifix. May be repeated.",
            "NAME=DIR",
        ),
    ] = None
    truth: Annotated[
        Path | None, option("--truth", "Folder of images without the artifact, named as the rows.", "DIR")
    ] = None


@dataclass(frozen=True, slots=True)
class ShapeOptions:
    """What is shown."""

    layout: Annotated[
        Literal["fig5", "fig6", "fig12", "fig14", "fig15"] | None,
        option("--layout", f"Columns for a figure of the paper. {_LAYOUT_TEXT}."),
    ] = None
    columns: Annotated[
        str | None,
        option(
            "--columns",
            "With commas: image, artifact, mask, reference, region, correspondence, ours, truth, others, or "
            "names of methods; each with :zoom for the part alone, or +zoom to enlarge it in a corner. "
            f"Default: {_OF_RUNS}; {_OF_CASES} for cases.",
            "LIST",
        ),
    ] = None
    titles: Annotated[str | None, option("--titles", "Of the columns, with commas.", "LIST")] = None
    rows: Annotated[
        list[str] | None,
        option(
            "--rows",
            "Which, by name or pattern, in this order; TITLE= before them groups them. May be repeated.",
            "[TITLE=]LIST",
        ),
    ] = None
    across: Annotated[int | None, option("--across", "Cases beside each other.", "N")] = None
    names: Annotated[
        bool | None, option("--names/--no-names", "Write the names of the rows.", show_default=False)
    ] = None
    confidence: Annotated[
        bool | None,
        option("--confidence/--no-confidence", "Write below each row how sure it is.", show_default=False),
    ] = None
    gaps: Annotated[bool, option("--gaps", "Leave places empty whose files are missing.")] = False


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """In which size."""

    width: Annotated[float, _own("width", "MM")] = _DEFAULTS.width
    dpi: Annotated[int, _own("dpi", "N")] = _DEFAULTS.dpi
    font: Annotated[str, _own("font", "NAME")] = _DEFAULTS.font
    font_size: Annotated[float, _own("font_size", "PT")] = _DEFAULTS.font_size
    overwrite: Annotated[bool, option("--overwrite", "Replace the file.")] = False


def sheet(
    *, sources: SourceOptions, shape: ShapeOptions, printing: PrintOptions, speech: options.SpeechOptions
) -> None:
    """Draw a figure for print from results: cases in rows; inputs, matches and results in columns."""
    config = FigureConfig(printing.width, printing.dpi, printing.font, printing.font_size)
    check_limits(config)
    console = Console(speech.quiet, speech.json)
    methods = _methods(sources.method or ())

    from artifix.evaluation.sheets.figure import figure_of
    from artifix.evaluation.sheets.places import require_places
    from artifix.evaluation.sheets.printing import font_of, form_of
    from artifix.evaluation.sheets.rows import chosen_rows, rows_of
    from artifix.outputs.save import check_file, save_file
    from artifix.training.optional_packages import require_installed

    form = form_of(sources.out)
    rows = chosen_rows(rows_of(sources.runs), shape.rows or ())
    plan = _plan(shape, methods, _OF_RUNS if any(row.is_run for row in rows) else _OF_CASES)
    require_installed("matplotlib", "artifix sheet", '"artifix[eval]"')
    font_of(config.font)
    check_file(sources.out, printing.overwrite)
    places = _places(rows, sources, plan, methods)
    if not shape.gaps:
        require_places(places)
    inputs = [path for one in places for path in one.files.values()]
    check_file(sources.out, printing.overwrite, inputs)
    with console.progress() as progress:
        figure = figure_of(places, plan, config, form, progress)
    save_file(sources.out, figure.data, printing.overwrite, inputs)
    for said in figure.notes:
        console.note(said)
    size = f"{figure.width_mm:.0f} x {figure.height_mm:.0f} mm at {config.dpi} dpi"
    counts = f"{len(places)} case{'s' * (len(places) != 1)}, {len(plan.columns)} columns"
    told = {
        "out": str(sources.out),
        "rows": [one.row.name for one in places],
        "columns": [{"shows": one.shows, "view": one.view, "title": one.title} for one in plan.columns],
        "width_mm": round(figure.width_mm, 2),
        "height_mm": round(figure.height_mm, 2),
        "dpi": config.dpi,
    }
    console.result(f"{sources.out}: {counts}, {size}", told)


def _methods(given: Sequence[str]) -> dict[str, Path]:
    """Folders of other methods by their names."""
    pairs = [text.partition("=") for text in given]
    for name, sign, folder in pairs:
        if not sign or not folder:
            raise UsageError(f"{setting('method')} {name}: names no folder", "write NAME=DIR")
    check_methods([name for name, _, _ in pairs])
    return {name: Path(folder) for name, _, folder in pairs}


def _plan(shape: ShapeOptions, methods: dict[str, Path], usual: str) -> "Plan":
    """What is asked for; a layout says what is not."""
    from artifix.evaluation.sheets.figure import Plan

    layout = LAYOUTS[shape.layout] if shape.layout else None
    text = shape.columns or (layout.columns if layout else usual)
    titles = [title.strip() for title in shape.titles.split(",")] if shape.titles else []
    across = shape.across if shape.across is not None else layout.across if layout else 1
    if across < 1:
        raise UsageError(f"{setting('across')} {across}: is less than 1", "give 1 or more")
    named = shape.names if shape.names is not None else bool(layout and layout.named)
    told = shape.confidence if shape.confidence is not None else bool(layout and layout.told)
    return Plan(columns_of(text, list(methods), titles), across, named, told)


def _places(
    rows: "Sequence[SheetRow]", sources: SourceOptions, plan: "Plan", methods: dict[str, Path]
) -> "list[Places]":
    """The files of all rows."""
    from artifix.evaluation.sheets.found_files import Library, require_folders
    from artifix.evaluation.sheets.places import Shelves, places_of

    folders = {f"{setting('method')} {name}": folder for name, folder in methods.items()}
    folders |= {f"{setting('inputs')} {folder}": folder for folder in sources.inputs or ()}
    if sources.truth is not None:
        folders[setting("truth")] = sources.truth
    require_folders(folders)
    shelves = Shelves(Library(sources.inputs or ()), methods, sources.truth)
    return [places_of(row, plan.columns, shelves) for row in rows]
