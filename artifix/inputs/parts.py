"""The parts of a mask: those that are repaired one by one, and specks, in which nothing can be found."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from artifix.geometry import box_of

WORKING_SIDE_PX = 1024  # parts of larger masks are told apart at this size
BRIDGE_SHARE = 0.02  # half the gap that still joins two parts, over the image's longer side
LEAST_BRIDGE_PX = 4  # ... at least
SPECK_SHARE, LEAST_SPECK_PX = 0.008, 3  # longer side of a speck at most, over the image's, and at least
THIN_SHARE, LEAST_THIN_PX = 0.002, 1.5  # inner radius of a thin part at most, likewise
MOST_THIN = 8  # thin parts worth a search each; dust may be hundreds
MOST_COVERED = 0.02  # of the image by a thin part


class Parts(NamedTuple):
    """What a mask consists of."""

    groups: tuple[NDArray[np.bool_], ...]  # (H, W) each, the largest first; at least one
    specks: NDArray[np.bool_] | None = None  # (H, W), all that are too small to be sought


def parts_of(mask: NDArray[np.bool_]) -> Parts:
    """Split (H, W) `mask`, of which a pixel is True; a mask of nothing but specks is one group.

    Parts nearer to each other than twice the bridge are one group; a far speck stays alone, so that it does
    not make one huge crop of two small ones.
    """
    found = sorted(_joined(mask), key=lambda piece: -int(piece.part.sum()))
    most_px = max(LEAST_SPECK_PX, SPECK_SHARE * max(mask.shape))
    groups, thin = [], 0
    for piece in found:
        is_scratch = is_thin(piece.part, mask.shape)
        thin += is_scratch
        box = box_of(piece.part)
        if max(box.width, box.height) > most_px and not (is_scratch and thin > MOST_THIN):
            group = np.zeros_like(mask)
            group[piece.place] = piece.part
            groups.append(group)
    if not groups:
        return Parts((mask,))
    specks = mask & ~np.logical_or.reduce(groups)
    return Parts(tuple(groups), specks if specks.any() else None)


class _Piece(NamedTuple):
    """Some of a mask, cut out."""

    place: tuple[slice, slice]  # of the mask
    part: NDArray[np.bool_]  # what of it is there


def _joined(mask: NDArray[np.bool_]) -> list[_Piece]:
    """What of the mask lies nearer together than twice the bridge; told apart on a small picture of it."""
    step = -(-max(mask.shape) // WORKING_SIDE_PX)
    small = _pooled(mask, step)
    bridge = max(LEAST_BRIDGE_PX, round(BRIDGE_SHARE * max(small.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * bridge + 1, 2 * bridge + 1))
    _, labels = cv2.connectedComponents(cv2.dilate(small.astype(np.uint8), disc))
    labels[~small] = 0
    pieces = []
    for k, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        place = slice(rows.start * step, rows.stop * step), slice(columns.start * step, columns.stop * step)
        whole = mask[place]
        own = (labels[rows, columns] == k).repeat(step, 0).repeat(step, 1)
        pieces.append(_Piece(place, whole & own[: whole.shape[0], : whole.shape[1]]))
    return pieces


def _pooled(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """The mask by squares of `step` pixels: True where any pixel is."""
    if step == 1:
        return mask
    height, width = (-(-side // step) for side in mask.shape)
    padded = np.zeros((height * step, width * step), np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(padded.reshape(height, step, width, step).any((1, 3)))


def is_thin(part: NDArray[np.bool_], shape: tuple[int, ...]) -> bool:
    """Whether a part of a mask is as thin as a scratch or as dust.

    Args:
        part: (h, w), cut out or not.
        shape: (H, W) of the image.
    """
    padded = np.pad(part.astype(np.uint8), 1)
    radius_px = float(cv2.distanceTransform(padded, cv2.DIST_L2, 5).max())
    covered = float(part.sum()) / (shape[0] * shape[1])
    return radius_px <= max(LEAST_THIN_PX, THIN_SHARE * max(shape)) and covered <= MOST_COVERED
