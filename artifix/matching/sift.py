"""Point matches between the image and the reference."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.matching import tuning
from artifix.scene import Matches

FEATURES = "sift"  # the source of these matches


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What SIFT sees in a picture.

    Attributes:
        points: (N, 2) float64 points (x, y), in pixels of the picture.
        descriptors: (N, 128) float32 unit vectors.
        tolerance_px: how far a right match may lie from the truth, in pixels of the picture.
    """

    points: NDArray[np.float64]
    descriptors: NDArray[np.float32]
    tolerance_px: float

    def beside(self, mask: NDArray[np.bool_]) -> "Features":
        """Those that do not see what lies under (H, W) `mask`."""
        kept = ~sees(self.points, mask)
        return Features(self.points[kept], self.descriptors[kept], self.tolerance_px)


def match_features(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], reference: NDArray[np.uint8]
) -> Matches:
    """SIFT matches of the unmasked image with the reference; see `match_described`.

    Args:
        image: (H, W, 3) RGB.
        mask: (H, W), True on the artifact; no feature is taken there.
        reference: (Hr, Wr, 3) RGB.
    """
    return match_described(describe(image).beside(mask), describe(reference))


def describe(picture: NDArray[np.uint8]) -> Features:
    """RootSIFT (Lowe 2004; Arandjelovic & Zisserman 2012) of an (H, W, 3) RGB picture, perhaps none."""
    tuned = tuning.MATCHING
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, tuned.sift_side_px / max(grey.shape))
    if scale < 1:
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    keypoints, histograms = cv2.SIFT.create(tuned.sift_most_features).detectAndCompute(grey, None)
    if histograms is None:
        return Features(np.empty((0, 2)), np.empty((0, 128), np.float32), tuned.sift_tolerance_px / scale)
    points = np.array([k.pt for k in keypoints], np.float64)
    descriptors = np.sqrt(histograms / np.maximum(histograms.sum(1, keepdims=True), 1e-6))
    return Features((points + 0.5) / scale - 0.5, descriptors, tuned.sift_tolerance_px / scale)


def match_described(features: Features, others: Features) -> Matches:
    """Matches of the features of an image with those of a reference.

    Source: Lowe 2004, "Distinctive image features from scale-invariant keypoints": ratio test, which a match
    that is also the best one backwards may miss by a little.

    Returns:
        The matches, perhaps none; weights in (0, 1] fall with the ratio of the distances.
    """
    tuned = tuning.MATCHING
    if min(len(features.points), len(others.points)) < 2:
        return Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), FEATURES, features.tolerance_px)
    similarity = features.descriptors @ others.descriptors.T
    best, ratio = _nearest(similarity)
    back, back_ratio = _nearest(similarity.T)
    mutual = back[best] == np.arange(len(best))
    kept = (ratio < tuned.ratio) | (mutual & (ratio < tuned.mutual_ratio))
    # What the reference shows twice fails the test this way, and passes it backwards.
    twice = np.flatnonzero((back_ratio < tuned.ratio) & ~kept[back])
    twice = twice[np.bincount(back[twice], minlength=len(best))[back[twice]] <= tuned.most_copies]
    if len(twice) < kept.sum():  # of chance
        twice = twice[:0]
    return Matches(
        features.points[np.r_[np.flatnonzero(kept), back[twice]]],
        others.points[np.r_[best[kept], twice]],
        1.001 - np.r_[ratio[kept], back_ratio[twice]],
        FEATURES,
        features.tolerance_px,
    )


def beside(matches: Matches, mask: NDArray[np.bool_]) -> Matches:
    """The matches that do not see the artifact.

    Args:
        matches: of the whole image.
        mask: (H, W), True on the artifact.
    """
    return matches.take(~sees(matches.image, mask))


def with_margin(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W) True where what is described is in part under `mask`."""
    margin = np.ones((2 * tuning.MATCHING.mask_margin_px + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), margin) > 0)


def sees(points: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) whether what is described at (N, 2) points is in part under (H, W) `mask`."""
    near = with_margin(mask)
    column, row = np.round(points).astype(np.intp).T
    return np.asarray(near[row.clip(0, near.shape[0] - 1), column.clip(0, near.shape[1] - 1)])


def _nearest(similarity: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each row of (N, M) similarities of unit vectors the nearest, and the ratio of the two distances."""
    rows, best = np.arange(len(similarity)), similarity.argmax(1)
    first = similarity[rows, best]
    others = similarity.copy()
    others[rows, best] = -1
    second = others.max(1)
    near, far = (np.sqrt(np.maximum(2 - 2 * s.astype(np.float64), 1e-9)) for s in (first, second))
    return best, near / far
