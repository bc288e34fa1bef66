"""The network that training would start with, as shapes without values: nothing is allocated for it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from transformers import Dinov2Config, Dinov2Model

from artifix.network.assembly import Network
from artifix.network.base import with_aligned_channels
from artifix.network.building import build_image_encoder, build_network
from artifix.network.codec import CODECS, Codec
from artifix.network.detail import DetailEncoder
from artifix.network.projection import Projection
from artifix.network.sizes import require_sizes
from artifix.training.config import TrainingConfig
from artifix.training.start import trainable
from artifix.weights.finding import find_weights


def blueprint(config: TrainingConfig) -> Network:
    """What `start_network` would give, on torch's "meta" device; of bases only the settings are read.

    Raises:
        Exception: whatever the libraries make of a base that is missing or damaged; `start_network` tells.
    """
    with torch.device("meta"):
        if config.base.pipeline:
            network = _of_pipeline(find_weights(config.base.pipeline))
        elif config.base.unet:
            network = _around_unet(config)
        else:
            network = _new(config)
    # Its tables of noise levels have values: what is computed from them must not depend on the device.
    scheduler = DDIMScheduler.from_config(network.scheduler.config)
    return trainable(replace(network, scheduler=scheduler), config.base.frozen_image_encoder)


def _of_pipeline(folder: Path) -> Network:
    require_sizes(folder)
    detail = folder / "detail_encoder"
    return Network(
        unet=_part(UNet2DConditionModel, folder / "unet"),
        image_encoder=_image_encoder(folder / "image_encoder"),
        projection=_part(Projection, folder / "projection"),
        codec=_codec(folder / "codec"),
        scheduler=_part(DDIMScheduler, folder / "scheduler", "scheduler_config.json"),
        detail_encoder=_part(DetailEncoder, detail) if detail.is_dir() else None,
    )


def _around_unet(config: TrainingConfig) -> Network:
    folder, encoder = Path(config.base.unet), config.base.image_encoder
    unet = _part(UNet2DConditionModel, folder / "unet")
    if config.network.aligned_channels:
        unet = with_aligned_channels(unet)
    seeing = _image_encoder(Path(encoder)) if encoder else build_image_encoder(config.network)
    return Network(
        unet=unet,
        image_encoder=seeing,
        projection=Projection(seeing.config.hidden_size, unet.config.cross_attention_dim),
        codec=_codec(Path(config.base.autoencoder or folder / "vae")),
        scheduler=_part(DDIMScheduler, folder / "scheduler", "scheduler_config.json"),
        residual=False,
    )


def _new(config: TrainingConfig) -> Network:
    network = build_network(config.network)
    if not config.base.image_encoder:
        return network
    seeing = _image_encoder(Path(config.base.image_encoder))
    projection = Projection(seeing.config.hidden_size, config.network.cross_attention_width)
    return replace(network, image_encoder=seeing, projection=projection)


def _part(kind: Any, folder: Path, name: str = "config.json") -> Any:
    return kind.from_config(json.loads((folder / name).read_text(encoding="utf-8")))


def _codec(folder: Path) -> Codec:
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return CODECS[values["_class_name"]].from_config(values)


def _image_encoder(folder: Path) -> Dinov2Model:
    return Dinov2Model(Dinov2Config.from_json_file(folder / "config.json"))
