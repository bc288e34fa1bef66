"""Artifacts as generators make them: the masked part of a clean picture is garbled."""

import math

import torch
from torch import Generator, Tensor

from artifix.training.photometry import blur
from artifix.training.warps import bend, frame, log_uniform, look, uniform


def garble(clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, random: Generator) -> Tensor:
    """Spoil the masked part in one of five ways, drawn for each picture.

    Swirled, melted, blurred into a smear, replaced by a part of another picture of the batch, or flattened to
    one colour; then tinted.

    Args:
        clean: (B, 3, S, S) in [0, 1].
        mask: (B, 1, S, S) in {0, 1}.
        centre: (B, 2) of the mask in the frame [-1, 1].
        radius: (B,) of the mask in the frame's units.
        random: draws everything.

    Returns:
        (B, 3, S, S); pixels outside the mask are those of `clean`.
    """
    count, device = clean.shape[0], clean.device
    points = frame(clean.shape[-1], device).expand(count, -1, -1, -1)
    way = torch.randint(0, 10, (count,), generator=random, device=device)
    swirled = look(clean, _swirl(points, centre, radius, random))
    melted = look(
        clean, bend(bend(points, log_uniform((count,), 0.05, 0.3, random), random), radius * 0.5, random)
    )
    smeared = blur(clean, log_uniform((count,), 1.5, 6.0, random))
    foreign = look(clean.roll(1, 0), points * log_uniform((count, 1, 1, 1), 0.4, 1.2, random))
    flat = ((clean * mask).sum((2, 3), keepdim=True) / mask.sum((2, 3), keepdim=True).clamp_min(1)).expand_as(
        clean
    )
    bad = torch.where(_is(way, 0, 4), swirled, melted)
    bad = torch.where(_is(way, 7, 8), smeared, bad)
    bad = torch.where(_is(way, 8, 9), foreign, bad)
    bad = torch.where(_is(way, 9, 10), flat, bad)
    soft = blur(bad, log_uniform((count,), 0.3, 2.0, random))
    tint = uniform((count, 3, 1, 1), 0.75, 1.25, random)
    shift = uniform((count, 3, 1, 1), -0.06, 0.06, random)
    return torch.where(mask > 0, (soft * tint + shift).clamp(0, 1), clean)


def _is(way: Tensor, low: int, high: int) -> Tensor:
    return ((way >= low) & (way < high)).view(-1, 1, 1, 1)


def _swirl(points: Tensor, centre: Tensor, radius: Tensor, random: Generator) -> Tensor:
    """Turn the points around the centre, most in the middle and not at all outside."""
    offset = points - centre.view(-1, 1, 1, 2)
    sign = torch.where(uniform((points.shape[0], 1, 1), -1, 1, random) < 0, -1.0, 1.0)
    strength = sign * uniform((points.shape[0], 1, 1), 0.6, math.pi, random)
    turn = strength * (1 - offset.norm(dim=-1) / radius.view(-1, 1, 1) / 1.4).clamp(0, 1)
    x, y = offset.unbind(-1)
    turned = torch.stack([turn.cos() * x - turn.sin() * y, turn.sin() * x + turn.cos() * y], dim=-1)
    return turned + centre.view(-1, 1, 1, 2)
