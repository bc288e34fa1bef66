"""Irregular closed shapes: the outlines of objects, of what stands before them, and of masks."""

import math
from dataclasses import dataclass, fields

import torch
from torch import Generator, Tensor

from artifix.training.pairs.warps import log_uniform, uniform

LOWEST_WAVE, WAVES = 2, 5  # around a shape


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One shape for each row of a batch, in any normalised frame."""

    centre: Tensor  # (B, 2)
    radius: Tensor  # (B,) mean
    stretch: Tensor  # (B,)
    turn: Tensor  # (B,) [rad]
    heights: Tensor  # (B, WAVES)
    phases: Tensor  # (B, WAVES) [rad]

    def of_rows(self, rows: Tensor) -> "Outline":
        """The shapes of some rows."""
        return Outline(*(getattr(self, field.name)[rows] for field in fields(self)))

    def depth(self, points: Tensor) -> Tensor:
        """How far inside the points (B, 2, H, W) lie.

        Returns:
            (B, 1, H, W), positive inside, 1 at the centre, 0 on the outline.
        """
        cosine, sine = self.turn.cos(), self.turn.sin()
        x, y = points[:, 0] - _plane(self.centre[:, 0]), points[:, 1] - _plane(self.centre[:, 1])
        across = (x * _plane(cosine * self.stretch)).addcmul_(y, _plane(sine * self.stretch))
        down = y.mul_(_plane(cosine / self.stretch)).addcmul_(x, _plane(-sine / self.stretch))
        around = torch.atan2(down, across)
        reach = torch.ones_like(around)
        for wave in range(WAVES):
            swing = (around * (LOWEST_WAVE + wave)).add_(_plane(self.phases[:, wave])).cos_()
            reach.addcmul_(swing, _plane(self.heights[:, wave]))
        distance = torch.hypot(across, down).div_(_plane(self.radius))
        return distance.div_(reach).neg_().add_(1).unsqueeze(1)

    def cover(self, points: Tensor) -> Tensor:
        """(B, 1, H, W) opacity of the shape: 1 inside, with a soft edge just inside the outline."""
        return self.depth(points).mul_(40).clamp_(0, 1)


def draw_outline(centre: Tensor, radius: Tensor, random: Generator) -> Outline:
    """Shapes as drawn by hand around `centre` (B, 2), of mean `radius` (B,)."""
    count = len(radius)
    highest = 0.5 / (LOWEST_WAVE + torch.arange(WAVES, device=random.device))
    return Outline(
        centre=centre,
        radius=radius,
        stretch=log_uniform((count,), 0.65, 1.55, random),
        turn=uniform((count,), 0, math.pi, random),
        heights=uniform((count, WAVES), 0, 1, random) * highest,
        phases=uniform((count, WAVES), 0, 2 * math.pi, random),
    )


def _plane(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1)
