"""References that show the part as a mirror does: generators mirror things now and then."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from artifix.alignment import tuning
from artifix.geometry import box_of
from artifix.matching.installed import XFEAT
from artifix.matching.pool import pool_of
from artifix.matching.sift import FEATURES
from artifix.registration.candidates import is_plausible, propose
from artifix.registration.hypothesis import Hypothesis
from artifix.registration.search import RankedHypothesis
from artifix.scene import Matches, Scene

# Matches do not survive a mirror, so that what many of them support is not mirrored.


def mirrored(scene: Scene) -> Scene:
    """The scene with its reference mirrored from left to right, and what is given by hand with it."""
    within = None if scene.within is None else scene.within[:, ::-1]
    return replace(scene, reference=np.ascontiguousarray(scene.reference[:, ::-1]), within=within)


def mirrored_by(
    scene: Scene,
    best: RankedHypothesis | None,
    pool: Sequence[Matches],
    matchers: Sequence[str],
    device: torch.device,
) -> str:
    """Whose matches agree much more with the mirrored reference than with the reference as it is; "" if none.

    Args:
        scene: image, mask and reference.
        best: what was found in the reference as it is.
        pool: its matches.
        matchers: that may be asked; learned ones where the classical ones leave it open.
        device: that they run on.
    """
    tuned = tuning.ALIGNMENT
    told = None if best is None else best.evidence
    if told is not None and told.classical >= tuned.mirror_supported:
        return ""
    asked = [name for name in (FEATURES, XFEAT) if name in matchers and any(m.source == name for m in pool)]
    if FEATURES in asked and _is_mirrored(*_inliers(scene, pool, FEATURES, device)):
        # Exact matches are few now and then: learned ones may contradict them.
        known, found = _inliers(scene, pool, XFEAT, device) if XFEAT in asked else (0, 1)
        return FEATURES if found > known else ""
    if told is not None and told.learned >= tuned.mirror_supported_coarsely:
        return ""
    return XFEAT if XFEAT in asked and _is_mirrored(*_inliers(scene, pool, XFEAT, device)) else ""


def _is_mirrored(known: int, found: int) -> bool:
    tuned = tuning.ALIGNMENT
    return found >= tuned.mirror_least_inliers and found > tuned.mirror_times * known


def _inliers(scene: Scene, pool: Sequence[Matches], name: str, device: torch.device) -> tuple[int, int]:
    """Most matches of one matcher that agree with the reference as it is, and with the mirrored one."""
    straight = [matches for matches in pool if matches.source == name]
    turned = pool_of(mirrored(scene), [name], (), device).matches
    return _most_inliers(scene, straight), _most_inliers(scene, turned)


def unmirrored(hypothesis: Hypothesis, width: int) -> Hypothesis:
    """A hypothesis of a mirrored reference of `width` pixels, as one of the reference itself."""
    flip = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    transform = hypothesis.transform
    return replace(hypothesis, transform=replace(transform, matrix=flip @ transform.matrix))


def flipped(plane: NDArray) -> NDArray:
    """(H, W) mirrored from left to right."""
    return np.ascontiguousarray(plane[:, ::-1])


def _most_inliers(scene: Scene, pool: Sequence[Matches]) -> int:
    box = box_of(scene.mask)
    proposed = (c for matches in pool for c in propose(matches, box))
    return max((c.support.inliers for c in proposed if is_plausible(c.transform.matrix, box)), default=0)
