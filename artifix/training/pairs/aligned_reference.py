"""The reference warped into the crop, with the errors that stage 1 really makes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from artifix.training.pairs import warps
from artifix.training.pairs.links import Drawn
from artifix.training.pairs.occlusion import Occluders
from artifix.training.pairs.photometry import Flaws, Light, photograph
from artifix.training.pairs.scene import Scene, show
from artifix.training.pairs.warps import chance, rows_of, uniform

if TYPE_CHECKING:
    from artifix.training.pairs.synthesis import SynthesisConfig

FAR_OUTSIDE = 8.0  # points further out than this need not be told apart


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where the pixels of both views lie."""

    crop_view: Tensor  # (B, 3, 3)
    maps: Tensor  # (B, 3, 3) the scene's frame to that of the picture that the reference sees
    bent: Tensor  # (B, 2, S, S) of the crop, in its frame, on the flat surface
    crop_in_scene: Tensor  # (B, 2, S, S)
    reference_in_scene: Tensor  # (B, 2, R, R) in that picture
    match: Tensor  # (B, 2, S, S) of the crop, in the reference's frame


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What the two views look at."""

    images: Tensor  # (B,) of the crops
    partners: Tensor  # (B,) of the references; the same where there is no other picture
    unknown: Tensor  # (B,) bool, other pictures of which nothing is known to match
    linked: Drawn  # other pictures whose geometry is known


def draw_aligned(
    scene: Scene,
    shown: Shown,
    geometry: Geometry,
    taken: tuple[Light, Occluders],
    config: "SynthesisConfig",
    random: Generator,
) -> tuple[Tensor, Tensor]:
    """The reference as stage 1 would warp it into the crop, and where it shows something (B, 1, S, S)."""
    count = len(shown.images)
    has_aligned = chance(count, config.aligned_share, random) & ~shown.unknown
    valid = torch.zeros_like(geometry.match[:, :1]) + has_aligned.view(-1, 1, 1, 1)
    rows = shown.linked.rows
    if len(rows):  # beyond its edge another photo shows nothing
        there = warps.apply(geometry.maps[rows], geometry.crop_in_scene[rows])
        valid[rows] *= there.abs().amax(1, keepdim=True) < 1
    return _warped(scene, shown, geometry, taken, config, random), valid


def _warped(
    scene: Scene,
    shown: Shown,
    geometry: Geometry,
    taken: tuple[Light, Occluders],
    config: "SynthesisConfig",
    random: Generator,
) -> Tensor:
    """The reference in the crop's frame: a little shifted, scaled, turned, not bent."""
    light, before = taken
    count, bent = len(shown.images), geometry.bent
    # A homography follows most of a bend near the mask; a third of it stays as an error.
    straight = warps.frame(bent.shape[-1], bent.device).expand_as(bent)
    followed = torch.lerp(straight, bent, uniform((count, 1, 1, 1), 0.6, 1.0, random))
    points = warps.apply(geometry.maps @ geometry.crop_view @ _errors(count, random), followed)
    points = points.nan_to_num_(FAR_OUTSIDE)
    seen = show(scene, torch.where(shown.unknown, shown.images, shown.partners), points)
    # The reference's own background, and what stands before the object, are parts of its picture: they are
    # valid there, and wrong.
    other = seen.roll(1, 0)
    for rows, cover in (
        (scene.cut_rows, lambda: scene.object.cover(points[scene.cut_rows])),
        (before.rows, lambda: 1 - before.cover(geometry.match)),
    ):
        if len(rows):
            seen.index_copy_(0, rows, torch.lerp(other[rows], seen[rows], cover()))
    wrong = rows_of(chance(count, config.wrong_aligned_share, random))
    seen[wrong] = other[wrong]
    flaws = Flaws(0, min(2 * config.blur_share, 1), config.grain_share, config.compression_share)
    return photograph(seen, light, flaws, random)


def _errors(count: int, random: Generator) -> Tensor:
    """Homographies (B, 3, 3) near the unit.

    A proved transform is right to a third of a pixel, an unpolished one to a few, a guess to a twelfth of the
    crop.
    """
    kind = torch.rand(count, generator=random, device=random.device)
    coarse = 0.3 + 1.7 * (kind > 0.65) + 3.0 * (kind > 0.85)
    return warps.window(
        uniform((count, 2), -0.016, 0.016, random) * coarse.unsqueeze(1),
        1 + uniform((count, 2), -0.012, 0.012, random) * coarse.unsqueeze(1),
        uniform((count,), -0.015, 0.015, random) * coarse,
        uniform((count, 2), -0.012, 0.012, random) * coarse.unsqueeze(1),
    )
