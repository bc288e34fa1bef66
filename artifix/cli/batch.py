"""`artifix batch`."""

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.engines import check_engine, engine_of
from artifix.cli.listing import rows_of
from artifix.cli.options import config_of
from artifix.cli.rows import row_progress
from artifix.cli.session import note_matchers
from artifix.config import CommandConfig
from artifix.errors import ExitCode, RowsFailedError

if TYPE_CHECKING:
    from artifix.batch.job import Job
    from artifix.batch.run import Tally

_MASKS = ("mask_from", "invert_mask", "fit_mask")  # options that rows may give too
_ManifestArgument = Annotated[
    Path,
    typer.Argument(
        metavar="MANIFEST",
        readable=False,
        help="CSV or JSON lines of image, mask, reference and settings; with --layout a folder.",
        show_default=False,
    ),
]
_OutOption = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", readable=False, help="Folder for the results.", show_default=False),
]
_LayoutOption = Annotated[
    str | None,
    typer.Option(
        "--layout",
        metavar="NAME",
        help="MANIFEST is a folder: plain (X.png, X_mask.png, X_ref.png), or as another program wrote it: "
        "anydoor, idm-vton, zero123plus, dreambooth or mimicbrush.",
    ),
]
_MasksOption = Annotated[
    Path | None,
    typer.Option("--masks", metavar="DIR", readable=False, help="Masks of a --layout. Default: its masks/."),
]
_ReferencesOption = Annotated[
    Path | None,
    typer.Option("--references", metavar="DIR", readable=False, help="References of a --layout."),
]
_RefOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--ref",
        "-r",
        metavar="FILE",
        readable=False,
        help="Reference of all images of --layout plain that have none of their own; may be repeated.",
        show_default=False,
    ),
]
_OutsideOption = Annotated[
    bool,
    typer.Option("--allow-outside", help="Rows may name files outside the manifest's folder."),
]
_DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check everything, print the rows as a manifest, and stop.")
]
_AnewOption = Annotated[bool, typer.Option("--overwrite", help="Do the rows anew that are done already.")]
_FailFastOption = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first row that fails.")]
_MaxFailuresOption = Annotated[
    int | None, typer.Option("--max-failures", metavar="N", min=1, help="Stop when N rows have failed.")
]
_ShardOption = Annotated[
    str, typer.Option("--shard", metavar="I/N", help="Do only the I-th of N shares of the rows.")
]
_WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        help="Rows done side by side by --engine local. Default: one a core, two a GPU; pixels do not "
        "depend on it.",
        show_default=False,
    ),
]
_EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="Who does the rows."),
]
_AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address", metavar="HOST:PORT", help="Ray cluster, or auto. Default: one is started for the run."
    ),
]
_NumWorkersOption = Annotated[
    int | None,
    typer.Option(
        "--num-workers",
        metavar="N",
        min=1,
        help="Rows done side by side by --engine ray. Default: as many as its CPUs or GPUs allow.",
        show_default=False,
    ),
]
_GpusOption = Annotated[
    float,
    typer.Option("--num-gpus", metavar="N", min=0, help="GPUs of each worker of --engine ray, such as 0.5."),
]


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """A batch, checked."""

    job: "Job"
    config: CommandConfig
    console: Console


