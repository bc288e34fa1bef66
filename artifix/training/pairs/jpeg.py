"""JPEG's loss on tensors: cosine transform of 8x8 blocks, rounding, and back."""

import math

import torch
from torch import Tensor
from torch.nn import functional

BLOCK_PX = 8


def compress(pictures: Tensor, quality: Tensor) -> Tensor:
    """What a JPEG of a picture would show.

    The steps are smooth fits to the tables of the standard's annex K; the lost half resolution of the colours
    is the upper half of their frequencies left out.

    Args:
        pictures: (B, 3, H, W) in [0, 1].
        quality: (B,) from 1 to 100, as libjpeg counts.

    Returns:
        (B, 3, H, W) in [0, 1].
    """
    height, width = pictures.shape[-2:]
    margins = (0, -width % BLOCK_PX, 0, -height % BLOCK_PX)
    padded = functional.pad(pictures, margins, mode="replicate") if any(margins) else pictures
    colours = _colours(pictures.device)
    planes = torch.matmul(colours, padded.flatten(2)).view_as(padded)
    blocks = _to_blocks(planes)
    basis = _basis(pictures.device)
    steps = _steps(quality)
    frequencies = (blocks @ basis).div_(steps).round_().mul_(steps)
    frequencies[:, 1:] *= _lower_half(pictures.device)
    planes = _from_blocks(frequencies @ basis.T, padded.shape)
    rgb = torch.matmul(torch.linalg.inv(colours), planes.flatten(2)).view_as(padded)
    return rgb[..., :height, :width].clamp(0, 1)


def _to_blocks(planes: Tensor) -> Tensor:
    """(B, 3, N, 64) the blocks of (B, 3, H, W)."""
    count, channels, height, width = planes.shape
    split = planes.view(count, channels, height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX)
    return split.transpose(3, 4).reshape(count, channels, -1, BLOCK_PX**2)


def _from_blocks(blocks: Tensor, shape: torch.Size) -> Tensor:
    count, channels, height, width = shape
    split = blocks.view(count, channels, height // BLOCK_PX, width // BLOCK_PX, BLOCK_PX, BLOCK_PX)
    return split.transpose(3, 4).reshape(shape)


def _colours(device: torch.device) -> Tensor:
    """Lightness, blueness and redness (ITU-R BT.601) of RGB."""
    red, blue = 0.299, 0.114
    light = torch.tensor([red, 1 - red - blue, blue], device=device)
    unit = torch.eye(3, device=device)
    return torch.stack([light, (unit[2] - light) / (2 - 2 * blue), (unit[0] - light) / (2 - 2 * red)])


def _basis(device: torch.device) -> Tensor:
    """(64, 64) orthonormal: pixels of a block times this are its frequencies."""
    line = torch.arange(BLOCK_PX, device=device)
    cosines = ((2 * line + 1).unsqueeze(1) * line * math.pi / (2 * BLOCK_PX)).cos() / 2
    cosines[:, 0] /= math.sqrt(2)
    return torch.kron(cosines, cosines)


def _steps(quality: Tensor) -> Tensor:
    """(B, 3, 1, 64) what frequencies of lightness and colour are rounded to multiples of."""
    line = torch.arange(BLOCK_PX, device=quality.device)
    total = (line.unsqueeze(1) + line).flatten()
    light = (10 + 5.5 * total + 0.8 * (line.unsqueeze(1) * line).flatten()).clamp_max(110)
    colour = (17 + 14.0 * total).clamp_max(99)
    table = torch.stack([light, colour, colour]).view(1, 3, 1, -1)
    quality = quality.clamp(1, 100).view(-1, 1, 1, 1)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    return (table * scale).clamp_min(1) / 255


def _lower_half(device: torch.device) -> Tensor:
    is_low = torch.arange(BLOCK_PX, device=device) < BLOCK_PX // 2
    return (is_low.unsqueeze(1) & is_low).flatten().float()
