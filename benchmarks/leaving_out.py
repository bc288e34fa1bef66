"""The levers behind a repair, and what stands in for each of them when it is left out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.config import RefineConfig, override
from artifix.refinement import stage as repainting
from artifix.registration import search as searching
from artifix.registration.content import Content, likeness_of
from artifix.registration.evidence import Evidence
from artifix.registration.hypothesis import Hypothesis
from artifix.registration.search import RankedHypothesis
from artifix.registration.transform import Transform
from artifix.scene import Scene

FULL = override(RefineConfig(), force=True)
UNTOUCHED, DEFAULT = "as-is", "default"
RING_BLEED_PX, RING_REACH = 1.5, 0.5  # from the mask, and around it in extents (root of its area)
LEAST_RING_PX = 64
NEVER = 1e-6  # agreement of a band that agrees nowhere, as a probability


def stay(
    content: Content, reference: NDArray[np.uint8], transforms: Sequence[Transform]
) -> list[tuple[float, Transform]]:
    """In place of `flow.register`: every transform stays where it starts."""
    return list(zip(likeness_of(content, reference, transforms), transforms, strict=True))


def logit_of_band(evidence: Evidence, weights: Mapping[str, float]) -> float:
    """In place of `evidence.logit_of`: the agreement of the context band is the probability."""
    share = float(np.clip(evidence.band, NEVER, 1 - NEVER))
    return float(np.log(share / (1 - share)))


def unverified(hypothesis: Hypothesis, evidence: Evidence) -> float:
    """In place of `search.verified_logit`: exact matches verify nothing."""
    return -np.inf


def by_logit(found: Sequence[RankedHypothesis]) -> list[RankedHypothesis]:
    """In place of `search.ordered`: nothing but the logit decides."""
    return sorted(found, key=lambda h: -h.logit)


def shift_means(
    warped: NDArray[np.float32],
    valid: NDArray[np.bool_],
    image: NDArray,
    mask: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.float32]:
    """In place of `rough_light.match_light_roughly`: each channel gets the mean of the image's."""
    away_px = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    ring = (away_px > RING_BLEED_PX) & (away_px < RING_REACH * np.sqrt(mask.sum())) & valid
    if ring.sum() < LEAST_RING_PX:
        return warped
    shift = image[ring].mean(0, dtype=np.float64) - warped[ring].mean(0, dtype=np.float64)
    return np.asarray(np.clip(warped + shift, 0, 255), np.float32)


def own_all(
    paste: NDArray[np.float32],
    valid: NDArray[np.bool_],
    image: NDArray,
    mask: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.float32]:
    """In place of `foreground.foreground`: whatever the reference shows belongs."""
    return valid.astype(np.float32)


def uncorrected(scene: Scene, transform: Transform) -> Transform:
    """In place of `edge_fit.meeting_at_edge`: the reference stays as it was placed."""
    return transform


@dataclass(frozen=True, slots=True)
class Lever:
    """One variant: the default with something left out."""

    leaves_out: str
    config: RefineConfig = FULL
    replaced: Callable[[], AbstractContextManager] = nullcontext
    searches: bool = False  # stage 1 is another than the default's


# The one place where anything of artifix is replaced; it is put back after each case.
LEVERS = {
    DEFAULT: Lever("nothing"),
    "no-learned": Lever(
        "the learned matcher, and the descriptors it lends",
        override(FULL, matchers=("sift", "attention")),
        searches=True,
    ),
    "no-registration": Lever(
        "registration on content: transforms stay where they start",
        replaced=partial(patch.object, searching, "register", stay),
        searches=True,
    ),
    "no-score": Lever(
        "the fitted logit: the context band's agreement alone decides",
        replaced=partial(
            patch.multiple,
            searching,
            logit_of=logit_of_band,
            verified_logit=unverified,
            ordered=by_logit,
        ),
        searches=True,
    ),
    "no-edge": Lever(
        "the correction at the mask's edge",
        replaced=partial(patch.object, searching, "meeting_at_edge", uncorrected),
        searches=True,
    ),
    "no-light": Lever(
        "the light of rough pastes: only their mean is shifted",
        replaced=partial(patch.object, repainting, "match_light_roughly", shift_means),
    ),
    "no-ownership": Lever(
        "ownership: all that the reference shows is pasted",
        replaced=partial(patch.object, repainting, "foreground", own_all),
    ),
    "no-grain": Lever("grain", override(FULL, grain=False)),
}
