"""Training pairs with known dense correspondence, made on the fly from single images.

One scene is looked at twice. The *crop* is the view to repair, the *reference* another view of the scene,
in another light, on another background; a third, the *aligned* reference, is the reference warped into the
crop with the errors that stage 1 really makes. All of it is drawn in batches on the device of the sources.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from artifix.training import warps
from artifix.training.corruption import garble
from artifix.training.photometry import draw_light, grain, shine, soften
from artifix.training.sources import Sources
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT
from artifix.training.warps import chance, log_uniform, uniform


# Side of the crops over that of the scene. Alignment's are wider: one of its looks sees the whole object.
CROP_SIDES = {MATCHING: (0.25, 0.9), ALIGNMENT: (0.25, 0.9), REFINEMENT: (0.2, 0.75)}


@dataclass(frozen=True, slots=True)
class SynthesisConfig:
    """What the pairs are like. Lengths are shares of the scene's or the frame's side."""

    decal_share: float = 0.4  # scenes with a logo or lettering printed on them, which the mask then covers
    foreign_background_share: float = 0.35  # pairs that share an object only, not its surroundings
    busy_share: float = 0.7  # masks laid where there is print or texture; the others anywhere
    far_scale_share: float = 0.15  # references of any scale up to the widest
    widest_scale: float = 4.0  # of the reference's window over the crop's
    upside_down_share: float = 0.08  # references turned by any angle
    turn_deg: float = 25.0  # largest usual turn between the views
    tilt: float = 0.22  # largest perspective term
    bend_share: float = 0.5  # crops bent like cloth
    aligned_share: float = 0.7  # refinement pairs that have an aligned reference
    wrong_aligned_share: float = 0.06  # of those: aligned references that show something else
    light: float = 0.7  # strength of the photometric differences


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


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """What both views look at."""

    image: Tensor  # (B, 3, H, W) in [0, 1]
    small: Tensor  # (B, 3, H / 2, W / 2) the same at half the size, for views that shrink it
    decal: Tensor | None  # (B, 4, D, D) in [0, 1]
    to_decal: Tensor  # (B, 3, 3) scene to the decal's frame
    printed: Tensor  # (B,) bool
    object_centre: Tensor  # (B, 2) in the scene
    object_radius: Tensor  # (B,)


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
    area = (0.05, 0.30) if task == REFINEMENT else (0.012, 0.18)
    mask_radius = (log_uniform((count,), *area, random) * 4 / math.pi).sqrt()  # in the crop's frame
    mask_centre = uniform((count, 2), -0.35, 0.35, random)
    chosen, focus = sources.draw_busy_points(count, config.busy_share, random)
    crop_view, reference_view = _views(task, focus, mask_centre, mask_radius, config, random)
    scene = _scene(sources, chosen, focus, crop_view, mask_radius, config, random)

    crop_points = warps.frame(crop_px, scene.image.device).expand(count, -1, -1, -1)
    strength = log_uniform((count,), 0.01, 0.12, random) * chance(count, config.bend_share, random)
    bent = warps.bend(crop_points, strength, random)
    in_scene = warps.apply(crop_view, bent)
    reference_points = warps.frame(reference_px, scene.image.device).expand(count, -1, -1, -1)

    foreign = chance(count, config.foreign_background_share, random)
    outline = random.get_state()  # both views cut the same object out of the scene
    crop, crop_object = _render(scene, in_scene, foreign, sources, random, outline)
    reference, _ = _render(
        scene, warps.apply(reference_view, reference_points), foreign, sources, random, outline
    )

    crop_light, reference_light = (draw_light(count, config.light, random) for _ in range(2))
    clean = grain(soften(shine(crop_light, crop), 0.25, random), random)
    reference = grain(soften(shine(reference_light, reference), 0.25, random), random)
    mask = _mask(mask_centre, mask_radius, crop_px, scene.image.device, random)
    match = warps.apply(torch.linalg.inv(reference_view), in_scene)
    inside = (match.abs().amax(-1) < 1).unsqueeze(1)
    matchable = inside.float() * (crop_object > 0.5)
    aligned, valid = _aligned(
        scene, crop_view, bent, reference_light, foreign, matchable, config, random, outline
    )
    if task != REFINEMENT:
        valid = torch.zeros_like(valid)
    return Pairs(
        clean=clean * 2 - 1,
        garbled=garble(clean, mask, mask_centre, mask_radius, random) * 2 - 1,
        mask=mask,
        reference=reference * 2 - 1,
        aligned=(aligned * 2 - 1) * valid,
        valid=valid,
        match=match,
        matchable=matchable,
    )


def _views(
    task: str,
    focus: Tensor,
    mask_centre: Tensor,
    mask_radius: Tensor,
    config: SynthesisConfig,
    random: Generator,
) -> tuple[Tensor, Tensor]:
    """Windows (B, 3, 3) of the crop and of the reference on the scene; the crop has the mask on `focus`."""
    count = mask_radius.shape[0]
    crop_side = log_uniform((count, 1), *CROP_SIDES[task], random)
    crop_half = crop_side * log_uniform((count, 2), 0.85, 1.18, random)
    angle = _turn(count, 0.0, config, random)
    lean = uniform((count, 2), -config.tilt / 2, config.tilt / 2, random)
    at_origin = warps.window(torch.zeros_like(focus), crop_half, angle, lean)
    off_focus = warps.apply(at_origin, mask_centre.unsqueeze(1)).squeeze(1)
    crop_view = warps.shift(focus - off_focus) @ at_origin
    if task != REFINEMENT:
        # The mask may lie anywhere in the reference. Alignment looks at several sizes of crop, so that one of
        # them is of the reference's own scale; few pairs need to be of very different ones.
        zoom = log_uniform((count, 1), 0.6, 2.5, random)
        far = log_uniform((count, 1), 0.6, config.widest_scale, random)
        is_far = chance(count, config.far_scale_share, random).unsqueeze(1)
        half = (crop_side * torch.where(is_far, far, zoom)).clamp(0.25, 1.0)
        centre = focus - half * uniform((count, 2), -0.75, 0.75, random)
        centre = torch.minimum(torch.maximum(centre, half - 1.1), 1.1 - half)
    else:
        margin = log_uniform((count, 1), 1.15, 2.4, random)
        half = mask_radius.unsqueeze(1) * crop_half * margin
        centre = focus + half * uniform((count, 2), -0.25, 0.25, random)
    half = half * log_uniform((count, 2), 0.8, 1.25, random)
    tilt = uniform((count, 2), -config.tilt, config.tilt, random)
    reference_view = warps.window(centre, half, _turn(count, config.upside_down_share, config, random), tilt)
    return crop_view, reference_view


def _turn(count: int, any_share: float, config: SynthesisConfig, random: Generator) -> Tensor:
    usual = uniform((count,), -1, 1, random) ** 3 * math.radians(config.turn_deg)
    anyhow = uniform((count,), -math.pi, math.pi, random)
    return torch.where(chance(count, any_share, random), anyhow, usual)


def _scene(
    sources: Sources,
    chosen: Tensor,
    focus: Tensor,
    crop_view: Tensor,
    mask_radius: Tensor,
    config: SynthesisConfig,
    random: Generator,
) -> _Scene:
    """The chosen images, with decals printed on some of them, under the mask."""
    count, device = focus.shape[0], sources.images.device
    scale = crop_view[:, :2, :2].det().abs().sqrt() * mask_radius  # radius of the mask in the scene
    size = scale * log_uniform((count,), 0.8, 3.0, random)
    aspect = log_uniform((count, 1), 0.7, 1.4, random)
    half = size.unsqueeze(1) * torch.cat([aspect, 1 / aspect], 1)
    place = warps.window(
        focus + half * uniform((count, 2), -0.6, 0.6, random),
        half,
        uniform((count,), -0.4, 0.4, random),
        torch.zeros(count, 2, device=device),
    )
    printed = chance(count, config.decal_share, random) & (len(sources.decals) > 0)
    decal = None
    if len(sources.decals):
        which = torch.randint(0, len(sources.decals), (count,), generator=random, device=device)
        decal = sources.decals[which].float() / 255
    image = sources.images[chosen].float() / 255
    return _Scene(
        image=image,
        small=functional.avg_pool2d(image, 2),
        decal=decal,
        to_decal=torch.linalg.inv(place),
        printed=printed,
        object_centre=focus,
        object_radius=torch.where(
            printed, half.amax(1) * 1.1, scale * log_uniform((count,), 2.0, 6.0, random)
        ),
    )


def _render(
    scene: _Scene, points: Tensor, foreign: Tensor, sources: Sources, random: Generator, outline: Tensor
) -> tuple[Tensor, Tensor]:
    """Look at the scene from `points` (B, S, S, 2).

    Returns:
        pictures (B, 3, S, S) in [0, 1] and the object's share of each pixel (B, 1, S, S), 1 where there is no
        foreign background.
    """
    count, device = points.shape[0], points.device
    seen = _print(scene, _look_at(scene, points), points)
    shape = warps.blob(points, scene.object_centre, scene.object_radius, _replay(outline, random))
    keep = torch.where(foreign.view(-1, 1, 1, 1), (shape * 40).clamp(0, 1), torch.ones_like(shape))
    other = torch.randint(0, len(sources.images), (count,), generator=random, device=device)
    elsewhere = warps.frame(points.shape[1], device).expand(count, -1, -1, -1)
    elsewhere = elsewhere * log_uniform((count, 1, 1, 1), 0.3, 1.0, random)
    background = warps.look(sources.images[other].float() / 255, elsewhere)
    plain = chance(count, 0.4, random).view(-1, 1, 1, 1)
    tone = uniform((count, 1, 1, 1), 0, 1, random) + uniform((count, 3, 1, 1), -0.1, 0.1, random)
    background = torch.where(plain, tone.clamp(0, 1).expand_as(background), background)
    return keep * seen + (1 - keep) * background, keep


def _look_at(scene: _Scene, points: Tensor) -> Tensor:
    """Sample the scene, from its smaller copy where the view shrinks it; beyond its edge it is mirrored."""
    step = (points[:, 1:, 1:] - points[:, :-1, :-1]).abs().mean((1, 2, 3)) * scene.image.shape[-1] / 2
    shrinks = (step > 1.5).view(-1, 1, 1, 1)  # image pixels per sample
    return torch.where(shrinks, warps.look(scene.small, points), warps.look(scene.image, points))


def _print(scene: _Scene, seen: Tensor, points: Tensor) -> Tensor:
    if scene.decal is None:
        return seen
    sampled = warps.look(scene.decal, warps.apply(scene.to_decal, points), padding="zeros")
    opacity = sampled[:, 3:] * scene.printed.view(-1, 1, 1, 1)
    return seen * (1 - opacity) + sampled[:, :3] * opacity


def _replay(state: Tensor, random: Generator) -> Generator:
    """A generator that repeats what `random` drew from `state` on."""
    again = Generator(device=random.device)
    again.set_state(state)
    return again


def _mask(centre: Tensor, radius: Tensor, size_px: int, device: torch.device, random: Generator) -> Tensor:
    points = warps.frame(size_px, device).expand(len(radius), -1, -1, -1)
    return (warps.blob(points, centre, radius, random) > 0).float()


def _aligned(
    scene: _Scene,
    crop_view: Tensor,
    bent: Tensor,
    light: object,
    foreign: Tensor,
    matchable: Tensor,
    config: SynthesisConfig,
    random: Generator,
    outline: Tensor,
) -> tuple[Tensor, Tensor]:
    """The reference as stage 1 would warp it into the crop: a little shifted, scaled, turned, not bent."""
    count = bent.shape[0]
    # A proved transform is right to a third of a pixel, an unpolished one to a few, a guess to a twelfth of
    # the crop.
    kind = torch.rand(count, generator=random, device=random.device)
    coarse = 0.3 + 1.7 * (kind > 0.65) + 3.0 * (kind > 0.85)
    error = warps.window(
        uniform((count, 2), -0.016, 0.016, random) * coarse.unsqueeze(1),
        1 + uniform((count, 2), -0.012, 0.012, random) * coarse.unsqueeze(1),
        uniform((count,), -0.015, 0.015, random) * coarse,
        uniform((count, 2), -0.012, 0.012, random) * coarse.unsqueeze(1),
    )
    # A homography follows most of a bend near the mask; a third of it stays as an error.
    straight = warps.frame(bent.shape[1], bent.device).expand(count, -1, -1, -1)
    followed = straight + (bent - straight) * uniform((count, 1, 1, 1), 0.6, 1.0, random)
    points = warps.apply(crop_view, warps.apply(error, followed))
    picture = _print(scene, _look_at(scene, points), points)
    picture = grain(soften(shine(light, picture), 0.5, random), random)  # type: ignore[arg-type]
    wrong = chance(count, config.wrong_aligned_share, random).view(-1, 1, 1, 1)
    picture = torch.where(wrong, picture.roll(1, 0), picture)
    shape = warps.blob(points, scene.object_centre, scene.object_radius, _replay(outline, random))
    keep = torch.where(foreign.view(-1, 1, 1, 1), (shape * 40).clamp(0, 1), torch.ones_like(matchable))
    present = chance(count, config.aligned_share, random).view(-1, 1, 1, 1)
    # The reference's own background is part of its picture: it is valid there, and wrong.
    return picture * keep + picture.roll(1, 0) * (1 - keep), present.expand_as(matchable).float()
