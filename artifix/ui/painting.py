"""Between the canvas that a visitor paints on and the mask of an image."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import resize
from artifix.inputs.images import Picture
from artifix.repair.results import previewed

CANVAS_PX = 1400  # longest side of what is painted on; larger images are shown smaller
PAINT = (255, 45, 85)
PAINT_OPACITY = 0.65
_LEAST_ALPHA = 64  # of 255: less is the soft rim of a stroke


def canvas_size(size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the canvas for an image of `size`."""
    scale = min(1.0, CANVAS_PX / max(size))
    height, width = (max(1, round(side * scale)) for side in size)
    return height, width


def canvas_of(image: Picture) -> NDArray[np.uint8]:
    """What is painted on: (H, W, 3) sRGB, the image's own pixels unless it is larger than the canvas."""
    shown, size = previewed(image), canvas_size(image.size)
    return shown if size == image.size else resize(shown, size)


def layer_of(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A mask as paint that the visitor can change: (H, W, 4) of the canvas.

    Args:
        mask: (H, W) of the image.
        size: (height, width) of the canvas.
    """
    seen = mask if mask.shape == size else resize(mask.astype(np.float32), size) >= 0.5
    layer = np.zeros((*size, 4), np.uint8)
    layer[seen] = (*PAINT, round(255 * PAINT_OPACITY))
    return layer


def mask_of(layers: Sequence[NDArray[np.uint8]], image: Picture) -> NDArray[np.bool_]:
    """(H, W) of the image, True where a layer of the canvas holds paint.

    Args:
        layers: (h, w, 4) each, of the canvas.
        image: that was painted on.

    Raises:
        InputError: nothing is painted, or the canvas is that of another image.
    """
    size = canvas_size(image.size)
    painted = np.zeros(size, bool)
    for layer in layers:
        if layer.shape[:2] != size:
            raise InputError(
                f"the paint has {layer.shape[1]}x{layer.shape[0]} px, and the image is shown with "
                f"{size[1]}x{size[0]} px",
                "drop the image again, and paint anew",
            )
        painted |= layer[..., 3] >= _LEAST_ALPHA
    if not painted.any():
        raise InputError("nothing is painted", "paint over the part that is wrong, or upload a mask")
    if size == image.size:
        return painted
    return resize(painted.astype(np.float32), image.size) >= 0.5
