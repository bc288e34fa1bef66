"""A network made ready for training, and what is kept of it between two steps."""

from collections.abc import Sequence

import torch
from accelerate import Accelerator
from diffusers.models.attention_processor import AttnProcessor
from diffusers.training_utils import EMAModel
from torch.distributed.tensor import DTensor

from artifix.network.assembly import Network
from artifix.training.checkpoint import State
from artifix.training.config import OptimizerConfig, TrainingConfig
from artifix.training.shards import own_parts

AT_ONCE = 10**8  # parameters that are averaged at once


def prepare(network: Network, device: torch.device, config: TrainingConfig) -> Network:
    """Move `network` to `device`, in training mode; the same object."""
    for part in (*trained_parts(network).values(), network.codec, network.image_encoder):
        part.to(device)
    return arrange(network, device, config)


def arrange(network: Network, device: torch.device, config: TrainingConfig) -> Network:
    """All of `prepare` but the move: how training on `device` computes; the same object."""
    if (
        device.type == "cpu" and network.detail_encoder is None
    ):  # sdpa's backward pass in bf16 on the CPU is slow
        network.unet.set_attn_processor(AttnProcessor())
    for part in trained_parts(network).values():
        part.train()
    network.unet.to(memory_format=torch.channels_last)
    if network.detail_encoder is not None:
        network.detail_encoder.to(memory_format=torch.channels_last)
    if config.loop.gradient_checkpointing:
        checkpoint_gradients(network, config.losses.layers)
    return network


def checkpoint_gradients(network: Network, layers: Sequence[str]) -> None:
    """Keep few activations and compute the others again in the backward pass, supervised layers excepted.

    Such a layer's processor is exchanged while it is recorded, and its pass may end right there; computed
    again, with its usual processor, it would not be what it was.
    """
    network.unet.enable_gradient_checkpointing()
    for layer in layers:
        network.unet.get_submodule(layer).gradient_checkpointing = False
    encoder = network.image_encoder
    # The first is the name since transformers 5.2x, which warns of the second.
    enable = (
        getattr(encoder, "activation_checkpointing_enable", None) or encoder.gradient_checkpointing_enable
    )
    enable({"use_reentrant": False})


def trained_parts(network: Network) -> dict[str, torch.nn.Module]:
    """What is trained, by name; the codec is not, nor what is frozen."""
    parts = {
        "unet": network.unet,
        "image_encoder": network.image_encoder,
        "projection": network.projection,
        "detail_encoder": network.detail_encoder,
    }
    return {
        name: part
        for name, part in parts.items()
        if part is not None and any(p.requires_grad for p in part.parameters())
    }


def trained_parameters(network: Network) -> list[torch.nn.Parameter]:
    """The parameters of `trained_parts`, always in the same order."""
    return [parameter for part in trained_parts(network).values() for parameter in part.parameters()]


def new_state(network: Network, config: OptimizerConfig, accelerator: Accelerator) -> State:
    """The state of a run before its first step."""
    parameters = trained_parameters(network)
    optimizer = torch.optim.AdamW(
        _groups(network, config), betas=(0.9, config.beta2), weight_decay=config.weight_decay
    )
    return State(
        modules=trained_parts(network),
        # Where the loss is scaled (fp16), accelerate's wrapper leaves out steps whose gradients overflowed.
        optimizer=accelerator.prepare_optimizer(optimizer, device_placement=False),
        ema=EMAModel(
            own_parts(parameters),
            decay=config.ema_decay,
            use_ema_warmup=True,
            power=0.75,
            # All at once is faster, but takes the memory of two more copies for a moment.
            foreach=sum(parameter.numel() for parameter in parameters) < AT_ONCE,
        ),
        scaler=accelerator.scaler,
        processes=accelerator.num_processes,
    )


def _groups(network: Network, config: OptimizerConfig) -> list[dict[str, object]]:
    """Parameter groups, each with its peak as `initial_lr`, which the schedule scales."""
    projection = list(network.projection.parameters())
    apart = {id(parameter) for parameter in projection}
    others = [parameter for parameter in trained_parameters(network) if id(parameter) not in apart]
    peak = config.learning_rate
    own = peak if config.projection_learning_rate is None else config.projection_learning_rate
    # Sharded ones, which come first, are in a group of their own: no operation takes them with whole ones.
    sharded = [parameter for parameter in others if isinstance(parameter, DTensor)]
    groups = [(sharded, peak), (others[len(sharded) :], peak), (projection, own)]
    return [{"params": params, "lr": rate, "initial_lr": rate} for params, rate in groups if params]
