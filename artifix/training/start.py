"""The network that training starts with: new, of public base models, or earlier weights to fine-tune."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from transformers import Dinov2Model

from artifix.errors import UsageError
from artifix.network.assembly import Network
from artifix.network.attention import cross_attention_layers
from artifix.network.base import load_image_encoder, load_inpainting, with_aligned_channels
from artifix.network.building import build_image_encoder, build_network
from artifix.network.detail import CELL_PX
from artifix.network.projection import Projection
from artifix.pretrained import load_pipeline
from artifix.training.config import TrainingConfig


def start_network(config: TrainingConfig) -> Network:
    """The network as it is before the first step, in fp32 on the CPU; its codec is not trained.

    With `base.pipeline` all sizes are those of the weights, and `config.network` says nothing. With
    `base.unet` only its `aligned_channels` counts, and without `base.image_encoder` the sizes of the encoder.
    New parts are random: seed torch before.

    Raises:
        WeightsError: the folder of a base is missing, or holds something else, pickles or damaged files.
        UsageError: parts that do not fit, or supervised layers (`losses.layers`) that the network does not
            have.
    """
    if config.base.pipeline:
        network = load_pipeline(config.base.pipeline, torch.device("cpu"), torch.float32).network
    elif config.base.unet:
        network = _around_unet(config)
    else:
        network = _new(config)
    check_layers(network, config.losses.layers)
    return trainable(network, config.base.frozen_image_encoder)


def check_layers(network: Network, layers: Sequence[str]) -> None:
    """Raise UsageError if `layers` are not cross-attention layers of the network in execution order."""
    known = cross_attention_layers(network.unet)
    listed = f"the network's layers are: {', '.join(known)}"
    if not layers:
        raise UsageError("losses.layers names no layer", listed)
    if unknown := [layer for layer in layers if layer not in known]:
        raise UsageError(
            f"losses.layers: the network has no cross-attention {', '.join(unknown)}",
            f"{listed}; or set base.unet to the U-Net that the recipe is for",
        )
    if list(layers) != sorted(set(layers), key=known.index):
        raise UsageError("losses.layers are not in execution order", listed)


def _around_unet(config: TrainingConfig) -> Network:
    """Base U-Net, autoencoder and schedule; what the output means stays as it was trained: no residual."""
    unet, codec, scheduler = load_inpainting(
        Path(config.base.unet), Path(config.base.autoencoder) if config.base.autoencoder else None
    )
    if config.network.aligned_channels:
        unet = with_aligned_channels(unet)
    folder = config.base.image_encoder
    encoder = load_image_encoder(Path(folder)) if folder else build_image_encoder(config.network)
    projection = _projection(encoder, unet.config.cross_attention_dim)
    # No detail encoder: its 8 px cells are not those of such a U-Net, whose latents have 8 px themselves.
    return Network(unet, encoder, projection, codec, scheduler, residual=False)


def _new(config: TrainingConfig) -> Network:
    network = build_network(config.network)
    if not config.base.image_encoder:
        return network
    encoder = load_image_encoder(Path(config.base.image_encoder))
    patch_px = encoder.config.patch_size
    if network.detail_encoder is not None and patch_px != CELL_PX:
        raise UsageError(
            f"{config.base.image_encoder}: has patches of {patch_px} px, the detail encoder has features of "
            f"{CELL_PX} px cells",
            "set network.detail_widths to [] for no detail encoder",
        )
    projection = _projection(encoder, config.network.cross_attention_width)
    return replace(network, image_encoder=encoder, projection=projection)


def _projection(encoder: Dinov2Model, cross_attention_width: int) -> Projection:
    return Projection(encoder.config.hidden_size, cross_attention_width)


def trainable(network: Network, frozen_image_encoder: bool) -> Network:
    """Every part in the state it is trained in, wherever it came from."""
    for part in (network.unet, network.image_encoder, network.projection, network.detail_encoder):
        if part is not None:
            part.train().requires_grad_(True)
    if frozen_image_encoder:
        network.image_encoder.eval().requires_grad_(False)
    network.image_encoder.set_attn_implementation("eager")  # as build_image_encoder has it
    network.codec.eval().requires_grad_(False)
    return network
