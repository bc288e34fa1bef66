"""Hypotheses: transforms with who proposed them, and how well the context band around the mask agrees."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Crop, transform_points
from artifix.matching.sift import FEATURES
from artifix.registration import tuning
from artifix.registration.context_band import BandScore, ContextBand, compare
from artifix.registration.transform import Transform


@dataclass(frozen=True, slots=True)
class Support:
    """Who proposed a transform."""

    source: str  # of the matches: "sift", "attention", ...
    model: str  # "similarity", "affine" or "homography"
    inliers: int  # number of matches that fit
    tolerance_px: float  # of those matches, in pixels of the image


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A proposed transform, not compared with anything yet."""

    transform: Transform
    support: Support


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A proposed transform, compared with the context band around the mask."""

    transform: Transform
    support: Support
    band: BandScore

    @property
    def score(self) -> float:
        """What hypotheses compete by: agreement, and a little for support by exact matches."""
        is_exact = self.support.source == FEATURES
        doublings = float(np.log2(max(self.support.inliers, 1))) if is_exact else 0.0
        return self.band.agreement + tuning.REGISTRATION.inliers_worth * doublings

    @property
    def is_verified(self) -> bool:
        """Whether the band agrees, or does not contradict many exact matches."""
        tuned = tuning.REGISTRATION
        is_supported = self.support.source == FEATURES and self.support.inliers >= tuned.sharp_inliers
        if is_supported and self.band.texture < tuned.least_texture:
            return True
        return self.band.agreement >= (tuned.least_sharp_agreement if is_supported else tuned.least_agreement)

    @property
    def verification(self) -> float:
        """The band's agreement in [0, 1]; 1 where it holds no texture, and many exact matches decide."""
        tuned = tuning.REGISTRATION
        is_mute = self.band.texture < tuned.least_texture
        if is_mute and self.is_verified and self.band.agreement < tuned.least_agreement:
            return 1.0
        return max(self.band.agreement, 0.0)

    @property
    def is_exact(self) -> bool:
        """Whether pixels can be compared one by one, beyond being verified."""
        is_close = (
            self.support.source == FEATURES
            or self.band.agreement >= tuning.REGISTRATION.least_exact_agreement
        )
        return self.is_verified and is_close

    @property
    def candidate(self) -> Candidate:
        """The same, as it was before it was compared."""
        return Candidate(self.transform, self.support)


def rate(proposed: Candidate | Hypothesis, band: ContextBand, reference: NDArray[np.uint8]) -> Hypothesis:
    """The hypothesis with what the band says of its transform."""
    seen = proposed.transform.warp_reference(reference, band.crop.box, band.crop.size)
    return Hypothesis(proposed.transform, proposed.support, compare(band, *seen))


class _Proposed(Protocol):
    @property
    def transform(self) -> Transform: ...


_Some = TypeVar("_Some", bound=_Proposed)


def distinct(proposed: Iterable[_Some], crop: Crop, apart: float) -> list[_Some]:
    """Those that lie farther from all before, at a corner of the crop, than `apart` of its pixels."""
    box, scale = crop.box, crop.size[1] / crop.box.width
    corners = np.array([[x, y] for x in (box.left, box.right) for y in (box.top, box.bottom)], np.float64)
    kept: list[_Some] = []
    for one in proposed:
        points = one.transform.points(corners)
        with np.errstate(divide="ignore", invalid="ignore"):  # beyond another's horizon
            back = [transform_points(np.linalg.inv(earlier.transform.matrix), points) for earlier in kept]
        if not any(np.abs(b - corners).max() * scale < apart for b in back):
            kept.append(one)
    return kept
