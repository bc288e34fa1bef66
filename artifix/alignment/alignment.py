"""The answer of stage 1 for one mask group."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.repair_confidence import Placed, coarseness_of, placed_by
from artifix.geometry import Box
from artifix.registration.hypothesis import Hypothesis
from artifix.registration.search import RankedHypothesis
from artifix.registration.transform import Transform
from artifix.scene import Matches


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where one mask group lies in the reference."""

    mask: NDArray[np.bool_]  # (H, W) of the image, this group
    box: Box  # crop of the image around it, in its pixels
    correspondence: NDArray[np.float32]  # M*, (H_ref, W_ref) in [0, 1]
    region: NDArray[np.bool_]  # (H_ref, W_ref)
    hypothesis: (
        Hypothesis | None
    )  # the transform that is used, verified or not; None: only the region is known
    confidence: float  # that the region is right, in [0, 1]
    layer: str
    timestep: int
    # What decided: "sift", "xfeat", "attention", ... or "points" (given by hand) for a transform,
    # "correspondence" or "region" (given by hand) where only the region is known.
    source: str
    matches: tuple[Matches, ...] = ()  # those that proposed transforms
    trust: float = 0.0  # in the field of attention, in [0, 1]; 0 where it leads nowhere
    certainty: float = 0.0  # of the surest view, in [0, 1]
    matchers: Mapping[str, int | str] | None = None  # matches of each, or why it gave none; None: not asked
    hypotheses: tuple[RankedHypothesis, ...] = ()  # all that were compared, the most probable first
    tried: str = ""  # what the search went through, in words; "" where it was not searched
    repair_confidence: float = 1.0  # that the repair is good, in [0, 1]
    mirrored: bool = False  # the reference shows the part as a mirror does
    filled: bool = False  # holds too little to be found: it is filled from around, not after the reference
    symmetric: bool = False  # ... and fits as it is as well: the object is alike on both sides

    @property
    def transform(self) -> Transform | None:
        """From the image to the reference; None where only the region is known."""
        return None if self.hypothesis is None else self.hypothesis.transform

    @property
    def agreement(self) -> float | None:
        """Of the transform with the context band, in [-1, 1]; None where there is none."""
        return None if self.hypothesis is None else self.hypothesis.band.agreement

    @property
    def placed(self) -> Placed:
        """How the reference is placed: exactly, roughly, by its region only, or not at all."""
        return "filled" if self.filled else placed_by(self.hypothesis)

    @property
    def coarseness(self) -> float | None:
        """Pixels of the image per pixel of the reference along one axis; None without a transform."""
        return coarseness_of(self.transform, self.mask)
