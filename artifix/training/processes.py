"""Several processes that train one network, through accelerate.

Every process holds the whole network, unless FSDP is asked for (sharding.py). Each makes the pairs of its
own slots and runs their passes; once per update the gradients are averaged over all of them.
DistributedDataParallel is not used: it averages within one backward pass of one wrapped module, but here a
pass ends inside the U-Net by an exception, several modules share it, and an update is several passes. One
reduction after the last is exact, and as cheap as that of a DDP without overlap.
"""

import os
from collections.abc import Sequence

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import broadcast
from torch import Tensor
from torch.distributed.tensor import DTensor

from artifix.errors import DeviceError, UsageError
from artifix.network.device import choose_precision
from artifix.setting_names import setting
from artifix.training.config import LoopConfig
from artifix.training.launcher import fsdp_left_to_artifix, require_obeyable

BUCKET = 2**25  # numbers reduced at once: 128 MB of fp32


def open_accelerator(device: torch.device, config: LoopConfig) -> Accelerator:
    """Accelerate on the device asked for, and no other.

    Its state is global to the process, and that of an earlier training is dropped.

    Args:
        device: from `choose_device`; with several processes each takes the GPU of its rank.
        config: precision and gradient accumulation.

    Raises:
        UsageError: a launcher that shards the network in another way than FSDP2, or one GPU named for
            several processes.
        DeviceError: fp16 on a CPU, or accelerate is configured for another device.
    """
    precision = choose_precision(config.precision, device)
    require_obeyable(precision)
    if precision == "fp16" and device.type != "cuda":
        raise DeviceError(
            f"loop.precision is fp16, which {device.type} does not train in",
            f"pass {setting('set')} loop.precision=bf16 or fp32",
        )
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1 and device.index is not None:
        raise UsageError(
            f"{setting('device')} {device}: names one GPU, but {processes} processes were started",
            f"pass {setting('device')} {device.type}: each process takes its own",
        )
    if AcceleratorState._shared_state:
        AcceleratorState._reset_state(reset_partial_state=True)
    with fsdp_left_to_artifix():
        accelerator = Accelerator(
            cpu=device.type == "cpu",
            mixed_precision="no" if precision == "fp32" else precision,
            gradient_accumulation_steps=config.gradient_accumulation,
        )
    if accelerator.device.type != device.type or accelerator.num_processes != processes:
        found = f"{accelerator.num_processes} processes on {accelerator.device.type}"
        raise DeviceError(
            f"accelerate found {found} instead of {processes} on {device.type}",
            "unset the ACCELERATE_* variables, or start with torchrun",
        )
    return accelerator


def place_of(accelerator: Accelerator, device: torch.device) -> torch.device:
    """The device of this process; one process has the very device that was asked for."""
    return device if accelerator.num_processes == 1 else accelerator.device


def share_weights(accelerator: Accelerator, parameters: Sequence[Tensor]) -> None:
    """Give every process the parameters of the main one: they must not differ by a bit."""
    if accelerator.num_processes > 1:
        with torch.no_grad():
            for parameter in parameters:
                parameter.copy_(broadcast(parameter.detach().contiguous()))


def average_gradients(accelerator: Accelerator, parameters: Sequence[Tensor]) -> None:
    """Put the mean over the processes into every gradient.

    All processes run the same tasks in a step, so the same parameters are reached in all of them; those
    without a gradient are left alone, as the optimizer would leave them. Those of sharded parameters are
    averaged when they are cut.
    """
    if accelerator.num_processes == 1:
        return
    bucket: list[Tensor] = []
    for gradient in (p.grad for p in parameters if p.grad is not None and not isinstance(p, DTensor)):
        bucket.append(gradient)
        if sum(g.numel() for g in bucket) >= BUCKET:
            _average(accelerator, bucket)
            bucket = []
    if bucket:
        _average(accelerator, bucket)


def _average(accelerator: Accelerator, tensors: Sequence[Tensor]) -> None:
    flat = reduced(accelerator, torch.cat([tensor.flatten() for tensor in tensors]), "mean")
    for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(part.view(tensor.shape))


def any_process(accelerator: Accelerator, flag: bool) -> bool:
    """Whether `flag` is set in any process, so that all of them stop after the same step."""
    if accelerator.num_processes == 1:
        return flag
    return reduced(accelerator, torch.tensor(float(flag), device=accelerator.device), "sum").item() > 0


def reduced(accelerator: Accelerator, values: Tensor, how: str) -> Tensor:
    """The "mean" or the "sum" of `values` over the processes.

    Raises:
        DeviceError: another process has ended.
    """
    try:
        return accelerator.reduce(values, how)
    except RuntimeError as error:
        if accelerator.num_processes == 1:
            raise
        raise DeviceError(
            f"process {accelerator.process_index} lost another one: {str(error).splitlines()[0]}",
            "the other's own message says why it ended",
        ) from error


def leave_processes() -> None:
    """Take leave of the other processes, after the last training of this one."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
