"""Soft masks: from which grey on a pixel is taken for the artifact."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from artifix.setting_names import setting

DUST = 0.25  # a part of a mask whose lightest pixel is darker than so much of the whole mask's marks nothing


def levels_of(blend: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """From which grey on each pixel of a mask is taken for the artifact.

    That is `threshold` of the lightest pixel of its connected part: a small part whose blur left nothing
    white, and one that was painted in a faint grey, are as much meant as a white one.

    Args:
        blend: (H, W) in [0, 1], the mask.
        threshold: in (0, 1].

    Returns:
        (H, W) float32, above 0; infinite in parts that are only dust.
    """
    inside = blend > 0
    if not np.any(inside & (blend < 1)):
        return np.broadcast_to(np.float32(threshold), blend.shape)  # no array of a large image's size
    count, labels = cv2.connectedComponents(inside.astype(np.uint8))
    lightest = np.concatenate([[1.0], np.atleast_1d(ndimage.maximum(blend, labels, range(1, count)))])
    level = np.where(lightest >= DUST * lightest[1:].max(), threshold * lightest, np.inf)
    return level.astype(np.float32)[labels]


def softness_of(blend: NDArray[np.float32], threshold: float) -> str:
    """What a person should know of a mask that is mostly grey; empty if it is not."""
    marked = blend[blend > 0]
    grey = float((marked < 1).mean())
    if grey <= 0.5:
        return ""
    of = "white" if marked.max() == 1 else f"its lightest grey ({marked.max():.2f})"
    return (
        f"{grey:.0%} of the mask is grey: from {threshold:g} of {of} on it is taken for the artifact, "
        f"and the rest blends ({setting('mask_threshold')})"
    )
