"""`artifix bench`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import argument, option
from artifix.config import CommandConfig
from artifix.errors import ExitCode, RowsFailedError, UsageError

if TYPE_CHECKING:
    from artifix.evaluation.bench.finding import Source
    from artifix.evaluation.bench.run import Asked, Ended
    from artifix.evaluation.bench.scorers import ScorerChoice
    from artifix.evaluation.bench.summary import Scope

_EXTRA = '"artifix[eval]"'  # with scikit-image, as pip spells it
_DEFAULT_METHODS = ("artifix", "sift-paste", "telea", "as-is")


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Which groups are compared on, and where to."""

    cases: Annotated[
        Path,
        argument(
            "CASES",
            "Folder of cases (image.png, mask.png, reference.png; truth.png, region.png if known), or of "
            "tasks with their cases, or a CSV of image,mask,reference,truth,region,reference_box,task,name.",
        ),
    ]
    out: options.Out
    layout: Annotated[
        str | None,
        option(
            "--layout", "numbered: CASES holds original/artifacts, original/ref, a folder a method.", "NAME"
        ),
    ] = None
    masks: Annotated[
        Path | None, option("--masks", "Masks of a --layout. Default: its original/masks or masks.", "DIR")
    ] = None
    task: Annotated[
        list[str] | None,
        option("--task", "Of the numbers of a --layout: TASK=FIRST-LAST; may be repeated.", "SPAN"),
    ] = None
    every: Annotated[int, option("--every", "Take every Nth case.", "N", min=1)] = 1


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """What is compared, by what, and how."""

    method: Annotated[
        list[str] | None,
        option(
            "--method",
            "artifix, true-region, whole-reference, sift-paste, telea or as-is; NAME=artifix:WEIGHTS for "
            "other weights; NAME=FOLDER for results of another tool (CASE.png or CASE/refined.png). May be "
            "repeated; the others are compared with the first.",
            "NAME[=FOLDER]",
        ),
    ] = None
    allow_missing: Annotated[
        bool, option("--allow-missing", "Leave out cases that a FOLDER lacks, and results of no case.")
    ] = False
    cut_masks: Annotated[
        bool, option("--cut-masks", "Cut masks with greys at half instead of refusing them.")
    ] = False
    scores: Annotated[
        list[str] | None,
        option(
            "--scores",
            "Scores besides those of the truth: ocr, matches, dino, clip, lpips, dists, seam, outside, or "
            "none; may be repeated. Default: seam.",
            "NAME",
        ),
    ] = None
    dino: Annotated[Path | None, option("--dino", "Weights of --scores dino.", "DIR")] = None
    clip: Annotated[Path | None, option("--clip", "Weights of --scores clip.", "DIR")] = None
    lpips: Annotated[Path | None, option("--lpips", "Weights of --scores lpips.", "DIR")] = None
    dists: Annotated[Path | None, option("--dists", "Weights of --scores dists.", "DIR")] = None
    dry_run: Annotated[
        bool, option("--dry-run", "Check everything, print the cases as a manifest, and stop.")
    ] = False
    overwrite: Annotated[
        bool, option("--overwrite", "Make predictions anew that were made under another config.")
    ] = False
    workers: Annotated[
        int | None,
        option("--workers", "Cases done side by side. Default: one a core, two a GPU.", "N", min=1),
    ] = None


def bench(
    *,
    groups: SetOptions,
    comparison: ComparisonOptions,
    run: options.ManyRunOptions,
    sampling: options.SamplingOptions,
    matching: options.MatchOptions,
    sure: options.SureOptions,
    speech: options.SpeechOptions,
) -> None:
    """Compare methods on cases; run it again to go on where it stopped.

    Predictions are exported into DIR/predictions first, then only those files are scored. Writes
    results.json, cases.csv, tables.md, tables.tex and sheet.png.
    """
    settings = options.settled(run, sampling, matching, sure)
    console = Console(speech.quiet, speech.json)
    source = _source(groups)
    asked = _asked(source, groups.out, comparison, settings.config)
    if comparison.dry_run:
        _show(source, asked, console)
        return
    started_s = time.perf_counter()
    ended, stopped = _run(asked, console)
    _tell(asked, ended, stopped, time.perf_counter() - started_s, console)


def _source(groups: SetOptions) -> "Source":
    from artifix.evaluation.bench.finding import Source

    return Source(groups.cases, groups.layout, groups.masks, tuple(groups.task or ()), groups.every)


