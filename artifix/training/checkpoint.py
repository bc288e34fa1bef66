"""Checkpoints written whole before the old one goes: safetensors and JSON, no pickle."""

import hashlib
import json
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
from torch.amp import GradScaler
from torch.optim import Optimizer

from artifix.errors import InputError
from artifix.setting_names import setting
from artifix.training.run_folder import RESUME, checkpoints
from artifix.training.shards import cut_as, gathered, own_part
from artifix.writing import as_output_error, publish, sync_tree

KEPT = 2
# What may change between the parts of a run. `steps` stretches or shortens the schedule of a run that got
# more or less time; the others do not touch what is learned.
FREE = {
    "steps",
    "loop.log_every_s",
    "loop.checkpoint_every_s",
    "loop.validate_every_steps",
    "loop.gradient_checkpointing",
}
_ABSENT = object()
# A missing file or name, cut JSON, cut tensors, and tensors of another shape.
_UNREADABLE = (OSError, LookupError, AttributeError, TypeError, ValueError, SafetensorError, RuntimeError)


@dataclass(slots=True, eq=False)
class State:
    """Everything a run needs to go on as if it had not stopped."""

    modules: dict[str, torch.nn.Module]
    optimizer: Optimizer
    ema: EMAModel
    scaler: GradScaler | None = None  # of the loss, with fp16
    processes: int = 1
    step: int = 0
    pairs_seen: int = 0
    seconds: float = 0.0

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        """All that is trained, in the order of the averages."""
        return [parameter for module in self.modules.values() for parameter in module.parameters()]


def files_of(state: State) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Name and whole tensors of each file of a checkpoint, one after the other.

    Where weights are sharded all processes must go through them at once.
    """
    for name, module in state.modules.items():
        yield name, {key: gathered(value).contiguous() for key, value in module.state_dict().items()}
    yield "optimizer", _optimizer_tensors(state.optimizer)
    averages = zip(state.ema.shadow_params, state.parameters, strict=True)
    yield "ema", {f"{i}": gathered(value, like).contiguous() for i, (value, like) in enumerate(averages)}


def save(run: Path, state: State, config: dict[str, Any]) -> Path:
    """Write `run`/checkpoints/step-N and drop all but the newest two.

    Raises:
        OutputError: the disk refuses; the earlier checkpoints stay.
    """
    folder = run / "checkpoints" / f"step-{state.step:07d}"
    scratch = _unfinished(folder)
    with as_output_error(folder, RESUME, (SafetensorError,)):
        try:
            _clear(folder.parent)
            scratch.mkdir(parents=True)
            _write(scratch, state, config)
            publish(scratch, folder)
            for old in checkpoints(run)[:-KEPT]:
                # By another name first: a checkpoint half removed must not be taken for one.
                shutil.rmtree(old.rename(_unfinished(old)))
        except (OSError, SafetensorError):  # a full disk is a SafetensorError without errno
            shutil.rmtree(scratch, ignore_errors=True)
            raise
    return folder


def _unfinished(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.tmp")


def _write(scratch: Path, state: State, config: dict[str, Any]) -> None:
    for name, tensors in files_of(state):
        save_file(tensors, scratch / f"{name}.safetensors")
    values = {
        "step": state.step,
        "pairs_seen": state.pairs_seen,
        "seconds": round(state.seconds, 1),
        "ema_step": state.ema.optimization_step,
        "processes": state.processes,
        "scaler": None if state.scaler is None else state.scaler.state_dict(),
        "sha256": {path.name: _sha256(path) for path in sorted(scratch.iterdir())},
        "config": config,
    }
    (scratch / "state.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
    sync_tree(scratch)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _clear(folder: Path) -> None:
    """Put away what a run left that was killed while saving."""
    for earlier in folder.glob(".step-*.old"):
        if (whole := folder / earlier.stem.removeprefix(".")).exists():
            shutil.rmtree(earlier, ignore_errors=True)
        else:
            earlier.rename(whole)
    for unfinished in folder.glob(".step-*.tmp"):
        shutil.rmtree(unfinished, ignore_errors=True)


def load(run: Path, state: State, config: dict[str, Any]) -> None:
    """Put the newest checkpoint of `run` into `state`.

    Raises:
        InputError: there is none, it is damaged, or it was made under another config or by another number
            of processes.
    """
    if (run / "checkpoints").is_dir():
        _clear(run / "checkpoints")
    found = checkpoints(run)
    if not found:
        raise InputError(
            f"{run}: holds no checkpoint to resume", f"start the run without {setting('resume')}"
        )
    folder = found[-1]
    with _as_input_error(folder):
        values = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        before, processes = _flat(values["config"]), values["processes"]
    _require_same(folder, before, _flat(json.loads(json.dumps(config))))
    if processes != state.processes:
        raise InputError(
            f"{folder}: was made by {processes} processes, and now there are {state.processes}",
            f"resume with {processes} processes, or start a new run",
        )
    with _as_input_error(folder):
        for name, digest in values["sha256"].items():  # safetensors has no checksum of its own
            if _sha256(folder / name) != digest:
                raise ValueError(f"{name} was changed")
        _fill(state, folder, values)


def _require_same(folder: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    differs = {
        name for name in now.keys() | before.keys() if now.get(name, _ABSENT) != before.get(name, _ABSENT)
    }
    if changed := sorted(differs - FREE):
        raise InputError(
            f"{folder}: was made under another config ({', '.join(changed)} differ)",
            f"resume with {setting('config')} {folder.parents[1] / 'config.toml'}, or start a new run",
        )


def _flat(config: dict[str, Any], section: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in config.items():
        flat |= _flat(value, f"{section}{name}.") if isinstance(value, dict) else {f"{section}{name}": value}
    return flat


@contextmanager
def _as_input_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        LookupError,
        AttributeError,
        TypeError,
        ValueError,
        SafetensorError,
        RuntimeError,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{folder}: is damaged or incomplete: {reason}", "delete it to resume from the one before it"
        ) from error


def _fill(state: State, folder: Path, values: dict[str, Any]) -> None:
    for name, module in state.modules.items():
        found, now = load_file(folder / f"{name}.safetensors"), module.state_dict()
        module.load_state_dict({key: cut_as(now.get(key, value), value) for key, value in found.items()})
    _load_optimizer(state.optimizer, load_file(folder / "optimizer.safetensors"))
    shadows = load_file(folder / "ema.safetensors")
    for i, (shadow, like) in enumerate(zip(state.ema.shadow_params, state.parameters, strict=True)):
        shadow.copy_(own_part(cut_as(like, shadows[f"{i}"])))
    state.ema.optimization_step = values["ema_step"]
    if state.scaler is not None:
        state.scaler.load_state_dict(values["scaler"])
    for name in ("step", "pairs_seen", "seconds"):
        setattr(state, name, values[name])


def _optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    rows = optimizer.state_dict()["state"]
    values = {f"{i}.{name}": value for i, row in rows.items() for name, value in row.items()}
    return {name: gathered(value).contiguous() for name, value in values.items()}


def _load_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    rows: dict[int, dict[str, Tensor]] = {}
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for key, value in tensors.items():
        index, name = key.split(".")
        part = value if name == "step" else cut_as(parameters[int(index)], value)
        rows.setdefault(int(index), {})[name] = part
    optimizer.load_state_dict({"state": rows, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter, row in optimizer.state.items():
        for name in row.keys() - {"step"}:  # files do not keep channels_last, and mixed layouts are slow
            row[name] = torch.empty_like(parameter, dtype=row[name].dtype).copy_(row[name])
