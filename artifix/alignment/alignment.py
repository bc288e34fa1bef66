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
    """Where one mask group lies in the reference.

    Attributes:
        mask: (H, W) of the image, this group.
        box: crop of the image around it, in its pixels.
        correspondence: M*, (H_ref, W_ref) in [0, 1].
        region: (H_ref, W_ref).
        hypothesis: the transform that is used, verified or not; None: only the region is known.
        confidence: that the region is right, in [0, 1].
        layer: whose attention was read.
        timestep: at which it was read.
        source: what decided: "sift", "xfeat", "attention", ... or "points" (given by hand) for a transform,
            "correspondence" or "region" (given by hand) where only the region is known.
        matches: those that proposed transforms.
        trust: in the field of attention, in [0, 1]; 0 where it leads nowhere.
        certainty: of the surest view, in [0, 1].
        matchers: matches of each, or why it gave none; None: not asked.
        hypotheses: all that were compared, the most probable first.
        tried: what the search went through, in words; "" where it was not searched.
        repair_confidence: that the repair is good, in [0, 1].
        mirrored: the reference shows the part as a mirror does.
        filled: it holds too little to be found: it is filled from around, not after the reference.
        symmetric: it is mirrored, and fits as it is as well: the object is alike on both sides.
    """

    mask: NDArray[np.bool_]
    box: Box
    correspondence: NDArray[np.float32]
    region: NDArray[np.bool_]
    hypothesis: Hypothesis | None
    confidence: float
    layer: str
    timestep: int
    source: str
    matches: tuple[Matches, ...] = ()
    trust: float = 0.0
    certainty: float = 0.0
    matchers: Mapping[str, int | str] | None = None
    hypotheses: tuple[RankedHypothesis, ...] = ()
    tried: str = ""
    repair_confidence: float = 1.0
    mirrored: bool = False
    filled: bool = False
    symmetric: bool = False

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
