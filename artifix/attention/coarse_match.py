"""Three looks for the masked part: at the whole reference, closer, and along the field of attention."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.attention import tuning
from artifix.attention.correspondence import View, look, merged
from artifix.attention.field import AttentionField, attention_field
from artifix.attention.probe import Probe
from artifix.attention.region import Blob, blobs, find_region
from artifix.geometry import Box, crop_around, squared
from artifix.scene import Scene


@dataclass(frozen=True, eq=False)
class CoarseMatch:
    """Where in the reference the masked part seems to lie, as the looks so far say."""

    views: tuple[View, ...]  # of the first two looks
    correspondence: NDArray[np.float32]  # M*, (H_ref, W_ref) in [0, 1]
    within: NDArray[np.bool_] | None = None  # (H_ref, W_ref), where the part lies, if that is given by hand

    @cached_property
    def blob(self) -> Blob:
        """The part of the map that decides."""
        return blobs(self.correspondence)[0]

    @cached_property
    def certainty(self) -> float:
        """That of the surest view, in [0, 1]."""
        return max(view.certainty() for view in self.views)

    @property
    def region(self) -> NDArray[np.bool_]:
        """(H_ref, W_ref) where the masked part seems to lie, for the next look; one given by hand holds."""
        return self.blob.region if self.within is None else self.within

    def last_region(self) -> NDArray[np.bool_]:
        """(H_ref, W_ref) where it lies after the last look, cut with more care; one given by hand holds."""
        return find_region(self.correspondence) if self.within is None else self.within


def match_coarsely(probe: Probe, scene: Scene, contexts: Sequence[float], zoom: bool) -> CoarseMatch:
    """Look at the whole reference, then, with `zoom`, at the part where the masked part seems to be.

    Args:
        probe: reads the attention.
        scene: its mask has a True pixel.
        contexts: sides of the crops of the image, over the mask's longer side.
        zoom: whether to look again.
    """
    boxes, whole = first_look(scene, contexts)
    views = look(probe, scene, boxes, whole)
    first = CoarseMatch(tuple(views), _allowed(merged(views, scene.reference.shape), scene), scene.within)
    part = _zoom_box(first.region) if zoom else None
    if part is None:
        return first
    closer = look(probe, scene, boxes, part)
    sharp = _sharpened(first.correspondence, merged(closer, scene.reference.shape))
    return CoarseMatch((*views, *closer), _allowed(sharp, scene), scene.within)


def first_look(scene: Scene, contexts: Sequence[float]) -> tuple[list[Box], Box]:
    """The crops of the image and the square around the whole reference; arguments as for `match_coarsely`."""
    # Squares, so that neither picture is squeezed: what is seen in another shape is matched worse.
    boxes = list(dict.fromkeys(squared(crop_around(scene.mask, scale)) for scale in contexts))
    return boxes, whole_of(scene.reference.shape)


def whole_of(reference_shape: Sequence[int]) -> Box:
    """The square around the whole of a reference (H_ref, W_ref, ...)."""
    return squared(Box(0, 0, reference_shape[1], reference_shape[0]))


def follow_coarse_match(probe: Probe, scene: Scene, context: float, coarse: CoarseMatch) -> AttentionField:
    """The field of attention between the crop of `context` and the coarsely matched part of the reference.

    Arguments as for `match_coarsely`.
    """
    part = crop_around(coarse.region, tuning.ATTENTION.field_context * context)
    return attention_field(probe, scene, squared(crop_around(scene.mask, context)), squared(part))


def look_at_warped(
    probe: Probe,
    scene: Scene,
    box: Box,
    warped: NDArray[np.uint8],
    to_reference: NDArray[np.float64],
    coarse: CoarseMatch,
) -> CoarseMatch:
    """The coarse match, sharpened by a look at the reference as a transform shows it in a crop of the image.

    Args:
        probe: reads the attention.
        scene: image and reference.
        box: crop of the image, a square that may reach beyond it.
        warped: (R, R, 3) RGB, the reference in that crop's frame.
        to_reference: (3, 3) from points of `warped` to points of the reference.
        coarse: the looks before, which weigh the new one.
    """
    side = warped.shape[0]
    views = look(probe, replace(scene, reference=warped), [box], Box(0, 0, side, side))
    found = cv2.warpPerspective(merged(views, (side, side)), to_reference, scene.reference.shape[1::-1])
    before = np.maximum(coarse.correspondence, tuning.ATTENTION.least_before)
    sharp = _sharpened(before, np.asarray(found, np.float32))
    return replace(coarse, correspondence=_allowed(sharp, scene))


def _zoom_box(region: NDArray[np.bool_]) -> Box | None:
    """The part of the reference worth a second look; None where the first saw it large enough."""
    tuned = tuning.ATTENTION
    box = squared(crop_around(region, tuned.zoom_context))
    return box if box.width < tuned.zoom_worth * max(region.shape) else None


def _allowed(correspondence: NDArray[np.float32], scene: Scene) -> NDArray[np.float32]:
    """The map inside the region given by hand, if one is; where it saw nothing there, the region itself."""
    if scene.within is None:
        return correspondence
    inside = np.where(scene.within, correspondence, np.float32(0))
    peak = float(inside.max())
    return np.asarray(inside / peak if peak > tuning.ATTENTION.least_seen else scene.within, np.float32)


def _sharpened(coarse: NDArray[np.float32], fine: NDArray[np.float32]) -> NDArray[np.float32]:
    """The closer look, weighted by the one before, so that it cannot wander to where that saw nothing."""
    product = np.sqrt(coarse * fine)
    return np.asarray(product / max(float(product.max()), 1e-12), np.float32)
