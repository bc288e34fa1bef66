"""The training loop, read from top to bottom."""

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.training_utils import EMAModel
from torch import Generator, Tensor

from artifix.config import to_dict
from artifix.errors import DeviceError, OutputError
from artifix.network.assembly import Network, build_network
from artifix.training import checkpoint
from artifix.training.config import TrainingConfig
from artifix.training.interruption import noted_interruption
from artifix.training.lettering import draw_decals
from artifix.training.sources import Sources, load_sources
from artifix.training.step import task_loss
from artifix.training.synthesis import Pairs, make_pairs
from artifix.training.tasks import REFINEMENT
from artifix.training.validation import validate, validation_pairs, write_sheet

logger = logging.getLogger(__name__)

HELD_OUT = 64  # scenes kept for validation


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a run left."""

    network: Network  # with the averaged weights
    step: int
    pairs_seen: int
    seconds: float  # of training, all resumed parts together
    figures: dict[str, float]  # of the last validation


def train(
    data: Path,
    run: Path,
    config: TrainingConfig,
    *,
    minutes: float,
    resume: bool,
    device: torch.device,
    report: Callable[[str], None] = logger.info,
) -> Outcome:
    """Train until the schedule ends or the minutes are over, whichever is first.

    Args:
        data: folder of training images.
        run: folder for the config, checkpoints, log and picture sheets.
        config: the recipe.
        minutes: of training in this call; the checkpoint written at the end can be resumed.
        resume: go on from the newest checkpoint of `run`.
        device: where everything happens, the making of the pairs too.
        report: takes one line every few seconds.

    Raises:
        InputError: unusable data, nothing to resume, or a checkpoint of another config.
        OutputError: `run` already holds checkpoints and `resume` is not set, or the disk refuses.
        DeviceError: the loss is not a number.
        KeyboardInterrupt: SIGINT or SIGTERM came; the step under way was ended and a checkpoint written.
    """
    if checkpoint.checkpoints(run) and not resume:
        raise OutputError(f"{run}: already holds a run", "pass --resume to go on, or name a new folder")
    torch.manual_seed(config.seed)
    network = _prepared(build_network(config.network), device)
    state = _state(network, config)
    if resume:
        checkpoint.load(run, state, to_dict(config))
    training, held_out = _sources(data, config, device, report)
    with _as_output_error(run):
        run.mkdir(parents=True, exist_ok=True)
        (run / "config.json").write_text(json.dumps(to_dict(config), indent=1), encoding="utf-8")
    fixed = validation_pairs(held_out, network, config.synthesis)

    started = saved = told = time.monotonic()
    before_s, told_pairs = state.seconds, state.pairs_seen
    figures: dict[str, float] = {}
    ends = started + 60 * minutes
    with noted_interruption() as stop:
        while state.step < config.steps and time.monotonic() < ends and not stop.asked:
            values = _step(network, state, training, config)
            now = time.monotonic()
            state.seconds = before_s + now - started
            if now - told >= config.loop.log_every_s:
                rate = (state.pairs_seen - told_pairs) / (now - told)
                spent = f"{rate:.1f} pairs/s {state.seconds / 60:.1f} min"
                report(f"step {state.step}/{config.steps} {_told(values)} {spent}")
                told, told_pairs = now, state.pairs_seen
            if state.step % config.loop.validate_every_steps == 0:
                figures = _validated(network, state, fixed, config, run, report)
            if now - saved >= config.loop.checkpoint_every_s:
                checkpoint.save(run, state, to_dict(config))
                saved = time.monotonic()
        checkpoint.save(run, state, to_dict(config))
    if stop.asked:
        raise KeyboardInterrupt
    figures = _validated(network, state, fixed, config, run, report)
    state.ema.copy_to(_parameters(network))
    return Outcome(network, state.step, state.pairs_seen, state.seconds, figures)


def learning_rate(step: int, config: TrainingConfig) -> float:
    """Linear warm-up, then cosine to 0 at the last step."""
    peak, warmup = config.optimizer.learning_rate, config.optimizer.warmup_steps
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(config.steps - warmup, 1)
    return peak * (1 + math.cos(math.pi * min(done, 1))) / 2


def _step(
    network: Network, state: checkpoint.State, sources: Sources, config: TrainingConfig
) -> dict[str, Tensor]:
    """One update from pairs of both tasks; all randomness follows from (seed, step), so resuming is exact."""
    random = Generator(sources.images.device).manual_seed(config.seed * 1_000_003 + state.step)
    phase = config.phase(state.step)
    sizes = phase.crop_px, network.reference_size_px
    parameters = _parameters(network)
    state.optimizer.zero_grad(set_to_none=True)
    values: dict[str, Tensor] = {}
    for task, count in phase.batches.items():
        pairs = make_pairs(sources, task, count, *sizes, config.synthesis, random)
        with torch.autocast(network.device.type, torch.bfloat16):
            result = task_loss(network, task, pairs, config.losses, random)
        _require_finite(result["loss"], state.step, pairs)
        result["loss"].backward()
        values |= {name: value for name, value in result.items() if name != "loss"}
        state.pairs_seen += count
    torch.nn.utils.clip_grad_norm_(parameters, config.optimizer.gradient_norm)
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(state.step, config)
    state.optimizer.step()
    state.ema.step(parameters)
    state.step += 1
    return values


def _require_finite(loss: Tensor, step: int, pairs: Pairs) -> None:
    if not torch.isfinite(loss):
        raise DeviceError(
            f"the loss is {loss.item()} at step {step} (batch of {len(pairs.clean)})",
            "resume from the last checkpoint with a lower learning rate",
        )


def _told(values: dict[str, Tensor]) -> str:
    return " ".join(f"{name} {value.item():.3f}" for name, value in values.items())


def _validated(
    network: Network,
    state: checkpoint.State,
    fixed: dict[str, Pairs],
    config: TrainingConfig,
    run: Path,
    report: Callable[[str], None],
) -> dict[str, float]:
    """Figures and a picture sheet of the averaged weights; the run's own weights are put back."""
    parameters = _parameters(network)
    state.ema.store(parameters)
    state.ema.copy_to(parameters)
    with torch.autocast(network.device.type, torch.bfloat16):
        figures = validate(network, fixed, config.losses)
        with _as_output_error(run):
            write_sheet(run / "sheet.png", network, fixed[REFINEMENT])
    state.ema.restore(parameters)
    report(f"validation at step {state.step}: " + " ".join(f"{k} {v:.3f}" for k, v in figures.items()))
    with _as_output_error(run), (run / "validation.jsonl").open("a", encoding="utf-8") as file:
        row = {"step": state.step, "pairs_seen": state.pairs_seen, "seconds": round(state.seconds), **figures}
        file.write(json.dumps(row) + "\n")
    return figures


