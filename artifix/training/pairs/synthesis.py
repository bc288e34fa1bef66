"""Training pairs with known dense correspondence, made on the fly.

One scene is looked at twice. The *crop* is the view to repair, the *reference* another view of the scene,
in another light, on another background; a third, the *aligned* reference, is the reference warped into the
crop with the errors that stage 1 really makes. All of it is drawn in batches on the device of the sources.
Where the sources hold other views of an object, the reference is one of them, and nothing is known to match,
unless a link tells how the two pictures lie to each other: then the gap between them is real.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from artifix.training.pairs import warps
from artifix.training.pairs.aligned_reference import FAR_OUTSIDE, Geometry, Shown, draw_aligned
from artifix.training.pairs.bends import draw_bend
from artifix.training.pairs.corruption import garble
from artifix.training.pairs.masks import draw_masks
from artifix.training.pairs.occlusion import Occluders, draw_occluders
from artifix.training.pairs.photometry import Flaws, draw_light, photograph
from artifix.training.pairs.scene import Scene, draw_scene, render
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.views import draw_views, whole_views
from artifix.training.pairs.warps import chance, log_uniform, uniform
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

# Least and largest share of the crop that is masked.
MASK_AREAS = {MATCHING: (0.012, 0.18), ALIGNMENT: (0.012, 0.18), REFINEMENT: (0.05, 0.30)}


@dataclass(frozen=True, slots=True)
class SynthesisConfig:
    """What the pairs are like. Lengths are shares of the scene's or the frame's side."""

    decal_share: float = 0.4  # scenes with a logo or lettering printed on them, which the mask then covers
    foreign_background_share: float = 0.35  # pairs that share an object only, not its surroundings
    busy_share: float = 0.7  # masks laid where there is print or texture; the others anywhere
    blobs_share: float = 0.15  # masks of several blobs
    stroke_share: float = 0.2  # masks that are a stroke of a brush
    far_scale_share: float = 0.15  # references of any scale up to the widest
    widest_scale: float = 4.0  # of the reference's window over the crop's
    upside_down_share: float = 0.08  # references turned by any angle
    turn_deg: float = 25.0  # largest usual turn between the views
    tilt: float = 0.22  # largest perspective term
    bend_share: float = 0.5  # crops bent like cloth or around a cylinder
    reference_bend_share: float = 0.25  # references bent, each in its own way
    cylinder_share: float = 0.3  # of the bends
    crop_occluded_share: float = 0.08  # crops with a foreign thing beside the mask
    reference_occluded_share: float = 0.12  # references with a foreign thing anywhere
    aligned_share: float = 0.7  # refinement pairs that have an aligned reference
    wrong_aligned_share: float = 0.06  # of those: aligned references that show something else
    light: float = 0.7  # strength of the photometric differences
    real_light: float = 0.4  # factor on that, and on blur, where the pictures differ already
    glare_share: float = 0.1  # photos with specular spots
    blur_share: float = 0.25  # photos out of focus
    grain_share: float = 0.6  # photos with noise
    compression_share: float = 0.3  # photos compressed as JPEG
    melted_share: float = 0.3  # artifacts that melt in place; those of real pairs all do


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """A batch of training pairs; pictures in [-1, 1], masks in {0, 1}."""

    clean: Tensor  # (B, 3, S, S) the crop as it should be
    garbled: Tensor  # (B, 3, S, S) the crop with its artifact
    mask: Tensor  # (B, 1, S, S)
    reference: Tensor  # (B, 3, R, R)
    aligned: Tensor  # (B, 3, S, S) the reference in the crop's frame, not yet matched in light
    valid: Tensor  # (B, 1, S, S) where `aligned` shows the reference; all 0 where there is none
    match: Tensor  # (B, S, S, 2) where in the reference each pixel of the crop lies, in [-1, 1] if inside
    matchable: Tensor  # (B, 1, S, S) where that match exists


def make_pairs(
    sources: Sources,
    task: str,
    count: int,
    crop_px: int,
    reference_px: int,
    config: SynthesisConfig,
    random: Generator,
) -> Pairs:
    """Draw a batch.

    Args:
        sources: on any device; the batch is made there.
        task: of tasks.py; in all but "refinement" the reference is the whole object.
        count: of pairs.
        crop_px: side of the crops [px].
        reference_px: side of the references [px].
        config: what the pairs are like.
        random: on the device of the sources.
    """
    mask_radius = (log_uniform((count,), *MASK_AREAS[task], random) * 4 / math.pi).sqrt()  # in its frame
    mask_centre = uniform((count, 2), -0.35, 0.35, random)
    images, focus = sources.draw_busy_points(count, config.busy_share, random)
    shown = _draw_shown(sources, images, focus, random)
    mask_centre = _inward(mask_centre, focus, shown.linked.rows)
    views = _draw_views(task, sources, shown, focus, (mask_centre, mask_radius), config, random)
    mask_size = views[0][:, :2, :2].det().abs().sqrt() * mask_radius
    scene = draw_scene(sources, focus, mask_size, shown.partners != images, config, random)

    geometry = _geometry(*views, shown.linked.maps, (crop_px, reference_px), config, random)
    crop, crop_object = render(scene, images, geometry.crop_in_scene, random)
    reference, _ = render(scene, shown.partners, geometry.reference_in_scene, random)
    around_mask = torch.cat([mask_centre, mask_radius.unsqueeze(1)], 1)
    before_crop = draw_occluders(count, config.crop_occluded_share, around_mask, random)
    before_reference = draw_occluders(count, config.reference_occluded_share, None, random)
    before_crop.put_before(crop)
    before_reference.put_before(reference)

    synthetic = torch.ones(count, device=images.device).index_fill(0, shown.linked.rows, config.real_light)
    crop_light, reference_light = (draw_light(config.light * synthetic, random) for _ in range(2))
    clean = photograph(crop, crop_light, _flaws(config, synthetic), random)
    reference = photograph(reference, reference_light, _flaws(config, synthetic), random)
    mask, garbled = _draw_artifact(clean, (mask_centre, mask_radius), shown.linked.rows, config, random)
    aligned, valid = torch.zeros_like(clean), torch.zeros_like(mask)
    if task == REFINEMENT:
        taken = reference_light, before_reference
        seen, valid = draw_aligned(scene, shown, geometry, taken, config, random)
        aligned = torch.where(valid > 0, seen.mul_(2).sub_(1), aligned)
    return Pairs(
        clean=clean.mul_(2).sub_(1),
        garbled=garbled.mul_(2).sub_(1),
        mask=mask,
        reference=reference.mul_(2).sub_(1),
        aligned=aligned,
        valid=valid,
        match=geometry.match.permute(0, 2, 3, 1).contiguous(),
        matchable=_matchable(scene, shown, geometry, crop_object, (before_crop, before_reference)),
    )


def _matchable(
    scene: Scene, shown: Shown, geometry: Geometry, crop_object: Tensor, before: tuple[Occluders, Occluders]
) -> Tensor:
    """(B, 1, S, S) 1 where a pixel of the crop is seen in the reference; `before` stand in front of each."""
    match = geometry.match
    matchable = (match.abs().amax(1, keepdim=True) < 1).float() * ~shown.unknown.view(-1, 1, 1, 1)
    matchable[scene.cut_rows] *= crop_object > 0.5
    shown.linked.hide(matchable, geometry.crop_in_scene)
    before[0].hide(matchable, warps.frame(match.shape[-1], match.device).expand_as(match))
    before[1].hide(matchable, match)
    return matchable


def _draw_artifact(
    clean: Tensor,
    place: tuple[Tensor, Tensor],
    melting: Tensor,
    config: SynthesisConfig,
    random: Generator,
) -> tuple[Tensor, Tensor]:
    """Masks (B, 1, S, S) of a centre and a radius, and the crops garbled there; some rows melt always."""
    mask = draw_masks(*place, clean.shape[-1], config.blobs_share, config.stroke_share, random)
    melts = chance(len(clean), config.melted_share, random).index_fill(0, melting, True)
    return mask, garble(clean, mask, *place, melts, random)


def _draw_shown(sources: Sources, images: Tensor, focus: Tensor, random: Generator) -> Shown:
    partners = sources.draw_partners(images, random)
    unknown = partners != images
    linked = sources.links.draw(images, focus, random)
    return Shown(images, partners.index_copy(0, linked.rows, linked.links.second), unknown, linked)


def _inward(mask_centre: Tensor, focus: Tensor, rows: Tensor) -> Tensor:
    """Crops of these rows reach from the mask to the middle of the image: beyond its edge nothing is real."""
    turned = mask_centre[rows].abs() * focus[rows].sign()
    return mask_centre.index_copy(0, rows, turned)


def _draw_views(
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


def _geometry(
    crop_view: Tensor,
    reference_view: Tensor,
    maps: Tensor,
    sizes_px: tuple[int, int],
    config: SynthesisConfig,
    random: Generator,
) -> Geometry:
    """Views of bent surfaces; the match goes from crop to scene and, by exact inverses, to the reference."""
    count, device = len(crop_view), crop_view.device
    crop_frame, reference_frame = (warps.frame(px, device).expand(count, -1, -1, -1) for px in sizes_px)
    bent = draw_bend(count, config.bend_share, config.cylinder_share, random).to_flat(crop_frame)
    in_scene = warps.apply(crop_view, bent)
    reference_bend = draw_bend(count, config.reference_bend_share, config.cylinder_share, random)
    flat = warps.apply(torch.linalg.inv(reference_view) @ maps, in_scene)
    # On the horizon of a real pair nothing is a number.
    flat = flat.nan_to_num_(FAR_OUTSIDE).clamp_(-FAR_OUTSIDE, FAR_OUTSIDE)
    return Geometry(
        crop_view=crop_view,
        maps=maps,
        bent=bent,
        crop_in_scene=in_scene,
        reference_in_scene=warps.apply(reference_view, reference_bend.to_flat(reference_frame)),
        match=reference_bend.from_flat(flat),
    )


def _flaws(config: SynthesisConfig, synthetic: Tensor) -> Flaws:
    blur = config.blur_share * synthetic
    return Flaws(config.glare_share, blur, config.grain_share, config.compression_share)
