"""Light, camera and compression differences between two photos of one thing."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from artifix.training.warps import chance, frame, uniform


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """How one photo renders the scene; the same light can be put on several pictures of a batch."""

    gain: Tensor  # (B, 3, 1, 1)
    offset: Tensor  # (B, 3, 1, 1)
    gamma: Tensor  # (B, 1, 1, 1)
    saturation: Tensor  # (B, 1, 1, 1)
    slope: Tensor  # (B, 2) relative fall of the light across the frame


def draw_light(count: int, strength: float, random: Generator) -> Light:
    """Random light; `strength` 0 leaves pictures as they are, 1 is as strong as two cameras in two rooms."""
    s = strength
    brightness = uniform((count, 1, 1, 1), -0.35 * s, 0.35 * s, random)
    return Light(
        gain=(brightness + uniform((count, 3, 1, 1), -0.2 * s, 0.2 * s, random)).exp(),
        offset=uniform((count, 3, 1, 1), -0.06 * s, 0.06 * s, random),
        gamma=uniform((count, 1, 1, 1), -0.35 * s, 0.35 * s, random).exp(),
        saturation=1 + uniform((count, 1, 1, 1), -0.45 * s, 0.35 * s, random),
        slope=uniform((count, 2), -0.35 * s, 0.35 * s, random) * chance(count, 0.5, random).view(-1, 1),
    )


def shine(light: Light, pictures: Tensor) -> Tensor:
    """Render (B, 3, H, W) pictures in [0, 1] under `light`; the result is clipped to [0, 1]."""
    points = frame(pictures.shape[-1], pictures.device)
    fall = 1 + (points.view(1, -1, 2) @ light.slope.unsqueeze(-1)).view(-1, 1, *pictures.shape[-2:])
    grey = pictures.mean(1, keepdim=True)
    coloured = (grey + (pictures - grey) * light.saturation).clamp(1e-4, 1)
    return (coloured**light.gamma * light.gain * fall + light.offset).clamp(0, 1)


def blur(pictures: Tensor, sigma_px: Tensor) -> Tensor:
    """Gaussian blur of (B, C, H, W), another width for each picture; widths up to 3 px."""
    count, channels = pictures.shape[:2]
    reach = torch.arange(-6, 7, device=pictures.device, dtype=pictures.dtype)
    kernel = (-(reach**2) / (2 * sigma_px.clamp_min(0.05).view(-1, 1) ** 2)).exp()
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = functional.pad(pictures.reshape(1, -1, *pictures.shape[-2:]), (6, 6, 6, 6), mode="reflect")
    flat = functional.conv2d(flat, kernel.view(-1, 1, 1, 13), groups=count * channels)
    return functional.conv2d(flat, kernel.view(-1, 1, 13, 1), groups=count * channels).view_as(pictures)


def grain(pictures: Tensor, random: Generator) -> Tensor:
    """Sensor noise of a random strength, some of it coarse as JPEG leaves it."""
    count = pictures.shape[0]
    strength = uniform((count, 1, 1, 1), 0, 0.035, random) * chance(count, 0.6, random).view(-1, 1, 1, 1)
    fine = torch.randn(pictures.shape, generator=random, device=random.device)
    coarse = functional.interpolate(fine[..., ::2, ::2], size=pictures.shape[-2:], mode="bilinear")
    mix = uniform((count, 1, 1, 1), 0, 1, random)
    return (pictures + strength * (mix * fine + (1 - mix) * coarse)).clamp(0, 1)


def soften(pictures: Tensor, share: float, random: Generator) -> Tensor:
    """Blur a share of the pictures by up to 2 px."""
    count = pictures.shape[0]
    chosen = chance(count, share, random)
    if not chosen.any():
        return pictures
    width = uniform((count,), math.log(0.4), math.log(2.0), random).exp()
    return torch.where(chosen.view(-1, 1, 1, 1), blur(pictures, width), pictures)


def match_light(aligned: Tensor, crop: Tensor, mask: Tensor, valid: Tensor) -> Tensor:
    """Give the aligned reference the light of the crop on the ring around the mask.

    The batched counterpart of the fit that refinement makes before it samples: a colour matrix by ridge least
    squares, then what is left on the ring, smoothed and continued into the mask.

    Args:
        aligned: (B, 3, S, S) in [-1, 1].
        crop: (B, 3, S, S) in [-1, 1].
        mask: (B, 1, S, S) in {0, 1}.
        valid: (B, 1, S, S) in {0, 1}, where `aligned` shows the reference.

    Returns:
        (B, 3, S, S) in [-1, 1], 0 where not valid.
    """
    reach = 2 * (crop.shape[-1] // 12) + 1
    ring = (functional.max_pool2d(mask, reach, 1, reach // 2) - mask) * valid
    with torch.autocast(crop.device.type, enabled=False):  # normal equations do not bear bf16
        fitted = _fit_colours(aligned, crop, ring)
        return (fitted + _continued((crop - fitted) * ring, ring)).clamp(-1, 1) * valid


def _fit_colours(aligned: Tensor, crop: Tensor, ring: Tensor) -> Tensor:
    """`aligned` under the colour matrix and offset that fit it to `crop` on the ring; a ridge holds it."""
    weight = (ring / ring.sum((2, 3), keepdim=True).clamp_min(1)).flatten(2)  # (B, 1, S * S)
    source, target = aligned.flatten(2), crop.flatten(2)
    mean_source, mean_target = ((p * weight).sum(-1, keepdim=True) for p in (source, target))
    spread = (source - mean_source) * weight
    scatter = spread @ (source - mean_source).transpose(1, 2)  # (B, 3, 3)
    cross = (target - mean_target) @ spread.transpose(1, 2)
    ridge = 0.02 * scatter.diagonal(dim1=1, dim2=2).mean(-1).view(-1, 1, 1) + 1e-3
    unit = torch.eye(3, device=crop.device)
    matrix = torch.linalg.solve(scatter + ridge * unit, cross + ridge * unit, left=False)
    return (matrix @ (source - mean_source) + mean_target).view_as(crop)


def _continued(total: Tensor, mass: Tensor) -> Tensor:
    """Push-pull: (B, C, S, S) sums known where (B, 1, S, S) `mass` is, smoothed and continued everywhere."""
    small, known = functional.avg_pool2d(total, 4), functional.avg_pool2d(mass, 4)
    return functional.interpolate(_pulled(small, known), size=total.shape[-2:], mode="bilinear")


def _pulled(total: Tensor, mass: Tensor) -> Tensor:
    if mass.shape[-1] < 4:
        return (total.sum((2, 3), keepdim=True) / mass.sum((2, 3), keepdim=True).clamp_min(1e-3)).expand_as(
            total
        )
    coarse = _pulled(functional.avg_pool2d(total, 2), functional.avg_pool2d(mass, 2))
    coarse = functional.interpolate(coarse, size=mass.shape[-2:], mode="bilinear")
    share = (4 * mass).clamp(0, 1)
    return share * total / mass.clamp_min(1e-3) + (1 - share) * coarse
