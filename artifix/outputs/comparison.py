"""The warped reference against the image: side by side, blended, and in turn on a checkerboard."""

import numpy as np
from numpy.typing import NDArray

from artifix.outputs.drawing import MASK_COLOUR, PANEL_GREY, Line, Panel, fitting_size, outline, sheet

PANEL_PX = 400  # side of every panel
FIELDS = 8  # of the checkerboard, along the longer side
_LINE_PX = 2  # thickness of the mask's outline


def comparison_sheet(
    image: NDArray[np.uint8],
    warped: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    said: str,
) -> NDArray[np.uint8]:
    """Image | warped reference | half of each | checkerboard of both; the mask is outlined in all but one.

    Args:
        image: RGB (h, w, 3), the crop around the mask.
        warped: RGB (h, w, 3), the reference in the same frame.
        valid: (h, w) True where the reference shows; elsewhere the image stands for it, or grey.
        mask: (h, w) of the crop.
        said: below the panels; ASCII.

    Returns:
        RGB uint8.
    """
    shown = np.where(valid[..., None], warped, np.uint8(PANEL_GREY[0]))
    filled_up = np.where(valid[..., None], warped, image)
    blend = ((image.astype(np.uint16) + filled_up + 1) // 2).astype(np.uint8)
    panels = [
        Panel("5  image", outline(image, mask, MASK_COLOUR, _LINE_PX)),
        Panel("warped reference", shown),
        Panel("half of each", outline(blend, mask, MASK_COLOUR, _LINE_PX)),
        Panel("checkerboard", outline(checkerboard(image, filled_up), mask, MASK_COLOUR, _LINE_PX)),
    ]
    return sheet(panels, [Line(said), Line("the mask", MASK_COLOUR)])


def checkerboard(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) fields of two pictures of the same size in turn, square ones; `first` at the top left."""
    height, width = first.shape[:2]
    side = max(1, -(-max(height, width) // FIELDS))
    rows, columns = np.arange(height) // side, np.arange(width) // side
    odd = (rows[:, None] + columns) % 2 == 1
    return np.where(odd[..., None], second, first)


def comparison_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) at which `comparison_sheet` is to be given a crop of (height, width)."""
    return fitting_size(height, width, (PANEL_PX, PANEL_PX))
