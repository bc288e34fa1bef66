"""`artifix train`."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.errors import InputError

if TYPE_CHECKING:
    import torch

    from artifix.training.config import TrainingConfig
    from artifix.training.ending import Written
    from artifix.training.loop import Job, Outcome

_OutOption = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="RUN",
        readable=False,
        help="Folder for checkpoints, logs and RUN/weights.",
        show_default=False,
    ),
]
_DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data",
        metavar="DIR",
        readable=False,
        help="Folder of single images, searched with its subfolders, or a pack; may be repeated.",
        show_default=False,
    ),
]
_PairsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--pairs",
        metavar="DIR",
        readable=False,
        help="Folder of objects seen in several views; may be repeated.",
        show_default=False,
    ),
]
_ConfigOption = Annotated[
    str,
    typer.Option(
        "--config", metavar="NAME|FILE", help="Recipe: one that comes with artifix, or a TOML file."
    ),
]
_SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.FIELD=VALUE",
        help="Change a setting of the recipe; may be repeated.",
        show_default=False,
    ),
]
_MinutesOption = Annotated[
    float | None,
    typer.Option(
        "--minutes", help="Stop after so many. Default: when all steps are done.", show_default=False
    ),
]
_StepsOption = Annotated[
    int | None,
    typer.Option("--steps", min=1, help="Length of the schedule. Default: the recipe's.", show_default=False),
]
_SeedOption = Annotated[
    int | None,
    typer.Option("--seed", min=0, help="Of everything random. Default: the recipe's.", show_default=False),
]
_ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in --out.")]
_PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Only draw RUN/preview.png, a sheet of training pairs.")
]
_TensorboardOption = Annotated[
    bool, typer.Option("--tensorboard", help="Write RUN/tensorboard too (pip install tensorboard).")
]


def train(
    out: _OutOption,
    data: _DataOption = None,
    pairs: _PairsOption = None,
    config: _ConfigOption = "small",
    settings: _SetOption = None,
    minutes: _MinutesOption = None,
    steps: _StepsOption = None,
    seed: _SeedOption = None,
    resume: _ResumeOption = False,
    preview: _PreviewOption = False,
    tensorboard: _TensorboardOption = False,
    device: options.DeviceOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,
) -> None:
    """Train a network and write its weights to RUN/weights.

    Pairs with a known match are made on the fly. An interrupted run goes on with --resume. Several GPUs:
    torchrun --nproc-per-node N -m artifix train ...
    """
    if minutes is not None and not 0 < minutes < math.inf:
        raise typer.BadParameter("give a number above 0", param_hint="'--minutes'")
    images, views = tuple(data or ()), tuple(pairs or ())
    _require_folders(images, views)

    from artifix.training.extras import require_installed
    from artifix.training.run_folder import require_startable

    require_installed("accelerate", "artifix train")
    if tensorboard:
        require_installed("tensorboard", "--tensorboard")
    if not preview:
        require_startable(out, resume)
    is_main = os.environ.get("RANK", "0") == "0"  # of several processes, as torchrun numbers them
    console = Console(quiet or not is_main, json and is_main)
    changes = [*(settings or ())]
    changes += [f"{name}={value}" for name, value in (("steps", steps), ("seed", seed)) if value is not None]

    from artifix.training.recipes.changes import changed_recipe

    recipe = changed_recipe(config, changes)

    from artifix.network.device import choose_device
    from artifix.repair.loading import quiet_libraries
    from artifix.training.checks import check_config, check_data
    from artifix.training.loop import Job

    check_config(recipe)
    check_data(recipe, images, views)
    quiet_libraries()
    place = choose_device(device or "auto")
    limit = math.inf if minutes is None else minutes
    job = Job(out, images, views, limit, resume, tensorboard)
    if preview:
        _preview(job, recipe, place, console)
    else:
        _train(job, config, recipe, place, console)


def _require_folders(images: Sequence[Path], views: Sequence[Path]) -> None:
    for option, folders in (("--data", images), ("--pairs", views)):
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"{folder}: is not a folder", f"name a folder with {option}")


def _preview(job: "Job", recipe: "TrainingConfig", place: "torch.device", console: Console) -> None:
    """Draw RUN/preview.png."""
    from artifix.training.pairs.material import load_data
    from artifix.training.pairs.preview import write_preview
    from artifix.training.run_folder import RESUME
    from artifix.training.start import start_network
    from artifix.writing import as_output_error

    sources = load_data(job.images, job.pairs, recipe.data, recipe.seed, place)
    path = job.run / "preview.png"
    reference_px = start_network(recipe).reference_size_px
    with as_output_error(job.run, RESUME):
        job.run.mkdir(parents=True, exist_ok=True)
        write_preview(path, sources, recipe.synthesis, recipe.seed, recipe.phases[-1].crop_px, reference_px)
    console.result(f"{path}: training pairs", {"preview": str(path)})


def _train(job: "Job", name: str, recipe: "TrainingConfig", place: "torch.device", console: Console) -> None:
    """Train, export, tell."""
    from artifix.training.ending import write_weights
    from artifix.training.loop import train as run_training
    from artifix.training.processes import leave_processes

    console.note(f"training on {place}")
    try:
        outcome = run_training(job, recipe, place, console.note)
    except KeyboardInterrupt:
        console.note(f"{job.run}: the newest checkpoint stays; go on from it with --resume")
        raise
    leave_processes()
    if outcome.is_main:
        _tell(outcome, write_weights(job, name, outcome, console.note), console)


def _tell(outcome: "Outcome", written: "Written", console: Console) -> None:
    recipe = outcome.config
    figures = {name: round(value, 4) for name, value in outcome.figures.items()}
    short = {name: value for name, value in figures.items() if name == "hits" or name.endswith("_db")}
    told = ", ".join(f"{name} {value:.2f}" for name, value in short.items())
    done = (
        f"{outcome.step} of {recipe.steps} steps, {outcome.pairs_seen} pairs, {outcome.seconds / 60:.1f} min"
    )
    console.result(
        f"{written.weights}: {done}; {told}",
        {
            "weights": str(written.weights),
            "step": outcome.step,
            "steps": recipe.steps,
            "pairs_seen": outcome.pairs_seen,
            "seconds": round(outcome.seconds, 1),
            "figures": figures,
            "confidence_odds": written.logit_weights,
        },
    )
