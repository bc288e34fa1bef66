"""From a run to weights that the pipeline loads."""

import copy
from pathlib import Path

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
    parts = (network.unet, network.image_encoder, network.projection, network.codec, network.detail_encoder)
    unet, image_encoder, projection, codec, detail_encoder = (
        None if part is None else copy.deepcopy(part).to("cpu", torch.float16) for part in parts
    )
    pipeline = RefineByAlignPipeline(
        unet=unet,
        image_encoder=image_encoder,
        projection=projection,
        codec=codec,
        detail_encoder=detail_encoder,
        scheduler=network.scheduler,
        alignment_layer=layer,
        alignment_timestep=timestep,
        residual=network.residual,
    )
    pipeline.save_pretrained(folder, safe_serialization=True, max_shard_size=SHARD_SIZE)
    return folder
