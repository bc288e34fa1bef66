"""A sheet of the best, median and worst cases by the first method, with what every method made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.bench.groups import Group
from artifix.evaluation.bench.predictions import REFINED_PNG, REGION_PNG
from artifix.evaluation.bench.scoring import ScoredCase
from artifix.evaluation.cases import KnownCase, read_known_case
from artifix.evaluation.scores.scorer import Column
from artifix.geometry import resize
from artifix.inputs.images import read_picture
from artifix.outputs.drawing import (
    GUTTER_PX,
    LABEL_PX,
    MARGIN_PX,
    MASK_COLOUR,
    PAPER,
    REGION_COLOUR,
    centred,
    filled,
    fitting_size,
    outline,
    shown_mask,
    text_width,
    write,
)
from artifix.outputs.overlay import zoom_on

PANEL_PX = 224
SHOWN = 3  # cases of each kind
_ZOOM = 1.6  # side of the square shown, over the longer side of the mask
_FIRST_CHOICES = ("structure", "psnr", "iou")  # what cases are ranked by, the first that is known


@dataclass(frozen=True, slots=True)
class Picked:
    """A case on the sheet."""

    rank: str  # best, median or worst
    case: str
    value: float


def ranked_by(scored: Sequence[ScoredCase], method: str, columns: Sequence[Column]) -> Column | None:
    """The figure that cases are ranked by: structure, PSNR or IoU, or else the first that is known."""
    by_name = {column.name: column for column in columns}
    names = [*(name for name in _FIRST_CHOICES if name in by_name), *by_name]
    own = [one for one in scored if one.method == method]
    known = (name for name in names if any(not isnan(one.value(name)) for one in own))
    name = next(known, None)
    return None if name is None else by_name[name]


def picked(scored: Sequence[ScoredCase], method: str, column: Column) -> list[Picked]:
    """The best, median and worst cases by one figure; fewer of each where there are few."""
    values = [(one.value(column.name), one.case) for one in scored if one.method == method]
    sign = -1 if column.better == "higher" else 1
    order = sorted(
        (pair for pair in values if not isnan(pair[0])), key=lambda pair: (sign * pair[0], pair[1])
    )
    count = min(SHOWN, len(order) // 3) or 1
    middle = max((len(order) - count) // 2, 0)
    kinds = {
        "best": order[:count],
        "median": order[middle : middle + count] if len(order) > 2 else [],
        "worst": order[-count:] if len(order) > 1 else [],
    }
    return [Picked(rank, case, value) for rank, pairs in kinds.items() for value, case in pairs]


def case_sheet(
    chosen: Sequence[Picked],
    column: Column,
    methods: Sequence[str],
    groups: Mapping[str, Group],
    places: Mapping[tuple[str, str], Path],
) -> NDArray[np.uint8]:
    """One row for each case: image and mask | reference and region | every method | truth.

    Args:
        chosen: at least one case.
        column: that they were ranked by.
        methods: by name, in the order of the panels.
        groups: by the names of the cases.
        places: folders of the predictions by method and case; a missing one leaves its panel empty.

    Returns:
        RGB uint8; panels are squares of 224 px.
    """
    titles = ["image", "reference", *methods, "truth"]
    widths = [max(PANEL_PX, text_width(title)) for title in titles]
    left = MARGIN_PX + np.cumsum([0, *(width + GUTTER_PX for width in widths)])
    row_px = LABEL_PX + PANEL_PX + GUTTER_PX
    paper = filled(LABEL_PX + len(chosen) * row_px + MARGIN_PX, int(left[-1]) + MARGIN_PX, PAPER)
    for x, title in zip(left, titles, strict=False):
        write(paper, title, (int(x), LABEL_PX - 12))
    for number, one in enumerate(chosen):
        top = LABEL_PX + number * row_px
        figure = f"{one.rank}: {one.case}, {column.name} {one.value:.{column.digits}f} {column.unit}"
        write(paper, figure.encode("ascii", "replace").decode(), (int(left[0]), top + LABEL_PX - 12))
        panels = _panels(groups[one.case], methods, places)
        for x, panel in zip(left, panels, strict=False):
            below = top + LABEL_PX
            paper[below : below + PANEL_PX, x : x + PANEL_PX] = panel
    return paper


def _panels(
    group: Group, methods: Sequence[str], places: Mapping[tuple[str, str], Path]
) -> list[NDArray[np.uint8]]:
    known = read_known_case(group.files)
    part = zoom_on(known.case.mask, _ZOOM).slices()
    image = _marked(known.case.image.rgb[part], known.case.mask[part], MASK_COLOUR)
    own = places.get((methods[0], group.name))
    made = [places.get((method, group.name)) for method in methods]
    refined = [_fit(read_picture(place / REFINED_PNG, 1).rgb[part]) if place else _empty() for place in made]
    truth = _empty() if known.truth is None else _fit(known.truth[part])
    return [image, _reference(known, own), *refined, truth]


def _reference(known: KnownCase, place: Path | None) -> NDArray[np.uint8]:
    """The reference with the region that the first method found, or else the true one."""
    reference, region = known.case.reference.rgb, known.region
    if place is not None and (place / REGION_PNG).is_file():
        region = read_picture(place / REGION_PNG, 1).rgb.mean(axis=-1) > 127
    return (
        _fit(reference) if region is None or not region.any() else _marked(reference, region, REGION_COLOUR)
    )


def _marked(
    picture: NDArray[np.uint8], marked: NDArray[np.bool_], colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    size = fitting_size(marked.shape[0], marked.shape[1], (PANEL_PX, PANEL_PX))
    return centred(outline(resize(picture, size), shown_mask(marked, size), colour, 1), (PANEL_PX, PANEL_PX))


def _fit(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = fitting_size(picture.shape[0], picture.shape[1], (PANEL_PX, PANEL_PX))
    return centred(resize(picture, size), (PANEL_PX, PANEL_PX))


def _empty() -> NDArray[np.uint8]:
    empty = filled(PANEL_PX, PANEL_PX, PAPER)
    cv2.line(empty, (0, 0), (PANEL_PX, PANEL_PX), (220, 220, 220), 1, cv2.LINE_AA)
    return empty
