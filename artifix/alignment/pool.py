"""The matchers whose matches compete for a transform."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from artifix.alignment.installed import LOFTR, NOT_INSTALLED, XFEAT, is_default, xfeat_path
from artifix.alignment.matching import FEATURES, Matches, match_features
from artifix.alignment.scene import Scene
from artifix.config import split_matcher

ATTENTION = "attention"


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Matches of all matchers."""

    matches: tuple[Matches, ...] = ()
    # How many each gave, or why it gave none; by name.
    told: Mapping[str, int | str] = field(default_factory=dict)


def pool_of(
    scene: Scene, entries: Sequence[str], attention: Sequence[Matches], device: torch.device | str
) -> Pool:
    """What the matchers find, in their order.

    Args:
        scene: what is to be aligned.
        entries: `AlignmentConfig.matchers`.
        attention: what the network's own attention gave.
        device: that learned matchers run on.

    Raises:
        WeightsError: a learned matcher that was asked for is not installed, or its weights cannot be used.
    """
    matches: list[Matches] = []
    told: dict[str, int | str] = {}
    for name, folder in map(split_matcher, entries):
        if name == XFEAT and xfeat_path() is None and is_default(entries):
            told[name] = NOT_INSTALLED
            continue
        found = attention if name == ATTENTION else [_found(scene, name, folder, device)]
        matches += found
        told[name] = sum(map(len, found))
    return Pool(tuple(matches), told)


def _found(scene: Scene, name: str, folder: str, device: torch.device | str) -> Matches:
    # Their libraries take seconds to load, and are loaded where they are used.
    pictures = scene.image, scene.hidden, scene.reference
    if name == XFEAT:
        from artifix.alignment.learned import match_xfeat

        return match_xfeat(*pictures, device)
    if name == LOFTR:
        from artifix.alignment.loftr import match_loftr

        return match_loftr(*pictures, Path(folder), device)
    assert name == FEATURES, name
    return match_features(*pictures)
