"""What the crop and the reference look at, and where the pixels of both lie."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from artifix.training.pairs import warps
from artifix.training.pairs.bends import draw_bend
from artifix.training.pairs.links import Drawn
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.pairs.views import draw_views, whole_views

FAR_OUTSIDE = 8.0  # points further out than this need not be told apart


@dataclass(frozen=True, slots=True, eq=False)
class ViewGeometry:
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


def draw_shown(sources: Sources, images: Tensor, focus: Tensor, random: Generator) -> Shown:
    """Other pictures of the objects on the crops `images`, of which some lie in a known way."""
    partners = sources.draw_partners(images, random)
    unknown = partners != images
    linked = sources.links.draw(images, focus, random)
    return Shown(images, partners.index_copy(0, linked.rows, linked.links.second), unknown, linked)


def draw_windows(
    task: str,
    sources: Sources,
    shown: Shown,
    focus: Tensor,
    mask: tuple[Tensor, Tensor],
    config: SynthesisConfig,
    random: Generator,
) -> tuple[Tensor, Tensor]:
    """Windows of the crop and of the reference; what nothing is known of is seen whole."""
    maps = shown.linked.maps if len(shown.linked.rows) else None
    crop_view, reference_view = draw_views(task, focus, *mask, config, random, maps)
    whole = whole_views(sources.boxes[shown.partners], config, random)
    return crop_view, torch.where(shown.unknown.view(-1, 1, 1), whole, reference_view)


def view_geometry(
    crop_view: Tensor,
    reference_view: Tensor,
    maps: Tensor,
    sizes_px: tuple[int, int],
    config: SynthesisConfig,
    random: Generator,
) -> ViewGeometry:
    """Views of bent surfaces; the match goes from crop to scene and, by exact inverses, to the reference."""
    count, device = len(crop_view), crop_view.device
    crop_frame, reference_frame = (warps.frame(px, device).expand(count, -1, -1, -1) for px in sizes_px)
    bent = draw_bend(count, config.bend_share, config.cylinder_share, random).to_flat(crop_frame)
    in_scene = warps.apply(crop_view, bent)
    reference_bend = draw_bend(count, config.reference_bend_share, config.cylinder_share, random)
    flat = warps.apply(torch.linalg.inv(reference_view) @ maps, in_scene)
    # On the horizon of a real pair nothing is a number.
    flat = flat.nan_to_num_(FAR_OUTSIDE).clamp_(-FAR_OUTSIDE, FAR_OUTSIDE)
    return ViewGeometry(
        crop_view=crop_view,
        maps=maps,
        bent=bent,
        crop_in_scene=in_scene,
        reference_in_scene=warps.apply(reference_view, reference_bend.to_flat(reference_frame)),
        match=reference_bend.from_flat(flat),
    )
