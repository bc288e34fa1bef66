"""What a repair gives: the image, and how each part of it came about."""

from dataclasses import dataclass

from numpy.typing import NDArray

from artifix.alignment.alignment import Alignment
from artifix.refinement.repainted import Repainted


@dataclass(frozen=True, slots=True, eq=False)
class RefineResult:
    """The repaired image and how it came about."""

    refined: NDArray  # (H, W, 3) in the image's own type; bit-identical where the mask is 0
    alignments: tuple[Alignment, ...]  # one for each mask group
    repainted: tuple[Repainted | None, ...]  # of the same groups; None where one is filled from around
    timings: dict[str, float]  # seconds by stage
    alpha: NDArray | None = None  # (H, W) of the image's own type; None where the image has none
    filled: NDArray | None = None  # (H, W) bool, what of the mask was filled from around instead
    notes: tuple[str, ...] = ()  # what a person should know of it
