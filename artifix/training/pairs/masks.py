"""Masks as people draw them: a blob, a few blobs, or the stroke of a brush, each of a given area."""

import torch
from torch import Generator, Tensor

from artifix.training.pairs.outlines import draw_outline
from artifix.training.pairs.warps import frame, log_uniform, rows_of, uniform

BLOBS = 3  # of a mask in several parts
SAMPLES = 36  # a side, to find the level that encloses the area


def draw_masks(
    centre: Tensor, radius: Tensor, size_px: int, blobs_share: float, stroke_share: float, random: Generator
) -> Tensor:
    """Masks (B, 1, S, S) in {0, 1}.

    Args:
        centre: (B, 2) in the frame [-1, 1].
        radius: (B,) of the disc of the same area, in the frame's units.
        size_px: side of the masks.
        blobs_share: masks of several blobs.
        stroke_share: masks that are a brush stroke.
        random: draws the shapes.
    """
    points = frame(size_px, centre.device)
    kind = uniform((len(radius),), 0, 1, random)
    is_stroke, is_several = kind < stroke_share, kind >= 1 - blobs_share
    depth = torch.empty(len(radius), size_px, size_px, device=centre.device)
    for chosen, draw in (
        (is_stroke, _stroke),
        (is_several & ~is_stroke, _several),
        (~is_several & ~is_stroke, _blob),
    ):
        rows = rows_of(chosen)
        if len(rows):
            depth.index_copy_(0, rows, draw(points, centre[rows], radius[rows], random))
    area = (radius.square() * torch.pi / 4).clamp(0, 1)
    return (depth > _level(depth, area).view(-1, 1, 1)).float().unsqueeze(1)


def _level(depth: Tensor, area: Tensor) -> Tensor:
    """(B,) the level that a share `area` (B,) of each of the (B, S, S) fields lies above."""
    step = max(depth.shape[-1] // SAMPLES, 1)
    values = depth[:, step // 2 :: step, step // 2 :: step].flatten(1).sort(1).values
    place = ((1 - area) * values.shape[1]).long().clamp(0, values.shape[1] - 2)
    return values.gather(1, place.unsqueeze(1)).squeeze(1)


def _blob(points: Tensor, centre: Tensor, radius: Tensor, random: Generator) -> Tensor:
    return draw_outline(centre, radius, random).depth(points.expand(len(radius), -1, -1, -1)).squeeze(1)


def _several(points: Tensor, centre: Tensor, radius: Tensor, random: Generator) -> Tensor:
    parts = []
    for _ in range(BLOBS):
        off = uniform((len(radius), 2), -1.5, 1.5, random) * radius.unsqueeze(1)
        size = radius * log_uniform((len(radius),), 0.3, 0.9, random)
        parts.append(_blob(points, (centre + off).clamp(-0.9, 0.9), size, random))
    return torch.stack(parts).amax(0)


def _stroke(points: Tensor, centre: Tensor, radius: Tensor, random: Generator) -> Tensor:
    """Minus the distance to two segments that meet near `centre`."""
    count = len(radius)
    length = (radius * uniform((count,), 1.2, 2.4, random)).clamp_max(0.7).unsqueeze(1)
    first, second = (uniform((count,), 0, 2 * torch.pi, random) for _ in range(2))
    second = first + torch.pi + (second - torch.pi) / 3  # goes on, more or less
    distances = []
    for angle in (first, second):
        reach = torch.stack([angle.cos(), angle.sin()], dim=1) * length
        x, y = points[0] - centre[:, 0].view(-1, 1, 1), points[1] - centre[:, 1].view(-1, 1, 1)
        run, rise = reach[:, 0].view(-1, 1, 1), reach[:, 1].view(-1, 1, 1)
        place = ((x * run + y * rise) / (run.square() + rise.square())).clamp_(0, 1)
        distances.append(torch.hypot(x - place * run, y - place * rise))
    return -torch.minimum(*distances)
