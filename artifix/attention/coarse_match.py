"""Three looks for the masked part: at the whole reference, closer, and along the field of attention."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.attention.correspondence import View, look, merged
from artifix.attention.field import AttentionField, attention_field
from artifix.attention.probe import Gaze
from artifix.attention.region import Blob, blobs, find_region
from artifix.geometry import Box, Crop, crop_around, squared
from artifix.registration.transform import Transform
from artifix.scene import Scene

ZOOM_CONTEXT = 2.0  # side of the second look over the first answer's
ZOOM_WORTH = 0.7  # the second look must be this much narrower than the reference
FIELD_CONTEXT = 1.25  # side of the part that is followed, over that of the crop at the region's scale
LEAST_SEEN = 1e-3  # of the map's peak, in a region given by hand
FIELD_LEAST = 0.1  # weight of the last look where those before saw nothing


@dataclass(frozen=True, eq=False)
class Sighting:
    """What the looks saw so far."""

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


def sight(gaze: Gaze, scene: Scene, contexts: Sequence[float], zoom: bool) -> Sighting:
    """Look at the whole reference, then, with `zoom`, at the part where the masked part seems to be.

    Args:
        gaze: reads the attention.
        scene: its mask has a True pixel.
        contexts: sides of the crops of the image, over the mask's longer side.
        zoom: whether to look again.
    """
    boxes, whole = first_look(scene, contexts)
    views = look(gaze, scene, boxes, whole)
    first = Sighting(tuple(views), _allowed(merged(views, scene.reference.shape), scene), scene.within)
    part = _zoom_box(first.region) if zoom else None
    if part is None:
        return first
    closer = look(gaze, scene, boxes, part)
    sharp = _sharpened(first.correspondence, merged(closer, scene.reference.shape))
    return Sighting((*views, *closer), _allowed(sharp, scene), scene.within)


def first_look(scene: Scene, contexts: Sequence[float]) -> tuple[list[Box], Box]:
    """The crops of the image and the square around the whole reference; arguments as for `sight`."""
    # Squares, so that neither picture is squeezed: what is seen in another shape is matched worse.
    boxes = list(dict.fromkeys(squared(crop_around(scene.mask, scale)) for scale in contexts))
    return boxes, whole_of(scene.reference.shape)


def whole_of(reference_shape: Sequence[int]) -> Box:
    """The square around the whole of a reference (H_ref, W_ref, ...)."""
    return squared(Box(0, 0, reference_shape[1], reference_shape[0]))


def follow_sighting(gaze: Gaze, scene: Scene, context: float, sighting: Sighting) -> AttentionField:
    """The field of attention between the crop of `context` and the part of the reference sighted.

    Arguments as for `sight`.
    """
    part = crop_around(sighting.region, FIELD_CONTEXT * context)
    return attention_field(gaze, scene, squared(crop_around(scene.mask, context)), squared(part))


def look_along(gaze: Gaze, scene: Scene, box: Box, transform: Transform, sighting: Sighting) -> Sighting:
    """The sighting, sharpened by a look at the reference as `transform` shows it in a crop of the image.

    Args:
        gaze: reads the attention.
        scene: image and reference.
        box: crop of the image, a square that may reach beyond it.
        transform: from the image to the reference.
        sighting: of the looks before, which weighs the new one.
    """
    side = gaze.network.reference_size_px
    bent, _ = transform.warp_reference(scene.reference, box, (side, side))
    bent_scene = replace(scene, reference=np.clip(bent, 0, 255).astype(np.uint8))
    views = look(gaze, bent_scene, [box], Box(0, 0, side, side))
    matrix = transform.matrix @ np.linalg.inv(Crop(box, (side, side)).matrix())
    found = cv2.warpPerspective(merged(views, (side, side)), matrix, scene.reference.shape[1::-1])
    coarse = np.maximum(sighting.correspondence, FIELD_LEAST)
    sharp = _sharpened(coarse, np.asarray(found, np.float32))
    return replace(sighting, correspondence=_allowed(sharp, scene))


def _zoom_box(region: NDArray[np.bool_]) -> Box | None:
    """The part of the reference worth a second look; None where the first saw it large enough."""
    box = squared(crop_around(region, ZOOM_CONTEXT))
    return box if box.width < ZOOM_WORTH * max(region.shape) else None


def _allowed(correspondence: NDArray[np.float32], scene: Scene) -> NDArray[np.float32]:
    """The map inside the region given by hand, if one is; where it saw nothing there, the region itself."""
    if scene.within is None:
        return correspondence
    inside = np.where(scene.within, correspondence, np.float32(0))
    peak = float(inside.max())
    return np.asarray(inside / peak if peak > LEAST_SEEN else scene.within, np.float32)


def _sharpened(coarse: NDArray[np.float32], fine: NDArray[np.float32]) -> NDArray[np.float32]:
    """The closer look, weighted by the one before, so that it cannot wander to where that saw nothing."""
    product = np.sqrt(coarse * fine)
    return np.asarray(product / max(float(product.max()), 1e-12), np.float32)
