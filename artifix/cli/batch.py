"""`artifix batch`."""

import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from artifix.batch.engine import EngineChoice, check_engine, engine_of
from artifix.batch.listing import Source, list_rows, matchers_of_rows
from artifix.batch.progress import row_progress
from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import argument, option
from artifix.config import CommandConfig
from artifix.errors import ExitCode, RowsFailedError
from artifix.inputs.request import MaskSource

if TYPE_CHECKING:
    from artifix.batch.job import Job
    from artifix.batch.run import Tally
    from artifix.inputs.manifest import Row


_Masks = Annotated[Path | None, option("--masks", "Masks of a --layout. Default: its masks/.", "DIR")]


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Which rows, and where their results go."""

    manifest: Annotated[
        Path,
        argument(
            "MANIFEST", "CSV or JSON lines of image, mask, reference and settings; with --layout a folder."
        ),
    ]
    out: options.Out
    layout: Annotated[
        str | None,
        option(
            "--layout",
            "MANIFEST is a folder: plain (X.png, X_mask.png, X_ref.png), or as another program wrote it: "
            "anydoor, idm-vton, zero123plus, dreambooth or mimicbrush.",
            "NAME",
        ),
    ] = None
    masks: _Masks = None
    references: Annotated[Path | None, option("--references", "References of a --layout.", "DIR")] = None
    ref: Annotated[
        list[Path] | None,
        option(
            "--ref -r",
            "Reference of all images of --layout plain that have none of their own; may be repeated.",
            "FILE",
        ),
    ] = None
    allow_outside: Annotated[
        bool, option("--allow-outside", "Rows may name files outside the manifest's folder.")
    ] = False


@dataclass(frozen=True, slots=True)
class CourseOptions:
    """Which of the rows are done, and when to stop."""

    dry_run: Annotated[
        bool, option("--dry-run", "Check everything, print the rows as a manifest, and stop.")
    ] = False
    overwrite: Annotated[bool, option("--overwrite", "Do the rows anew that are done already.")] = False
    fail_fast: Annotated[bool, option("--fail-fast", "Stop at the first row that fails.")] = False
    max_failures: Annotated[
        int | None, option("--max-failures", "Stop when N rows have failed.", "N", min=1)
    ] = None
    shard: Annotated[str, option("--shard", "Do only the I-th of N shares of the rows.", "I/N")] = "1/1"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Who does the rows."""

    workers: Annotated[
        int | None,
        option(
            "--workers",
            "Rows done side by side by --engine local. Default: one a core, two a GPU; pixels do not depend "
            "on it.",
            "N",
            min=1,
        ),
    ] = None
    engine: Annotated[Literal["local", "ray"], option("--engine", "Who does the rows.")] = "local"
    address: Annotated[
        str | None,
        option("--address", "Ray cluster, or auto. Default: one is started for the run.", "HOST:PORT"),
    ] = None
    num_workers: Annotated[
        int | None,
        option(
            "--num-workers",
            "Rows done side by side by --engine ray. Default: as many as its CPUs or GPUs allow.",
            "N",
            min=1,
        ),
    ] = None
    num_gpus: Annotated[
        float, option("--num-gpus", "GPUs of each worker of --engine ray, such as 0.5.", "N", min=0)
    ] = 0.0


