"""Pictures seen through views, and masks carried along."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from stress_set.views import Points, View

OVERSAMPLING = 2  # samples a pixel and axis, so that what is seen small does not alias
NOWHERE = -1e4  # [px] outside every picture; remap knows no NaN


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A picture, how much of each of its pixels is there, and how it is seen."""

    picture: NDArray[np.uint8]  # (H, W, 3)
    cover: NDArray[np.float32]  # (H, W) in [0, 1]
    view: View


def draw(layer: Layer, background: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The layer before (h, w, 3) `background`, and the (h, w) share of each pixel that it covers."""
    height, width = background.shape[:2]
    map_x, map_y = source_maps(layer.view, height, width, OVERSAMPLING)
    seen = cv2.remap(layer.picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(layer.cover, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    seen = cv2.resize(
        seen.astype(np.float32) * cover[..., None], (width, height), interpolation=cv2.INTER_AREA
    )
    cover = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA)
    both = seen + (1 - cover[..., None]) * background
    return both.round().clip(0, 255).astype(np.uint8), cover


def source_maps(
    view: View, height: int, width: int, finer: int = 1
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each pixel of a view, `finer` times as fine, the (x, y) of the picture that is seen there."""
    x = (np.arange(width * finer) + 0.5) / finer - 0.5
    y = (np.arange(height * finer) + 0.5) / finer - 0.5
    points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    source = _somewhere(view.backward(points))
    return tuple(source[:, i].reshape(height * finer, width * finer) for i in (0, 1))


def carry_mask(
    mask: NDArray[np.bool_], image: View, reference: View, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Where the masked part of the image lies in a reference of `size` (height, width)."""
    height, width = size
    map_x, map_y = source_maps(reference, height, width)
    points = np.stack([map_x.ravel(), map_y.ravel()], 1).astype(np.float64)
    source = _somewhere(image.forward(points))
    planes = [source[:, i].reshape(size) for i in (0, 1)]
    return cv2.remap(mask.astype(np.uint8), *planes, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT) > 0


def _somewhere(points: Points) -> NDArray[np.float32]:
    return np.where(np.isnan(points), NOWHERE, points).astype(np.float32)
