"""From a run to weights that the pipeline loads."""

import copy
from pathlib import Path
from typing import Any

import torch

from artifix.network.assembly import Network
from artifix.pipeline import RefineByAlignPipeline

SHARD_SIZE = "15MB"


def export_weights(network: Network, folder: Path, *, layer: str, timestep: int = 0) -> Path:
    """Write a diffusers folder of half-precision safetensors, in shards below 16 MB.

    fp16 keeps three more bits of every weight than bf16; none comes near its largest number.

    Args:
        network: with the averaged weights; it is not changed.
        folder: written file by file.
        layer: of the calibration, module path.
        timestep: of the calibration.
    """
    pipeline = RefineByAlignPipeline(
        unet=_half(network.unet),
        image_encoder=_half(network.image_encoder),
        projection=_half(network.projection),
        codec=_half(network.codec),
        detail_encoder=None if network.detail_encoder is None else _half(network.detail_encoder),
        scheduler=network.scheduler,
        alignment_layer=layer,
        alignment_timestep=timestep,
        residual=network.residual,
    )
    pipeline.save_pretrained(folder, safe_serialization=True, max_shard_size=SHARD_SIZE)
    return folder


def _half(part: Any) -> Any:
    return copy.deepcopy(part).to("cpu", torch.float16)
