"""`artifix ablate`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import config_of
from artifix.cli.session import open_pipeline
from artifix.config import AblationConfig, CommandConfig, check_limits
from artifix.errors import UsageError

if TYPE_CHECKING:
    from artifix.evaluation.ablation import CaseGrid, Gamma
    from artifix.evaluation.cases import CaseFiles
    from artifix.repair.loading import Loaded

_DEFAULTS = AblationConfig()
_EXTRA = '"artifix[eval]"'  # with the libraries below, as pip spells it
_LIBRARIES = ("matplotlib", "skimage")
_LEAST_CASES = 2  # for a calibration

_CasesArgument = Annotated[
    Path,
    typer.Argument(
        metavar="CASES",
        readable=False,
        help="Folder of cases with a true region, or a CSV of image,mask,reference,region.",
        show_default=False,
    ),
]
_OutOption = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", readable=False, help="Folder for the results.", show_default=False),
]
_TimestepsOption = Annotated[
    int, typer.Option("--timesteps", metavar="N", help="Noise levels, evenly spread from 0 to the last.")
]
_AtOption = Annotated[
    list[int] | None,
    typer.Option("--at", metavar="T", help="A noise level instead; may be repeated.", show_default=False),
]
_ReadingOption = Annotated[
    Literal["single", "chain", "both"],
    typer.Option(
        "--reading", help="Of the noisy latents: the noised image, or steps of a chain that denoises noise."
    ),
]
_EveryOption = Annotated[int, typer.Option("--every", metavar="N", help="Take every Nth case.")]
_ShowOption = Annotated[int, typer.Option("--show", metavar="N", help="Draw the maps of so many cases.")]
_CaseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--case", metavar="NAME", help="Draw the maps of this case; may be repeated.", show_default=False
    ),
]
_WriteOption = Annotated[
    bool,
    typer.Option("--write", help="Store the best layer and timestep in the weights as their calibration."),
]


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What is to be measured, checked."""

    config: CommandConfig
    wanted: AblationConfig
    cases: "list[CaseFiles]"  # those that are measured
    shown: list[str]  # names of those whose maps are drawn
    inputs: list[Path]  # files that must stay as they are
    console: Console
    started_s: float  # of time.perf_counter


def ablate(
    context: typer.Context,
    cases: _CasesArgument,
    out: _OutOption,
    timesteps: _TimestepsOption = _DEFAULTS.timesteps,
    at: _AtOption = None,
    reading: _ReadingOption = "single",
    every: _EveryOption = _DEFAULTS.every,
    show: _ShowOption = _DEFAULTS.show,
    case: _CaseOption = None,
    write: _WriteOption = False,
    overwrite: options.OverwriteOption = False,
    config: options.ConfigOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = None,
    dtype: options.DtypeOption = None,
    seed: options.SeedOption = None,
    contexts: options.ContextsOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,
) -> None:
    """Measure which attention layer and timestep find the masked part best.

    The mIoU of the correspondence map with the true region, over all cases, for every cross-attention layer
    and timestep. Writes gamma.csv, gamma.npy, gamma_box.npy, gamma.png, curves.png, maps.png and record.json.
    """
    plan = _plan(context)
    loaded = open_pipeline(plan.config, plan.console)
    gamma, grids = _measure(plan, loaded)
    record = _record(plan, loaded, gamma, grids)

    from artifix.evaluation.cases import read_known_case
    from artifix.evaluation.gamma import ablation_files
    from artifix.outputs.save import save_result

    shown = [(read_known_case(files), grid) for files, grid in grids if files.name in plan.shown]
    files = ablation_files(gamma, shown, record)
    save_result(out, files, overwrite, plan.inputs)
    if write:
        _write(plan, record["chosen"])
    told = {**record, "out": str(out), "files": sorted(files), "written": write}
    plan.console.result(_sentence(out, record), told)


def _plan(context: typer.Context) -> _Plan:
    """Everything that can be refused without the network."""
    started_s = time.perf_counter()
    given = context.params
    config = config_of(context)
    wanted = AblationConfig(
        given["reading"], given["timesteps"], tuple(given["at"] or ()), given["every"], given["show"]
    )
    check_limits(wanted)
    if wanted.at and wanted.reading != "single":
        raise UsageError(
            f"--at with --reading {wanted.reading}: the levels of a chain are its steps",
            "use --timesteps N for a chain of N steps",
        )

    from artifix.outputs.save import check_output
    from artifix.training.extras import require_installed

    for library in _LIBRARIES:
        require_installed(library, "artifix ablate", _EXTRA)

    from artifix.evaluation.gamma import FILES
    from artifix.evaluation.manifest import find_cases, require_regions

    cases = find_cases(given["cases"])[:: wanted.every]
    require_regions(cases)
    shown = _shown([files.name for files in cases], given["case"], wanted.show)
    inputs = [given["cases"]] if given["cases"].is_file() else []
    inputs += [path for files in cases for path in files.paths]
    check_output(given["out"], given["overwrite"], inputs, FILES)
    if given["write"]:
        _require_calibratable(config, wanted, len(cases))
    console = Console(given["quiet"], given["json"])
    _check_readable(cases, console)
    return _Plan(config, wanted, cases, shown, inputs, console, started_s)


