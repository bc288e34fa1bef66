"""A sheet of correspondence maps: how M* changes over layers, and over timesteps."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import resize
from artifix.outputs.overlay import heat_map

_PANEL_PX = 200  # longer side of a picture
_MOST_COLUMNS = 12
_GUTTER_PX, _MARGIN_PX, _TITLE_PX, _LABEL_PX = 8, 20, 30, 20
_PAPER, _INK, _CHOSEN, _REGION = 255, (64, 64, 64), (0, 150, 190), (0, 225, 255)


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One map and what is written over it."""

    label: str
    correspondence: NDArray[np.float32]  # (H_ref, W_ref) in [0, 1]
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Maps of one case along one axis of the grid."""

    title: str
    reference: NDArray[np.uint8]  # (H_ref, W_ref, 3)
    region: NDArray[np.bool_]  # (H_ref, W_ref), the true one, outlined in every map
    panels: Sequence[Panel]


def map_sheet(strips: Sequence[Strip]) -> NDArray[np.uint8]:
    """The strips, one below the other, at least one; long ones are broken into rows of equal length.

    Returns:
        RGB uint8; a panel is 200 px on its longer side.
    """
    drawn = [_strip(strip) for strip in strips]
    width = max(picture.shape[1] for picture in drawn)
    even = [_padded(picture, width) for picture in drawn]
    return np.pad(
        np.concatenate(even),
        ((_MARGIN_PX, _MARGIN_PX), (_MARGIN_PX, _MARGIN_PX), (0, 0)),
        constant_values=_PAPER,
    )


def _strip(strip: Strip) -> NDArray[np.uint8]:
    rows = ceil(len(strip.panels) / _MOST_COLUMNS)
    columns = ceil(len(strip.panels) / rows)
    panels = [_panel(strip, panel) for panel in strip.panels]
    lines = [np.concatenate(panels[i : i + columns], axis=1) for i in range(0, len(panels), columns)]
    body = np.concatenate([_padded(line, lines[0].shape[1]) for line in lines])
    title = _line(strip.title, 0.55, _INK, _TITLE_PX)
    width = max(title.shape[1], body.shape[1])
    return np.concatenate([_padded(title, width), _padded(body, width)])


def _panel(strip: Strip, panel: Panel) -> NDArray[np.uint8]:
    height, width = strip.region.shape
    scale = _PANEL_PX / max(height, width)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    drawn = heat_map(resize(panel.correspondence, size), resize(strip.reference, size))
    _outline(drawn, resize(strip.region.astype(np.float32), size))
    label = _line(panel.label, 0.4, _CHOSEN if panel.is_chosen else _INK, _LABEL_PX)
    if panel.is_chosen:
        cv2.rectangle(drawn, (0, 0), (size[1] - 1, size[0] - 1), _CHOSEN, 3)
    width = max(label.shape[1], size[1])
    framed = np.concatenate([_padded(label, width), _padded(drawn, width)])
    return np.pad(framed, ((0, _GUTTER_PX), (0, _GUTTER_PX), (0, 0)), constant_values=_PAPER)


def _outline(picture: NDArray[np.uint8], share: NDArray[np.float32]) -> None:
    """Draw a line around the region that a map may shine through, unlike that of the large pictures."""
    marked = (share >= 0.5 * share.max()).astype(np.uint8)
    contours, _ = cv2.findContours(marked, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, contours, -1, _REGION, 1, cv2.LINE_AA)


def _padded(picture: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    return np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=_PAPER)


def _line(text: str, size: float, colour: tuple[int, int, int], height: int) -> NDArray[np.uint8]:
    """A strip of paper as long as `text`, with it."""
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    line = np.full((height, width + 4, 3), _PAPER, np.uint8)
    cv2.putText(line, text, (2, height - 6), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
    return line
