"""What refine and locate do around the pipeline: cheap checks first, then the network."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from artifix.cli.console import Console
from artifix.cli.options import config_of
from artifix.config import CommandConfig
from artifix.errors import UsageError

if TYPE_CHECKING:
    from artifix.inputs.case import Case
    from artifix.pipeline import LocateResult, RefineByAlignPipeline, RefineResult


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One command's settings, inputs and place for the results."""

    config: CommandConfig
    case: "Case"
    folder: Path
    overwrite: bool
    console: Console
    started_s: float  # of time.perf_counter


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A pipeline and where it runs."""

    pipeline: "RefineByAlignPipeline"
    device: str
    dtype: str
    load_s: float


def open_session(context: typer.Context) -> Session:
    """Everything that can be refused without the network; nothing heavy is imported.

    Args:
        context: of a command with the options of `refine` or `locate`.

    Raises:
        UsageError: options that do not fit together, or a setting out of its range.
        InputError: a file that cannot be used.
        OutputError: results could not be written.
    """
    started_s = time.perf_counter()
    given = context.params
    config = config_of(context)
    reference = _only(given["ref"])

    from artifix.inputs.case import read_case
    from artifix.outputs.save import check_output

    case = read_case(
        given["image"],
        given["mask"],
        reference,
        fit_mask=given["fit_mask"],
        invert_mask=given["invert_mask"],
        mask_from=given["mask_from"],
    )
    folder = given["out"] or given["image"].with_name(f"{given['image'].stem}-artifix")
    check_output(folder, given["overwrite"], case.paths)
    console = Console(given["quiet"], given["json"])
    return Session(config, case, folder, given["overwrite"], console, started_s)


def open_pipeline(config: CommandConfig, console: Console) -> Loaded:
    """Load and check the weights, and say where they run.

    Raises:
        WeightsError: the weights are missing, changed or unsafe.
        DeviceError: the device is not there.
    """
    from artifix.network.weights import find_weights

    started_s = time.perf_counter()
    weights = find_weights(config.run.weights)

    from artifix.network.device import choose_device, choose_dtype
    from artifix.pipeline import load_pipeline

    quiet_libraries()
    device = choose_device(config.run.device)
    dtype = choose_dtype(config.run.dtype, device)
    dtype_name = str(dtype).removeprefix("torch.")
    console.note(f"running {weights.name} on {device} in {dtype_name}")
    pipeline = load_pipeline(str(weights), device, dtype)
    return Loaded(pipeline, str(device), dtype_name, time.perf_counter() - started_s)


def quiet_libraries() -> None:
    """Keep the progress bars and advice of diffusers and transformers off stderr."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    diffusers_logging.disable_progress_bar()
    diffusers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def record_of(
    command: str, session: Session, loaded: Loaded, result: "LocateResult | RefineResult"
) -> dict[str, Any]:
    """What record.json says of a run.

    Args:
        command: "refine" or "locate".
        session: the run.
        loaded: its network.
        result: what the pipeline gave.

    Returns:
        JSON-ready; names of files without their folders.
    """
    from artifix import __version__
    from artifix.config import to_dict

    settings = to_dict(session.config)
    del settings["run"]  # said by weights, device and dtype as they turned out
    total_s = time.perf_counter() - session.started_s
    timings = {"load_s": loaded.load_s, **result.timings, "total_s": total_s}
    return {
        "artifix": __version__,
        "command": command,
        "weights": {"name": loaded.pipeline.weights_name, "sha256": loaded.pipeline.weights_sha256},
        "device": loaded.device,
        "dtype": loaded.dtype,
        "seed": settings.pop("seed"),
        "settings": settings,
        "inputs": _inputs(session.case),
        "groups": list(result.groups),
        "timings": {name: round(seconds, 3) for name, seconds in timings.items()},
    }


def _only(references: Sequence[Path]) -> Path:
    if len(references) > 1:
        raise UsageError(
            f"--ref was given {len(references)} times", "for now, one reference is used: give the best one"
        )
    return references[0]


def _inputs(case: "Case") -> dict[str, dict[str, str]]:
    from artifix.cli.console import printable

    names = [printable(path.name) for path in case.paths]
    return {
        kind: {"name": name, "sha256": digest}
        for (kind, digest), name in zip(case.digests.items(), names, strict=True)
    }