def _shown(names: Sequence[str], asked: Sequence[str] | None, count: int) -> list[str]:
    """Names of the cases whose maps are drawn: those asked for, or some, evenly spread."""
    if not asked:
        step = max(len(names) // max(count, 1), 1)
        return list(names[::step][:count])
    if unknown := [name for name in asked if name not in names]:
        raise UsageError(
            f"--case {unknown[0]}: is none of the cases that are measured",
            f"they are: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}",
        )
    return list(asked)


def _require_calibratable(config: CommandConfig, wanted: AblationConfig, cases: int) -> None:
    from artifix.network.calibration import require_writable
    from artifix.network.weights import find_weights

    if wanted.reading == "chain":
        raise UsageError(
            "--write with --reading chain: locate reads attention in a single pass",
            "use --reading single or both",
        )
    if cases < _LEAST_CASES:
        raise UsageError(
            f"--write: {cases} case is too few to calibrate by, {_LEAST_CASES} is the least", "add cases"
        )
    require_writable(find_weights(config.run.weights))


def _check_readable(cases: "Sequence[CaseFiles]", console: Console) -> None:
    """Read every case once, so that a damaged file is told before hours of work instead of after them."""
    from artifix.evaluation.cases import read_known_case

    with console.progress() as progress:
        for done, files in enumerate(cases, 1):
            read_known_case(files)
            progress("check", done, len(cases))


def _measure(plan: _Plan, loaded: "Loaded") -> "tuple[Gamma, list[tuple[CaseFiles, CaseGrid]]]":
    from artifix.evaluation.ablation import axes_of, mean, measure
    from artifix.evaluation.cases import read_known_case

    network, contexts = loaded.pipeline.network, plan.config.alignment.contexts
    axes = axes_of(network, plan.wanted)
    grids = []
    with plan.console.progress() as progress:
        progress("ablate", 0, len(plan.cases))
        for done, files in enumerate(plan.cases, 1):
            known = read_known_case(files)
            grids.append((files, measure(network, known, axes, contexts, plan.config.seed)))
            progress("ablate", done, len(plan.cases))
    return mean(axes, [grid for _, grid in grids]), grids


def _record(
    plan: _Plan, loaded: "Loaded", gamma: "Gamma", grids: "Sequence[tuple[CaseFiles, CaseGrid]]"
) -> dict[str, Any]:
    """What record.json says, JSON-ready."""
    from artifix import __version__
    from artifix.evaluation.gamma import described

    calibrated, best = loaded.pipeline.config, gamma.best
    total_s = time.perf_counter() - plan.started_s
    return {
        "artifix": __version__,
        "command": "ablate",
        "weights": {"name": loaded.pipeline.weights_name, "sha256": loaded.pipeline.weights_sha256},
        "device": loaded.device,
        "dtype": loaded.dtype,
        "seed": plan.config.seed,
        "settings": {
            "contexts": plan.config.alignment.contexts,
            "every": plan.wanted.every,
            "layers": gamma.axes.layers,
            "readings": gamma.axes.readings,
            "timesteps": gamma.axes.timesteps,
        },
        "calibration": {"layer": calibrated.alignment_layer, "timestep": calibrated.alignment_timestep},
        "chosen": described(gamma, best),
        "cases": [
            {
                "name": grid.name.encode("utf-8", "backslashreplace").decode(),
                "miou": round(float(grid.miou[best]), 6),
                "box_miou": round(float(grid.box_miou[best]), 6),
            }
            for _, grid in grids
        ],
        "timings": {"load_s": round(loaded.load_s, 3), "total_s": round(total_s, 3)},
    }


def _write(plan: _Plan, chosen: dict[str, Any]) -> None:
    from artifix.network.calibration import write_calibration
    from artifix.network.weights import find_weights

    folder = find_weights(plan.config.run.weights)
    values = {"alignment_layer": chosen["layer"], "alignment_timestep": chosen["timestep"]}
    write_calibration(folder, values)
    plan.console.note(f"{folder}: calibrated to {chosen['layer']}, timestep {chosen['timestep']}")
    card, told = folder / "README.md", f"`{chosen['layer']}`, timestep {chosen['timestep']}"
    if card.is_file() and told not in " ".join(card.read_text(encoding="utf-8", errors="replace").split()):
        plan.console.note(f"{card}: tells of another calibration, mend it by hand")


def _sentence(folder: Path, record: dict[str, Any]) -> str:
    chosen, count = record["chosen"], len(record["cases"])
    return (
        f"{folder}: best at timestep {chosen['timestep']}, layer {chosen['index']} ({chosen['layer']}): "
        f"mIoU {chosen['miou']:.3f}, with the box {chosen['box_miou']:.3f}, "
        f"{count} case{'s' * (count != 1)}"
    )
