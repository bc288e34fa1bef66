"""Foreign things that stand before the object, in one view and not in the other."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from artifix.training.pairs.outlines import Outline, draw_outline
from artifix.training.pairs.warps import chance, frame, log_uniform, rows_of, uniform


@dataclass(frozen=True, slots=True, eq=False)
class Occluders:
    """Things before some rows of a batch."""

    rows: Tensor  # (K,) int64
    outline: Outline  # (K,) in the frame of the view

    def cover(self, points: Tensor) -> Tensor:
        """(K, 1, H, W) opacity at the points (B, 2, H, W) of the view's frame; more than 0 is hidden."""
        return self.outline.cover(points[self.rows])

    def put_before(self, pictures: Tensor) -> None:
        """Cover (B, 3, S, S) in place. What stands before a picture is a part of another of the batch."""
        if not len(self.rows):
            return
        points = frame(pictures.shape[-1], pictures.device).expand(len(self.rows), -1, -1, -1)
        covered = torch.lerp(
            pictures[self.rows], pictures[self.rows - 1].flip(-1), self.outline.cover(points)
        )
        pictures.index_copy_(0, self.rows, covered)

    def hide(self, matchable: Tensor, points: Tensor) -> None:
        """Set (B, 1, H, W) to 0 in place where `points` (B, 2, H, W) of the frame are hidden."""
        if len(self.rows):
            matchable[self.rows] *= self.cover(points) <= 0


def draw_occluders(count: int, share: float, around: Tensor | None, random: Generator) -> Occluders:
    """Things before a share of the rows: beside the mask, or anywhere.

    Args:
        count: of rows.
        share: of them.
        around: (B, 3) centre and radius of the mask, which is to remain in sight; None: anywhere.
        random: draws them.
    """
    rows = rows_of(chance(count, share, random))
    radius = log_uniform((len(rows),), 0.12, 0.5, random)
    centre = uniform((len(rows), 2), -1.1, 1.1, random)
    if around is not None:
        angle = uniform((len(rows),), 0, 2 * torch.pi, random)
        away = around[rows, 2] + radius * uniform((len(rows),), 0.9, 1.6, random)
        centre = around[rows, :2] + torch.stack([angle.cos(), angle.sin()], 1) * away.unsqueeze(1)
    return Occluders(rows, draw_outline(centre, radius, random))
