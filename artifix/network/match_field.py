"""What the reference shows at each spot of a crop, read off by the matches of their cells.

Attention carries what a token is like, hardly its single pixels. So the matches are also taken as a smooth
field over the crop, and the reference is shown to the U-Net as that field bends it, in the crop's light. No
feature of the images is detected and no transform fitted to them: all is known from the network's matches.
Nothing here is differentiable; the encoder learns to match by a loss of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

LOOKS = 2  # each compares the crop with the reference as the last look bent it
REACH = 1.5  # of a match on the field, as a deviation, in half sides of the crop
DOUBT = 0.15  # a match so far off the field counts half, in half sides of the reference
ROUNDS = 6  # of reweighted least squares
LIGHT_GAINS = (0.5, 2.0)  # least and largest
# A field so little trusted is not copied at all, one so much trusted is copied alone.
COPIED_FROM, COPIED_ALONE = 0.25, 0.75
EVIDENCE = 2  # channels: how far the field is to be trusted, and where it lies inside the reference


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """References as seen in the frames of their crops."""

    pictures: Tensor  # (B, 3, S, S) in [-1, 1], in the light of the crops
    evidence: Tensor  # (B, 2, S, S) in [0, 1]

    @property
    def share(self) -> Tensor:
        """(B, 1, S, S) in [0, 1]: how much of a pixel is copied from the reference.

        As in pointer-generator networks (See et al. 2017), what attention points at is copied and the rest is
        generated; here by the trust in the whole field, which stands or falls as one.
        """
        trust, inside = self.evidence.split(1, 1)
        whole = trust.mean((2, 3), keepdim=True)
        return ((whole - COPIED_FROM) / (COPIED_ALONE - COPIED_FROM)).clamp(0, 1) * inside

    def folded(self, factor: int) -> Tensor:
        """(B, 3 factor^2 + 2, S / factor, S / factor): cells of pixels, and their evidence."""
        return torch.cat(
            [functional.pixel_unshuffle(self.pictures, factor), functional.avg_pool2d(self.evidence, factor)],
            1,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Where in the reference the cells of a crop lie, smooth over the crop; a square grid in raster order."""

    points: Tensor  # (B, cells, 2) of x, y; the reference is [-1, 1]
    trust: Tensor  # (B, cells) in [0, 1]: how sharp the match of a cell is and how near the field


@torch.no_grad()
def follow(
    logits: Tensor, references: Tensor, side_px: int, compare_again: Callable[[Tensor], Tensor]
) -> Field:
    """The smooth field that matches lie on; each look after the first sees the reference as it bends it.

    Args:
        logits: (B, queries, tokens) of the matches of crops and references, square grids.
        references: (B, 3, R, R) in [-1, 1].
        side_px: of the crops.
        compare_again: gives such logits for other references (B, 3, side_px, side_px).
    """
    field = _smoothed(*_peaks(logits))
    for _ in range(LOOKS - 1):
        seen, _ = _show(references.float(), field.points, side_px)
        points, mass = _peaks(compare_again(seen))
        field = _smoothed(_at(field.points, points), mass)
    return field


@torch.no_grad()
def read(crops: Tensor, references: Tensor, known: Tensor, field: Field) -> Reading:
    """References in the frames of their crops.

    Args:
        crops: (B, 3, S, S) in [-1, 1].
        references: (B, 3, R, R) in [-1, 1].
        known: (B, 1, S, S) in {0, 1}, where the crop's light may be taken from.
        field: of the crops' cells.
    """
    crops = crops.float()
    seen, inside = _show(references.float(), field.points, crops.shape[-1])
    trust = functional.interpolate(_as_map(field.trust.unsqueeze(-1)), crops.shape[-2:], mode="bilinear")
    return Reading(_in_light_of(crops, seen, known * inside), torch.cat([trust, inside], 1))


