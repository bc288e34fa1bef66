"""The matchers whose matches compete for a transform."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch

from artifix.config import split_matcher
from artifix.geometry import crop_around, squared
from artifix.matching import tuning
from artifix.matching.installed import (
    DINOV2,
    LOFTR,
    NOT_INSTALLED,
    XFEAT,
    is_default,
    matcher_folder,
    xfeat_path,
)
from artifix.matching.pictures import Pictures
from artifix.matching.sift import FEATURES, Features, beside, describe, match_described
from artifix.scene import Matches, Scene

ATTENTION = "attention"
LEARNED = (XFEAT, LOFTR, DINOV2)
PROPOSING = (
    DINOV2,
)  # of those: its matches propose transforms, and no weight of the evidence was fitted to them
NOT_NEEDED = "not needed"  # where exact matches settle the transform
MOST_REMEMBERED = 8  # results, and pictures described: those of a case, and of a few references of one


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Matches of all matchers."""

    matches: tuple[Matches, ...] = ()  # of what surrounds the mask: evidence
    guesses: tuple[Matches, ...] = ()  # with those of the artifact, which only propose
    # How many each gave, or why it gave none; by name.
    told: Mapping[str, int | str] = field(default_factory=dict)

    def joined(self, other: "Pool") -> "Pool":
        """The matches of both, of which each asked matchers that the other did not."""
        matches, guesses = (*self.matches, *other.matches), (*self.guesses, *other.guesses)
        asked = {name: count for name, count in other.told.items() if count != NOT_NEEDED}
        return Pool(matches, guesses, {**self.told, **asked})


def pool_of(
    scene: Scene,
    entries: Sequence[str],
    attention: Sequence[Matches],
    device: torch.device | str,
    needed: Callable[[str], bool] = lambda name: True,
) -> Pool:
    """What the matchers find, in their order.

    Args:
        scene: what is to be aligned.
        entries: `AlignmentConfig.matchers`.
        attention: what the network's own attention gave.
        device: that learned matchers run on.
        needed: which of them are asked, by name.

    Raises:
        WeightsError: a learned matcher that was asked for is not installed, or its weights cannot be used.
    """
    matches: list[Matches] = []
    guesses: list[Matches] = []
    told: dict[str, int | str] = {}
    for name, folder in map(split_matcher, entries):
        if name == XFEAT and xfeat_path() is None and is_default(entries):
            told[name] = NOT_INSTALLED
            continue
        if not needed(name):
            told[name] = NOT_NEEDED
            continue
        found = list(attention) if name == ATTENTION else _asked(scene, name, folder, torch.device(device))
        if name in LEARNED:  # they see the artifact as well
            guesses += found
            found = [beside(one, scene.hidden) for one in found]
        matches += found
        told[name] = sum(map(len, found))
    return Pool(tuple(matches), tuple(guesses), told)


def seen_through(scene: Scene) -> Matches:
    """Exact matches of all of the image with the reference, what the mask covers included."""
    described = [_described(Pictures(picture)) for picture in (scene.image, scene.reference)]
    return match_described(*described)


def _asked(scene: Scene, name: str, folder: str, device: torch.device) -> list[Matches]:
    """The matches of one matcher, of all of the image, and of what surrounds the mask where that is small."""
    if name == DINOV2:
        return _patches_found(scene, folder, device)
    tuned = tuning.MATCHING
    found = [_found(scene, name, folder, device)]
    box = squared(crop_around(scene.mask, tuned.closer_context)).clip(*scene.mask.shape)
    # A picture is shrunk before features are sought in it, and in a large one a small object has none left.
    side_px = max(scene.mask.shape)
    is_closer = max(box.width, box.height) < tuned.closer_share * side_px
    if side_px > tuned.closer_least_side_px and is_closer:
        part = box.slices()
        closer = replace(scene, image=scene.image[part], mask=scene.mask[part], masked=scene.hidden[part])
        seen = _found(closer, name, folder, device)
        found.append(replace(seen, image=seen.image + np.array([box.left, box.top])))
    return found


def _found(scene: Scene, name: str, folder: str, device: torch.device) -> Matches:
    """The matches of one matcher, found once for all parts of a mask."""
    pictures = Pictures(scene.image, scene.hidden, scene.reference)
    try:
        return _sought(pictures, name, folder, device)
    finally:
        pictures.parts = ()  # of what is remembered, only the matches take memory


def _patches_found(scene: Scene, folder: str, device: torch.device) -> list[Matches]:
    """The matches of DINOv2, which looks at the surroundings of one mask group."""
    from artifix.matching.dinov2 import match_dinov2

    return match_dinov2(scene.image, scene.mask, scene.reference, matcher_folder(folder), device)


def _described(pictures: Pictures) -> Features:
    """What SIFT sees in one picture, sought once for all questions."""
    try:
        return _seen(pictures)
    finally:
        pictures.parts = ()


@lru_cache(MOST_REMEMBERED)
def _seen(pictures: Pictures) -> Features:
    return describe(*pictures.parts)


@lru_cache(MOST_REMEMBERED)
def _sought(pictures: Pictures, name: str, folder: str, device: torch.device) -> Matches:
    # Their libraries take seconds to load, and are loaded where they are used.
    image, hidden, reference = pictures.parts
    clear = np.zeros_like(hidden)
    if name == XFEAT:
        from artifix.matching.xfeat import match_xfeat

        return match_xfeat(image, clear, reference, device)
    if name == LOFTR:
        from artifix.matching.loftr import match_loftr

        return match_loftr(image, clear, reference, matcher_folder(folder), device)
    assert name == FEATURES, name
    features, others = (_described(Pictures(picture)) for picture in (image, reference))
    return match_described(features.beside(hidden), others)