@contextmanager
def _as_output_error(run: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{run}: cannot be written: {reason}", "free some space, then --resume") from error


def _prepared(network: Network, device: torch.device) -> Network:
    network.unet.set_attn_processor(AttnProcessor())  # sdpa's backward pass in bf16 on the CPU is slow
    for part in (*_trained(network).values(), network.codec):
        part.to(device)
    for part in (network.unet, network.detail_encoder):
        if part is not None:
            part.to(memory_format=torch.channels_last)
    return network


def _parameters(network: Network) -> list[torch.nn.Parameter]:
    return [parameter for part in _trained(network).values() for parameter in part.parameters()]


def _trained(network: Network) -> dict[str, torch.nn.Module]:
    parts = {
        "unet": network.unet,
        "image_encoder": network.image_encoder,
        "projection": network.projection,
        "detail_encoder": network.detail_encoder,
    }
    return {name: part for name, part in parts.items() if part is not None}


def _state(network: Network, config: TrainingConfig) -> checkpoint.State:
    parameters = _parameters(network)
    optimizer = torch.optim.AdamW(
        parameters,
        lr=config.optimizer.learning_rate,
        betas=(0.9, config.optimizer.beta2),
        weight_decay=config.optimizer.weight_decay,
    )
    ema = EMAModel(parameters, decay=config.optimizer.ema_decay, use_ema_warmup=True, power=0.75)
    return checkpoint.State(_trained(network), optimizer, ema)


def _sources(
    data: Path, config: TrainingConfig, device: torch.device, report: Callable[[str], None]
) -> tuple[Sources, Sources]:
    sources = load_sources(data, config.data.source_px, config.data.decal_px, device)
    for reason in sources.skipped[:10]:
        report(f"skipped {reason}")
    report(
        f"{len(sources.images)} scenes, {len(sources.decals)} decals, {len(sources.skipped)} files skipped"
    )
    if config.data.lettering:
        drawn = torch.from_numpy(draw_decals(config.data.lettering, config.data.decal_px, config.seed)).permute(
            0, 3, 1, 2
        )
        sources = replace(sources, decals=torch.cat([sources.decals, drawn.to(device)]))
    kept = min(HELD_OUT, len(sources.images) // 2)
    spread = torch.linspace(0, len(sources.images) - 1, kept, device=device).long()
    is_held = torch.zeros(len(sources.images), dtype=torch.bool, device=device)
    is_held[spread] = True
    return tuple(  # type: ignore[return-value]
        replace(sources, images=sources.images[chosen], busyness=sources.busyness[chosen])
        for chosen in (~is_held, is_held)
    )
