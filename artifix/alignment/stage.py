"""Stage 1: where in the reference is the masked part, and how is it seen there?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.correspondence import View, look, matches_of, merged
from artifix.alignment.guess import guess_transform
from artifix.alignment.matching import Matches, match_features
from artifix.alignment.region import Blob, blobs
from artifix.alignment.transform import LEAST_SIDE_PX, Transform, best_transform
from artifix.config import AlignmentConfig
from artifix.errors import NoMatchError, UsageError
from artifix.geometry import Box, box_of, square_around, squared
from artifix.network.assembly import Network
from artifix.network.attention import cross_attention_layers

LEAST_CROP_PX = 32  # smaller crops of the image hold nothing to recognise
ZOOM_CONTEXT = 2.0  # side of the second look over the first answer's
# Confidence of a guess by the share of attention that agrees; most unrelated references stay below the second
GUESS_SHARES, GUESS_CONFIDENCES = (0.12, 0.245, 0.5), (0.1, 0.25, 0.5)
LEAST_STRUCTURE = 4.0  # deviation of grey levels in the region; in less, attention finds only its habits
UNSUPPORTED = 0.25  # of the map's gathered mass, where attention agrees on no similarity
ZOOM_WORTH = 0.7  # the second look must be this much narrower than the reference


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
    boxes = _boxes(mask, config.contexts)
    views = look(network, image, mask, reference, boxes, _whole(reference), layer, timestep, seed)
    correspondence = merged(views, reference.shape)
    blob = blobs(correspondence)[0]
    zoom_box = _zoom_box(blob, reference.shape)
    if config.zoom and zoom_box is not None:
        closer = look(network, image, mask, reference, boxes, zoom_box, layer, timestep, seed)
        correspondence = _sharpened(correspondence, merged(closer, reference.shape))
        blob, views = blobs(correspondence)[0], [*views, *closer]
    transform, confidence = None, _gathered(blob)
    if config.transform:
        masks = mask, mask if masked is None else masked
        transform, confidence = _transform(image, masks, reference, views, correspondence, config)
    if confidence < config.min_confidence and not config.force:
        raise NoMatchError(
            f"nothing in the reference matches the masked part (confidence {confidence:.2f}, "
            f"{config.min_confidence:.2f} is the least)",
            "use a reference that shows this part of the object, or pass --force for the best guess",
        )
    region = transform.region(mask, reference.shape) if transform else blob.region
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


def _sharpened(coarse: NDArray[np.float32], fine: NDArray[np.float32]) -> NDArray[np.float32]:
    """The closer look, weighted by the first one, so that it cannot wander to where the first saw nothing."""
    product = np.sqrt(coarse * fine)
    return product / max(float(product.max()), 1e-12)


def _transform(
    image: NDArray[np.uint8],
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    reference: NDArray[np.uint8],
    views: Sequence[View],
    correspondence: NDArray[np.float32],
    config: AlignmentConfig,
) -> tuple[Transform | None, float]:
    """The transform that the ring proves, else the similarity attention agrees on; and its confidence.

    `masks` are those of the group and of every artifact.
    """
    mask, masked = masks
    attention = _joined([matches_of(view) for view in views])
    if min(*image.shape[:2], *reference.shape[:2]) >= LEAST_SIDE_PX:
        pool = [match_features(image, masked, reference), attention] if config.match_pool else [attention]
        best = best_transform(image, mask, reference, pool, masked)
        if best is not None and best.is_proved:
            return best, float(np.clip(0.5 + best.agreement / 2, 0, 1))
    guess = guess_transform(attention, mask, correspondence)
    if guess is None or _is_flat(reference, guess.transform.region(mask, reference.shape)):
        return None, UNSUPPORTED * _gathered(blobs(correspondence)[0])
    return guess.transform, float(np.interp(guess.share, GUESS_SHARES, GUESS_CONFIDENCES))


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
