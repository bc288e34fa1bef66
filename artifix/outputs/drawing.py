"""What the explaining pictures are drawn with: colours, outlines, labels, and sheets with a caption."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import resize

Colour = tuple[int, int, int]  # RGB, 0 to 255

PAPER, PANEL_GREY, INK, EDGE = (255, 255, 255), (236, 236, 236), (64, 64, 64), (20, 20, 20)
MASK_COLOUR, REGION_COLOUR = (255, 45, 120), (0, 225, 255)
GUTTER_PX, MARGIN_PX, LABEL_PX = 8, 20, 36
_LINE_PX, _SWATCH_PX = 24, 12  # height of a line of the caption; side of the square that tells a colour
_NARROWEST_PX = 520  # of a sheet with a caption
_FONT, TITLE_SIZE, _TEXT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.58, 0.47


@dataclass(frozen=True, eq=False)
class Panel:
    """A picture on a sheet."""

    title: str
    picture: NDArray[np.uint8]  # RGB (h, w, 3)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a caption, wrapped where the sheet ends."""

    text: str  # ASCII: the font has no other signs
    colour: Colour | None = None  # of what it speaks of


def sheet(panels: Sequence[Panel], caption: Sequence[Line] = ()) -> NDArray[np.uint8]:
    """Panels in a row with their titles above, and a caption below.

    Args:
        panels: at least one; lower ones are centred on grey.
        caption: lines of text.

    Returns:
        RGB uint8.
    """
    height = max(panel.picture.shape[0] for panel in panels)
    widths = [max(panel.picture.shape[1], text_width(panel.title, TITLE_SIZE)) for panel in panels]
    inner = sum(widths) + GUTTER_PX * (len(panels) - 1)
    inner = max(inner, _NARROWEST_PX) if caption else inner
    lines = [part for line in caption for part in _wrapped(line, inner)]
    below = len(lines) * _LINE_PX + GUTTER_PX if lines else 0
    paper = filled(LABEL_PX + height + below + MARGIN_PX, inner + 2 * MARGIN_PX, PAPER)
    left = MARGIN_PX
    for panel, width in zip(panels, widths, strict=True):
        write(paper, panel.title, (left, LABEL_PX - 12), size=TITLE_SIZE)
        paper[LABEL_PX : LABEL_PX + height, left : left + width] = centred(panel.picture, (height, width))
        left += width + GUTTER_PX
    for number, line in enumerate(lines):
        _write_line(paper, line, LABEL_PX + height + GUTTER_PX + number * _LINE_PX)
    return paper


def fitting_size(height: int, width: int, most: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a picture scaled to touch the sides of a panel of (height, width) from within."""
    scale = min(most[0] / height, most[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def shown_mask(marked: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask at the size it is shown in, smooth where it grows and never lost where it shrinks."""
    share = resize(marked.astype(np.float32), size)
    return np.asarray(share > (0.05 if size[0] < marked.shape[0] else 0.5))


def centred(
    picture: NDArray[np.uint8], size: tuple[int, int], ground: Colour = PANEL_GREY
) -> NDArray[np.uint8]:
    """The picture in the middle of a panel of (height, width)."""
    panel = filled(*size, ground)
    top, left = (size[0] - picture.shape[0]) // 2, (size[1] - picture.shape[1]) // 2
    panel[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return panel


def outline(
    picture: NDArray[np.uint8], marked: NDArray[np.bool_], colour: Colour, thickness_px: int
) -> NDArray[np.uint8]:
    """A copy of `picture` with a line around `marked`, not over it, dark-edged to show on any ground."""
    drawn = np.ascontiguousarray(picture).copy()
    reach = np.ones((thickness_px + 3, thickness_px + 3), np.uint8)
    contours, _ = cv2.findContours(
        cv2.dilate(marked.astype(np.uint8), reach), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    cv2.drawContours(drawn, contours, -1, EDGE, thickness_px + 2, cv2.LINE_AA)
    cv2.drawContours(drawn, contours, -1, colour, thickness_px, cv2.LINE_AA)
    return drawn


def dimmed(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB (h, w, 3) darker and paler, as a ground for colours."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
    return 0.35 * picture.astype(np.float32) + 0.35 * grey


def filled(height: int, width: int, colour: Colour) -> NDArray[np.uint8]:
    """(height, width, 3) of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def write(
    picture: NDArray[np.uint8],
    text: str,
    start: tuple[int, int],
    colour: Colour = INK,
    size: float = _TEXT_SIZE,
    thickness_px: int = 1,
) -> None:
    """Write into `picture`; `start` is the left end (x, y) of the base line."""
    cv2.putText(picture, text, start, _FONT, size, colour, thickness_px, cv2.LINE_AA)


def text_width(text: str, size: float = _TEXT_SIZE) -> int:
    """Of one line [px]."""
    return int(cv2.getTextSize(text, _FONT, size, 1)[0][0])


def _wrapped(line: Line, width: int) -> list[Line]:
    """The line, broken between words where it is wider than `width`."""
    room = width - (0 if line.colour is None else _SWATCH_PX + GUTTER_PX)
    broken = [""]
    for word in line.text.split():
        longer = f"{broken[-1]} {word}".strip()
        if broken[-1] and text_width(longer) > room:
            broken.append(word)
        else:
            broken[-1] = longer
    return [Line(text, line.colour if k == 0 else None) for k, text in enumerate(broken)]


def _write_line(paper: NDArray[np.uint8], line: Line, top: int) -> None:
    left = MARGIN_PX
    if line.colour is not None:
        y = top + (_LINE_PX - _SWATCH_PX) // 2
        cv2.rectangle(paper, (left, y), (left + _SWATCH_PX - 1, y + _SWATCH_PX - 1), line.colour, cv2.FILLED)
        left += _SWATCH_PX + GUTTER_PX
    write(paper, line.text, (left, top + _LINE_PX - 7))
