"""What a repair after an alignment has to stand on: how the reference is placed, and what that is worth."""

from collections.abc import Iterable
from typing import Literal, get_args

from artifix.alignment.hand import BY_HAND
from artifix.alignment.transform import Transform

# Pixel by pixel; about right, so that edges may be shifted; or only the part is known, not how it is seen.
Placed = Literal["exact", "rough", "region only"]
PLACED: tuple[Placed, ...] = get_args(Placed)  # from strong to weak
SAID: dict[Placed, str] = {"exact": "exactly", "rough": "roughly", "region only": "by its region only"}
# Of the places that are right, those that are repaired well.
_SHARE: dict[Placed, float] = {"exact": 1.0, "rough": 0.6, "region only": 0.4}


def placed_by(transform: Transform | None) -> Placed:
    """How a transform places the reference: exactly where the ring proves so or a person gave it."""
    if transform is None:
        return "region only"
    return "exact" if transform.is_exact or transform.source == BY_HAND else "rough"


def weakest(placed: Iterable[Placed]) -> Placed:
    """The weakest of the ways in which several mask groups are placed."""
    return max(placed, key=PLACED.index)


def repair_confidence_in(placed: Placed, agreement: float | None, confidence: float) -> float:
    """The probability that the repair is good, and not only that its place is right, in [0, 1].

    Args:
        placed: how the reference is placed.
        agreement: of the transform with the ring around the mask, in [-1, 1]; None where there is none.
        confidence: that the place is right, in [0, 1].
    """
    return confidence * _SHARE[placed]
