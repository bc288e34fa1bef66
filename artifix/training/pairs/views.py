"""Where the two views of a pair look: windows on the scene, as homographies."""

import math

import torch
from torch import Generator, Tensor

from artifix.training.pairs import warps
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.pairs.warps import chance, log_uniform, uniform
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

# Side of the crops over that of the scene. Alignment's are wider: one of its looks sees the whole object.
CROP_SIDES = {MATCHING: (0.25, 0.9), ALIGNMENT: (0.25, 0.9), REFINEMENT: (0.2, 0.75)}


def draw_views(
    task: str,
    focus: Tensor,
    mask_centre: Tensor,
    mask_radius: Tensor,
    config: SynthesisConfig,
    random: Generator,
    maps: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Windows (B, 3, 3) of the crop and of the reference on the scene; the crop has the mask on `focus`.

    With `maps` (B, 3, 3) from the scene to another picture of it, the reference's window is on the other.
    """
    count = mask_radius.shape[0]
    crop_side = log_uniform((count, 1), *CROP_SIDES[task], random)
    crop_half = crop_side * log_uniform((count, 2), 0.85, 1.18, random)
    angle = _turn(count, 0.0, config, random)
    lean = uniform((count, 2), -config.tilt / 2, config.tilt / 2, random)
    at_origin = warps.window(torch.zeros_like(focus), crop_half, angle, lean)
    off_focus = warps.apply(at_origin, mask_centre.unsqueeze(2)).squeeze(2)
    crop_view = warps.shift(focus - off_focus) @ at_origin
    # Where in the reference's picture the mask lies, and how much larger it is there.
    target, larger = focus, torch.ones_like(focus[:, :1])
    if maps is not None:
        target, larger = warps.carry(maps, focus)
    if task != REFINEMENT:
        # The mask may lie anywhere in the reference. Alignment looks at several sizes of crop, so that one of
        # them is of the reference's own scale; few pairs need to be of very different ones.
        zoom = log_uniform((count, 1), 0.6, 2.5, random)
        far = log_uniform((count, 1), 0.6, config.widest_scale, random)
        is_far = chance(count, config.far_scale_share, random).unsqueeze(1)
        half = (larger * crop_side * torch.where(is_far, far, zoom)).clamp(0.25, 1.0)
        centre = target - half * uniform((count, 2), -0.75, 0.75, random)
        centre = torch.minimum(torch.maximum(centre, half - 1.1), 1.1 - half)
    else:
        margin = log_uniform((count, 1), 1.2, 3.2, random)
        half = mask_radius.unsqueeze(1) * crop_half * margin * larger
        centre = target + half * uniform((count, 2), -0.25, 0.25, random)
    half = half * log_uniform((count, 2), 0.8, 1.25, random)
    tilt = uniform((count, 2), -config.tilt, config.tilt, random)
    reference_view = warps.window(centre, half, _turn(count, config.upside_down_share, config, random), tilt)
    return crop_view, reference_view


def whole_views(boxes: Tensor, config: SynthesisConfig, random: Generator) -> Tensor:
    """Windows (B, 3, 3) on whole objects, which lie in `boxes` (B, 4): centre and half size."""
    count = len(boxes)
    half = boxes[:, 2:] * log_uniform((count, 2), 0.95, 1.2, random)
    centre = boxes[:, :2] + half * uniform((count, 2), -0.08, 0.08, random)
    tilt = uniform((count, 2), -config.tilt / 2, config.tilt / 2, random)
    return warps.window(centre, half, _turn(count, config.upside_down_share, config, random), tilt)


def _turn(count: int, any_share: float, config: SynthesisConfig, random: Generator) -> Tensor:
    usual = uniform((count,), -1, 1, random) ** 3 * math.radians(config.turn_deg)
    anyhow = uniform((count,), -math.pi, math.pi, random)
    return torch.where(chance(count, any_share, random), anyhow, usual)
