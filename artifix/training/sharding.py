"""A U-Net cut into parts over the processes: fully sharded data parallelism, torch's FSDP2.

Each process holds a part of every weight, gradient and moment of the U-Net, by far the largest of what is
trained; the other parts are whole everywhere. A block's weights are gathered when it is computed, and its
gradients are averaged when they are cut. torch's `fully_shard` is used as it is, and not accelerate's
wrapper: it goes with several modules in one step, with passes that end inside the U-Net, and with CPUs,
where accelerate knows no FSDP.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace

import torch
from accelerate import Accelerator
from diffusers import UNet2DConditionModel
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor

from artifix.network.assembly import Network
from artifix.training.config import TrainingConfig
from artifix.training.launcher import reshards_after_forward
from artifix.training.preparation import arrange, trained_parameters, trained_parts
from artifix.training.processes import reduced
from artifix.training.shards import gathered, own_parts


def shard(network: Network, accelerator: Accelerator) -> None:
    """Cut the U-Net, whose weights are the same in all processes, block by block; in place."""
    unet = network.unet
    unet.to(memory_format=torch.contiguous_format)  # FSDP2 cuts no other layout
    mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
    reshard = reshards_after_forward()
    for block in (*unet.down_blocks, unet.mid_block, *unet.up_blocks):
        if block is not None:
            fully_shard(block, mesh=mesh, reshard_after_forward=reshard)
    fully_shard(unet, mesh=mesh, reshard_after_forward=reshard)


def is_sharded(network: Network) -> bool:
    """Whether `shard` has cut its U-Net."""
    return isinstance(network.unet, FSDPModule)


def clip_gradients(accelerator: Accelerator, parameters: Sequence[Tensor], most: float) -> Tensor:
    """Scale all gradients so that their common norm is at most `most`; returns the norm before.

    Args:
        accelerator: of these processes.
        parameters: whole ones, whose gradients are the same everywhere, and sharded ones.
        most: the norm allowed.
    """
    gradients = [(p, p.grad) for p in parameters if p.grad is not None]
    own = own_parts([gradient for _, gradient in gradients])
    squares = torch.zeros(2, device=accelerator.device)  # of whole gradients, of parts
    for (parameter, _), part in zip(gradients, own, strict=True):
        squares[int(isinstance(parameter, DTensor))] += part.detach().float().square().sum()
    norm = (squares[0] + reduced(accelerator, squares[1], "sum")).sqrt()
    share = (most / (norm + 1e-6)).clamp(max=1.0)
    for part in own:
        part.detach().mul_(share)
    return norm


def whole_average(network: Network, averages: Sequence[Tensor], config: TrainingConfig) -> Network:
    """A whole network, in evaluation mode, with the averaged weights; all processes must ask at once.

    Args:
        network: sharded; it is not changed.
        averages: of the trained parameters in their order, of sharded ones what this process holds.
        config: how it is arranged for the device.
    """
    device = network.device
    whole = replace(
        network,
        unet=UNet2DConditionModel.from_config(network.unet.config).to(device),
        image_encoder=copy.deepcopy(network.image_encoder),
        projection=copy.deepcopy(network.projection),
        detail_encoder=copy.deepcopy(network.detail_encoder),
    )
    arrange(whole, device, config)
    trained = trained_parameters(network)
    with torch.no_grad():
        for parameter, mine, average in zip(trained_parameters(whole), trained, averages, strict=True):
            parameter.copy_(gathered(average, mine))
    for part in trained_parts(whole).values():
        part.eval()
    return whole
