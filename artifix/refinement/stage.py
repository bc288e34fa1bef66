"""Stage 2: repaint the crop around one mask group, conditioned on the matching region of the reference."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.config import RefinementConfig
from artifix.geometry import Box, Crop, crop_around, resize, squared
from artifix.network.assembly import Network
from artifix.network.codec import decode
from artifix.network.diffusion import Condition
from artifix.network.pixels import to_batch, to_pictures
from artifix.refinement import tuning
from artifix.refinement.exact_light import match_light_exactly
from artifix.refinement.foreground import foreground
from artifix.refinement.rough_light import match_light_roughly
from artifix.refinement.sharpness import match_sharpness

# The reference in the frame of a box of the image: (h, w, 3) float32 in [0, 255], and (h, w) bool where it
# shows.
Warp = Callable[[Box, tuple[int, int]], tuple[NDArray[np.float32], NDArray[np.bool_]]]


@dataclass(frozen=True, slots=True, eq=False)
class AlignedReference:
    """The reference where the image's part lies in it."""

    warp: Warp
    is_exact: bool  # False where it lies only roughly in place
    # How far image and reference show the same in a box of the image: (h, w) in [0, 1]. Asked where the
    # reference lies roughly.
    agreement: Callable[[Box, tuple[int, int]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """What is to be pasted over one mask group."""

    box: Box  # of the image
    pixels: NDArray[np.float32]  # (box.height, box.width, 3) in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class _Paste:
    """The careful paste: the reference warped into the crop, in its light, at the image's resolution."""

    pixels: NDArray[np.float32]  # (h, w, 3) in [0, 255]
    foreground: NDArray[np.float32]  # (h, w) in [0, 1]: 1 where it shows the object, 0 where nothing of it


def repaint(
    network: Network,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    region: NDArray[np.bool_],
    aligned: AlignedReference | None,
    config: RefinementConfig,
    seeds: list[int],
    after_step: Callable[[int, int], None] = lambda done, total: None,
) -> list[Patch]:
    """Draw one patch for each seed.

    The network works at its own size and predicts a correction of the careful paste; the correction alone is
    enlarged to the image's resolution, so that the reference's detail is kept however large the mask is.

    Args:
        network: the parts both stages use.
        image: (H, W, 3).
        mask: (H, W), the group.
        reference: (H_ref, W_ref, 3).
        region: (H_ref, W_ref), the matching part.
        aligned: the reference in the frame of a box of the image; None where no transform is known.
        config: of the sampler.
        seeds: of the noise, drawn on the CPU.
        after_step: called with (done, total) after each network evaluation of all seeds together.
    """
    box = crop_around(mask, config.context)
    part = image[box.slices()], mask[box.slices()]
    paste = _careful_paste(*part, box, aligned) if aligned is not None and config.aligned_reference else None
    condition = _condition(network, *part, _region_picture(network, reference, region), paste)
    # Without an aligned reference there is nothing to start from but noise.
    strength = config.strength if paste is not None else 1.0
    drawn = _draw(network, condition, replace(config, strength=strength), seeds, after_step)
    start = _pictures(network, condition.start)[0]
    corrections = config.correction * (drawn - start)
    size = box.height, box.width
    return [Patch(box, _enlarged(*pair, paste, size)) for pair in zip(drawn, corrections, strict=True)]


def _careful_paste(
    crop: NDArray[np.uint8], mask: NDArray[np.bool_], box: Box, aligned: AlignedReference
) -> _Paste:
    size = box.height, box.width
    warped, valid = aligned.warp(box, size)
    if aligned.is_exact:
        return _Paste(match_light_exactly(warped, valid, crop, mask), valid.astype(np.float32))
    agreement = aligned.agreement(box, size)
    lit = match_light_roughly(match_sharpness(warped, valid, crop, mask), valid, crop, mask, agreement)
    return _Paste(lit, foreground(lit, valid, crop, mask, agreement))


def _region_picture(
    network: Network, reference: NDArray[np.uint8], region: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """The matching part of the reference with a margin, at the size the encoder reads."""
    side = network.reference_size_px
    box = squared(crop_around(region, tuning.REFINEMENT.region_context))
    return Crop(box, (side, side)).cut(reference)


@torch.inference_mode()
def _condition(
    network: Network,
    crop: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    region_picture: NDArray[np.uint8],
    paste: _Paste | None,
) -> Condition:
    place = network.device, network.dtype
    size = (network.working_size_px,) * 2
    reference = to_batch([region_picture], *place)
    small, hole = (
        to_batch([resize(crop, size)], *place),
        to_batch([resize(mask.astype(np.float32), size) > 0], *place),
    )
    if paste is None:
        return network.condition(small, hole, network.compare(small, reference, hole))
    aligned, valid = (
        to_batch([resize(part, size)], *place) for part in (paste.pixels, paste.foreground > 0.5)
    )
    # Matching sees the paste where there is one and the artifact where there is none.
    known = hole * valid
    comparison = network.compare(torch.where(known > 0, aligned, small), reference, hole - known)
    return network.condition(small, hole, comparison, aligned, valid)


@torch.inference_mode()
def _draw(
    network: Network,
    condition: Condition,
    config: RefinementConfig,
    seeds: list[int],
    after_step: Callable[[int, int], None],
) -> NDArray[np.float32]:
    """(seeds, S, S, 3) pictures on the scale of [0, 255]."""
    shape = condition.masked.shape[1:]
    # Each seed draws its own noise on the CPU: devices and batch sizes start alike.
    noise = torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
    latents = network.denoiser.sample(
        noise.to(network.device, network.dtype),
        condition.repeated(len(seeds)),
        steps=config.steps,
        guidance_scale=config.guidance_scale,
        strength=config.strength,
        after_step=after_step,
    )
    return _pictures(network, latents)


@torch.inference_mode()
def _pictures(network: Network, latents: Tensor) -> NDArray[np.float32]:
    """Latents to (B, S, S, 3) pictures on the scale of [0, 255]."""
    return to_pictures(decode(network.codec, latents))


def _enlarged(
    picture: NDArray[np.float32],
    correction: NDArray[np.float32],
    paste: _Paste | None,
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """The patch at the image's size, in [0, 1]: the paste corrected, and the picture where there is none."""
    if paste is None:
        full = resize(picture, size)
    else:  # in place: such arrays of a large crop are a hundred megabytes each
        full = resize(correction, size)
        full += paste.pixels
        if paste.foreground.min() < 1:
            full *= paste.foreground[..., None]
            drawn = resize(picture, size)
            drawn *= 1 - paste.foreground[..., None]
            full += drawn
    full = np.asarray(full, np.float32)
    full /= 255
    return np.asarray(np.clip(full, 0, 1, out=full), np.float32)
