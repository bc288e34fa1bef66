"""How much memory a run needs, estimated before anything is allocated: what cannot fit is refused at once."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from artifix.errors import ArtifixError, DeviceError
from artifix.network.assembly import Network
from artifix.network.codec import pixel_factor
from artifix.setting_names import setting
from artifix.training.blueprint import blueprint
from artifix.training.config import TrainingConfig
from artifix.training.dry_run import rehearse
from artifix.training.free_memory import free_bytes
from artifix.training.launcher import is_sharding_asked
from artifix.training.pairs.material import count_images
from artifix.training.preparation import trained_parameters
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

GIB = 2**30
WITH_HALVES = 5 / 4  # bytes kept of an image over its own
MARGIN = 1.1  # the whole estimate must be so much more than is free; of what is sure, nothing need be
HARDLY = 1.3  # what a run took in reality, at most, over the estimate
# Far more than any batch takes, by pixel of its crops and channel of the U-Net there: where so much is free,
# none is rehearsed.
ROOMY = 2048
_EXTENT = {MATCHING: 0, ALIGNMENT: 1, REFINEMENT: 2}  # each runs what those before run, and more

Batch = tuple[str, int, int]  # task, pairs, side of the crops [px]
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that one process needs."""

    kept: int  # weights, the optimiser's two moments of those trained, and their average
    gradients: int  # of all that is trained
    images: int = 0
    batch: int = 0  # the most that lives beside all that, the gradients among it
    largest: Batch | None = None  # the batch that takes most; None where it is not known

    @property
    def sure(self) -> int:
        """What is there at the end of every step, whatever the batches are."""
        return self.kept + self.gradients

    @property
    def total(self) -> int:
        """The estimate of all."""
        return self.kept + self.images + max(self.batch, self.gradients)


def check_memory(
    config: TrainingConfig,
    images: Sequence[Path],
    pairs: Sequence[Path],
    device: torch.device,
    report: Report,
) -> None:
    """Refuse a run that cannot fit, before anything is allocated; where nobody tells what is free, none is.

    Args:
        config: its precision settled.
        images: folders of `--data`.
        pairs: folders of `--pairs`.
        device: what is trained on.
        report: is told if it may hardly fit.

    Raises:
        DeviceError: what is needed, what is free, and what to change.
    """
    free = free_bytes(device)
    if free is None:
        return
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if device.type == "cpu" else 1
    share = free // processes  # processes on one machine share what its CPU has, and each GPU is one's own
    need = estimate(config, device, images, pairs, share)
    if need is None:
        return
    told = _told(need, processes, free, device)
    if need.sure > share or need.total > MARGIN * share:
        raise DeviceError(told, remedy_of(config, need, processes))
    if HARDLY * need.total > share:
        report(f"{told}; it may not fit")


def estimate(
    config: TrainingConfig,
    device: torch.device,
    images: Sequence[Path] = (),
    pairs: Sequence[Path] = (),
    enough: float = 0.0,
) -> Need | None:
    """What a run needs; None where its base cannot be read.

    Args:
        config: its precision settled.
        device: what is trained on.
        images: folders of `--data`.
        pairs: folders of `--pairs`.
        enough: bytes that are free; the batches are not looked at where that is plenty.
    """
    with suppress(Exception):  # whatever is wrong with a base is told where it is loaded
        network = blueprint(config)
        trained = _bytes(trained_parameters(network))
        weights = _bytes(value for part in network.parts for value in part.state_dict().values())
        saved, copied = _by_sharding(network)
        kept = weights + 3 * trained - 4 * saved + copied
        need = Need(kept, trained - saved, _bytes_of_images(config, images, pairs))
        batches = list(largest_batches(config))
        # At the end of a step a copy of the weights is made: by the optimiser or, on a CPU, the validation.
        roomy = need.total + trained + max(_roomy(network, batch) for batch in batches)
        return need if roomy < enough else _with_batches(need, config, device, batches)
    return None