def _peaks(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The centre of the 3 x 3 tokens around each query's peak (B, Q, 2) in [-1, 1], and their mass (B, Q)."""
    probabilities = logits.float().softmax(-1)
    batch, queries, tokens = probabilities.shape
    side = round(tokens**0.5)
    peak = probabilities.argmax(-1)
    offsets = torch.cartesian_prod(*[torch.arange(-1, 2, device=peak.device)] * 2)  # (9, 2) of y, x
    y, x = (
        axis.unsqueeze(-1) + offset
        for axis, offset in zip((peak // side, peak % side), offsets.T, strict=True)
    )
    there = ((y >= 0) & (y < side) & (x >= 0) & (x < side)).float()
    balanced = there * there.flip(-1)  # at the border, a token without its opposite would pull the centre in
    index = (y.clamp(0, side - 1) * side + x.clamp(0, side - 1)).view(batch, queries, 9)
    window = probabilities.gather(-1, index) * there
    share = window * balanced / (window * balanced).sum(-1, keepdim=True)
    centre = torch.stack([(share * axis).sum(-1) for axis in (x, y)], -1)
    return (centre + 0.5) / side * 2 - 1, window.sum(-1)


def _smoothed(points: Tensor, mass: Tensor) -> Field:
    """A field through matches (B, Q, 2) that may be wrong, affine around each query.

    Moving least squares, reweighted by the distance of each match from the field. The trust (B, Q) is the
    mass of each match by its weight.
    """
    basis = _basis(round(points.shape[1] ** 0.5), points.device)  # (Q, 3)
    apart = torch.cdist(basis[:, :2], basis[:, :2])
    near = torch.exp(-apart.square() / (2 * REACH**2))  # (Q, Q)
    products = (basis.unsqueeze(2) * basis.unsqueeze(1)).flatten(1)  # (Q, 9)
    ridge = 1e-4 * torch.eye(3, device=points.device)
    weight, field, agreeing = mass.square(), points, torch.ones_like(mass)
    with torch.autocast(points.device.type, enabled=False):  # normal equations do not bear bf16
        for _ in range(ROUNDS):
            scale = weight.sum(1, keepdim=True).clamp_min(1e-6)
            shares = (weight / scale).unsqueeze(-1)  # (B, Q, 1)
            normal = (near @ (shares * products)).unflatten(-1, (3, 3)) + ridge
            moments = shares.unsqueeze(-1) * basis.unsqueeze(-1) * points.unsqueeze(-2)  # (B, Q, 3, 2)
            right = (near @ moments.flatten(2)).unflatten(-1, (3, 2))
            field = (basis.unsqueeze(-1) * torch.linalg.solve(normal, right)).sum(-2)
            agreeing = 1 / (1 + ((field - points).norm(dim=-1) / DOUBT).square())
            weight = (mass * agreeing).square()
    return Field(field, mass * agreeing)


def _basis(side: int, device: torch.device) -> Tensor:
    """(x, y, 1) of each cell of a square grid, in [-1, 1], raster order."""
    line = (torch.arange(side, device=device) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)], -1).flatten(0, 1)


def _as_map(values: Tensor) -> Tensor:
    """(B, Q, C) of a square grid to (B, C, side, side)."""
    side = round(values.shape[1] ** 0.5)
    return values.transpose(1, 2).unflatten(2, (side, side))


def _at(field: Tensor, points: Tensor) -> Tensor:
    """The field (B, Q, 2) at points (B, P, 2) in [-1, 1]."""
    wide = _widened(_as_map(field))
    side = wide.shape[-1]
    places = points.unsqueeze(1) * ((side - 2) / side)
    found = functional.grid_sample(wide, places, padding_mode="border", align_corners=False)
    return found.squeeze(2).transpose(1, 2)


def _show(pictures: Tensor, field: Tensor, side_px: int) -> tuple[Tensor, Tensor]:
    """The pictures as the field bends them (B, C, S, S); and where it lies inside them (B, 1, S, S)."""
    wide = _widened(_as_map(field))
    cell = side_px // (wide.shape[-1] - 2)
    points = functional.interpolate(wide, scale_factor=cell, mode="bicubic")[..., cell:-cell, cell:-cell]
    seen = functional.grid_sample(
        pictures, points.permute(0, 2, 3, 1), padding_mode="border", align_corners=False
    )
    return seen, (points.abs().amax(1, keepdim=True) < 1).float()


def _widened(maps: Tensor) -> Tensor:
    """(B, C, n, n) continued straight on by a cell on every side: (B, C, n + 2, n + 2)."""
    if maps.shape[-1] == 1:  # nothing to go on by
        return functional.pad(maps, (1, 1, 1, 1), mode="replicate")
    for axis in (2, 3):
        first, second = maps.narrow(axis, 0, 1), maps.narrow(axis, 1, 1)
        last, before = maps.narrow(axis, -1, 1), maps.narrow(axis, -2, 1)
        maps = torch.cat([2 * first - second, maps, 2 * last - before], axis)
    return maps


def _in_light_of(crops: Tensor, seen: Tensor, known: Tensor) -> Tensor:
    """`seen` with the mean and the spread that the crops have where both are known, channel by channel."""
    weight = known / known.sum((2, 3), keepdim=True).clamp_min(1)
    (mean, spread), (wanted_mean, wanted_spread) = (_moments(pictures, weight) for pictures in (seen, crops))
    gain = ((wanted_spread + 0.02) / (spread + 0.02)).clamp(*LIGHT_GAINS)
    lit = (seen - mean) * gain + wanted_mean
    return torch.where(known.sum((2, 3), keepdim=True) > 0, lit, seen).clamp(-1, 1)


def _moments(pictures: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    mean = (pictures * weight).sum((2, 3), keepdim=True)
    return mean, ((pictures - mean).square() * weight).sum((2, 3), keepdim=True).sqrt()
