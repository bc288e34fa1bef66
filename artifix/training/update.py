"""One update of the weights, from all batches of all processes.

The batches of an update have *slots*: slot 0 to processes * gradient_accumulation - 1. What a slot holds is
a function of (seed, step, slot, task) alone. So a run resumes exactly, and two processes see what one
process sees that accumulates two batches.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from safetensors.torch import save_file
from torch import Generator, Tensor

from artifix.errors import DeviceError
from artifix.network.assembly import Network
from artifix.training.checkpoint import State
from artifix.training.clock import DataClock
from artifix.training.config import OptimizerConfig, TrainingConfig
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis import Pairs, make_pairs
from artifix.training.preparation import trained_parameters
from artifix.training.processes import average_gradients, reduced
from artifix.training.run_folder import RESUME
from artifix.training.sharding import clip_gradients, is_sharded, own_parts
from artifix.training.step import task_loss
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT
from artifix.training.validation import save_sheet, sheet_columns
from artifix.writing import as_output_error

TASKS = MATCHING, ALIGNMENT, REFINEMENT  # their places are part of the seeds


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What an update needs."""

    run: Path
    config: TrainingConfig
    accelerator: Accelerator
    network: Network
    state: State
    sources: Sources
    clock: DataClock


def schedule(step: int, steps: int, config: OptimizerConfig) -> float:
    """Share of the peak learning rate: a linear warm-up, then constant or a cosine to 0 at `steps`."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return 1.0
    done = (step - config.warmup_steps) / max(steps - config.warmup_steps, 1)
    return (1 + math.cos(math.pi * min(done, 1))) / 2


def update(training: Training) -> dict[str, float]:
    """Learn from the next batches.

    Returns:
        Means over all slots: the loss of each task under the task's name, what `task_loss` tells besides,
        and gradient_norm, before it was clipped.

    Raises:
        DeviceError: a loss or a gradient is not finite; the weights are as they were, the batches are saved.
    """
    state, accelerator, config = training.state, training.accelerator, training.config
    parameters = trained_parameters(training.network)
    state.optimizer.zero_grad(set_to_none=True)
    seen = _learn(training)
    means = torch.stack([torch.stack(values).float().mean() for values in seen.values()])
    average_gradients(accelerator, parameters)
    means = reduced(accelerator, means, "mean")
    norm = _clipped(training, parameters)
    told = torch.cat([means, norm.float().view(1).to(means.device)]).tolist()  # waits for the device, once
    values = dict(zip([*seen, "gradient_norm"], told, strict=True))
    _require_finite(training, values, seen)
    for group in state.optimizer.param_groups:
        group["lr"] = group["initial_lr"] * schedule(state.step, config.steps, config.optimizer)
    state.optimizer.step()
    if not getattr(state.optimizer, "step_was_skipped", False):
        state.ema.step(own_parts(parameters))
    slots = accelerator.num_processes * config.loop.gradient_accumulation
    state.pairs_seen += slots * sum(config.phase(state.step).batches.values())
    state.step += 1
    return values


def _clipped(training: Training, parameters: Sequence[Tensor]) -> Tensor:
    most = training.config.optimizer.gradient_norm
    if is_sharded(training.network):
        return clip_gradients(training.accelerator, parameters, most)
    return training.accelerator.clip_grad_norm_(parameters, most)


def _learn(training: Training) -> dict[str, list[Tensor]]:
    """Accumulate the gradients of this process's slots; scalars by name, one for each slot."""
    seen: dict[str, list[Tensor]] = {}
    for slot in _own_slots(training):
        for task in training.config.phase(training.state.step).batches:
            with training.clock.running():
                pairs, random = draw_batch(training, slot, task)
            with training.accelerator.autocast():
                result = task_loss(training.network, task, pairs, training.config.losses, random)
            training.accelerator.backward(result["loss"])
            for name, value in result.items():
                seen.setdefault(task if name == "loss" else name, []).append(value.detach())
    return seen


def draw_batch(training: Training, slot: int, task: str) -> tuple[Pairs, Generator]:
    """The pairs of `task` in `slot` of the present step, and the generator for what is drawn after them."""
    config, network, step = training.config, training.network, training.state.step
    words = np.random.SeedSequence([config.seed, step, slot, TASKS.index(task)]).generate_state(1, np.uint64)
    random = Generator(network.device).manual_seed(int(words[0]))
    phase = config.phase(step)
    sizes = phase.crop_px, network.reference_size_px
    pairs = make_pairs(training.sources, task, phase.batches[task], *sizes, config.synthesis, random)
    return pairs, random


def _own_slots(training: Training) -> Iterator[int]:
    """Batch by batch across the processes, so that the order of one process is that of many."""
    accelerator = training.accelerator
    for batch in range(training.config.loop.gradient_accumulation):
        yield batch * accelerator.num_processes + accelerator.process_index


def _require_finite(
    training: Training, values: Mapping[str, float], seen: Mapping[str, list[Tensor]]
) -> None:
    wrong = {name: value for name, value in values.items() if not math.isfinite(value)}
    scaler = training.accelerator.scaler
    # With fp16 a gradient overflows now and then; the step is left out and the loss scaled less.
    if not wrong or (set(wrong) == {"gradient_norm"} and scaler is not None and scaler.get_scale() > 1):
        return
    name, value = next(iter(wrong.items()))
    what = "the gradient's norm" if name == "gradient_norm" else f"the loss {name}"
    step = training.state.step
    where = f"in process {training.accelerator.process_index}"
    if path := save_bad_batches(training, seen):
        where = f"its batch is in {path}"
    raise DeviceError(
        f"{what} is {value} at step {step}; {where}",
        "resume from the last checkpoint with a lower learning rate, or look at that batch",
    )


def save_bad_batches(training: Training, seen: Mapping[str, list[Tensor]]) -> Path | None:
    """Save what this process saw in the step that went wrong, drawn again from its seeds.

    Those of the tasks whose loss is not finite; all, if only the gradient is not; none, if another process
    has the blame.
    """
    slots = list(_own_slots(training))
    tasks = [task for task in TASKS if task in seen]
    drawn = [(task, i) for task in tasks for i in range(len(slots))]
    bad = [(task, i) for task, i in drawn if not torch.isfinite(seen[task][i])]
    is_main = training.accelerator.is_main_process
    if not bad and not is_main:
        return None
    rank = "" if is_main else f"-process-{training.accelerator.process_index}"
    path = training.run / f"bad-batch-{training.state.step:07d}{rank}.safetensors"
    tensors: dict[str, Tensor] = {}
    with as_output_error(training.run, RESUME):
        for task, i in bad or drawn:
            pairs, _ = draw_batch(training, slots[i], task)
            named = {f.name: getattr(pairs, f.name) for f in fields(pairs)}
            held = {name: value.contiguous().cpu() for name, value in named.items() if torch.is_tensor(value)}
            tensors |= {f"{task}.{slots[i]}.{name}": value.clone() for name, value in held.items()}
        save_file(tensors, path)
        save_sheet(path.with_suffix(".png"), sheet_columns(pairs))
    return path
