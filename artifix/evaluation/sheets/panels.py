"""One picture of a figure, drawn at the very size in which it is printed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.sheets.columns import Column
from artifix.evaluation.sheets.pictures import RowPictures
from artifix.geometry import Box, resize
from artifix.outputs.drawing import (
    EDGE,
    MASK_COLOUR,
    PAPER,
    REGION_COLOUR,
    Colour,
    fitting_size,
    outline,
    shown_mask,
)
from artifix.outputs.overlay import heat_map, zoom_on

MASK_ZOOM, REGION_ZOOM = 1.6, 1.3  # side of the square shown, over that of what it is about
INSET, INSET_ZOOM = (
    0.44,
    1.2,
)  # the same in a corner: its side over the shorter one of the picture; what it shows


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What a panel shows, before it is given its size."""

    picture: NDArray[np.uint8]  # RGB (h, w, 3)
    marked: NDArray[np.bool_] | None = None  # (h, w) outlined
    colour: Colour = MASK_COLOUR  # of the outline
    zoom: Box | None = None  # enlarged in a corner, in pixels of `picture`

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) [px]."""
        return self.picture.shape[0], self.picture.shape[1]


def shown_in(column: Column, row: RowPictures) -> Shown | None:
    """What a column shows of a row; None where a file is missing that it needs."""
    if column.of_reference:
        return _of_reference(column, row)
    if column.shows == "mask":
        if row.mask is None:
            return None
        white = np.where(row.mask[..., None], np.uint8(255), np.uint8(0)).repeat(3, axis=2)
        return _framed(column, Shown(white), row.mask, MASK_ZOOM)
    picture = row.pictures.get("image" if column.shows == "artifact" else column.shows)
    if picture is None or (row.mask is None and (column.view != "whole" or column.shows == "image")):
        return None
    marked = row.mask if column.shows == "image" else None
    return _framed(column, Shown(picture, marked), row.mask, MASK_ZOOM)


def _of_reference(column: Column, row: RowPictures) -> Shown | None:
    reference = row.pictures.get("reference")
    if reference is None or (row.region is None and (column.view != "whole" or column.shows != "reference")):
        return None
    if column.shows == "correspondence":
        if row.correspondence is None:
            return None
        reference = heat_map(row.correspondence, reference)
    marked = None if column.shows == "reference" else row.region
    return _framed(column, Shown(reference, marked, REGION_COLOUR), row.region, REGION_ZOOM)


def _framed(column: Column, shown: Shown, about: NDArray[np.bool_] | None, scale: float) -> Shown:
    """All of it, its part alone, or all with the part enlarged; as the column says."""
    if column.view == "whole":
        return shown
    assert about is not None
    if column.view == "inset":
        return Shown(shown.picture, shown.marked, shown.colour, zoom_on(about, INSET_ZOOM))
    return _cut(shown, zoom_on(about, scale))


def _cut(shown: Shown, zoom: Box) -> Shown:
    place = zoom.slices()
    return Shown(shown.picture[place], None if shown.marked is None else shown.marked[place], shown.colour)


def draw(shown: Shown, size: tuple[int, int], line_px: int) -> NDArray[np.uint8]:
    """The panel, as large as fits into (height, width) pixels.

    Args:
        shown: what.
        size: of its place.
        line_px: thickness of outlines and frames.

    Returns:
        RGB (h, w, 3), of which one side is that of the place.
    """
    fitting = fitting_size(*shown.size, size)
    panel = resize(shown.picture, fitting)
    if shown.marked is not None and shown.marked.any():
        panel = outline(panel, shown_mask(shown.marked, fitting), shown.colour, line_px)
    return panel if shown.zoom is None else _with_inset(panel, shown, shown.zoom, line_px)


def _with_inset(panel: NDArray[np.uint8], shown: Shown, zoom: Box, line_px: int) -> NDArray[np.uint8]:
    """The panel with a frame around the box, and what it holds enlarged in a corner."""
    height, width = panel.shape[:2]
    y, x = height / shown.size[0], width / shown.size[1]
    drawn = np.ascontiguousarray(panel).copy()
    box = Box(round(zoom.left * x), round(zoom.top * y), round(zoom.right * x), round(zoom.bottom * y))
    _frame(drawn, box, line_px)
    side = max(1, round(INSET * min(height, width)))
    part = draw(_cut(shown, zoom), (side, side), line_px)
    left, top = _free_corner(box, part.shape, (height, width))
    drawn[top : top + part.shape[0], left : left + part.shape[1]] = part
    _frame(drawn, Box(left, top, left + part.shape[1], top + part.shape[0]), line_px)
    return drawn


def _free_corner(box: Box, part: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int]:
    """Left and top of a part (h, w, ...) where it hides least of the box, and then is farthest from it."""
    height, width = part[:2]

    def cost(corner: tuple[int, int]) -> tuple[int, float]:
        left, top = corner
        across = min(box.right, left + width) - max(box.left, left)
        down = min(box.bottom, top + height) - max(box.top, top)
        away = abs(box.centre[0] - left - width / 2) + abs(box.centre[1] - top - height / 2)
        return max(0, across) * max(0, down), -away

    return min(((x, y) for y in (size[0] - height, 0) for x in (size[1] - width, 0)), key=cost)


def _frame(picture: NDArray[np.uint8], box: Box, line_px: int) -> None:
    """A white line inside the box, dark-edged to show on any ground."""
    for inset, thickness, colour in ((0, line_px + 2, EDGE), (1, line_px, PAPER)):
        for step in range(inset, inset + thickness):
            corners = (box.left + step, box.top + step), (box.right - 1 - step, box.bottom - 1 - step)
            cv2.rectangle(picture, *corners, colour, 1)
