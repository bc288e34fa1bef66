"""Light, camera and compression differences between two photos of one thing."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from artifix.training.pairs.jpeg import compress
from artifix.training.pairs.warps import chance, frame, log_uniform, rows_of, uniform


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """How one photo renders the scene; the same light can be put on several pictures of a batch."""

    mixing: Tensor  # (B, 3, 3) of the colours: their saturation
    gain: Tensor  # (B, 3, 1, 1)
    offset: Tensor  # (B, 3, 1, 1)
    gamma: Tensor  # (B, 1, 1, 1)
    slope: Tensor  # (B, 2) relative fall of the light across the frame


@dataclass(frozen=True, slots=True)
class Flaws:
    """Shares of the photos that have them."""

    glare: float | Tensor  # one number, or (B,)
    blur: float | Tensor
    grain: float | Tensor
    compression: float | Tensor


def draw_light(strength: Tensor, random: Generator) -> Light:
    """Random light of a `strength` (B,): 0 leaves pictures as they are, 1 is two cameras in two rooms."""
    count, s = len(strength), strength.view(-1, 1, 1, 1)
    brightness = s * uniform((count, 1, 1, 1), -0.35, 0.35, random)
    saturation = 1 + s[..., 0] * uniform((count, 1, 1), -0.45, 0.35, random)
    is_uneven = chance(count, 0.5, random).view(-1, 1)
    return Light(
        mixing=saturation * torch.eye(3, device=random.device) + (1 - saturation) / 3,
        gain=(brightness + s * uniform((count, 3, 1, 1), -0.2, 0.2, random)).exp(),
        offset=s * uniform((count, 3, 1, 1), -0.06, 0.06, random),
        gamma=(s * uniform((count, 1, 1, 1), -0.35, 0.35, random)).exp(),
        slope=s[..., 0, 0] * uniform((count, 2), -0.35, 0.35, random) * is_uneven,
    )


def photograph(pictures: Tensor, light: Light, flaws: Flaws, random: Generator) -> Tensor:
    """(B, 3, H, W) pictures in [0, 1] as a camera would take them; a new tensor in [0, 1]."""
    taken = shine(light, pictures)
    for share, effect in (
        (flaws.glare, glare),
        (flaws.blur, soften),
        (flaws.grain, grain),
        (flaws.compression, recompress),
    ):
        rows = rows_of(chance(len(taken), share, random))
        if len(rows):
            taken.index_copy_(0, rows, effect(taken.index_select(0, rows), random))
    return taken


def shine(light: Light, pictures: Tensor) -> Tensor:
    """Render (B, 3, H, W) pictures in [0, 1] under `light`; the result is clipped to [0, 1]."""
    line = frame(pictures.shape[-1], pictures.device)[0, 0]
    across, down = light.slope.view(-1, 2, 1, 1, 1).unbind(1)
    fall = 1 + across * line + down * line.unsqueeze(1)
    lit = (light.mixing @ pictures.flatten(2)).view_as(pictures)
    lit = lit.clamp_(1e-4, 1).pow_(light.gamma).mul_(fall)
    return torch.addcmul(light.offset, lit, light.gain).clamp_(0, 1)


def glare(pictures: Tensor, random: Generator) -> Tensor:
    """Two specular spots on each picture: soft, of any size, up to burnt out."""
    line = frame(pictures.shape[-1], pictures.device)[0, 0]
    count = len(pictures)
    place = uniform((count, 2, 2, 1), -1, 1, random)
    width = log_uniform((count, 2, 2, 1), 0.04, 0.4, random)
    hills = (-((line - place) / width).square()).exp()  # (B, spot, axis, S)
    strength = uniform((count, 2, 1), 0.3, 1.5, random)
    spots = torch.einsum("bsy,bsx->byx", hills[:, :, 1] * strength, hills[:, :, 0]).clamp_(0, 1)
    return torch.lerp(pictures, torch.ones_like(pictures), spots.unsqueeze(1))


def blur(pictures: Tensor, sigma_px: Tensor, reach_px: int = 6) -> Tensor:
    """Gaussian blur of (B, C, H, W), another width for each picture, cut off at `reach_px`."""
    count, channels = pictures.shape[:2]
    reach = torch.arange(-reach_px, reach_px + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = (-(reach**2) / (2 * sigma_px.clamp_min(0.05).view(-1, 1) ** 2)).exp()
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = pictures.reshape(1, -1, *pictures.shape[-2:])
    flat = functional.pad(flat, (reach_px,) * 4, mode="reflect")
    flat = functional.conv2d(flat, kernel.view(-1, 1, 1, len(reach)), groups=count * channels)
    return functional.conv2d(flat, kernel.view(-1, 1, len(reach), 1), groups=count * channels).view_as(
        pictures
    )


def soften(pictures: Tensor, random: Generator) -> Tensor:
    """Blur each picture by up to 2 px."""
    return blur(pictures, log_uniform((len(pictures),), 0.4, 2.0, random), reach_px=5)


def grain(pictures: Tensor, random: Generator) -> Tensor:
    """Sensor noise of a random strength; a picture that was enlarged after it has coarse noise."""
    height, width = pictures.shape[-2:]
    strength = uniform((len(pictures), 1, 1, 1), 0, 0.035, random)
    is_coarse = chance(len(pictures), 0.4, random)
    noisy = torch.empty_like(pictures)
    for step, rows in ((1, rows_of(~is_coarse)), (2, rows_of(is_coarse))):
        if not len(rows):
            continue
        shape = (len(rows), pictures.shape[1], -(-height // step), -(-width // step))
        noise = torch.randn(shape, generator=random, device=random.device)
        if step > 1:
            noise = functional.interpolate(noise, size=(height, width), mode="bilinear")
        noisy.index_copy_(0, rows, torch.addcmul(pictures[rows], noise, strength[rows]))
    return noisy.clamp_(0, 1)


def recompress(pictures: Tensor, random: Generator) -> Tensor:
    """JPEG of a quality from poor to good."""
    return compress(pictures, log_uniform((len(pictures),), 25, 92, random))
