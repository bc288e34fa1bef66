"""From log-odds of cells to proposals: connected parts, their traits, their masks over the image."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.detection import tuning
from artifix.detection.plane import Plane, soft
from artifix.geometry import Crop

_RING_CELLS = 6  # around a part: how wide what surrounds it is
_BEYOND = -12.0  # log-odds where the reference shows nothing
TRAITS = (
    "log area", "peak", "mean odds", "log evidence", "odds around", "print", "share of evidence", "enclosed",
    "share over the frame", "parts", "agreement", "log matches", "usual odds", "structure inside",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Connected cells that may be an artifact."""

    cells: NDArray[np.bool_]  # (rows, columns)
    traits: NDArray[np.float64]  # (len(TRAITS),)
    text: float  # how print-like it is, about [0, 1]


def parts_of(odds: Plane, planes: Mapping[str, Plane]) -> list[Part]:
    """All parts that are large and likely enough, in no order.

    Args:
        odds: (rows, columns) log-odds of cells.
        planes: of `comparison.planes_of`.
    """
    tuned = tuning.DETECTION
    odds = np.where(planes["valid"] < 0.5, _BEYOND, soft(odds, 1.0)).astype(np.float32)
    grown = odds > tuned.grown_to
    count, labels, sizes, _ = cv2.connectedComponentsWithStats(grown.astype(np.uint8))
    total = float(np.clip(odds - tuned.grown_to, 0, None).sum()) + 1e-6
    kept = [
        cells
        for label in range(1, count)
        if sizes[label, cv2.CC_STAT_AREA] >= tuned.least_cells
        and odds[cells := labels == label].max() >= tuned.grown_from
    ]
    common = _common(odds, planes, grown, len(kept))
    return [_part(cells, odds, planes, total, common) for cells in kept]


def _common(odds: Plane, planes: Mapping[str, Plane], grown: NDArray[np.bool_], count: int) -> list[float]:
    """What all parts of a picture have in common."""
    weight = planes["valid"] * planes["enclosed"]
    inside = weight > 0.3
    return [
        float(grown[inside].mean()) if inside.any() else 1.0,
        float(count),
        float((planes["agreement"] * weight).sum() / (weight.sum() + 1e-6)),
        float(np.log1p(planes["support"].sum())),
        float(np.median(odds[inside])) if inside.any() else 0.0,
    ]


def _part(
    cells: NDArray[np.bool_], odds: Plane, planes: Mapping[str, Plane], total: float, common: list[float]
) -> Part:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _RING_CELLS + 1,) * 2)
    ring = (cv2.dilate(cells.astype(np.uint8), disc) > 0) & ~cells & (planes["valid"] > 0.5)
    evidence = float(np.clip(odds[cells] - tuning.DETECTION.grown_to, 0, None).sum())
    text = float(np.maximum(planes["text_ref"], planes["text_img"])[cells].mean())
    share, count, agreement, matches, usual = common
    traits = np.array(
        [
            np.log(cells.sum()),
            odds[cells].max(),
            odds[cells].mean(),
            np.log(evidence + 1),
            odds[ring].mean() if ring.any() else 0.0,
            text,
            evidence / total,
            planes["enclosed_all"][cells].mean(),
            share,
            count,
            agreement,
            matches,
            usual,
            planes["structure_mid"][cells].mean(),
        ],
        np.float64,
    )
    return Part(cells, traits, text)


def mask_over(part: Part, crop: Crop, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) the part over an image of this shape, its holes closed and its outline smooth."""
    filled = np.zeros(part.cells.shape, np.uint8)
    outlines, _ = cv2.findContours(part.cells.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    box = crop.box
    grown = cv2.resize(filled.astype(np.float32), (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    mask = np.zeros(shape, np.bool_)
    mask[box.slices()] = grown > 0.5
    if not mask.any():  # smaller than a pixel of the image
        mask[box.slices()] = grown >= grown.max()
    return mask
