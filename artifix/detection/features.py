"""What the classifier sees of each cell: planes at several scales, against what is usual in this picture."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from artifix.detection.plane import Plane, soft

DISAGREEMENT = (
    "structure_small", "structure_mid", "structure_large", "light", "colour", "strokes",
    "detail_fine", "detail_coarse", "learned_near", "learned_far", "flow",
)  # fmt: skip
CONTEXT = (
    "enclosed", "enclosed_all", "text_ref", "text_img", "texture_ref", "texture_img",
    "support", "valid", "agreement",
)  # fmt: skip
_ABSENT = 0.3  # of a plane that is not there: about its mean
_SCALES = (1.0, 2.5, 6.0)  # cells
_AROUND = 12.0  # cells


def features_of(planes: Mapping[str, Plane]) -> NDArray[np.float32]:
    """(F, rows, columns) of the planes of `comparison.planes_of`; those of XFeat may be missing.

    Two pictures of one thing differ everywhere by a little. So a disagreement counts by how far it lies
    beyond the median of what both show, and by how far it lies beyond its surroundings.
    """
    weight = planes["valid"] * planes["enclosed"] + 1e-6
    around = soft(weight, _AROUND) + 1e-3
    told: list[Plane] = []
    for name in DISAGREEMENT:
        plane = planes[name] if name in planes else np.full_like(weight, _ABSENT)
        beyond = _beyond_usual(plane, weight)
        scales = [soft(beyond, sigma) for sigma in _SCALES]
        told += [plane, *scales, scales[1] - soft(beyond * weight, _AROUND) / around]
    told += [planes[name] for name in CONTEXT]
    support, agreement = planes["support"], planes["agreement"]
    told += [
        soft(agreement, 6),
        soft(support, 6),
        planes["texture_img"] - planes["texture_ref"],
        support - soft(support, 8),
        agreement - soft(agreement, 8),
        np.minimum(planes["text_ref"], planes["text_img"]),
    ]
    return np.stack(told).astype(np.float32)


def _beyond_usual(plane: Plane, weight: Plane) -> Plane:
    """The plane over its weighted median, in ranges between its quartiles, cut to [-4, 6]."""
    order = np.argsort(plane.ravel())
    share = np.cumsum(weight.ravel()[order])
    low, middle, high = np.interp([0.25, 0.5, 0.75], share / (share[-1] + 1e-9), plane.ravel()[order])
    return np.asarray(np.clip((plane - middle) / max(high - low, 0.05), -4, 6), np.float32)
