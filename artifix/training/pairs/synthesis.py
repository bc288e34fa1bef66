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
from artifix.training.pairs.aligned_reference import draw_aligned
from artifix.training.pairs.corruption import garble
from artifix.training.pairs.masks import draw_masks
from artifix.training.pairs.occlusion import Occluders, draw_occluders
from artifix.training.pairs.photometry import Flaws, draw_light, photograph
from artifix.training.pairs.scene import Scene, draw_scene, render
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.pairs.two_views import (
    Shown,
    ViewGeometry,
    draw_shown,
    draw_windows,
    view_geometry,
)
from artifix.training.pairs.warps import chance, log_uniform, uniform
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

# Least and largest share of the crop that is masked.
MASK_AREAS = {MATCHING: (0.012, 0.18), ALIGNMENT: (0.012, 0.18), REFINEMENT: (0.05, 0.30)}


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
    mask_area = log_uniform((count,), *MASK_AREAS[task], random)
    mask_radius = (mask_area * 4 / math.pi).sqrt()  # in the crop's frame
    mask_centre = uniform((count, 2), -0.35, 0.35, random)
    images, focus = sources.draw_busy_points(count, config.busy_share, random)
    shown = draw_shown(sources, images, focus, random)
    mask_centre = _inward(mask_centre, focus, shown.linked.rows)
    views = draw_windows(task, sources, shown, focus, (mask_centre, mask_radius), config, random)
    mask_size = views[0][:, :2, :2].det().abs().sqrt() * mask_radius
    scene = draw_scene(sources, focus, mask_size, shown.partners != images, config, random)

    geometry = view_geometry(*views, shown.linked.maps, (crop_px, reference_px), config, random)
    match = geometry.match
    crop, crop_object = render(scene, images, geometry.crop_in_scene, random)
    reference, _ = render(scene, shown.partners, geometry.reference_in_scene, random)
    around_mask = torch.cat([mask_centre, mask_radius.unsqueeze(1)], 1)
    before = _occluded(crop, reference, around_mask, config, random)
    matchable = _matchable(scene, shown, geometry, crop_object, before)

    synthetic = torch.ones(count, device=match.device).index_fill(0, shown.linked.rows, config.real_light)
    crop_light, reference_light = (draw_light(config.light * synthetic, random) for _ in range(2))
    clean = photograph(crop, crop_light, _flaws(config, synthetic), random)
    reference = photograph(reference, reference_light, _flaws(config, synthetic), random)
    mask = draw_masks(mask_centre, mask_radius, crop_px, config.blobs_share, config.stroke_share, random)
    melts = chance(count, config.melted_share, random).index_fill(0, shown.linked.rows, True)
    garbled = garble(clean, mask, mask_centre, mask_radius, melts, random)
    aligned, valid = torch.zeros_like(clean), torch.zeros_like(mask)
    if task == REFINEMENT:
        seen, valid = draw_aligned(scene, shown, geometry, (reference_light, before[1]), config, random)
        aligned = torch.where(valid > 0, seen.mul_(2).sub_(1), aligned)
    return Pairs(
        clean=clean.mul_(2).sub_(1),
        garbled=garbled.mul_(2).sub_(1),
        mask=mask,
        reference=reference.mul_(2).sub_(1),
        aligned=aligned,
        valid=valid,
        match=match.permute(0, 2, 3, 1).contiguous(),
        matchable=matchable,
    )


def _inward(mask_centre: Tensor, focus: Tensor, rows: Tensor) -> Tensor:
    """Crops of these rows reach from the mask to the middle of the image: beyond its edge nothing is real."""
    turned = mask_centre[rows].abs() * focus[rows].sign()
    return mask_centre.index_copy(0, rows, turned)


def _occluded(
    crop: Tensor, reference: Tensor, around_mask: Tensor, config: SynthesisConfig, random: Generator
) -> tuple[Occluders, Occluders]:
    """Foreign things are put before the pictures of both views."""
    count = len(crop)
    before_crop = draw_occluders(count, config.crop_occluded_share, around_mask, random)
    before_reference = draw_occluders(count, config.reference_occluded_share, None, random)
    before_crop.put_before(crop)
    before_reference.put_before(reference)
    return before_crop, before_reference


def _matchable(
    scene: Scene,
    shown: Shown,
    geometry: ViewGeometry,
    crop_object: Tensor,
    before: tuple[Occluders, Occluders],
) -> Tensor:
    """(B, 1, S, S) where the reference shows what the crop shows, and both see it."""
    match = geometry.match
    matchable = (match.abs().amax(1, keepdim=True) < 1).float() * ~shown.unknown.view(-1, 1, 1, 1)
    matchable[scene.cut_rows] *= crop_object > 0.5
    shown.linked.hide(matchable, geometry.crop_in_scene)
    before_crop, before_reference = before
    before_crop.hide(matchable, warps.frame(match.shape[-1], match.device).expand_as(match))
    before_reference.hide(matchable, match)
    return matchable


def _flaws(config: SynthesisConfig, synthetic: Tensor) -> Flaws:
    blur = config.blur_share * synthetic
    return Flaws(config.glare_share, blur, config.grain_share, config.compression_share)
