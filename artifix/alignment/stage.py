"""Stage 1: where in the reference is the masked part, and how is it seen there?"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.alignment.correspondence import look, matches_of, merged
from artifix.alignment.field import AttentionField, attention_field
from artifix.alignment.gaze import Gaze
from artifix.alignment.matching import Matches, match_features
from artifix.alignment.region import Blob, blobs
from artifix.alignment.transform import LEAST_SIDE_PX, Transform, best_transform
from artifix.config import AlignmentConfig
from artifix.errors import NoMatchError, UsageError
from artifix.geometry import Box, Crop, box_of, square_around, squared
from artifix.network.assembly import Network
from artifix.network.attention import cross_attention_layers

LEAST_CROP_PX = 32  # smaller crops of the image hold nothing to recognise
ZOOM_CONTEXT = 2.0  # side of the second look over the first answer's
ZOOM_WORTH = 0.7  # the second look must be this much narrower than the reference
FIELD_CONTEXT = 1.25  # side of the part that is followed, over that of the crop at the region's scale
FIELD_LEAST = 0.1  # of the map, where a trusted field leads though the looks before saw nothing
# Confidence by the trust in the field of attention; that in most unrelated references stays below the second.
TRUSTS, CONFIDENCES = (0.1, 0.3, 0.7), (0.05, 0.25, 0.5)
LEAST_STRUCTURE = 4.0  # deviation of grey levels in the region; in less, attention finds only its habits
UNSUPPORTED = 0.25  # of the map's gathered mass, where the field of attention is no view of a surface


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where one mask group lies in the reference."""

    mask: NDArray[np.bool_]  # (H, W) of the image, this group
    box: Box  # crop of the image around it, in its pixels
    correspondence: NDArray[np.float32]  # M*, (H_ref, W_ref) in [0, 1]
    region: NDArray[np.bool_]  # (H_ref, W_ref)
    transform: Transform | None  # None where only the region is known
    confidence: float  # that the region is right, in [0, 1]
    layer: str
    timestep: int
    source: str  # what decided: "sift", "attention" (a transform), or "correspondence" (a region)


def align(
    network: Network,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    config: AlignmentConfig,
    *,
    layer: str,
    timestep: int,
    seed: int,
    masked: NDArray[np.bool_] | None = None,
) -> Alignment:
    """Locate one mask group in the reference.

    Args:
        network: the parts both stages use.
        image: (H, W, 3).
        mask: (H, W) with a True pixel, the group.
        reference: (H_ref, W_ref, 3).
        config: which parts of the stage run.
        layer: module path of the cross-attention layer to read.
        timestep: noise level of the pass.
        seed: of its noise.
        masked: (H, W), True on every artifact, where that is more than this group.

    Raises:
        UsageError: the network has no such layer or noise level.
        NoMatchError: nothing in the reference matches, and `config.force` is not set.
    """
    check_address(network, layer, timestep)
    gaze = Gaze(network, layer, timestep, seed)
    boxes = _boxes(mask, config.contexts)
    views = look(gaze, image, mask, reference, boxes, _whole(reference))
    correspondence = merged(views, reference.shape)
    zoom_box = _zoom_box(blobs(correspondence)[0], reference.shape)
    if config.zoom and zoom_box is not None:
        closer = look(gaze, image, mask, reference, boxes, zoom_box)
        correspondence = _sharpened(correspondence, merged(closer, reference.shape))
        views = [*views, *closer]
    part = _followed(blobs(correspondence)[0], config.contexts[0], reference.shape)
    field = attention_field(gaze, image, mask, reference, boxes[0], part)
    guess, confidence = _guess(field, mask, reference, correspondence)
    if guess is not None and config.zoom and confidence >= CONFIDENCES[1]:
        last = _along(gaze, image, mask, reference, guess, boxes[0])
        correspondence = _sharpened(correspondence, last, FIELD_LEAST)
    transform = None
    if config.transform:
        masks = mask, mask if masked is None else masked
        pool = [_joined([matches_of(view) for view in views]), field.matches]
        transform = _proved(image, masks, reference, pool, config) or guess
        if transform is not None and transform.is_proved:
            confidence = float(np.clip(0.5 + transform.agreement / 2, 0, 1))
    if confidence < config.min_confidence and not config.force:
        raise NoMatchError(
            f"nothing in the reference matches the masked part (confidence {confidence:.2f}, "
            f"{config.min_confidence:.2f} is the least)",
            "use a reference that shows this part of the object, or pass --force for the best guess",
        )
    region = transform.region(mask, reference.shape) if transform else blobs(correspondence)[0].region
    source = transform.source if transform else "correspondence"
    box = _around(mask, config.contexts[0])
    return Alignment(mask, box, correspondence, region, transform, confidence, layer, timestep, source)


