"""What a repair after an alignment has to stand on: how the reference is placed, and how sharp it is."""

from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from artifix.alignment import tuning
from artifix.registration.by_hand import BY_HAND
from artifix.registration.evidence import Evidence
from artifix.registration.hypothesis import Hypothesis
from artifix.registration.transform import Transform, sampled

# Pixel by pixel; about right, so that edges may be shifted; only the part is known, not how it is seen; or
# the part of the mask is too small to be found, and is filled from around.
Placed = Literal["exact", "rough", "region only", "filled"]
PLACED: tuple[Placed, ...] = get_args(Placed)  # from strong to weak
SAID: dict[Placed, str] = {
    "exact": "exactly",
    "rough": "roughly",
    "region only": "by its region only",
    "filled": "nowhere",
}
# Log-odds that what was pasted by a right transform is good: more of the print's structure than the artifact
# shows, and four fifths of all. Fitted by benchmarks/evidence.py to repairs of packages.
GOOD = {"band": 7.57, "strokes": 5.37, "bias": -2.98}


def placed_by(hypothesis: Hypothesis | None) -> Placed:
    """How a hypothesis places the reference: exactly where the context band says so or a person gave it."""
    if hypothesis is None:
        return "region only"
    is_exact = hypothesis.is_exact or hypothesis.support.source == BY_HAND
    return "exact" if is_exact else "rough"


def weakest(placed: Iterable[Placed]) -> Placed:
    """The weakest of the ways in which several mask groups are placed."""
    return max(placed, key=PLACED.index)


def repair_confidence_in(
    hypothesis: Hypothesis | None, evidence: Evidence | None, confidence: float, coarseness: float | None
) -> float:
    """The probability that the repair is good, and not only that its place is right, in [0, 1].

    Args:
        hypothesis: that places the reference; None where only the region is known.
        evidence: what speaks for it; None where a person gave it.
        confidence: that the place is right, in [0, 1].
        coarseness: of the reference, in pixels of the image; None where there is no transform.
    """
    tuned = tuning.ALIGNMENT
    if hypothesis is None:
        return confidence * tuned.region_only
    sharp = min(1.0, tuned.sharp / coarseness) if coarseness else 1.0
    if evidence is None:
        return confidence * sharp
    by_band = GOOD["band"] * hypothesis.verification
    logit = by_band + GOOD["strokes"] * evidence.strokes + GOOD["bias"]
    return float(confidence * sharp / (1 + np.exp(-logit)))


def coarseness_of(transform: Transform | None, mask: NDArray[np.bool_]) -> float | None:
    """How many pixels of the image a pixel of the reference is worth along one axis, at `mask`.

    Above 1 the reference is coarser than the image, and what is repaired after it is soft.

    Args:
        transform: from the image to the reference.
        mask: (H, W) of the image.

    Returns:
        The median over the mask, above 0; None where there is no transform, or it leads to no place.
    """
    if transform is None:
        return None
    points = sampled(mask)
    with np.errstate(invalid="ignore"):  # on the horizon
        right, down = (
            transform.points(points + step) - transform.points(points - step) for step in np.eye(2) / 2
        )
        areas = np.abs(right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0])
    areas = areas[np.isfinite(areas) & (areas > 0)]
    return float(np.median(areas) ** -0.5) if len(areas) else None
