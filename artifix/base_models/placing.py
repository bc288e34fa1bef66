"""Where the parts of a base model lie: on the device, or in main memory until they are used."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from artifix.base_models import tuning
from artifix.errors import DeviceError
from artifix.setting_names import setting


@dataclass(frozen=True, slots=True)
class Placing:
    """How a base model is to be run."""

    device: torch.device  # where it computes
    dtype: torch.dtype
    offload: str = "auto"  # see `place`
    compile: bool = False


def place(pipeline: Any, wanted: Placing) -> None:
    """Put the parts of a pipeline where they are to lie, by the hooks of diffusers.

    Args:
        pipeline: of diffusers, its parts in main memory.
        wanted: offload "none" keeps all parts on the device, "model" the part in use, "layers" the layer in
            use; "auto" is the first of them that fits. On a CPU there is nothing to offload.

    Raises:
        DeviceError: what was asked for does not fit.
    """
    device = wanted.device
    pipeline.set_progress_bar_config(disable=True)
    denoiser = pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer
    if wanted.compile:
        denoiser.compile()
    if device.type != "cuda":
        pipeline.to(device)
        return
    torch.cuda.empty_cache()  # what torch keeps of freed memory is free too
    chosen = choose_offload(pipeline.components, wanted.offload, device, torch.cuda.mem_get_info(device)[0])
    denoiser.to(memory_format=torch.channels_last)  # for convolutions; a transformer has none
    match chosen:
        case "none":
            pipeline.to(device)
        case "model":
            pipeline.enable_model_cpu_offload(device=device)
        case _:
            pipeline.enable_sequential_cpu_offload(device=device)


def choose_offload(parts: dict[str, Any], wanted: str, device: torch.device, free: int) -> str:
    """What of the parts may lie on the device at once.

    Args:
        parts: by name; those that are no modules take no room.
        wanted: see `place`.
        device: named in the error.
        free: bytes that are free there.

    Raises:
        DeviceError: says how much is needed and what helps.
    """
    sizes = [_bytes_of(part) for part in parts.values() if isinstance(part, nn.Module)]
    room = tuning.BASE_MODELS.activations_gb * 10**9
    needed = {"none": sum(sizes) + room, "model": max(sizes) + room, "layers": room}
    fitting = [name for name, size in needed.items() if size <= free]
    if wanted == "auto" and fitting:
        return fitting[0]
    if wanted in fitting:
        return wanted
    asked = "layers" if wanted == "auto" else wanted
    helps = f"use {setting('offload', fitting[0])}, " if fitting else "close other programs, "
    raise DeviceError(
        f"{device}: {free / 1e9:.1f} GB are free, and these weights need {needed[asked] / 1e9:.1f} GB "
        f"with offload {asked}",
        f"{helps}smaller weights, or {setting('device', 'cpu')}",
    )


def _bytes_of(part: nn.Module) -> int:
    return sum(p.numel() * p.element_size() for p in (*part.parameters(), *part.buffers()))
