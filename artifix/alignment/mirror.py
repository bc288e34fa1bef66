"""References that show the part as a mirror does: generators mirror things now and then."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from artifix.alignment.candidates import is_plausible, propose
from artifix.alignment.installed import XFEAT, xfeat_path
from artifix.alignment.matching import FEATURES, Matches
from artifix.alignment.pool import pool_of
from artifix.alignment.scene import Scene
from artifix.alignment.search import Hypothesis
from artifix.alignment.transform import Transform
from artifix.geometry import box_of

# Matches do not survive a mirror, so that what many of them support is not mirrored.
SUPPORTED = 5.0  # doublings of exact matches near the mask that settle it
SUPPORTED_COARSELY = 7.0  # ... and of learned ones, of which dozens agree by chance
LEAST_INLIERS = 12  # of matches with the mirrored reference
TIMES = 2.0  # ... and so many for each with the reference as it is


def mirrored(scene: Scene) -> Scene:
    """The scene with its reference mirrored from left to right, and what is given by hand with it."""
    within = None if scene.within is None else scene.within[:, ::-1]
    return replace(scene, reference=np.ascontiguousarray(scene.reference[:, ::-1]), within=within)


def seems_mirrored(
    scene: Scene,
    best: Hypothesis | None,
    pool: Sequence[Matches],
    matchers: Sequence[str],
    device: torch.device,
) -> bool:
    """Whether many more matches agree with the mirrored reference than with the reference as it is.

    Args:
        scene: image, mask and reference.
        best: what was found in the reference as it is.
        pool: its matches.
        matchers: that may be asked; learned ones where the classical ones leave it open.
        device: that they run on.
    """
    told = None if best is None else best.evidence
    if told is not None and told.classical >= SUPPORTED:
        return False
    asked = [FEATURES]
    if xfeat_path() is not None and (told is None or told.learned < SUPPORTED_COARSELY):
        asked.append(XFEAT)
    return any(_is_better(scene, pool, name, device) for name in asked if name in matchers)


def _is_better(scene: Scene, pool: Sequence[Matches], name: str, device: torch.device) -> bool:
    """Whether clearly more matches of one matcher agree with the mirrored reference."""
    straight = [matches for matches in pool if matches.source == name]
    if not straight:  # it was not needed
        return False
    turned = pool_of(mirrored(scene), [name], (), device).matches
    known, found = (_most_inliers(scene, matches) for matches in (straight, turned))
    return found >= LEAST_INLIERS and found > TIMES * known


def unmirrored(transform: Transform, width: int) -> Transform:
    """A transform into a mirrored reference of `width` pixels, as one into the reference itself."""
    flip = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    return replace(transform, matrix=flip @ transform.matrix)


def flipped(plane: NDArray) -> NDArray:
    """(H, W) mirrored from left to right."""
    return np.ascontiguousarray(plane[:, ::-1])


def _most_inliers(scene: Scene, pool: Sequence[Matches]) -> int:
    box = box_of(scene.mask)
    proposed = (c for matches in pool for c in propose(matches, box))
    return max((c.inliers for c in proposed if is_plausible(c.matrix, box)), default=0)
