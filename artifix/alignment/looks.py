"""Three looks for the masked part: at the whole reference, closer, and along the field of attention."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.alignment.correspondence import View, look, merged
from artifix.alignment.field import AttentionField, attention_field
from artifix.alignment.gaze import Gaze
from artifix.alignment.region import Blob, blobs
from artifix.alignment.transform import Transform
from artifix.geometry import Box, Crop, box_of, square_around, squared

LEAST_CROP_PX = 32  # smaller crops hold nothing to recognise
ZOOM_CONTEXT = 2.0  # side of the second look over the first answer's
ZOOM_WORTH = 0.7  # the second look must be this much narrower than the reference
FIELD_CONTEXT = 1.25  # side of the part that is followed, over that of the crop at the region's scale
FIELD_LEAST = 0.1  # weight of the last look where those before saw nothing


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """What the first two looks saw."""

    views: tuple[View, ...]
    correspondence: NDArray[np.float32]  # M*, (H_ref, W_ref) in [0, 1]


def sight(
    gaze: Gaze,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    contexts: Sequence[float],
    zoom: bool,
) -> Sighting:
    """Look at the whole reference, then, with `zoom`, at the part where the masked part seems to be.

    Args:
        gaze: reads the attention.
        image: (H, W, 3).
        mask: (H, W) with a True pixel.
        reference: (H_ref, W_ref, 3).
        contexts: sides of the crops of the image, over the mask's longer side.
        zoom: whether to look again.
    """
    # Squares, so that neither picture is squeezed: what is seen in another shape is matched worse.
    boxes = list(dict.fromkeys(squared(crop_around(mask, scale)) for scale in contexts))
    whole = squared(Box(0, 0, reference.shape[1], reference.shape[0]))
    views = look(gaze, image, mask, reference, boxes, whole)
    correspondence = merged(views, reference.shape)
    part = _zoom_box(blobs(correspondence)[0], reference.shape) if zoom else None
    if part is None:
        return Sighting(tuple(views), correspondence)
    closer = look(gaze, image, mask, reference, boxes, part)
    return Sighting((*views, *closer), _sharpened(correspondence, merged(closer, reference.shape)))


def follow_sighting(
    gaze: Gaze,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    context: float,
    sighting: Sighting,
) -> AttentionField:
    """The field of attention between the crop of `context` and the part of the reference sighted.

    Arguments as for `sight`.
    """
    blob = blobs(sighting.correspondence)[0]
    part = square_around(box_of(blob.region), FIELD_CONTEXT * context, LEAST_CROP_PX, *reference.shape[:2])
    return attention_field(gaze, image, mask, reference, squared(crop_around(mask, context)), squared(part))


def look_along(
    gaze: Gaze,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    box: Box,
    transform: Transform,
    correspondence: NDArray[np.float32],
) -> NDArray[np.float32]:
    """M* of a look at the reference as `transform` shows it in a crop of the image.

    Args:
        gaze: reads the attention.
        image: (H, W, 3).
        mask: (H, W).
        reference: (H_ref, W_ref, 3).
        box: crop of the image, a square that may reach beyond it.
        transform: from the image to the reference.
        correspondence: M* of the looks before, which the new one is weighted by.
    """
    side = gaze.network.reference_size_px
    bent, _ = transform.warp_reference(reference, box, (side, side))
    views = look(gaze, image, mask, np.clip(bent, 0, 255).astype(np.uint8), [box], Box(0, 0, side, side))
    matrix = transform.matrix @ np.linalg.inv(Crop(box, (side, side)).matrix())
    found = cv2.warpPerspective(merged(views, (side, side)), matrix, reference.shape[1::-1])
    return _sharpened(np.maximum(correspondence, FIELD_LEAST), np.asarray(found, np.float32))


def crop_around(mask: NDArray[np.bool_], context: float) -> Box:
    """The crop of the image whose side is `context` times that of the mask."""
    return square_around(box_of(mask), context, LEAST_CROP_PX, *mask.shape)


def _zoom_box(blob: Blob, shape: Sequence[int]) -> Box | None:
    """The part of the reference worth a second look; None where the first saw it large enough."""
    height, width = shape[:2]
    box = squared(square_around(box_of(blob.region), ZOOM_CONTEXT, LEAST_CROP_PX, height, width))
    return box if box.width < ZOOM_WORTH * max(height, width) else None


def _sharpened(coarse: NDArray[np.float32], fine: NDArray[np.float32]) -> NDArray[np.float32]:
    """The closer look, weighted by the one before, so that it cannot wander to where that saw nothing."""
    product = np.sqrt(coarse * fine)
    return np.asarray(product / max(float(product.max()), 1e-12), np.float32)
