"""`artifix train`."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import option

if TYPE_CHECKING:
    import torch

    from artifix.training.config import TrainingConfig
    from artifix.training.loop import Job


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What is trained, on what, and where to."""

    out: Annotated[Path, option("--out", "Folder for checkpoints, logs and RUN/weights.", "RUN")]
    data: Annotated[
        list[Path] | None,
        option(
            "--data",
            "Folder of single images, searched with its subfolders, or a pack; may be repeated.",
            "DIR",
        ),
    ] = None
    pairs: Annotated[
        list[Path] | None,
        option("--pairs", "Folder of objects seen in several views; may be repeated.", "DIR"),
    ] = None
    config: Annotated[
        str, option("--config", "Recipe: one that comes with artifix, or a TOML file.", "NAME|FILE")
    ] = "small"
    init: Annotated[
        Path | None,
        option("--init", "Go on from these weights: base.pipeline of the recipe.", "DIR"),
    ] = None
    settings: Annotated[
        list[str] | None,
        option("--set", "Change a setting of the recipe; may be repeated.", "SECTION.FIELD=VALUE"),
    ] = None
    minutes: Annotated[
        float | None, option("--minutes", "Stop after so many. Default: when all steps are done.")
    ] = None
    steps: Annotated[
        int | None, option("--steps", "Length of the schedule. Default: the recipe's.", min=1)
    ] = None
    seed: Annotated[int | None, option("--seed", "Of everything random. Default: the recipe's.", min=0)] = (
        None
    )
    resume: Annotated[bool, option("--resume", "Go on from the newest checkpoint in --out.")] = False
    preview: Annotated[bool, option("--preview", "Only draw RUN/preview.png, a sheet of training pairs.")] = (
        False
    )
    tensorboard: Annotated[
        bool, option("--tensorboard", "Write RUN/tensorboard too (pip install tensorboard).")
    ] = False


def train(*, asked: TrainOptions, device: str | None = None, speech: options.SpeechOptions) -> None:
    """Train a network and write its weights to RUN/weights.

    Pairs with a known match are made on the fly. An interrupted run goes on with --resume. Several GPUs:
    torchrun --nproc-per-node N -m artifix train ...
    """
    if asked.minutes is not None and not 0 < asked.minutes < math.inf:
        raise typer.BadParameter("give a number above 0", param_hint="'--minutes'")
    _require_startable(asked)
    is_main = os.environ.get("RANK", "0") == "0"  # of several processes, as torchrun numbers them
    console = Console(speech.quiet or not is_main, speech.json and is_main)
    recipe = _recipe(asked)

    from artifix.network.device import choose_device
    from artifix.repair.loading import quiet_libraries
    from artifix.training.checks import check_config, check_data

    job = _job(asked)
    check_config(recipe)
    check_data(recipe, job.images, job.pairs)
    quiet_libraries()
    place = choose_device(device or "auto")
    if not asked.preview:
        _train(job, asked.config, recipe, place, console)
        return

    from artifix.training.preview import draw_preview

    path = draw_preview(job, recipe, place)
    console.result(f"{path}: training pairs", {"preview": str(path)})


def _require_startable(asked: TrainOptions) -> None:
    """What can be refused before the recipe is read."""
    from artifix.training.optional_packages import require_installed
    from artifix.training.run_folder import require_folders, require_startable

    require_folders(asked.data or (), asked.pairs or ())
    require_installed("accelerate", "artifix train")
    if asked.tensorboard:
        require_installed("tensorboard", "--tensorboard")
    if not asked.preview:
        require_startable(asked.out, asked.resume)


def _recipe(asked: TrainOptions) -> "TrainingConfig":
    from artifix.training.recipes.changes import changed_recipe

    # Quoted: a folder may be called as a number is.
    base = None if asked.init is None else json.dumps(str(asked.init))
    given = {"steps": asked.steps, "seed": asked.seed, "base.pipeline": base}
    changes = [f"{name}={value}" for name, value in given.items() if value is not None]
    return changed_recipe(asked.config, [*(asked.settings or ()), *changes])


def _job(asked: TrainOptions) -> "Job":
    from artifix.training.loop import Job

    limit = math.inf if asked.minutes is None else asked.minutes
    images, views = tuple(asked.data or ()), tuple(asked.pairs or ())
    return Job(asked.out, images, views, limit, asked.resume, asked.tensorboard)


def _train(job: "Job", name: str, recipe: "TrainingConfig", device: "torch.device", console: Console) -> None:
    """Train, export, tell."""
    from artifix.training.ending import sentence_of, told_of, write_weights
    from artifix.training.loop import train as run_training
    from artifix.training.processes import leave_processes

    console.note(f"training on {device}")
    try:
        outcome = run_training(job, recipe, device, console.note)
    except KeyboardInterrupt:
        console.note(f"{job.run}: the newest checkpoint stays; go on from it with --resume")
        raise
    leave_processes()
    if outcome.is_main:
        written = write_weights(job, name, outcome, console.note)
        console.result(sentence_of(outcome, written), told_of(outcome, written))
