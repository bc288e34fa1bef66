"""Transforms proposed by matches: global ones, and local ones around the mask."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, transform_points
from artifix.registration.hypothesis import Candidate, Support
from artifix.registration.transform import Transform
from artifix.scene import Matches

LEAST_POINTS = {"similarity": 4, "affine": 6, "homography": 10}  # twice the minimal set and more
NEIGHBOURHOODS = (0.5, 1.0, 2.0, 4.0)  # radii over the mask's extent
# Reference pixels per image pixel, at least and at most: generators draw 256 px, cameras 6,000.
SCALES = (1 / 12, 40.0)
LARGEST_STRETCH = 3.0  # of one direction over another, at one point
LARGEST_PERSPECTIVE = 4.0  # of one local scale over another, across the context band
ITERATIONS, CONFIDENCE = 2000, 0.999


def propose(matches: Matches, mask_box: Box) -> Iterator[Candidate]:
    """Fit transforms to all matches and to those around the mask, within growing radii.

    A scene with depth has no global homography, but the surface around the mask often has its own.

    Args:
        matches: between image and reference.
        mask_box: bounding box of the mask, in pixels of the image.

    Yields:
        Candidates, in no order; none where too few matches agree.
    """
    distance = _distance(matches.image, mask_box)
    extent = float(np.hypot(mask_box.width, mask_box.height))
    yield from _fit_all(matches)
    seen = {len(matches)}
    for radius in NEIGHBOURHOODS:
        near = matches.take(distance < radius * extent)
        if len(near) not in seen:
            seen.add(len(near))
            yield from _fit_all(near)


def is_plausible(matrix: NDArray[np.float64], box: Box) -> bool:
    """Whether the transform could be a camera's view of a surface, over `box` of the image.

    Refuses mirrored, folded, nearly singular and extreme ones, by the limits at the head of this file.
    """
    x, y = box.centre
    corners = [[column, row] for column in (box.left, box.right) for row in (box.top, box.bottom)]
    points = np.array([[x, y], *corners])
    depth = points @ matrix[2, :2] + matrix[2, 2]
    if not np.isfinite(matrix).all() or (depth * depth[0] <= 1e-12).any():
        return False
    jacobians = np.stack([_jacobian(matrix, point) for point in points])
    areas = np.linalg.det(jacobians)
    if not np.isfinite(areas).all() or (areas <= 1e-9).any():
        return False
    stretch = np.linalg.cond(jacobians).max()
    scale = np.sqrt(areas[0])
    return bool(
        SCALES[0] < scale < SCALES[1]
        and stretch < LARGEST_STRETCH
        and areas.max() / areas.min() < LARGEST_PERSPECTIVE**2
    )


def _jacobian(matrix: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]])
    right, left, down, up = transform_points(matrix, point + steps)
    return np.column_stack([right - left, down - up])


def _distance(points: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """Distance of (N, 2) points from a box; 0 inside."""
    low, high = np.array([box.left, box.top]), np.array([box.right, box.bottom])
    return np.linalg.norm(np.maximum(np.maximum(low - points, points - high), 0), axis=1)


def _fit_all(matches: Matches) -> Iterator[Candidate]:
    for model, fit in FITS.items():
        if len(matches) < LEAST_POINTS[model]:
            continue
        matrix, inliers = fit(matches)
        if matrix is not None and inliers >= LEAST_POINTS[model]:
            support = Support(matches.source, model, inliers, matches.tolerance_px)
            yield Candidate(Transform(matrix), support)


Fit = tuple[NDArray[np.float64] | None, int]


def _fit_homography(matches: Matches) -> Fit:
    """MAGSAC++ (Barath et al. 2020); fitted backwards so that the tolerance is in pixels of the image."""
    matrix, kept = cv2.findHomography(
        matches.reference, matches.image, cv2.USAC_MAGSAC, matches.tolerance_px, None, ITERATIONS, CONFIDENCE
    )
    return _inverted(matrix, kept)


def _fit_affine(matches: Matches) -> Fit:
    return _fit_robustly(cv2.estimateAffine2D, matches)


def _fit_similarity(matches: Matches) -> Fit:
    return _fit_robustly(cv2.estimateAffinePartial2D, matches)


def _fit_robustly(estimate: Callable, matches: Matches) -> Fit:
    points = matches.reference, matches.image
    return _inverted(*estimate(*points, None, cv2.RANSAC, matches.tolerance_px, ITERATIONS, CONFIDENCE))


def _inverted(matrix: NDArray | None, kept: NDArray | None) -> Fit:
    if matrix is None or kept is None or not np.isfinite(matrix).all():
        return None, 0
    square = np.vstack([matrix, [0, 0, 1.0]]) if len(matrix) == 2 else matrix
    if abs(np.linalg.det(square)) < 1e-9:
        return None, 0
    inverse = np.linalg.inv(square)
    if abs(inverse[2, 2]) < 1e-12:
        return None, 0
    return inverse / inverse[2, 2], int(kept.sum())


FITS: dict[str, Callable[[Matches], Fit]] = {
    "homography": _fit_homography,
    "affine": _fit_affine,
    "similarity": _fit_similarity,
}
