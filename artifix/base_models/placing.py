"""Where the parts of a base model lie: on the device, or in main memory until they are used."""

from typing import Any

import torch
from torch import nn

from artifix.base_models import tuning
from artifix.errors import DeviceError
from artifix.setting_names import setting


def place(pipeline: Any, device: torch.device, offload: str) -> None:
    """Put the parts of a pipeline where they are to lie, by the hooks of diffusers.

    Args:
        pipeline: of diffusers, its parts in main memory.
        device: where it computes.
        offload: "none" keeps all parts on the device, "model" the part in use, "layers" the layer in use;
            auto is the first of them that fits. On a CPU there is nothing to offload.

    Raises:
        DeviceError: what was asked for does not fit.
    """
    pipeline.set_progress_bar_config(disable=True)
    pipeline.vae.enable_slicing()
    if device.type != "cuda":
        pipeline.to(device)
        return
    chosen = choose_offload(pipeline.components, offload, device, torch.cuda.mem_get_info(device)[0])
    if hasattr(pipeline, "unet"):  # convolutions; a transformer has none
        pipeline.unet.to(memory_format=torch.channels_last)
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
