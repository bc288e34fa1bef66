"""The training loop, read from top to bottom."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator
from torch.distributed.tensor import DTensor

from artifix.config_sections import to_dict
from artifix.interruption import Stop, noted_interruption
from artifix.network.assembly import Network
from artifix.network.device import choose_precision
from artifix.setting_names import setting
from artifix.training import checkpoint
from artifix.training.averages import averaged, averaged_network
from artifix.training.checks import check_config, check_data, check_network
from artifix.training.clock import DataClock
from artifix.training.config import TrainingConfig
from artifix.training.launcher import is_sharding_asked
from artifix.training.memory import check_memory
from artifix.training.optional_packages import require_installed
from artifix.training.pairs.material import load_data
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis import Pairs
from artifix.training.preparation import new_state, prepare, trained_parameters
from artifix.training.processes import any_process, open_accelerator, place_of, share_weights
from artifix.training.record import RunLog
from artifix.training.run_folder import RESUME, require_startable
from artifix.training.sharding import is_sharded, shard
from artifix.training.start import start_network
from artifix.training.tasks import REFINEMENT
from artifix.training.update import Training, update
from artifix.training.validation import validate, validation_pairs, write_sheet
from artifix.writing import as_output_error

logger = logging.getLogger(__name__)

HELD_OUT = 64  # scenes kept for validation
TOLD_SKIPPED = 10  # unusable files that are named
GRACE_S = 5.0  # torchrun passes an interruption on that the terminal has sent already

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One call of `train`."""

    run: Path  # folder for the config, checkpoints, logs and picture sheets
    images: tuple[Path, ...] = ()  # folders of single images
    pairs: tuple[Path, ...] = ()  # folders of objects in several views
    minutes: float = math.inf  # of training in this call; what it leaves can be resumed
    resume: bool = False  # go on from the newest checkpoint of `run`
    tensorboard: bool = False  # write RUN/tensorboard


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a run left."""

    network: Network  # with the averaged weights
    config: TrainingConfig  # the recipe as it was run: its precision settled
    step: int
    pairs_seen: int  # by all processes
    seconds: float  # of training, all resumed parts together
    figures: dict[str, float]  # of the last validation; empty in all but the main process
    held_out: Sources  # nothing of it was trained on
    is_main: bool  # of several processes, the one that exports


def train(job: Job, config: TrainingConfig, device: torch.device, report: Report = logger.info) -> Outcome:
    """Train until the schedule ends or the minutes are over, whichever is first.

    Args:
        job: data, folder, time.
        config: the recipe.
        device: where everything happens, the making of the pairs too; of several processes (torchrun), each
            has its own device of that type.
        report: takes one line every few seconds, in the main process.

    Raises:
        UsageError: a config that contradicts itself, the data or the network.
        InputError: unusable data, nothing to resume, or a checkpoint of another config or of another number
            of processes.
        OutputError: the folder already holds a run and `resume` is not set, or the disk refuses.
        DeviceError: a loss or a gradient is not finite, the device cannot train as asked, or its memory
            is too small.
        KeyboardInterrupt: SIGINT or SIGTERM came; the step under way was ended and a checkpoint written.
    """
    config = _checked(job, config, device, report)
    accelerator = open_accelerator(device, config.loop)
    if not accelerator.is_main_process:
        report = logger.debug
    device = place_of(accelerator, device)
    report(f"computing in {config.loop.precision}")
    torch.manual_seed(config.seed)
    network = start_network(config)
    check_network(config, network)
    prepare(network, device, config)
    if is_sharding_asked():
        share_weights(accelerator, trained_parameters(network))
        shard(network, accelerator)
    state = new_state(network, config.optimizer, accelerator)
    _resume(job, config, state, accelerator)
    training_sources, held_out = _sources(job, config, device, report)
    fixed = validation_pairs(held_out, network, config.synthesis) if accelerator.is_main_process else {}
    log = RunLog(job.run, config, state.step, job.tensorboard, accelerator.is_main_process)
    clock = DataClock(device)
    training = Training(job.run, config, accelerator, network, state, training_sources, clock)
    try:
        with noted_interruption(GRACE_S if accelerator.num_processes > 1 else 0.0) as stop:
            _run(training, fixed, log, job.minutes, stop, report)
        if stop.asked:
            raise KeyboardInterrupt
        figures = _validated(training, fixed, log, report)
    finally:
        log.close()
    network = averaged_network(training)
    is_main = accelerator.is_main_process
    return Outcome(network, config, state.step, state.pairs_seen, state.seconds, figures, held_out, is_main)


def _resume(job: Job, config: TrainingConfig, state: checkpoint.State, accelerator: Accelerator) -> None:
    """Go on from the newest checkpoint if that is asked for; the processes then agree to the last bit."""
    if job.resume:
        with accelerator.main_process_first():  # it may have to put a folder right that the others read
            checkpoint.load(job.run, state, to_dict(config))
    pairs = zip(state.parameters, state.ema.shadow_params, strict=True)
    whole = [pair for pair in pairs if not isinstance(pair[0], DTensor)]
    share_weights(accelerator, [tensor for pair in whole for tensor in pair])


def _checked(job: Job, config: TrainingConfig, device: torch.device, report: Report) -> TrainingConfig:
    """The config, its precision settled, once all is refused that can be told without a network."""
    check_config(config)
    precision = choose_precision(config.loop.precision, device)
    config = replace(config, loop=replace(config.loop, precision=precision))
    check_data(config, job.images, job.pairs)
    require_startable(job.run, job.resume)
    if job.tensorboard:
        require_installed("tensorboard", setting("tensorboard"))
    check_memory(config, job.images, job.pairs, device, report)
    return config


def _run(
    training: Training,
    fixed: Mapping[str, Pairs],
    log: RunLog,
    minutes: float,
    stop: Stop,
    report: Report,
) -> None:
    """Update after update; a checkpoint at the end, and now and then before."""
    state, loop = training.state, training.config.loop
    teller = _Teller(training, report)
    started = saved = time.monotonic()
    before_s, ends = state.seconds, started + 60 * minutes
    while state.step < training.config.steps:
        is_over = stop.asked or time.monotonic() >= ends
        if any_process(training.accelerator, is_over):
            stop.asked = any_process(training.accelerator, stop.asked)
            break
        values = update(training)
        state.seconds = before_s + time.monotonic() - started
        log.step(state.step, values)
        if teller.tell(values, loop.log_every_s):
            log.flush()
        if state.step % loop.validate_every_steps == 0 and state.step < training.config.steps:
            _validated(training, fixed, log, report)
        if time.monotonic() - saved >= loop.checkpoint_every_s:
            _save(training, log)
            saved = time.monotonic()
    _save(training, log)


class _Teller:
    """One line every few seconds."""

    def __init__(self, training: Training, report: Report) -> None:
        self._training, self._report = training, report
        self._told_s, self._told_pairs = time.monotonic(), training.state.pairs_seen

    def tell(self, values: Mapping[str, float], every_s: float) -> bool:
        """Tell of the last update, if it is time; whether it was."""
        passed_s = time.monotonic() - self._told_s
        if passed_s < every_s:
            return False
        state = self._training.state
        rate = (state.pairs_seen - self._told_pairs) / passed_s
        data = self._training.clock.take_s() / passed_s
        said = " ".join(f"{name} {value:.3f}" for name, value in values.items())
        spent = f"{rate:.1f} pairs/s data {data:.0%} {state.seconds / 60:.1f} min"
        self._report(f"step {state.step}/{self._training.config.steps} {said} {spent}")
        self._told_s, self._told_pairs = time.monotonic(), state.pairs_seen
        return True


def _save(training: Training, log: RunLog) -> None:
    """Write a checkpoint, in the main process; the rows of the log come first."""
    if training.accelerator.is_main_process:
        log.flush()
        checkpoint.save(training.run, training.state, to_dict(training.config))
    elif is_sharded(training.network):
        for _ in checkpoint.files_of(training.state):  # what the main process gathers, this one gives
            pass


def _validated(
    training: Training, fixed: Mapping[str, Pairs], log: RunLog, report: Report
) -> dict[str, float]:
    """Figures and a picture sheet of the averaged weights, in the main process."""
    state, losses = training.state, training.config.losses
    with averaged(training) as network:
        if network is None:
            return {}
        with training.accelerator.autocast():
            figures = validate(network, fixed, losses)
            with as_output_error(training.run, RESUME):
                write_sheet(training.run / "sheet.png", network, fixed[REFINEMENT])
    report(f"validation at step {state.step}: " + " ".join(f"{k} {v:.3f}" for k, v in figures.items()))
    log.validation(state.step, {"pairs_seen": state.pairs_seen, "seconds": round(state.seconds), **figures})
    log.flush()
    return figures


def _sources(
    job: Job, config: TrainingConfig, device: torch.device, report: Report
) -> tuple[Sources, Sources]:
    """What to train on, and what is held out."""
    sources = load_data(job.images, job.pairs, config.data, config.seed, device)
    for reason in sources.skipped[:TOLD_SKIPPED]:
        report(f"skipped {reason}")
    report(
        f"{len(sources.images)} scenes, {len(sources.decals)} decals, {len(sources.skipped)} files skipped"
    )
    return sources.split(HELD_OUT)
