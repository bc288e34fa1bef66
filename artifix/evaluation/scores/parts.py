"""The repaired part and the matched region, as squares that can be compared."""

import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.scores.repaired import Repaired
from artifix.geometry import Box, Crop, box_of

LEAST_SIDE_PX = 8  # smaller squares hold nothing to compare


def square_of(mask: NDArray[np.bool_], context: float, side_px: int) -> Crop:
    """The square around the True pixels of (H, W) `mask`, brought to `side_px`.

    Args:
        mask: at least one pixel is True.
        context: side of the square, in longer sides of their box; it may reach beyond the picture.
        side_px: of the working picture.
    """
    box = box_of(mask)
    side = max(round(max(box.width, box.height) * context), LEAST_SIDE_PX)
    left, top = (round(middle - side / 2) for middle in box.centre)
    return Crop(Box(left, top, left + side, top + side), (side_px, side_px))


def both_parts(one: Repaired, side_px: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """(side_px, side_px, 3) RGB squares on mask and matched region; None where no region is known.

    They are as wide as the longer sides of the boxes around both. Beyond a picture, its edge is repeated.
    """
    if one.place is None:
        return None
    pairs = ((one.refined, one.mask), (one.reference, one.place))
    mine, other = (square_of(mask, 1.0, side_px).cut(picture) for picture, mask in pairs)
    return mine, other
