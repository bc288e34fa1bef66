"""The small picture of one row of a report: before, after, and where the reference was matched."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import resize
from artifix.outputs.drawing import EDGE, centred, fitting_size, shown_mask
from artifix.outputs.overlay import heat_map, zoom_on

TILE_PX = 160  # side of each of the three; a multiple of 16, so that no block of the JPEG holds two of them
MOST_BYTES = 9 * 1024  # in base64, as a page holds it, a third more
_ZOOM = 1.8  # side of the square shown, over the longer side of the mask
_QUALITIES = (75, 65, 55, 45, 35, 25)  # the first that is small enough is taken


def encode_strip(
    image: NDArray[np.uint8],
    refined: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    correspondence: NDArray[np.float32],
    region: NDArray[np.bool_],
) -> bytes:
    """Three square tiles in a row, for `artifix.outputs.report`.

    Before | after, both cut out around the mask | the reference with its correspondence map and region.

    Args:
        image: RGB (H, W, 3).
        refined: RGB (H, W, 3).
        mask: (H, W) True on what is repainted; where it is nowhere True, the whole image is shown.
        reference: RGB (H_ref, W_ref, 3).
        correspondence: (H_ref, W_ref) in [0, 1].
        region: (H_ref, W_ref).

    Returns:
        A JPEG of 480 x 160 px, the same for the same arguments, of at most `MOST_BYTES` for all but noise.

    Raises:
        ValueError: `image` and `refined` differ in size, or the parts of the reference do.
    """
    if not image.shape[:2] == refined.shape[:2] == mask.shape:
        raise ValueError(f"image {image.shape}, refined {refined.shape} and mask {mask.shape} differ in size")
    if not reference.shape[:2] == correspondence.shape == region.shape:
        shapes = f"reference {reference.shape}, correspondence {correspondence.shape}, region {region.shape}"
        raise ValueError(f"{shapes} differ in size")
    shown = zoom_on(mask, _ZOOM).slices()
    size = _shown_size(region.shape)
    match = heat_map(resize(correspondence, size), resize(reference, size), shown_mask(region, size))
    tiles = [_tile(image[shown]), _tile(refined[shown]), _tile(match)]
    return _encode_jpeg(np.concatenate(tiles, axis=1))


def _tile(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The whole picture in a square; on dark ground, which suits a light page and a dark one."""
    return centred(resize(picture, _shown_size(picture.shape)), (TILE_PX, TILE_PX), EDGE)


def _shown_size(shape: Sequence[int]) -> tuple[int, int]:
    return fitting_size(shape[0], shape[1], (TILE_PX, TILE_PX))


def _encode_jpeg(picture: NDArray[np.uint8]) -> bytes:
    bgr = np.ascontiguousarray(picture[..., ::-1])
    for quality in _QUALITIES:
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        written, data = cv2.imencode(".jpg", bgr, settings)
        assert written
        if data.size <= MOST_BYTES:
            break
    return data.tobytes()