def _asked(source: "Source", out: Path, comparison: ComparisonOptions, config: CommandConfig) -> "Asked":
    from artifix.batch.process_pool import cores_or_gpus
    from artifix.evaluation.bench.finding import find_groups
    from artifix.evaluation.bench.methods import methods_of
    from artifix.evaluation.bench.numbered import method_folders
    from artifix.evaluation.bench.run import Asked
    from artifix.training.optional_packages import require_installed

    require_installed("skimage", "artifix bench", _EXTRA)
    is_numbered = source.layout is not None
    named: Sequence[str] = comparison.method or _DEFAULT_METHODS
    cases = find_groups(source)
    if is_numbered and not comparison.method:
        named = [*_DEFAULT_METHODS, *method_folders(source.path)]
    return Asked(
        cases=cases,
        methods=methods_of(named, source.path if is_numbered else None),
        out=out,
        config=config,
        scorers=_scorers(comparison, config.run.device),
        workers=comparison.workers or cores_or_gpus(config.run.device),
        allow_missing=comparison.allow_missing,
        cut_masks=comparison.cut_masks,
        overwrite=comparison.overwrite,
    )


def _scorers(comparison: ComparisonOptions, device: str) -> "ScorerChoice":
    """By what is scored besides the truth."""
    from artifix.evaluation.bench.scorers import ScorerChoice
    from artifix.evaluation.scores.scorers import WITH_FOLDER

    listed = [name for text in comparison.scores or ["seam"] for name in text.split(",")]
    names = tuple(name for name in listed if name != "none")
    given = {name: getattr(comparison, name) for name in WITH_FOLDER}
    where = {name: folder for name, folder in given.items() if folder is not None}
    if unused := [name for name in where if name not in names]:
        raise UsageError(f"--{unused[0]} is of --scores {unused[0]}", "ask for that score, or drop it")
    return ScorerChoice(names, {**where, "device": "cpu" if device == "auto" else device})


def _show(source: "Source", asked: "Asked", console: Console) -> None:
    """What a run would do."""
    from artifix.evaluation.bench.finding import manifest_of
    from artifix.evaluation.bench.predictions import left
    from artifix.evaluation.bench.run import plan

    with console.progress() as progress:
        ready = plan(asked, progress, is_dry=True)
    for one in ready.wanted:
        count = len(left(one.shelf, one.groups))
        console.note(f"{one.method.name}: {len(one.groups)} cases, {count} predictions to make")
    folder = source.path if source.path.is_dir() else source.path.parent
    console.text(manifest_of(asked.cases, folder))


def _run(asked: "Asked", console: Console) -> "tuple[Ended, bool]":
    from artifix.evaluation.bench.run import plan, run
    from artifix.interruption import noted_interruption

    with console.progress() as progress:
        ready = plan(asked, progress)
        with noted_interruption() as stop:
            ended = run(ready, progress, lambda: not stop.asked)
    return ended, stop.asked


def _tell(asked: "Asked", ended: "Ended", stopped: bool, taken_s: float, console: Console) -> None:
    from artifix.evaluation.bench.run import TABLES_MD
    from artifix.evaluation.bench.summary import told_of
    from artifix.inputs.table import counted

    told: dict[str, Any] = {
        "out": str(asked.out),
        "predictions_made": ended.predictions,
        "failed": len(ended.failures),
        "seconds": round(taken_s, 3),
        "scopes": {scope.name: told_of(scope) for scope in ended.scopes},
    }
    where = asked.out / TABLES_MD if ended.scopes else asked.out
    console.result(f"{where}: {_sentence(asked, ended)} ({taken_s:.0f} s)", told)
    if stopped and not ended.scopes:
        console.note("run the same command again to go on")
        raise typer.Exit(ExitCode.INTERRUPTED)
    if ended.failures:
        name, failure = next(iter(sorted(ended.failures.items())))
        raise RowsFailedError(
            f"{asked.out}: {counted(len(ended.failures), 'prediction')} failed, such as {name}: "
            f"{failure.problem}",
            f"the same command repeats them; {failure.hint}",
        )


def _sentence(asked: "Asked", ended: "Ended") -> str:
    """How the first method did, on the first two figures that there are."""
    if not ended.scopes:
        return f"{ended.predictions} predictions made"
    whole: Scope = ended.scopes[0]
    first = asked.methods[0].name
    known = [
        (c, whole.estimates[first][c.name]) for c in whole.columns if whole.estimates[first][c.name].cases
    ]
    figures = [f"{c.name} {one.mean:.{c.digits}f} [{one.low:.{c.digits}f}, {one.high:.{c.digits}f}]"
               for c, one in known[:3]]  # fmt: skip
    return f"{len(asked.methods)} methods, {whole.cases} cases; {first}: {', '.join(figures)}"
