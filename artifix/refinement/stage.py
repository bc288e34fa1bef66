"""Stage 2: repaint the crop around one mask group, conditioned on the matching region of the reference."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.config import RefinementConfig
from artifix.geometry import Box, crop_around, squared
from artifix.refinement import tuning
from artifix.refinement.exact_light import match_light_exactly
from artifix.refinement.foreground import foreground
from artifix.refinement.refiner import AfterStep, Canvas, Paste, Refiner
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


def repaint(
    refiner: Refiner,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    region: NDArray[np.bool_],
    aligned: AlignedReference | None,
    config: RefinementConfig,
    seeds: list[int],
    after_step: AfterStep = lambda done, total: None,
) -> list[Patch]:
    """Paint one patch for each seed.

    Args:
        refiner: what paints.
        image: (H, W, 3).
        mask: (H, W), the group.
        reference: (H_ref, W_ref, 3).
        region: (H_ref, W_ref), the matching part.
        aligned: the reference in the frame of a box of the image; None where no transform is known.
        config: of the sampler.
        seeds: of the noise, drawn on the CPU.
        after_step: called with (done, total) after each evaluation of the model.
    """
    box = crop_around(mask, config.context)
    part = image[box.slices()], mask[box.slices()]
    paste = _careful_paste(*part, box, aligned) if aligned is not None and config.aligned_reference else None
    shown = squared(crop_around(region, tuning.REFINEMENT.region_context))
    canvas = Canvas(*part, paste, reference, shown)
    return [Patch(box, pixels) for pixels in refiner.paint(canvas, config, seeds, after_step)]


def _careful_paste(
    crop: NDArray[np.uint8], mask: NDArray[np.bool_], box: Box, aligned: AlignedReference
) -> Paste:
    size = box.height, box.width
    warped, valid = aligned.warp(box, size)
    if aligned.is_exact:
        return Paste(match_light_exactly(warped, valid, crop, mask), valid.astype(np.float32))
    agreement = aligned.agreement(box, size)
    lit = match_light_roughly(match_sharpness(warped, valid, crop, mask), valid, crop, mask, agreement)
    return Paste(lit, foreground(lit, valid, crop, mask, agreement))
