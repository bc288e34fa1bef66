"""Soft masks: their core is replaced whole, and only the soft edge around it is blended."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of, crop_around
from artifix.refinement import tuning
from artifix.refinement.stage import AlignedReference


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """The part of a mask group that is repaired whole."""

    mask: NDArray[np.bool_]  # (H, W)
    is_exact: bool  # the reference lies exactly in place

    @classmethod
    def of(cls, mask: NDArray[np.bool_], aligned: AlignedReference | None) -> "Core":
        """The core (H, W) `mask`, over which the reference lies as `aligned` says."""
        return cls(mask, aligned is not None and aligned.is_exact)

    def reach(self, context: float) -> float:
        """How far a soft edge around it may reach [px]: in the crop, or where nothing is exact, little.

        Args:
            context: side of the crop repainted, over the core's longer side.
        """
        core, crop = box_of(self.mask), crop_around(self.mask, context)
        height, width = self.mask.shape
        margins = (  # at the image's border nothing needs to fade
            core.left - crop.left if crop.left > 0 else np.inf,
            core.top - crop.top if crop.top > 0 else np.inf,
            crop.right - core.right if crop.right < width else np.inf,
            crop.bottom - core.bottom if crop.bottom < height else np.inf,
        )
        # A paste that lies only roughly in place is a ghost further out.
        return min(*margins, max(height, width) if self.is_exact else tuning.REFINEMENT.soft_rough_px)


def blend_shares(
    blend: NDArray[np.float32], levels: NDArray[np.float32], cores: Sequence[Core], context: float
) -> list[NDArray]:
    """How much of each pixel is taken from each mask group's patch, before the feather.

    All of it in the group's core, where the artifact must not show through; at the edge, where the mask is
    soft, it falls with the mask, and with the distance from the nearest core, whose patch it is taken from.

    Args:
        blend: (H, W) in [0, 1], the mask.
        levels: (H, W), from which value of `blend` on a pixel belongs to a core.
        cores: of each group.
        context: side of the crops repainted, over a core's longer side.

    Returns:
        (H, W) for each group, float32 in [0, 1], or bool where nothing is soft; 0 wherever `blend` is 0.
    """
    soft = (blend > 0) & (blend < levels)
    if not any(levels.strides) or not soft.any():
        return [core.mask for core in cores]
    # Blur rounds corners of artifacts off: all is taken from the patch a little outside the core too.
    ramp = np.minimum(blend / (tuning.REFINEMENT.soft_whole * levels), 1)
    edge = np.where(soft, ramp * ramp * (3 - 2 * ramp), 0).astype(np.float32)
    nearest = np.full(blend.shape, np.inf, np.float32)
    owner = np.full(blend.shape, -1, np.int32)
    for i, core in enumerate(cores):
        distance = _distance(core.mask)
        owner[distance < nearest] = i
        nearest = np.minimum(nearest, distance)
    found = []
    for i, core in enumerate(cores):
        fade = np.clip(2 - 2 * nearest / max(core.reach(context), 1e-6), 0, 1)
        found.append(np.where(core.mask, 1, np.where(owner == i, edge * fade, 0)).astype(np.float32))
    return found


def _distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
