"""What a repair gives: the image, and how each part of it came about."""

from dataclasses import dataclass

from numpy.typing import NDArray

from artifix.alignment.alignment import Alignment
from artifix.refinement.repainted import Repainted


@dataclass(frozen=True, slots=True, eq=False)
class RefineResult:
    """The repaired image and how it came about.

    Attributes:
        refined: (H, W, 3) in the image's own type; bit-identical where the mask is 0.
        alignments: one for each mask group.
        repainted: of the same groups; None where one is filled from around.
        timings: seconds by stage.
        alpha: (H, W) of the image's own type; None where the image has none.
        filled: (H, W) bool, what of the mask was filled from around instead.
        notes: what a person should know of it.
    """

    refined: NDArray
    alignments: tuple[Alignment, ...]
    repainted: tuple[Repainted | None, ...]
    timings: dict[str, float]
    alpha: NDArray | None = None
    filled: NDArray | None = None
    notes: tuple[str, ...] = ()