def check_address(network: Network, layer: str, timestep: int) -> None:
    """Raise UsageError unless the network has this cross-attention layer and noise level."""
    layers = cross_attention_layers(network.unet)
    if layer not in layers:
        raise UsageError(
            f"--layer {layer}: the network has no such layer", f"its layers are: {', '.join(layers)}"
        )
    last = network.scheduler.config.num_train_timesteps - 1
    if not 0 <= timestep <= last:
        raise UsageError(f"--timestep {timestep}: is outside the schedule", f"use 0 to {last}")


def _boxes(mask: NDArray[np.bool_], contexts: Sequence[float]) -> list[Box]:
    # Squares, so that neither picture is squeezed: what is seen in another shape is matched worse.
    return list(dict.fromkeys(squared(_around(mask, scale)) for scale in contexts))


def _around(mask: NDArray[np.bool_], scale: float) -> Box:
    return square_around(box_of(mask), scale, LEAST_CROP_PX, *mask.shape)


def _whole(reference: NDArray) -> Box:
    return squared(Box(0, 0, reference.shape[1], reference.shape[0]))


def _zoom_box(blob: Blob, shape: Sequence[int]) -> Box | None:
    """The part of the reference worth a second look; None where the first saw it large enough."""
    height, width = shape[:2]
    box = squared(square_around(box_of(blob.region), ZOOM_CONTEXT, LEAST_CROP_PX, height, width))
    return box if box.width < ZOOM_WORTH * max(height, width) else None


def _sharpened(
    coarse: NDArray[np.float32], fine: NDArray[np.float32], least: float = 0.0
) -> NDArray[np.float32]:
    """The closer look, weighted by the one before, so that it cannot wander to where that saw nothing.

    `least` is the weight where it saw nothing, in [0, 1].
    """
    product = np.sqrt(np.maximum(coarse, least) * fine)
    return product / max(float(product.max()), 1e-12)


def _followed(blob: Blob, context: float, shape: Sequence[int]) -> Box:
    """The part of the reference that shows what the crop of `context` does, and a little more."""
    around = square_around(box_of(blob.region), FIELD_CONTEXT * context, LEAST_CROP_PX, *shape[:2])
    return squared(around)


def _guess(
    field: AttentionField,
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    correspondence: NDArray[np.float32],
) -> tuple[Transform | None, float]:
    """The transform that the field of attention is nearest to, and the confidence in it.

    Generated images are not photographs: cloth hangs otherwise, print is drawn anew, and no warp explains the
    ring to the pixel. The field still says where the part lies, and how it is seen there.
    """
    transform = field.transform()
    region = None if transform is None else transform.region(mask, reference.shape)
    if region is None or not region.any() or _is_flat(reference, region):
        return None, UNSUPPORTED * _gathered(blobs(correspondence)[0])
    return transform, float(np.interp(field.trust, TRUSTS, CONFIDENCES))


def _along(
    gaze: Gaze,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    guess: Transform,
    box: Box,
) -> NDArray[np.float32]:
    """The correspondence map of a look at the reference as the guess shows it, on the reference."""
    side = gaze.network.reference_size_px
    bent, _ = guess.warp_reference(reference, box, (side, side))
    seen = look(gaze, image, mask, np.clip(bent, 0, 255).astype(np.uint8), [box], Box(0, 0, side, side))
    matrix = guess.matrix @ np.linalg.inv(Crop(box, (side, side)).matrix())
    found = merged(seen, (side, side))
    return np.asarray(cv2.warpPerspective(found, matrix, reference.shape[1::-1]), np.float32)


def _proved(
    image: NDArray[np.uint8],
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    reference: NDArray[np.uint8],
    pool: Sequence[Matches],
    config: AlignmentConfig,
) -> Transform | None:
    """The transform that the ring proves, if any; `masks` are those of the group and of every artifact."""
    mask, masked = masks
    if min(*image.shape[:2], *reference.shape[:2]) < LEAST_SIDE_PX:
        return None
    classical = [match_features(image, masked, reference)] if config.match_pool else []
    best = best_transform(image, mask, reference, [*classical, *pool], masked)
    return best if best is not None and best.is_proved else None


def _is_flat(reference: NDArray[np.uint8], region: NDArray[np.bool_]) -> bool:
    """Whether the region shows nothing that could be recognised."""
    return float(reference[region].mean(-1).std()) < LEAST_STRUCTURE


def _gathered(blob: Blob) -> float:
    """Share of the map's mass in the blob, less what a map that says nothing would have there; in [0, 1]."""
    return blob.mass * (1 - float(blob.region.mean()))


def _joined(parts: Sequence[Matches]) -> Matches:
    return Matches(
        np.concatenate([part.image for part in parts]),
        np.concatenate([part.reference for part in parts]),
        np.concatenate([part.weights for part in parts]),
        parts[0].source,
        float(np.median([part.tolerance_px for part in parts])),
    )
