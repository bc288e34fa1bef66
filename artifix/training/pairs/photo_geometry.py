"""How one photo of an object lies in another.

Point matches of the untouched photos (SIFT, and XFeat where it is installed) are fitted by a homography. It
holds on the face of the object that they lie on, so some of the matches go with it. What few of them agree
on, what no camera could see, and what does not look alike when laid over each other is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, resize, transform_points
from artifix.registration.candidates import FITS, is_plausible
from artifix.scene import Matches

XFEAT = "xfeat"
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
class PairRules:
    """Which photos are tried with each other, and what is believed."""

    least_inliers: int = 20  # photos of unrelated products agree on up to 7 of SIFT's matches,
    least_learned_inliers: int = 50  # and on up to 28 of XFeat's, which are many more
    least_agreement: float = 0.6  # right ones have .9; where less, something in the outline has moved
    partners: int = 4  # other photos that each is tried with, besides the anchors
    anchors: str = r"(?i)iconic"  # in the names of photos that all others of their object are tried with


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
