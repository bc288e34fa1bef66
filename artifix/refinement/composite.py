"""Paste a patch back exactly."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from artifix.geometry import Box, resize
from artifix.inputs.images import bands
from artifix.refinement import tuning


def feathered(blend: NDArray, feather_px: float) -> NDArray[np.float32]:
    """(H, W) `blend` in [0, 1], or bool, fading inward from where it is 0; narrower in small parts."""
    inside = blend > 0
    if feather_px <= 0 or inside.all() or not inside.any():
        return blend.astype(np.float32)
    distance = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    count, labels = cv2.connectedComponents(inside.astype(np.uint8))
    each = ndimage.maximum(distance, labels, range(1, count)) if count > 2 else distance.max()
    radius = np.concatenate([[1.0], np.atleast_1d(each)])
    width = np.minimum(feather_px, tuning.REFINEMENT.feather_share * radius)
    share = np.empty(blend.shape, np.float32)
    for rows in bands(len(share)):
        ramp = np.clip(distance[rows] / (width[labels[rows]] + 0.5), 0, 1)
        share[rows] = blend[rows] * ramp * ramp * (3 - 2 * ramp)
    return share


def paste(pixels: NDArray, patch: NDArray, box: Box, blend: NDArray, feather_px: float) -> NDArray:
    """Blend a patch into a copy of the image; pixels whose blend is 0 stay bit-identical.

    Args:
        pixels: (H, W, 3) uint8 or uint16, the image's own samples.
        patch: (h, w, 3), resized to the box: uint8, uint16, or float in [0, 1].
        box: of the image, where the patch lies.
        blend: (H, W) in [0, 1], or bool: share of the patch before the feather; 0 outside the mask.
        feather_px: width of the inward feather, in pixels of the image.

    Returns:
        (H, W, 3) in the dtype of `pixels`.
    """
    result = pixels.copy()
    window = box.clip(*pixels.shape[:2])
    if window.is_empty():
        return result
    top = float(np.iinfo(pixels.dtype).max)
    if patch.shape[:2] != (box.height, box.width):
        patch = resize(_unit(patch), (box.height, box.width))
    offset = window.top - box.top, window.left - box.left
    patch = patch[offset[0] : offset[0] + window.height, offset[1] : offset[1] + window.width]
    # Around the patch nothing is pasted: the feather of the part in and next to it is that of the whole.
    near = Box(window.left - 2, window.top - 2, window.right + 2, window.bottom + 2).clip(*blend.shape)
    share = feathered(blend[near.slices()], feather_px)
    inside = window.top - near.top, window.left - near.left
    share = share[inside[0] : inside[0] + window.height, inside[1] : inside[1] + window.width][..., None]
    old, new = pixels[window.slices()], result[window.slices()]
    for rows in bands(window.height):
        mixed = old[rows] + share[rows] * (np.clip(_unit(patch[rows]), 0, 1) * top - old[rows])
        new[rows] = np.where(share[rows] > 0, mixed.round(), old[rows])
    return result


def _unit(patch: NDArray) -> NDArray[np.float32]:
    """A patch as float32 in [0, 1]."""
    if np.issubdtype(patch.dtype, np.integer):
        return (patch / np.float32(np.iinfo(patch.dtype).max)).astype(np.float32)
    return patch.astype(np.float32, copy=False)
