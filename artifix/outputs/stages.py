"""Pictures of stage 1, step by step: the map, without its noise, its clusters, the region."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import resize
from artifix.outputs.drawing import (
    EDGE,
    PAPER,
    REGION_COLOUR,
    Colour,
    Line,
    Panel,
    dimmed,
    fitting_size,
    outline,
    sheet,
    shown_mask,
    write,
)
from artifix.outputs.overlay import heat_map

PICTURE_PX = 800, 1000  # most height and width of the picture on a sheet; it is scaled to touch one of them
CLUSTER_COLOURS: tuple[Colour, ...] = (
    (255, 196, 60),
    (90, 170, 255),
    (130, 220, 110),
    (240, 110, 170),
    (190, 140, 255),
    (255, 130, 70),
)
OTHER_COLOUR: Colour = (170, 170, 170)  # of the clusters after those
_LINE_PX = 2  # thickness of outlines
_NUMBER_SIZE = 0.7


def map_sheet(
    correspondence: NDArray[np.float32], reference: NDArray[np.uint8], title: str, said: str
) -> NDArray[np.uint8]:
    """A map of stage 1 in colour over the reference.

    Args:
        correspondence: (H_ref, W_ref) in [0, 1].
        reference: RGB (H_ref, W_ref, 3).
        title: above the picture; ASCII, as all text here.
        said: below it.

    Returns:
        RGB uint8, of a size for the eye whatever the reference's.
    """
    size = _shown_size(correspondence.shape)
    return sheet(
        [Panel(title, heat_map(resize(correspondence, size), resize(reference, size)))], [Line(said)]
    )


def clusters_sheet(
    labels: NDArray[np.int32],
    masses: Sequence[float],
    reference: NDArray[np.uint8],
    title: str,
    said: str,
) -> NDArray[np.uint8]:
    """Each cluster in its own colour and with its number, over the dimmed reference; the first is outlined.

    Args:
        labels: (H_ref, W_ref), 1 in the largest cluster, 2 in the next, ..., 0 in none.
        masses: share of the map's mass in each, in [0, 1].
        reference: RGB (H_ref, W_ref, 3).
        title: above the picture.
        said: below it, before a line for each cluster.

    Returns:
        RGB uint8.
    """
    size = _shown_size(labels.shape)
    shapes = [shown_mask(labels == number, size) for number in range(1, len(masses) + 1)][
        : len(CLUSTER_COLOURS)
    ]
    picture = dimmed(resize(reference, size))
    picture[shown_mask(labels > len(shapes), size)] = OTHER_COLOUR
    for shape, colour in zip(shapes, CLUSTER_COLOURS, strict=False):
        picture[shape] = 0.4 * picture[shape] + 0.6 * np.array(colour, np.float32)
    drawn = np.round(picture).astype(np.uint8)
    drawn = outline(drawn, shapes[0], REGION_COLOUR, _LINE_PX) if shapes else drawn
    for number, shape in enumerate(shapes, 1):
        _write_number(drawn, number, shape)
    return sheet([Panel(title, drawn)], [Line(said), *_cluster_lines(masses)])


def region_sheet(
    region: NDArray[np.bool_], reference: NDArray[np.uint8], title: str, said: str
) -> NDArray[np.uint8]:
    """The region outlined on the reference.

    Args:
        region: (H_ref, W_ref).
        reference: RGB (H_ref, W_ref, 3).
        title: above the picture.
        said: below it.

    Returns:
        RGB uint8.
    """
    size = _shown_size(region.shape)
    picture = outline(resize(reference, size), shown_mask(region, size), REGION_COLOUR, _LINE_PX)
    return sheet([Panel(title, picture)], [Line(said, REGION_COLOUR)])


def _shown_size(shape: Sequence[int]) -> tuple[int, int]:
    return fitting_size(shape[0], shape[1], PICTURE_PX)


def _write_number(picture: NDArray[np.uint8], number: int, shape: NDArray[np.bool_]) -> None:
    """At the innermost point of the shape, which for a crescent its centre is not."""
    depth = cv2.distanceTransform(np.pad(shape, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), shape.shape)
    start = int(x) - 7, int(y) + 8
    write(picture, str(number), start, EDGE, _NUMBER_SIZE, 4)
    write(picture, str(number), start, PAPER, _NUMBER_SIZE, 1)


def _cluster_lines(masses: Sequence[float]) -> list[Line]:
    lines = [
        Line(
            f"{number}: {100 * mass:.0f} % of the map's mass{', the largest: chosen' if number == 1 else ''}",
            colour,
        )
        for number, (mass, colour) in enumerate(zip(masses, CLUSTER_COLOURS, strict=False), 1)
    ]
    rest = masses[len(lines) :]
    return [*lines, Line(f"{len(rest)} more: {100 * sum(rest):.1f} %", OTHER_COLOUR)] if rest else lines
