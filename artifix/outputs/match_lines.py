"""Image and reference side by side, the matches between them drawn as lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import resize
from artifix.outputs.drawing import (
    GUTTER_PX,
    MASK_COLOUR,
    PAPER,
    REGION_COLOUR,
    Colour,
    Line,
    Panel,
    filled,
    fitting_size,
    outline,
    sheet,
    shown_mask,
)

PANEL_PX = 640, 800  # most height and width of either picture
AGREEING, OTHER, UNJUDGED = (110, 255, 90), (255, 150, 60), (120, 200, 255)
MOST_AGREEING, MOST_OTHER = 60, 24  # lines drawn; a thicket shows nothing
_AGREEING_SHARE, _OTHER_SHARE = 0.9, 0.45  # how much of the pictures the lines' colour covers
_SIXTEENTHS = 4  # cv2 takes points as integers, shifted by so many bits


@dataclass(frozen=True, eq=False)
class MatchSet:
    """Matches of one source."""

    image: NDArray[np.float64]  # (N, 2) points (x, y) in pixels of the image
    reference: NDArray[np.float64]  # (N, 2) points (x, y) in pixels of the reference
    source: str
    agrees: NDArray[np.bool_] | None  # (N,) with the transform; None where there is none


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two pictures, on the canvas of both."""

    full_size: tuple[int, int]  # (height, width) of the picture [px]
    size: tuple[int, int]  # (height, width) as drawn [px]
    corner: tuple[int, int]  # (x, y) of its top left pixel on the canvas

    def slices(self) -> tuple[slice, slice]:
        """Its place on the canvas."""
        (x, y), (height, width) = self.corner, self.size
        return slice(y, y + height), slice(x, x + width)

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Canvas points (x, y) of (N, 2) points of the picture; nan where they lie outside it."""
        full, drawn = np.array(self.full_size[::-1]), np.array(self.size[::-1])
        within = ((points >= -0.5) & (points <= full - 0.5)).all(1, keepdims=True)
        return np.where(within, (points + 0.5) * drawn / full - 0.5 + np.array(self.corner), np.nan)

    def on_canvas(self, marked: NDArray[np.bool_], shape: Sequence[int]) -> NDArray[np.bool_]:
        """A mask of the picture on a canvas of (height, width, ...)."""
        full = np.zeros(shape[:2], bool)
        full[self.slices()] = shown_mask(marked, self.size)
        return full


def matches_sheet(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    region: NDArray[np.bool_],
    sets: Sequence[MatchSet],
    said: str,
) -> NDArray[np.uint8]:
    """Both pictures, mask and region outlined, with a thinned sample of the matches between them.

    Args:
        image: RGB (H, W, 3).
        mask: (H, W).
        reference: RGB (H_ref, W_ref, 3).
        region: (H_ref, W_ref).
        sets: all with `agrees`, or all without.
        said: below the pictures, before the counts; ASCII.

    Returns:
        RGB uint8.
    """
    canvas, left, right = join(image, reference)
    ends = [(left.place(s.image), right.place(s.reference)) for s in sets]
    if any(s.agrees is None for s in sets):
        draw_lines(canvas, ends, MOST_AGREEING, UNJUDGED, _AGREEING_SHARE)
    else:
        kept = [np.asarray(s.agrees) for s in sets]
        others = [(a[~k], b[~k]) for (a, b), k in zip(ends, kept, strict=True)]
        agreeing = [(a[k], b[k]) for (a, b), k in zip(ends, kept, strict=True)]
        draw_lines(canvas, others, MOST_OTHER, OTHER, _OTHER_SHARE)
        draw_lines(canvas, agreeing, MOST_AGREEING, AGREEING, _AGREEING_SHARE)
    for side, marked, colour in ((left, mask, MASK_COLOUR), (right, region, REGION_COLOUR)):
        canvas = outline(canvas, side.on_canvas(marked, canvas.shape), colour, 2)
    return sheet([Panel("6  matches", canvas)], [Line(said), *_counts(sets)])


def join(image: NDArray[np.uint8], reference: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Side, Side]:
    """One canvas with both pictures, scaled to its panels, and where they are on it."""
    sizes = [fitting_size(picture.shape[0], picture.shape[1], PANEL_PX) for picture in (image, reference)]
    height, start = max(size[0] for size in sizes), sizes[0][1] + GUTTER_PX
    canvas = filled(height, start + sizes[1][1], PAPER)
    left, right = (
        Side((picture.shape[0], picture.shape[1]), size, (x, (height - size[0]) // 2))
        for picture, size, x in zip((image, reference), sizes, (0, start), strict=True)
    )
    for side, picture in ((left, image), (right, reference)):
        canvas[side.slices()] = resize(picture, side.size)
    return canvas, left, right


def draw_lines(
    canvas: NDArray[np.uint8],
    ends: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    most: int,
    colour: Colour,
    share: float,
) -> None:
    """Draw at most so many of the lines, evenly picked from each source by its number of lines.

    Args:
        canvas: RGB, drawn on.
        ends: for each source (N, 2) points from and to, on the canvas; a line with a nan is left out.
        most: lines in all, about.
        colour: of the lines.
        share: how much of the canvas they cover, in [0, 1].
    """
    inside = [np.hstack([a, b])[np.isfinite(np.hstack([a, b])).all(1)] for a, b in ends]
    stride = max(1.0, sum(map(len, inside)) / most)
    drawn = canvas.copy()
    for lines in inside:
        for line in lines[np.arange(0, len(lines), stride).astype(int)]:
            first, last = (
                (int(x), int(y)) for x, y in np.round(line * 2**_SIXTEENTHS).astype(int).reshape(2, 2)
            )
            cv2.line(drawn, first, last, colour, 1, cv2.LINE_AA, _SIXTEENTHS)
            for end in (first, last):
                cv2.circle(drawn, end, 2 << _SIXTEENTHS, colour, cv2.FILLED, cv2.LINE_AA, _SIXTEENTHS)
    canvas[:] = np.round(drawn * share + canvas * (1 - share)).astype(np.uint8)


def _counts(sets: Sequence[MatchSet]) -> list[Line]:
    """How many matches there are of each source, and how many of them agree."""
    counts: dict[str, int] = {}
    agreeing: dict[str, int] = {}
    for s in sets:
        counts[s.source] = counts.get(s.source, 0) + len(s.image)
        if s.agrees is not None:
            agreeing[s.source] = agreeing.get(s.source, 0) + int(s.agrees.sum())
    if not agreeing:
        told = ", ".join(f"{count} by {source}" for source, count in counts.items())
        return [Line(f"found: {told}", UNJUDGED)] if counts else []
    agree = ", ".join(f"{agreeing[source]} of {count} by {source}" for source, count in counts.items())
    other = ", ".join(f"{count - agreeing[source]} by {source}" for source, count in counts.items())
    return [Line(f"agree with the transform: {agree}", AGREEING), Line(f"do not: {other}", OTHER)]
