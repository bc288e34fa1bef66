"""`artifix train`."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.errors import InputError

if TYPE_CHECKING:
    from artifix.training.config import TrainingConfig

_DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        readable=False,
        help="Folder of training images, searched with its subfolders.",
    ),
]
_OutOption = Annotated[
    Path,
    typer.Option(
        "--out", metavar="RUN", readable=False, help="Folder for checkpoints, the log and RUN/weights."
    ),
]
_MinutesOption = Annotated[
    float | None,
    typer.Option(
        "--minutes", help="Stop after so many. Default: when all steps are done.", show_default=False
    ),
]
_ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in --out.")]
_ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        readable=False,
        help="TOML file of a recipe. Default: that of artifix-small.",
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


def train(
    data: _DataOption,
    out: _OutOption,
    minutes: _MinutesOption = None,
    resume: _ResumeOption = False,
    config: _ConfigOption = None,
    steps: _StepsOption = None,
    seed: _SeedOption = None,
    device: options.DeviceOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,
) -> None:
    """Train a network on a folder of images and write its weights to RUN/weights.

    Pairs with a known match are made from single images on the fly. An interrupted run goes on with --resume.
    """
    if minutes is not None and not 0 < minutes < math.inf:
        raise typer.BadParameter("give a number above 0", param_hint="'--minutes'")
    if not data.is_dir():
        raise InputError(f"{data}: is not a folder", "name a folder of training images with --data")
    console = Console(quiet, json)
    recipe = _recipe(config, steps, seed)

    from artifix.cli.session import quiet_libraries
    from artifix.network.device import choose_device
    from artifix.training.export import export_weights
    from artifix.training.loop import train as run_training

    quiet_libraries()
    place = choose_device(device or "auto")
    console.note(f"training on {place}")
    limit = math.inf if minutes is None else minutes
    try:
        outcome = run_training(
            data, out, recipe, minutes=limit, resume=resume, device=place, report=console.note
        )
    except KeyboardInterrupt:
        console.note(f"{out}: the newest checkpoint stays; go on from it with --resume")
        raise
    weights = export_weights(outcome.network, out / "weights", layer=recipe.losses.layers[0])
    figures = {name: round(value, 4) for name, value in outcome.figures.items()}
    told = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
    done = (
        f"{outcome.step} of {recipe.steps} steps, {outcome.pairs_seen} pairs, {outcome.seconds / 60:.1f} min"
    )
    console.result(
        f"{weights}: {done}; {told}",
        {
            "weights": str(weights),
            "step": outcome.step,
            "steps": recipe.steps,
            "pairs_seen": outcome.pairs_seen,
            "seconds": round(outcome.seconds, 1),
            "figures": figures,
        },
    )


def _recipe(path: Path | None, steps: int | None, seed: int | None) -> "TrainingConfig":
    """The recipe of a file, or the default, with the options' changes."""
    from dataclasses import replace

    from artifix.config import from_dict, read_toml

    values = (
        {} if path is None else read_toml(path)
    )  # before the heavy imports, so that a typo is told at once

    from artifix.training.config import TrainingConfig

    recipe = from_dict(TrainingConfig, values, str(path))
    return replace(
        recipe, steps=recipe.steps if steps is None else steps, seed=recipe.seed if seed is None else seed
    )
