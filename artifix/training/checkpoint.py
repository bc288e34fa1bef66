"""Checkpoints written whole before the old one goes: safetensors and JSON, no pickle."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.training_utils import EMAModel
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim import Optimizer

from artifix.errors import InputError, OutputError

KEPT = 2


@dataclass(slots=True, eq=False)
class State:
    """Everything a run needs to go on as if it had not stopped."""

    modules: dict[str, torch.nn.Module]
    optimizer: Optimizer
    ema: EMAModel
    step: int = 0
    pairs_seen: int = 0
    seconds: float = 0.0


def save(run: Path, state: State, config: dict[str, object]) -> Path:
    """Write `run`/checkpoints/step-N and drop all but the newest two.

    Raises:
        OutputError: the disk refuses; the earlier checkpoints stay.
    """
    folder = run / "checkpoints" / f"step-{state.step:07d}"
    scratch = folder.with_name(f".{folder.name}.tmp")
    try:
        _clear(folder.parent)
        scratch.mkdir(parents=True)
        for name, module in state.modules.items():
            save_file(
                {k: v.contiguous() for k, v in module.state_dict().items()}, scratch / f"{name}.safetensors"
            )
        save_file(_optimizer_tensors(state.optimizer), scratch / "optimizer.safetensors")
        save_file(
            {f"{i}": v.contiguous() for i, v in enumerate(state.ema.shadow_params)},
            scratch / "ema.safetensors",
        )
        counts = {"step": state.step, "pairs_seen": state.pairs_seen, "seconds": round(state.seconds, 1)}
        text = json.dumps({**counts, "ema_step": state.ema.optimization_step, "config": config}, indent=1)
        (scratch / "state.json").write_text(text, encoding="utf-8")
        _sync(scratch)
        _publish(scratch, folder)
    except (OSError, SafetensorError) as error:  # a full disk is a SafetensorError without errno
        shutil.rmtree(scratch, ignore_errors=True)
        reason = getattr(error, "strerror", None) or error
        raise OutputError(
            f"{folder}: cannot be written: {reason}", "free some space, then --resume"
        ) from error
    for old in checkpoints(run)[:-KEPT]:
        shutil.rmtree(old)
    return folder


def checkpoints(run: Path) -> list[Path]:
    """Complete checkpoints of a run, oldest first."""
    return sorted((run / "checkpoints").glob("step-*"))


def _clear(folder: Path) -> None:
    """Put away what a run left that was killed while saving."""
    for earlier in folder.glob(".step-*.old"):
        if (whole := folder / earlier.stem.removeprefix(".")).exists():
            shutil.rmtree(earlier, ignore_errors=True)
        else:
            earlier.rename(whole)
    for unfinished in folder.glob(".step-*.tmp"):
        shutil.rmtree(unfinished, ignore_errors=True)


def load(run: Path, state: State, config: dict[str, object]) -> None:
    """Put the newest checkpoint of `run` into `state`.

    Raises:
        InputError: there is none, it is damaged, or it was made under another config.
    """
    _clear(run / "checkpoints")
    found = checkpoints(run)
    if not found:
        raise InputError(f"{run}: holds no checkpoint to resume", "start the run without --resume")
    folder = found[-1]
    with _as_input_error(folder):
        values = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        before = values["config"]
        counts = {name: values[name] for name in ("step", "pairs_seen", "seconds", "ema_step")}
    now = json.loads(json.dumps(config))
    # `steps` alone may change: it stretches or shortens the schedule of a run that got more or less time.
    differs = {k for k in now.keys() | before.keys() if now.get(k) != before.get(k)}
    if changed := sorted(differs - {"steps"}):
        raise InputError(
            f"{folder}: was made under another config ({', '.join(changed)} differ)",
            "resume with the same config, or start a new run",
        )
    with _as_input_error(folder):
        _fill(state, folder, counts)


@contextmanager
def _as_input_error(folder: Path) -> Iterator[None]:
    try:
        yield
    # A missing file or name, cut JSON, cut tensors, and tensors of another shape.
    except (OSError, KeyError, AttributeError, TypeError, ValueError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{folder}: is damaged or incomplete: {reason}", "delete it to resume from the one before it"
        ) from error


def _fill(state: State, folder: Path, values: dict[str, Any]) -> None:
    for name, module in state.modules.items():
        module.load_state_dict(load_file(folder / f"{name}.safetensors"))
    _load_optimizer(state.optimizer, load_file(folder / "optimizer.safetensors"))
    shadows = load_file(folder / "ema.safetensors")
    for i, shadow in enumerate(state.ema.shadow_params):
        shadow.copy_(shadows[f"{i}"])
    state.ema.optimization_step = values["ema_step"]
    state.step, state.pairs_seen, state.seconds = values["step"], values["pairs_seen"], values["seconds"]


def _publish(scratch: Path, folder: Path) -> None:
    """Rename `scratch` to `folder`; an earlier one of the same step goes only when the new one is there."""
    earlier = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(earlier, ignore_errors=True)
    if folder.exists():
        folder.rename(earlier)
    try:
        scratch.rename(folder)
    except BaseException:
        if earlier.exists() and not folder.exists():
            earlier.rename(folder)
        raise
    _sync_folder(folder.parent)
    shutil.rmtree(earlier, ignore_errors=True)


def _optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    rows = optimizer.state_dict()["state"]
    return {f"{i}.{name}": value.contiguous() for i, row in rows.items() for name, value in row.items()}


def _load_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    rows: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".")
        rows.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": rows, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter, row in optimizer.state.items():
        for name in row.keys() - {"step"}:  # files do not keep channels_last, and mixed layouts are slow
            row[name] = torch.empty_like(parameter, dtype=row[name].dtype).copy_(row[name])


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
