"""The parts of a mask: those that are repaired one by one, and specks, which hold nothing to be found."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of

WORKING_SIDE_PX = 1024  # parts of larger masks are told apart at this size
BRIDGE_SHARE = 0.02  # half the gap that still joins two parts, over the image's longer side
LEAST_BRIDGE_PX = 4  # ... at least
SPECK_SHARE, LEAST_SPECK_PX = 0.008, 3  # longer side of a speck at most, over the image's, and at least
FILL_RADIUS_PX = 3  # of what is asked around a speck


class Parts(NamedTuple):
    """What a mask consists of."""

    groups: tuple[NDArray[np.bool_], ...]  # (H, W) each, the largest first; at least one
    specks: tuple[NDArray[np.bool_], ...] = ()  # (H, W) each, too small to be located


def parts_of(mask: NDArray[np.bool_]) -> Parts:
    """Split (H, W) `mask`, of which a pixel is True; a mask of nothing but specks is one group."""
    found = groups(mask)
    most = max(LEAST_SPECK_PX, SPECK_SHARE * max(mask.shape))
    sides = [max(box.width, box.height) for box in map(box_of, found)]
    large = [part for part, side in zip(found, sides, strict=True) if side > most]
    small = [part for part, side in zip(found, sides, strict=True) if side <= most]
    return Parts(tuple(large), tuple(small)) if large else Parts((mask,))


def groups(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Split (H, W) `mask` into parts to repaint one by one, the largest first.

    Parts nearer to each other than twice the bridge are one group; a far speck stays alone, so that it does
    not make one huge crop of two small ones.
    """
    step = -(-max(mask.shape) // WORKING_SIDE_PX)
    small = _pooled(mask, step)
    bridge = max(LEAST_BRIDGE_PX, round(BRIDGE_SHARE * max(small.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * bridge + 1, 2 * bridge + 1))
    count, labels = cv2.connectedComponents(cv2.dilate(small.astype(np.uint8), disc))
    parts = [_spread(labels == k, step, mask.shape) & mask for k in range(1, count)]
    return sorted(parts, key=lambda part: -int(part.sum()))


def _pooled(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """The mask by squares of `step` pixels: True where any pixel is."""
    if step == 1:
        return mask
    height, width = (-(-side // step) for side in mask.shape)
    padded = np.zeros((height * step, width * step), np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(padded.reshape(height, step, width, step).any((1, 3)))


def _spread(small: NDArray[np.bool_], step: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The inverse of `_pooled`: every square is as its pixel."""
    return small.repeat(step, 0).repeat(step, 1)[: shape[0], : shape[1]]


def fill_note(filled: Sequence[NDArray[np.bool_]]) -> str:
    """What to say of parts that are not repaired after the reference; empty if there are none."""
    if not filled:
        return ""
    count = f"{len(filled)} parts" if len(filled) > 1 else "a part"
    pixels = sum(int(part.sum()) for part in filled)
    where = "in the reference: filled from around"
    return f"{count} of the mask ({pixels} px) too small or thin to be found {where}"


def fill_specks(pixels: NDArray, specks: Sequence[NDArray[np.bool_]]) -> NDArray:
    """The picture with specks painted over from what surrounds them (Telea 2004).

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        specks: (H, W) each.
    """
    filled = pixels.copy() if specks else pixels
    for speck in specks:
        box, pad = box_of(speck), 4 * FILL_RADIUS_PX
        rows = slice(max(0, box.top - pad), box.bottom + pad)
        columns = slice(max(0, box.left - pad), box.right + pad)
        part, hole = filled[rows, columns], speck[rows, columns].astype(np.uint8)
        planes = [
            cv2.inpaint(np.ascontiguousarray(part[..., i]), hole, FILL_RADIUS_PX, cv2.INPAINT_TELEA)
            for i in range(3)
        ]
        filled[rows, columns] = np.where(hole[..., None] > 0, np.dstack(planes), part)
    return filled
