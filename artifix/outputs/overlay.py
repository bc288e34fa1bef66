"""Pictures that explain a result: the heat map and the overview sheet."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, box_of, resize, square_around
from artifix.outputs.drawing import (
    EDGE,
    GUTTER_PX,
    LABEL_PX,
    MARGIN_PX,
    MASK_COLOUR,
    PAPER,
    REGION_COLOUR,
    TITLE_SIZE,
    Colour,
    centred,
    dimmed,
    filled,
    fitting_size,
    outline,
    shown_mask,
    write,
)

PANEL_PX = 384  # height of every panel
_WIDEST_PX, _NARROWEST_PX = 640, 192  # of the two whole pictures
_MASK_ZOOM, _REGION_ZOOM = 1.6, 1.2  # side of the square shown, over that of what it is about


@dataclass(frozen=True, eq=False)
class OverviewRow:
    """What was found for one mask group."""

    box: Box  # the crop around the group, in pixels of the image
    correspondence: NDArray[np.float32]  # (H_ref, W_ref) in [0, 1]
    region: NDArray[np.bool_]  # (H_ref, W_ref)


def heat_map(
    correspondence: NDArray[np.float32],
    reference: NDArray[np.uint8],
    region: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """Lay the correspondence map in colour over the reference and outline the region.

    Args:
        correspondence: (H_ref, W_ref) in [0, 1]; 0 leaves the reference dimmed, 1 is brightest.
        reference: RGB (H_ref, W_ref, 3).
        region: (H_ref, W_ref), or None for no outline.

    Returns:
        RGB uint8 (H_ref, W_ref, 3).
    """
    level = np.clip(correspondence, 0, 1)
    heat = cv2.applyColorMap(np.round(level * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    share = 0.8 * np.sqrt(level)[..., None]
    blended = np.round(dimmed(reference) * (1 - share) + heat * share).astype(np.uint8)
    if region is None:
        return blended
    return outline(blended, region, REGION_COLOUR, max(2, round(min(region.shape) / 250)))


def overview(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    rows: Sequence[OverviewRow],
    refined: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """One sheet to judge a result by, a row for each mask group.

    Each row: the image with the mask outlined | the masked part | the reference with its correspondence
    map and region | the region | the refined part, if there is one.

    Args:
        image: RGB (H, W, 3).
        mask: (H, W) True on what is repainted.
        reference: RGB (H_ref, W_ref, 3).
        rows: at least one.
        refined: RGB (H, W, 3), or None.

    Returns:
        RGB uint8, panels 384 px high.
    """
    lines = [_panels(image, mask, reference, row, refined) for row in rows]
    titles = ["image and mask", "masked part", "reference and match", "matched region", "refined"]
    widths = [panel.shape[1] for panel in lines[0]]
    left = np.cumsum([MARGIN_PX, *(width + GUTTER_PX for width in widths)])
    height = LABEL_PX + len(lines) * (PANEL_PX + GUTTER_PX) - GUTTER_PX + MARGIN_PX
    sheet = filled(height, int(left[-1]) - GUTTER_PX + MARGIN_PX, PAPER)
    for x, title in zip(left, titles[: len(widths)], strict=False):
        write(sheet, title, (int(x), LABEL_PX - 12), size=TITLE_SIZE)
    for number, line in enumerate(lines):
        top = LABEL_PX + number * (PANEL_PX + GUTTER_PX)
        for x, panel in zip(left, line, strict=False):
            sheet[top : top + PANEL_PX, x : x + panel.shape[1]] = panel
    return sheet


def _panels(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    row: OverviewRow,
    refined: NDArray[np.uint8] | None,
) -> list[NDArray[np.uint8]]:
    masked = np.zeros_like(mask)
    masked[row.box.slices()] = mask[row.box.slices()]
    zoom = zoom_on(masked, _MASK_ZOOM)
    panels = [
        _whole(image, mask, MASK_COLOUR, zoom),
        _fit(image[zoom.slices()]),
        _whole(heat_map(row.correspondence, reference), row.region, REGION_COLOUR),
        _fit(reference[zoom_on(row.region, _REGION_ZOOM).slices()]),
    ]
    return panels if refined is None else [*panels, _fit(refined[zoom.slices()])]


def zoom_on(marked: NDArray[np.bool_], scale: float) -> Box:
    """The square around what is marked, `scale` times as wide; the whole picture if nothing is."""
    height, width = marked.shape
    box = box_of(marked)
    return Box(0, 0, width, height) if box.is_empty() else square_around(box, scale, 16, height, width)


def _whole(
    picture: NDArray[np.uint8],
    marked: NDArray[np.bool_],
    colour: Colour,
    zoom: Box | None = None,
) -> NDArray[np.uint8]:
    """A panel of the whole picture; lines are drawn at its size, so that they stay equally thin."""
    height, width = marked.shape
    panel_width = int(np.clip(round(width * PANEL_PX / height), _NARROWEST_PX, _WIDEST_PX))
    size = fitting_size(height, width, (PANEL_PX, panel_width))
    small = outline(resize(picture, size), shown_mask(marked, size), colour, 2)
    if zoom is not None:
        y, x = size[0] / height, size[1] / width
        left, top = round(zoom.left * x), round(zoom.top * y)
        right, bottom = round(zoom.right * x) - 1, round(zoom.bottom * y) - 1
        cv2.rectangle(small, (left, top), (right, bottom), EDGE, 1)
        cv2.rectangle(small, (left + 1, top + 1), (right - 1, bottom - 1), PAPER, 1)
    return centred(small, (PANEL_PX, panel_width))


def _fit(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    (height, width), panel = picture.shape[:2], (PANEL_PX, PANEL_PX)
    return centred(resize(picture, fitting_size(height, width, panel)), panel)
