"""`artifix stats`."""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import option
from artifix.config import SETTINGS
from artifix.config_sections import settings_of
from artifix.evaluation.mask_statistics.config import StatisticsConfig, check_statistics
from artifix.inputs.request import MaskSource

if TYPE_CHECKING:
    from artifix.evaluation.mask_statistics.measuring import BadMask, MeasuredMask
    from artifix.evaluation.mask_statistics.summary import Summary
    from artifix.evaluation.mask_statistics.text_picture import BarGroup

_DEFAULTS = StatisticsConfig()
_DECLARED = settings_of(StatisticsConfig)


def _own(name: str, metavar: str) -> Any:
    known = _DECLARED[name]
    said = "" if known.unset == "" else f" Default: {known.unset}."
    return option(f"--{name}", known.text + said, metavar)


@dataclass(frozen=True, slots=True)
class StatisticsOptions:
    """Which masks, how they are read, and where to."""

    masks: Annotated[
        list[str],
        typer.Argument(
            metavar="MASKS",
            help="Folders, image files, patterns like 'masks/*.png', or manifests with a column mask.",
        ),
    ]
    out: Annotated[
        Path | None, option("--out", "Folder for the results; without it they are only told.", "DIR")
    ] = None
    mask_from: Annotated[
        MaskSource,
        option("--mask-from", "What of a file is the mask; image-alpha is where an image is transparent."),
    ] = "auto"
    invert_mask: Annotated[bool, option("--invert-mask", "Black, or paint on white, marks.")] = False
    mask_threshold: Annotated[
        float, option("--mask-threshold", f"{SETTINGS['mask_threshold'].text}, above 0 to 1.")
    ] = _DEFAULTS.mask_threshold
    skip_bad: Annotated[
        bool, option("--skip-bad", "Leave out what cannot be used as a mask, and tell of it.")
    ] = False
    show: Annotated[int, _own("show", "N")] = _DEFAULTS.show
    seed: Annotated[int, _own("seed", "N")] = _DEFAULTS.seed
    workers: Annotated[int | None, _own("workers", "N")] = _DEFAULTS.workers
    overwrite: options.Overwrite = False


def stats(*, asked: StatisticsOptions, speech: options.SpeechOptions) -> None:
    """Tell how large and how irregular the masks of a set are.

    Draws a picture in the terminal. With --out it writes shares.png, irregularity.png, masks.png, masks.csv
    and record.json.
    """
    config = StatisticsConfig(asked.show, asked.seed, asked.workers, asked.mask_threshold)
    check_statistics(config)
    console = Console(speech.quiet, speech.json)

    from artifix.evaluation.mask_statistics.listing import list_masks
    from artifix.evaluation.mask_statistics.measuring import default_workers, measure_masks, require_usable
    from artifix.evaluation.mask_statistics.reading import MaskFile
    from artifix.evaluation.mask_statistics.summary import summary_of

    like = MaskFile("", Path(), asked.mask_from, asked.invert_mask, None, config.mask_threshold)
    listed = list_masks(asked.masks, like)
    inputs = [path for text in asked.masks if (path := Path(text)).is_file()]
    inputs += {
        file.path.parent: None for file in listed.files
    }  # asking the disk for each file would take long
    if asked.out is not None:
        _check_out(asked.out, asked.overwrite, inputs)
    for said in listed.notes:
        console.note(said)
    with console.progress() as progress:
        measured, bad = measure_masks(listed.files, config.workers or default_workers(), progress)
    require_usable(measured, bad, asked.skip_bad)
    for one in bad:
        console.note(f"left out: {one.problem}")
    summary = summary_of(measured, bad)
    record = _written(asked, config, measured, bad, summary, inputs)
    if not speech.json:
        _draw(summary, console)
    console.result(_sentence(asked.out, summary), record)


def _check_out(out: Path, overwrite: bool, inputs: Sequence[Path]) -> None:
    """Everything that can be refused before masks are read."""
    from artifix.evaluation.mask_statistics.files import FILES
    from artifix.outputs.save import check_output
    from artifix.training.optional_packages import require_installed

    require_installed("matplotlib", "artifix stats --out", '"artifix[eval]"')
    check_output(out, overwrite, inputs, FILES)


def _written(
    asked: StatisticsOptions,
    config: StatisticsConfig,
    measured: "Sequence[MeasuredMask]",
    bad: "Sequence[BadMask]",
    summary: "Summary",
    inputs: Sequence[Path],
) -> dict[str, Any]:
    """The record, and what was written where, if anything was."""
    from artifix.evaluation.mask_statistics.files import statistics_files, statistics_record
    from artifix.evaluation.mask_statistics.mask_sheet import chosen, tile_of
    from artifix.outputs.save import save_result

    settings = {name: value for name, value in asdict(config).items() if name != "workers"}
    settings |= {"mask_from": asked.mask_from, "invert_mask": asked.invert_mask, "masks": asked.masks}
    shown = chosen(measured, config.show, config.seed)
    record = statistics_record(summary, bad, settings, shown)
    if asked.out is None:
        return {**record, "out": None, "files": []}
    made = statistics_files(measured, summary, [tile_of(one) for one in shown], record)
    save_result(asked.out, made, asked.overwrite, inputs)
    return {**record, "out": str(asked.out), "files": sorted(made)}


def _draw(summary: "Summary", console: Console) -> None:
    from artifix.evaluation.mask_statistics.text_picture import bar_groups, plain_picture

    groups = bar_groups(summary)
    if console.quiet or not groups:
        return
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        _draw_on_terminal(groups)
    else:
        console.text(plain_picture(groups))


def _draw_on_terminal(groups: "Sequence[BarGroup]") -> None:
    from rich.console import Console as Terminal

    from artifix.evaluation.mask_statistics.text_picture import terminal_picture

    Terminal().print(terminal_picture(groups))


def _sentence(out: Path | None, summary: "Summary") -> str:
    told = [f"{summary.masks} mask{'s' * (summary.masks != 1)}"]
    if summary.shapes:
        mean = float(summary.values(lambda shape: shape.share).mean())
        of = "of those that mark something " if summary.empty else ""
        told.append(
            f"{100 * summary.small_share:.1f} % {of}under 4 % of the image, {100 * mean:.2f} % on average"
        )
    told += [f"{summary.empty} empty"] * bool(summary.empty) + [f"{summary.bad} left out"] * bool(summary.bad)
    return f"{'' if out is None else f'{out}: '}{', '.join(told)}"
