"""Pixels outside the network to tensors inside it, and back: once each way."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_batch(pictures: Sequence[NDArray], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Pictures to a batch.

    Args:
        pictures: each (H, W, 3) in [0, 255], uint8 or float, or a bool mask (H, W); all of one kind and size.
        device: of the result.
        dtype: of the result.

    Returns:
        (B, 3, H, W) in [-1, 1], or (B, 1, H, W) in {0, 1} for masks.
    """
    stack = torch.from_numpy(np.stack(pictures))
    if stack.dtype == torch.bool:
        return stack.unsqueeze(1).to(device, dtype)
    return (stack.permute(0, 3, 1, 2).to(device, torch.float32) / 127.5 - 1).to(dtype)


def to_pictures(batch: Tensor) -> NDArray[np.float32]:
    """(B, 3, H, W) in [-1, 1] to (B, H, W, 3) float32 on the scale of [0, 255], not clipped."""
    return ((batch.float() + 1) * 127.5).permute(0, 2, 3, 1).cpu().numpy()
