"""Tensors of which each process holds a part, and whole ones, treated alike."""

from collections.abc import Sequence

from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor


def own_parts(parameters: Sequence[Tensor]) -> list[Tensor]:
    """What of each parameter this process holds, in the same memory."""
    return [own_part(parameter) for parameter in parameters]


def own_part(value: Tensor) -> Tensor:
    """What of a tensor this process holds, in the same memory."""
    return value.to_local() if isinstance(value, DTensor) else value


def gathered(value: Tensor, like: Tensor | None = None) -> Tensor:
    """A whole tensor of its parts; all processes must ask at once, and in the same order.

    Args:
        value: a sharded tensor, or what this process holds of it.
        like: the sharded parameter that `value` is a part of one for; None where `value` knows it itself.
    """
    if isinstance(like, DTensor) and not isinstance(value, DTensor):
        value = DTensor.from_local(
            value, like.device_mesh, like.placements, run_check=False, shape=like.shape, stride=like.stride()
        )
    return value.full_tensor() if isinstance(value, DTensor) else value


def cut_as(like: Tensor, value: Tensor) -> Tensor:
    """The whole tensor `value`, the same in all processes, sharded as `like` is."""
    if not isinstance(like, DTensor):
        return value
    value = value.to(like.device).contiguous()
    return distribute_tensor(value, like.device_mesh, like.placements, src_data_rank=None)