def batch(
    *,
    source: SourceOptions,
    course: CourseOptions,
    engine: EngineOptions,
    masks: options.MaskOptions,
    auto_mask: options.AutoMask = False,
    coding: options.CodingOptions,
    no_metadata: options.NoMetadata = False,
    run: options.ManyRunOptions,
    sampling: options.SamplingOptions,
    matching: options.MatchOptions,
    sure: options.SureOptions,
    speech: options.SpeechOptions,
) -> None:
    """Refine every row of a manifest; run it again to go on where it stopped.

    Writes one folder a row, with the files of `artifix refine`, into DIR/rows, and results.csv,
    results.jsonl and report.html. Rows that are done are left alone, failed ones are repeated.
    """
    choice = EngineChoice(**asdict(engine))
    check_engine(choice)
    settings = options.settled(run, masks, coding, sampling, matching, sure)
    console = Console(speech.quiet, speech.json)
    rows = _rows(source, masks.mask_from, auto_mask, course.fail_fast, console)
    for said in matchers_of_rows(rows, settings.config.alignment, "matchers" in settings.given):
        console.note(said)
    job = _job(rows, source, course.shard, masks, settings.config, not no_metadata)
    if course.dry_run:
        _show(job, console)
        return
    started_s = time.perf_counter()
    tally = _run(job, settings.config, choice, course, console)
    taken_s = time.perf_counter() - started_s
    told = {"out": str(job.out), **tally.told(), "seconds": round(taken_s, 3)}
    console.result(f"{job.out / 'report.html'}: {tally.sentence(taken_s)}", told)
    if tally.stop.asked:
        console.note("run the same command again to go on")
        raise typer.Exit(ExitCode.INTERRUPTED)
    if tally.failed:
        raise RowsFailedError(
            f"{source.out}: {tally.failed} of {tally.total} rows failed",
            f"see {source.out / 'results.csv'}; the same command repeats them",
        )


def _rows(
    source: SourceOptions, mask_from: MaskSource, auto_mask: bool, all_there: bool, console: Console
) -> "list[Row]":
    """The rows, whose faults are told before anything heavy is loaded."""
    listed = list_rows(
        Source(
            manifest=source.manifest,
            layout=source.layout,
            masks=source.masks,
            references=source.references,
            ref=tuple(source.ref or ()),
            allow_outside=source.allow_outside,
            all_there=all_there,
            mask_from=mask_from,
            auto_mask=auto_mask,
        )
    )
    for said in listed.notes:
        console.note(said)
    return listed.rows


def _job(
    rows: "list[Row]",
    source: SourceOptions,
    shard: str,
    masks: options.MaskOptions,
    config: CommandConfig,
    with_metadata: bool,
) -> "Job":
    """What is to be done, checked as far as that is possible without the network."""
    from artifix import __version__
    from artifix.batch.job import Job
    from artifix.batch.lock import parse_shard
    from artifix.batch.plan import Terms, plan_rows
    from artifix.batch.run import require_batch_folder
    from artifix.repair.picture_coding import check_quality
    from artifix.weights.finding import find_weights
    from artifix.weights.verification import verify_weights

    check_quality(config.output)
    share = parse_shard(shard)
    require_batch_folder(source.out)
    folder = find_weights(config.run.weights)
    digest = verify_weights(folder)
    read = {"mask_from": masks.mask_from, "invert_mask": masks.invert_mask, "fit_mask": masks.fit_mask}
    planned = plan_rows(rows, Terms(config, digest, read, with_metadata))
    facts = {"artifix": __version__, "weights": f"{folder.name} ({digest[:12]})", "seed": str(config.seed)}
    return Job(planned, source.out, share, source.manifest.name, facts, options.as_option)


def _show(job: "Job", console: Console) -> None:
    """What a run would do."""
    from artifix.inputs.layouts import manifest_text

    rows, left = [one.row for one in job.share], len(job.left())
    console.note(f"{len(rows)} rows: {len(rows) - left} done, {left} to do")
    console.text(manifest_text(rows))


def _run(
    job: "Job", config: CommandConfig, choice: EngineChoice, course: CourseOptions, console: Console
) -> "Tally":
    from artifix.batch.job import run_batch
    from artifix.interruption import noted_interruption

    engine = engine_of(config, choice)
    most = 1 if course.fail_fast else course.max_failures
    watch = partial(row_progress, quiet=console.quiet)
    with noted_interruption() as stop:
        return run_batch(job, engine, anew=course.overwrite, most_failures=most, stop=stop, watch=watch)
