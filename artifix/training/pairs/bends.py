"""Surfaces that are not flat: cloth and cylinders, each with an inverse in closed form.

A bend maps the points of a view's frame to the flat surface. Both kinds change points along one direction by
an amount that can be read back off the result, so that the way back is exact and not searched for.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from artifix.training.pairs.warps import chance, log_uniform, rows_of, uniform

WAVES = 2  # of a cloth
STEEPEST = 0.97  # sine of the angle at which a cylinder leaves the frame's furthest corner


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """Bends of some rows of a batch; the other rows are flat."""

    cloth_rows: Tensor  # (K,) int64
    cloths: tuple[Tensor, Tensor, Tensor, Tensor]  # heading [rad], waves, phase, height: (K, WAVES) each
    cylinder_rows: Tensor  # (M,) int64
    cylinders: tuple[Tensor, Tensor]  # heading [rad], sine of the angle at distance 1: (M,) each

    def to_flat(self, points: Tensor) -> Tensor:
        """Points (B, 2, H, W) of the frame on the flat surface."""
        return self._changed(points, _through_cloth, _onto_cylinder)

    def from_flat(self, points: Tensor) -> Tensor:
        """The inverse. What is behind a cylinder's horizon comes to lie outside the frame."""
        return self._changed(points, _back_through_cloth, _off_cylinder)

    def _changed(self, points, cloth, cylinder):  # type: ignore[no-untyped-def]
        changed = points.clone()
        if len(self.cloth_rows):
            changed.index_copy_(0, self.cloth_rows, cloth(points[self.cloth_rows], *self.cloths))
        if len(self.cylinder_rows):
            bent = cylinder(points[self.cylinder_rows], *self.cylinders)
            changed.index_copy_(0, self.cylinder_rows, bent)
        return changed


def draw_bend(count: int, share: float, cylinder_share: float, random: Generator) -> Bend:
    """Bends of a `share` of the rows, `cylinder_share` of those cylinders, the others cloth."""
    is_bent = chance(count, share, random)
    is_cylinder = chance(count, cylinder_share, random)
    cloth_rows, cylinder_rows = rows_of(is_bent & ~is_cylinder), rows_of(is_bent & is_cylinder)
    several = (len(cloth_rows), WAVES)
    cloths = (
        uniform(several, 0, 2 * math.pi, random),
        uniform(several, 1.0, 4.0, random),
        uniform(several, 0, 2 * math.pi, random),
        log_uniform((len(cloth_rows), 1), 0.01, 0.12, random).expand(several) / WAVES,
    )
    # Most cylinders stand or lie.
    quarter = torch.randint(0, 4, (len(cylinder_rows),), generator=random, device=random.device)
    heading = (quarter + uniform((len(cylinder_rows),), -1, 1, random) ** 3 / 2) * math.pi / 2
    reach = heading.cos().abs() + heading.sin().abs()  # of the frame's corners along the heading
    sine = uniform((len(cylinder_rows),), 0.4, STEEPEST, random) / reach
    return Bend(cloth_rows, cloths, cylinder_rows, (heading, sine))


def _through_cloth(points: Tensor, heading: Tensor, waves: Tensor, phase: Tensor, height: Tensor) -> Tensor:
    for wave in range(WAVES):
        points = _swayed(points, *(part[:, wave] for part in (heading, waves, phase, height)))
    return points


def _back_through_cloth(
    points: Tensor, heading: Tensor, waves: Tensor, phase: Tensor, height: Tensor
) -> Tensor:
    for wave in reversed(range(WAVES)):
        points = _swayed(points, heading[:, wave], waves[:, wave], phase[:, wave], -height[:, wave])
    return points


def _swayed(points: Tensor, heading: Tensor, waves: Tensor, phase: Tensor, height: Tensor) -> Tensor:
    """Push across the heading by a wave along it, which leaves the place along the heading as it was."""
    cosine, sine = _plane(heading.cos()), _plane(heading.sin())
    along = points[:, 0] * (cosine * _plane(waves))
    along.addcmul_(points[:, 1], sine * _plane(waves)).add_(_plane(phase))
    push = along.sin_().mul_(_plane(height))
    return torch.stack(
        [torch.addcmul(points[:, 0], push, -sine), torch.addcmul(points[:, 1], push, cosine)], 1
    )


def _onto_cylinder(points: Tensor, heading: Tensor, sine: Tensor) -> Tensor:
    angle = _plane(sine.asin())
    return _moved_along(points, heading, lambda u: (u * _plane(sine)).clamp_(-1, 1).asin_().div_(angle))


def _off_cylinder(points: Tensor, heading: Tensor, sine: Tensor) -> Tensor:
    # Clamped to a right angle, a point comes to lie 1 / sine along the heading, beyond the frame's corners.
    angle, right = _plane(sine.asin()), math.pi / 2
    return _moved_along(
        points, heading, lambda u: (u * angle).clamp_(-right, right).sin_().div_(_plane(sine))
    )


def _moved_along(points, heading, change):  # type: ignore[no-untyped-def]
    cosine, sine = _plane(heading.cos()), _plane(heading.sin())
    along = points[:, 0] * cosine + points[:, 1] * sine
    push = change(along) - along
    return torch.stack(
        [torch.addcmul(points[:, 0], push, cosine), torch.addcmul(points[:, 1], push, sine)], 1
    )


def _plane(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1)
