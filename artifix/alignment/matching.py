"""Point matches between the image and the reference."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_SIDE_PX = 1024  # images are shrunk to this longer side before features are sought
MOST_FEATURES = 4000  # by contrast; more only costs time
RATIO = 0.8  # of the best to the second-best distance (Lowe 2004, section 7.1)
MASK_MARGIN_PX = 5  # features this near the mask already see the artifact
MUTUAL_RATIO = 0.92  # a match that is best both ways may be less distinct than RATIO
TOLERANCE_PX = 3.0  # error of a right match, in working pixels
FEATURES = "sift"  # the source of these matches


@dataclass(frozen=True, eq=False)
class Matches:
    """Pairs of points that show the same spot of the object.

    Attributes:
        image: (N, 2) float64 points (x, y) in pixels of the image.
        reference: (N, 2) float64 points (x, y) in pixels of the reference.
        weights: (N,) float64, at least 0; larger is more trusted.
        source: who found them ("sift", "attention", ...).
        tolerance_px: how far a right match may lie from the truth, in pixels of the image.
    """

    image: NDArray[np.float64]
    reference: NDArray[np.float64]
    weights: NDArray[np.float64]
    source: str
    tolerance_px: float

    def __len__(self) -> int:
        return len(self.image)

    def take(self, index: NDArray) -> "Matches":
        """The matches at `index` (bool mask or integers)."""
        parts = (self.image[index], self.reference[index], self.weights[index])
        return Matches(*parts, self.source, self.tolerance_px)


def match_features(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], reference: NDArray[np.uint8]
) -> Matches:
    """SIFT matches of the unmasked image with the reference.

    Source: Lowe 2004, "Distinctive image features from scale-invariant keypoints": ratio test, which a match
    that is also the best one backwards may miss by a little.

    Args:
        image: (H, W, 3) RGB.
        mask: (H, W), True on the artifact; no feature is taken there.
        reference: (Hr, Wr, 3) RGB.

    Returns:
        The matches, perhaps none; weights in (0, 1] fall with the ratio of the distances.
    """
    margin = np.ones((2 * MASK_MARGIN_PX + 1,) * 2, np.uint8)
    usable = cv2.dilate(mask.astype(np.uint8), margin) == 0
    points, features, scale = _describe(image, usable)
    reference_points, reference_features, _ = _describe(reference, None)
    tolerance_px = TOLERANCE_PX / scale
    if len(points) < 2 or len(reference_points) < 2:
        return Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), FEATURES, tolerance_px)
    best, ratio, mutual = _nearest(features, reference_features)
    kept = (ratio < RATIO) | (mutual & (ratio < MUTUAL_RATIO))
    pairs = points[kept], reference_points[best[kept]]
    return Matches(*pairs, 1.001 - ratio[kept], FEATURES, tolerance_px)


def beside(matches: Matches, mask: NDArray[np.bool_]) -> Matches:
    """The matches that do not see the artifact.

    Args:
        matches: of the whole image.
        mask: (H, W), True on the artifact.
    """
    margin = np.ones((2 * MASK_MARGIN_PX + 1,) * 2, np.uint8)
    near = cv2.dilate(mask.astype(np.uint8), margin) > 0
    column, row = np.round(matches.image).astype(np.intp).T
    return matches.take(~near[row.clip(0, near.shape[0] - 1), column.clip(0, near.shape[1] - 1)])


def _describe(
    image: NDArray[np.uint8], usable: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], NDArray[np.float32], float]:
    """RootSIFT of (H, W, 3) `image`: (N, 2) points in its pixels, (N, 128), and the working scale."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, WORKING_SIDE_PX / max(grey.shape))
    if scale < 1:
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        usable = None if usable is None else cv2.resize(usable.astype(np.uint8), size) > 0
    where = None if usable is None else usable.astype(np.uint8)
    keypoints, features = cv2.SIFT.create(MOST_FEATURES).detectAndCompute(grey, where)
    if features is None:
        return np.empty((0, 2)), np.empty((0, 128), np.float32), scale
    points = np.array([k.pt for k in keypoints], np.float64)
    # RootSIFT (Arandjelovic & Zisserman 2012): the Hellinger kernel on the histograms
    features = np.sqrt(features / np.maximum(features.sum(1, keepdims=True), 1e-6))
    return (points + 0.5) / scale - 0.5, features, scale


def _nearest(
    features: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.bool_]]:
    """For each of (N, D) unit `features` the nearest of `others`, its ratio, and whether it is mutual."""
    similarity = features @ others.T
    best = similarity.argmax(1)
    rows = np.arange(len(features))
    first = similarity[rows, best].copy()
    mutual = similarity.argmax(0)[best] == rows
    similarity[rows, best] = -1
    second = similarity.max(1)
    near, far = (np.sqrt(np.maximum(2 - 2 * s.astype(np.float64), 1e-9)) for s in (first, second))
    return best, near / far, mutual
