"""What both views of a pair look at: an image, print on it, an object cut out of it; and how it is seen."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from artifix.training.pairs import warps
from artifix.training.pairs.outlines import Outline, draw_outline
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.pairs.warps import chance, log_uniform, rows_of, uniform

SHRINKING = 1.5  # image pixels per sample, from which on the half-size copy is looked at


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A batch of scenes. Effects are kept, and computed, for the rows alone that have them."""

    sources: Sources
    printed_rows: Tensor  # (P,) int64
    decals: Tensor  # (P,) int64, which decal is printed
    to_decal: Tensor  # (P, 3, 3) scene to the decal's frame
    cut_rows: Tensor  # (F,) int64, objects before a foreign background
    object: Outline  # (F,) of these objects, in the scene


def draw_scene(
    sources: Sources,
    focus: Tensor,
    mask_size: Tensor,
    paired: Tensor,
    config: SynthesisConfig,
    random: Generator,
) -> Scene:
    """Decals and objects around `focus`.

    Args:
        sources: the images.
        focus: (B, 2) what the mask lies on, in the scene.
        mask_size: (B,) radius of the mask in the scene.
        paired: (B,) bool, rows whose reference shows another image: nothing is invented for them.
        config: shares of the effects.
        random: on the device of the sources.
    """
    count = len(focus)
    size = mask_size * log_uniform((count,), 0.8, 3.0, random)
    half = size.unsqueeze(1) * log_uniform((count, 2), 0.7, 1.4, random)
    centre = focus + half * uniform((count, 2), -0.5, 0.5, random)
    turn = uniform((count,), -0.4, 0.4, random)
    place = warps.window(centre, half, turn, torch.zeros_like(centre))
    is_printed = chance(count, config.decal_share, random) & ~paired & (len(sources.decals) > 0)
    printed = rows_of(is_printed)
    decals = torch.randint(
        0, max(len(sources.decals), 1), (len(printed),), generator=random, device=focus.device
    )
    around = mask_size * log_uniform((count,), 2.0, 6.0, random)
    radius = torch.where(is_printed, half.amax(1) * 1.1, around)
    cut = rows_of(chance(count, config.foreign_background_share, random) & ~paired)
    outline = draw_outline(focus, radius, random).of_rows(cut)
    return Scene(sources, printed, decals, torch.linalg.inv(place[printed]), cut, outline)


def render(scene: Scene, images: Tensor, points: Tensor, random: Generator) -> tuple[Tensor, Tensor]:
    """Look at the scenes from `points` (B, 2, S, S), on a background of their own.

    Args:
        scene: of B rows.
        images: (B,) which image of the sources each row shows.
        points: in the scene.
        random: draws the backgrounds.

    Returns:
        pictures (B, 3, S, S) in [0, 1] and the opacity (F, 1, S, S) of the objects of `scene.cut_rows`.
    """
    seen = show(scene, images, points)
    cover = scene.object.cover(points[scene.cut_rows])
    if len(scene.cut_rows):
        background = _backgrounds(scene.sources, len(scene.cut_rows), points.shape[-1], random)
        seen.index_copy_(0, scene.cut_rows, torch.lerp(background, seen[scene.cut_rows], cover))
    return seen, cover


def show(scene: Scene, images: Tensor, points: Tensor) -> Tensor:
    """The images (B, 3, S, S) in [0, 1] with their print; beyond its edge a scene is mirrored."""
    sources = scene.sources
    # The mean over a few samples tells the scale of the view well enough.
    diagonal = points[:, :, 8::16, 8::16] - points[:, :, 7:-1:16, 7:-1:16]
    step = (diagonal.square().sum(1).mean((1, 2)) / 2).sqrt()
    shrinks = step * sources.images.shape[-1] / 2 > SHRINKING
    seen = torch.empty(len(points), 3, *points.shape[2:], device=points.device)
    for stored, rows in ((sources.images, rows_of(~shrinks)), (sources.halves, rows_of(shrinks))):
        if len(rows):
            looked = warps.look(stored.index_select(0, images[rows]).float(), points[rows])
            seen.index_copy_(0, rows, looked)
    seen.div_(255)
    if len(scene.printed_rows):
        _print(scene, seen, points)
    return seen


def _print(scene: Scene, seen: Tensor, points: Tensor) -> None:
    rows = scene.printed_rows
    decals = scene.sources.decals.index_select(0, scene.decals).float()
    print_ = warps.look(decals, warps.apply(scene.to_decal, points[rows]), padding="zeros").div_(255)
    seen.index_copy_(0, rows, torch.lerp(seen[rows], print_[:, :3], print_[:, 3:]))


def _backgrounds(sources: Sources, count: int, size_px: int, random: Generator) -> Tensor:
    """(count, 3, S, S): parts of other images, some of them of one tone."""
    device = sources.images.device
    other = torch.randint(0, len(sources.images), (count,), generator=random, device=device)
    zoom = log_uniform((count, 1, 1, 1), 0.3, 1.0, random)
    pictures = warps.look(
        sources.halves.index_select(0, other).float(), warps.frame(size_px, device) * zoom
    ).div_(255)
    plain = rows_of(chance(count, 0.4, random))
    tone = uniform((count, 1, 1, 1), 0, 1, random) + uniform((count, 3, 1, 1), -0.1, 0.1, random)
    pictures[plain] = tone.clamp(0, 1)[plain]
    return pictures
