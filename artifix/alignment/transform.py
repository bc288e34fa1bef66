"""The match pool: from image to reference, verified on the ring around the mask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.alignment.candidates import Candidate, is_plausible, propose
from artifix.alignment.matching import Matches, match_features
from artifix.alignment.polish import polish
from artifix.alignment.ring import Ring, agreement, ring_around
from artifix.alignment.warp import grid_of, sample
from artifix.geometry import Box, Crop, box_of, transform_points

LEAST_SIDE_PX = 16  # smaller pictures hold no verifiable context
LEAST_INSIDE = 0.9  # of the mask must lie inside the reference
LEAST_AGREEMENT = 0.4  # on the ring
POLISHED = 6  # this many candidates are worth polishing


@dataclass(frozen=True, eq=False)
class Transform:
    """Where the image's pixels lie in the reference.

    Attributes:
        matrix: (3, 3) float64, image points (x, y, 1) to reference points, full-resolution pixels.
        agreement: of the warped reference with the ring around the mask, in [-1, 1].
        source: of the matches: "sift", "attention", ...
        model: "similarity", "affine" or "homography".
        inliers: number of matches that fit.
    """

    matrix: NDArray[np.float64]
    agreement: float
    source: str
    model: str
    inliers: int

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Reference points (x, y) of (N, 2) image points."""
        return transform_points(self.matrix, points)

    def region(self, mask: NDArray[np.bool_], reference_shape: Sequence[int]) -> NDArray[np.bool_]:
        """(H, W) `mask` of the image, in the reference: (Hr, Wr) bool."""
        size = reference_shape[1], reference_shape[0]
        return cv2.warpPerspective(mask.astype(np.uint8), self.matrix, size, flags=cv2.INTER_NEAREST) > 0

    def warp_reference(
        self, reference: NDArray, box: Box, out_size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The reference in the frame of a crop of the image, sampled once, at its own resolution.

        Args:
            reference: (Hr, Wr, C) uint8, uint16 or float32.
            box: of the image, in its pixels.
            out_size: (height, width) the crop is resized to.

        Returns:
            (h, w, C) float32 in the reference's range, and (h, w) bool: True where the reference shows something.
        """
        return sample(reference, self.points(grid_of(Crop(box, out_size))), out_size)


def find_transform(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    extra: Iterable[Matches] = (),
    least_agreement: float = LEAST_AGREEMENT,
) -> Transform | None:
    """The best transform that any matches propose, or None where none explains the ring.

    Args:
        image: (H, W, 3) RGB.
        mask: (H, W), True on the artifact.
        reference: (Hr, Wr, 3) RGB.
        extra: matches from elsewhere, such as the network's attention.
        least_agreement: on the ring, in [-1, 1].
    """
    if min(*image.shape[:2], *reference.shape[:2]) < LEAST_SIDE_PX or not mask.any() or mask.all():
        return None
    best = best_transform(image, mask, reference, [match_features(image, mask, reference), *extra])
    return best if best is not None and best.agreement >= least_agreement else None


def best_transform(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], reference: NDArray[np.uint8], pool: Iterable[Matches]
) -> Transform | None:
    """The candidate that agrees best with the ring, polished; None where no plausible candidate exists."""
    ring, mask_box = ring_around(image, mask), box_of(mask)
    rows, columns = np.nonzero(mask)
    inside = np.column_stack([columns, rows])[:: max(1, len(rows) // 500)].astype(np.float64)
    candidates = [
        _verified(candidate, ring, reference)
        for matches in pool
        for candidate in propose(matches, mask_box)
        if is_plausible(candidate.matrix, ring.crop.box) and _lands(candidate.matrix, inside, reference.shape)
    ]
    candidates.sort(key=lambda t: t.agreement, reverse=True)
    polished = [_polished(t, ring, reference) for t in candidates[:POLISHED]]
    return max(polished, key=lambda t: t.agreement, default=None)


def _lands(matrix: NDArray[np.float64], points: NDArray[np.float64], shape: Sequence[int]) -> bool:
    x, y = transform_points(matrix, points).T
    within = (x > -0.5) & (y > -0.5) & (x < shape[1] - 0.5) & (y < shape[0] - 0.5)
    return float(within.mean()) >= LEAST_INSIDE


def _verified(candidate: Candidate, ring: Ring, reference: NDArray[np.uint8]) -> Transform:
    transform = Transform(candidate.matrix, -1.0, candidate.source, candidate.model, candidate.inliers)
    score = agreement(ring, *transform.warp_reference(reference, ring.crop.box, ring.crop.size))
    return replace(transform, agreement=score)


def _polished(transform: Transform, ring: Ring, reference: NDArray[np.uint8]) -> Transform:
    """The transform after ECC with each model that may help; itself where nothing agrees better."""
    best = transform
    for model in ("translation", "affine", "homography"):
        warped, _ = best.warp_reference(reference, ring.crop.box, ring.crop.size)
        matrix = polish(ring, warped, best.matrix, model)
        if matrix is None or not is_plausible(matrix, ring.crop.box):
            continue
        moved = replace(best, matrix=matrix)
        score = agreement(ring, *moved.warp_reference(reference, ring.crop.box, ring.crop.size))
        if score > best.agreement:
            best = replace(moved, agreement=score)
    return best