def batch(
    context: typer.Context,
    manifest: _ManifestArgument,
    out: _OutOption,
    layout: _LayoutOption = None,
    masks: _MasksOption = None,
    references: _ReferencesOption = None,
    ref: _RefOption = None,
    allow_outside: _OutsideOption = False,
    dry_run: _DryRunOption = False,
    overwrite: _AnewOption = False,
    fail_fast: _FailFastOption = False,
    max_failures: _MaxFailuresOption = None,
    shard: _ShardOption = "1/1",
    workers: _WorkersOption = None,
    engine: _EngineOption = "local",
    address: _AddressOption = None,
    num_workers: _NumWorkersOption = None,
    num_gpus: _GpusOption = 0.0,
    mask_from: options.MaskSourceOption = "auto",
    invert_mask: options.InvertOption = False,
    fit_mask: options.FitOption = False,
    mask_threshold: options.MaskThresholdOption = None,
    format: options.FormatOption = None,
    quality: options.QualityOption = None,
    no_metadata: options.NoMetadataOption = False,
    config: options.ConfigOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = None,
    dtype: options.DtypeOption = None,
    seed: options.SeedOption = None,
    steps: options.StepsOption = None,
    guidance_scale: options.GuidanceOption = None,
    strength: options.StrengthOption = None,
    candidates: options.CandidatesOption = None,
    grain: options.GrainOption = None,
    layer: options.LayerOption = None,
    timestep: options.TimestepOption = None,
    zoom: options.ZoomOption = None,
    matchers: options.MatchersOption = None,
    transform: options.TransformOption = None,
    allow_mirror: options.MirrorOption = None,
    force: options.ForceOption = None,
    strict: options.StrictOption = None,
    min_repair_confidence: options.MinRepairOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,
) -> None:
    """Refine every row of a manifest; run it again to go on where it stopped.

    Writes one folder a row, with the files of `artifix refine`, into DIR/rows, and results.csv,
    results.jsonl and report.html. Rows that are done are left alone, failed ones are repeated.
    """
    check_engine(context.params)
    prepared = _prepare(context)
    if dry_run:
        _show(prepared)
        return
    started_s = time.perf_counter()
    tally = _run(prepared, context.params)
    _tell(prepared, tally, time.perf_counter() - started_s)
    if tally.stop.asked:
        prepared.console.note("run the same command again to go on")
        raise typer.Exit(ExitCode.INTERRUPTED)
    if tally.failed:
        raise RowsFailedError(
            f"{out}: {tally.failed} of {tally.total} rows failed",
            f"see {out / 'results.csv'}; the same command repeats them",
        )


def _prepare(context: typer.Context) -> _Prepared:
    """The manifest comes first: its faults are told before anything heavy is loaded."""
    given = context.params
    config = config_of(context)
    console = Console(given["quiet"], given["json"])
    rows = rows_of(given, console)

    from artifix import __version__
    from artifix.batch.job import Job
    from artifix.batch.lock import parse_shard
    from artifix.batch.plan import Terms, plan_rows
    from artifix.batch.run import require_batch_folder
    from artifix.network.weights import find_weights, verify_weights
    from artifix.repair.coding import check_quality

    note_matchers(config.alignment, given["matchers"], console)
    for chosen in {row.settings["matchers"] for row in rows if "matchers" in row.settings}:
        note_matchers(replace(config.alignment, matchers=chosen), chosen, console)
    check_quality(config.output)
    shard = parse_shard(given["shard"])
    require_batch_folder(given["out"])
    folder = find_weights(config.run.weights)
    digest = verify_weights(folder)
    masks = {name: given[name] for name in _MASKS}
    planned = plan_rows(rows, Terms(config, digest, masks, not given["no_metadata"]))
    facts = {"artifix": __version__, "weights": f"{folder.name} ({digest[:12]})", "seed": str(config.seed)}
    return _Prepared(Job(planned, given["out"], shard, given["manifest"].name, facts), config, console)


def _show(prepared: _Prepared) -> None:
    """What a run would do."""
    from artifix.inputs.layouts import manifest_text

    rows, left = [one.row for one in prepared.job.share], len(prepared.job.left())
    prepared.console.note(f"{len(rows)} rows: {len(rows) - left} done, {left} to do")
    prepared.console.text(manifest_text(rows))


def _run(prepared: _Prepared, given: dict[str, Any]) -> "Tally":
    from artifix.batch.job import run_batch
    from artifix.interruption import noted_interruption

    engine = engine_of(prepared.config, given)
    most = 1 if given["fail_fast"] else given["max_failures"]
    watch = partial(row_progress, quiet=prepared.console.quiet)
    with noted_interruption() as stop:
        anew = given["overwrite"]
        return run_batch(prepared.job, engine, anew=anew, most_failures=most, stop=stop, watch=watch)


def _tell(prepared: _Prepared, tally: "Tally", seconds: float) -> None:
    rate = (tally.done + tally.failed) / max(seconds, 1e-9)
    told = {
        "out": str(prepared.job.out),
        "rows": tally.total,
        "done": tally.done,
        "done_before": tally.done_before,
        "failed": tally.failed,
        "seconds": round(seconds, 3),
    }
    before = f", {tally.done_before} were done before" if tally.done_before else ""
    sentence = (
        f"{prepared.job.out / 'report.html'}: {tally.done} rows done{before}, {tally.failed} failed "
        f"({seconds:.0f} s, {rate:.2f} rows/s)"
    )
    prepared.console.result(sentence, told)
