"""Artifacts as generators make them: the masked part of a clean picture is garbled."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from artifix.training.pairs.photometry import blur
from artifix.training.pairs.warps import frame, log_uniform, look, rows_of, uniform

# Of a melt: how far its displacement is smooth and how far it reaches, over the width of the mask.
MELTS = ((0.4, 0.12), (0.13, 0.06))
MELT_CELLS = 48  # of the noise that a melt is drawn from, a side
FAINT = 0.3  # tint of a melt over that of the other kinds: it stays in its place, and in its colours


def garble(
    clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, melts: Tensor, random: Generator
) -> Tensor:
    """Spoil the masked part in one of six ways, drawn for each picture.

    Melted in place, or swirled, pushed about by waves, blurred into a smear, replaced by a part of another
    picture of the batch, or flattened to one colour; then tinted.

    Args:
        clean: (B, 3, S, S) in [0, 1].
        mask: (B, 1, S, S) in {0, 1}.
        centre: (B, 2) of the mask in the frame [-1, 1].
        radius: (B,) of the mask in the frame's units.
        melts: (B,) bool, pictures that melt in place; the others are spoilt in another way.
        random: draws everything.

    Returns:
        (B, 3, S, S); pixels outside the mask are those of `clean`.
    """
    count = len(clean)
    way = torch.randint(0, 10, (count,), generator=random, device=clean.device)
    way = torch.where(melts, -1, way)
    bad = torch.empty_like(clean)
    for low, high, spoil in (
        (-1, 0, _melted),
        (0, 4, _swirled),
        (4, 7, _pushed),
        (7, 8, _smeared),
        (8, 9, _other),
        (9, 10, _flat),
    ):
        rows = rows_of((way >= low) & (way < high))
        if len(rows):
            bad.index_copy_(0, rows, spoil(clean, mask, centre, radius, rows, random))
    width = log_uniform((count,), 0.3, 2.0, random)
    rows = rows_of(width > 0.6)  # less would hardly show
    if len(rows):
        bad.index_copy_(0, rows, blur(bad[rows], width[rows], reach_px=4))
    faint = torch.where(melts, FAINT, 1.0).view(-1, 1, 1, 1)
    tint = 1 + faint * uniform((count, 3, 1, 1), -0.25, 0.25, random)
    shift = faint * uniform((count, 3, 1, 1), -0.06, 0.06, random)
    return torch.where(mask > 0, torch.addcmul(shift, bad, tint).clamp_(0, 1), clean)


def _melted(
    clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, rows: Tensor, random: Generator
) -> Tensor:
    """Displaced by smooth noise of two sizes, softened, paler: the layout stays, the print is lost."""
    points, width = frame(clean.shape[-1], clean.device), 2 * radius[rows].view(-1, 1, 1, 1)
    off = points - centre[rows].view(-1, 2, 1, 1)
    moved = points.repeat(len(rows), 1, 1, 1)
    for smooth, reach in MELTS:
        # A cell of cubic noise is about as smooth as its width; beyond its edge the noise is mirrored.
        noise = torch.randn((len(rows), 2, MELT_CELLS, MELT_CELLS), generator=random, device=random.device)
        place = (off / (smooth * width) * (2 / MELT_CELLS)).permute(0, 2, 3, 1)
        push = functional.grid_sample(
            noise, place, mode="bicubic", padding_mode="reflection", align_corners=False
        )
        strength = log_uniform((len(rows), 1, 1, 1), 0.6, 1.6, random)
        moved += push * (reach * strength * width)
    soft_px = (width.flatten() * clean.shape[-1] / 120).clamp_min(0.5)
    seen = blur(look(clean[rows], moved), soft_px, reach_px=4)
    inside = mask[rows]
    mean = (seen * inside).sum((2, 3), keepdim=True) / inside.sum((2, 3), keepdim=True).clamp_min(1)
    return torch.lerp(mean, seen, uniform((len(rows), 1, 1, 1), 0.8, 1.0, random))


def _swirled(
    clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, rows: Tensor, random: Generator
) -> Tensor:
    """Turned around the centre, most in the middle and not at all outside."""
    off = frame(clean.shape[-1], clean.device) - centre[rows].view(-1, 2, 1, 1)
    strength = uniform((len(rows), 1, 1), 0.6, math.pi, random)
    strength = torch.where(uniform((len(rows), 1, 1), -1, 1, random) < 0, -strength, strength)
    x, y = off.unbind(1)
    turn = torch.hypot(x, y).div_(-1.4 * radius[rows].view(-1, 1, 1)).add_(1).clamp_(0, 1).mul_(strength)
    cosine, sine = turn.cos(), turn.sin()
    turned = torch.stack([cosine * x - sine * y, sine * x + cosine * y], dim=1)
    return look(clean[rows], turned.add_(centre[rows].view(-1, 2, 1, 1)))


def _pushed(
    clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, rows: Tensor, random: Generator
) -> Tensor:
    """Pushed about by three waves."""
    points = frame(clean.shape[-1], clean.device)
    moved = points.repeat(len(rows), 1, 1, 1)
    highest = torch.stack([log_uniform((len(rows),), 0.03, 0.2, random), radius[rows] * 0.3])
    for wave in range(3):
        heading, push, phase = uniform((3, len(rows), 1, 1), 0, 2 * math.pi, random)
        waves = uniform((len(rows), 1, 1), 1.0, 4.0, random)
        along = points[0] * (heading.cos() * waves) + points[1] * (heading.sin() * waves)
        height = along.add_(phase).sin_().mul_(highest[min(wave, 1)].view(-1, 1, 1))
        moved += torch.stack([height * push.cos(), height * push.sin()], dim=1)
    return look(clean[rows], moved)


def _smeared(
    clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, rows: Tensor, random: Generator
) -> Tensor:
    return blur(clean[rows], log_uniform((len(rows),), 1.5, 6.0, random))


def _other(
    clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, rows: Tensor, random: Generator
) -> Tensor:
    zoom = log_uniform((len(rows), 1, 1, 1), 0.4, 1.2, random)
    return look(clean[rows - 1], frame(clean.shape[-1], clean.device) * zoom)


def _flat(
    clean: Tensor, mask: Tensor, centre: Tensor, radius: Tensor, rows: Tensor, random: Generator
) -> Tensor:
    inside = mask[rows]
    mean = (clean[rows] * inside).sum((2, 3), keepdim=True) / inside.sum((2, 3), keepdim=True).clamp_min(1)
    return mean.expand(-1, -1, *clean.shape[-2:])