def _by_sharding(network: Network) -> tuple[int, int]:
    """Bytes of the U-Net's weights that other processes hold, and of a whole copy, made for validation."""
    if not is_sharding_asked():
        return 0, 0
    size = _bytes(list(network.unet.parameters()))
    return size - size // int(os.environ["WORLD_SIZE"]), size


def _with_batches(need: Need, config: TrainingConfig, device: torch.device, batches: Sequence[Batch]) -> Need:
    most, largest = 2 * need.gradients, None
    passes = max(config.loop.gradient_accumulation * len(phase.batches) for phase in config.phases)
    for batch in batches:
        with suppress(Exception):  # fake tensors cannot go every way; what is sure remains
            planned = blueprint(config)
            saved, _ = _by_sharding(planned)
            found = rehearse(planned, config, device, batch, passes > 1) - saved
            if found > most:
                most, largest = found, batch
    return Need(need.kept, need.gradients, need.images, most, largest)


def largest_batches(config: TrainingConfig) -> Iterator[Batch]:
    """The batches of a run but those that surely take less than another one."""
    batches = {
        (task, count, phase.crop_px) for phase in config.phases for task, count in phase.batches.items()
    }
    for batch in sorted(batches):
        if not any(_is_within(batch, other) for other in batches - {batch}):
            yield batch


def _is_within(batch: Batch, other: Batch) -> bool:
    (task, count, side), (other_task, other_count, other_side) = batch, other
    fits = _EXTENT[task] <= _EXTENT[other_task] and side <= other_side
    return fits and count * side**2 <= other_count * other_side**2


def _bytes(tensors: Iterator[torch.Tensor] | Sequence[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _roomy(network: Network, batch: Batch) -> float:
    _, count, side = batch
    settings = network.unet.config
    layers = settings.layers_per_block
    depth = layers if isinstance(layers, int) else max(layers)
    channels = sum(settings.block_out_channels) / pixel_factor(network.codec) ** 2
    return ROOMY * depth * channels * count * side**2


def _bytes_of_images(config: TrainingConfig, images: Sequence[Path], pairs: Sequence[Path]) -> int:
    with suppress(ArtifixError):  # told where they are read
        count = count_images(images, pairs, config.data)
        return round(count * 3 * config.data.source_px**2 * WITH_HALVES)
    return 0


def _told(need: Need, processes: int, free: int, device: torch.device) -> str:
    parts = [f"{_gib(need.kept)} for weights, optimiser and average"]
    if need.images:
        parts.append(f"{_gib(need.images)} for the images")
    if need.largest is None:
        parts.append(f"{_gib(max(need.batch, need.gradients))} for gradients")
    else:
        task, count, side = need.largest
        parts.append(f"{_gib(need.batch)} for {count} pairs of {task} at {side} px and gradients")
    *most, last = parts
    each = "" if processes == 1 else f" in each of {processes} processes"
    return (
        f"training needs about {_gib(need.total)}{each}, {_gib(free)} are free on {device}: "
        f"{', '.join(most)} and {last}"
    )


def remedy_of(config: TrainingConfig, need: Need, processes: int) -> str:
    """What makes the largest part of a need smaller; nothing that is done already."""
    remedies = []
    if need.largest is not None and need.batch >= max(need.kept, need.images):
        if not config.loop.gradient_checkpointing:
            remedies.append(f"pass {setting('set')} loop.gradient_checkpointing=true")
        task, count, _ = need.largest
        if count > 1:
            remedies.append(f"set {task}_batch smaller and loop.gradient_accumulation larger")
        else:
            remedies.append("set crop_px smaller")
    elif need.images > need.kept:
        remedies.append("give fewer images, or set data.source_px smaller")
    else:
        remedies.append("train a smaller network")
    if processes > 1:
        remedies.append("start fewer processes")
    return f"{'; '.join(remedies)}; or choose another {setting('device')}"


def _gib(size: float) -> str:
    return f"{size / GIB:.0f} GiB" if size >= 10 * GIB else f"{size / GIB:.1f} GiB"
