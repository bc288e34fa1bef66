"""Transforms proposed by matches: global ones, and local ones around the mask."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, transform_points
from artifix.registration import tuning
from artifix.registration.hypothesis import Candidate, Support
from artifix.registration.transform import Transform
from artifix.scene import Matches


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
    for radius in tuning.REGISTRATION.neighbourhoods:
        near = matches.take(distance < radius * extent)
        if len(near) not in seen:
            seen.add(len(near))
            yield from _fit_all(near)


def is_plausible(matrix: NDArray[np.float64], box: Box) -> bool:
    """Whether the transform could be a camera's view of a surface, over `box` of the image.

    Refuses mirrored, folded, nearly singular and extreme ones, by the limits in `tuning`.
    """
    tuned = tuning.REGISTRATION
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
        tuned.scales[0] < scale < tuned.scales[1]
        and stretch < tuned.largest_stretch
        and areas.max() / areas.min() < tuned.largest_perspective**2
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
        least = _least_matches(model)
        if len(matches) < least:
            continue
        matrix, inliers = fit(matches)
        if matrix is not None and inliers >= least:
            support = Support(matches.source, model, inliers, matches.tolerance_px)
            yield Candidate(Transform(matrix), support)


def _least_matches(model: str) -> int:
    tuned = tuning.REGISTRATION
    return {
        "similarity": tuned.least_similarity_matches,
        "affine": tuned.least_affine_matches,
        "homography": tuned.least_homography_matches,
    }[model]


Fit = tuple[NDArray[np.float64] | None, int]


def _fit_homography(matches: Matches) -> Fit:
    """MAGSAC++ (Barath et al. 2020); fitted backwards so that the tolerance is in pixels of the image."""
    tuned = tuning.REGISTRATION
    matrix, kept = cv2.findHomography(
        matches.reference,
        matches.image,
        cv2.USAC_MAGSAC,
        matches.tolerance_px,
        None,
        tuned.ransac_iterations,
        tuned.ransac_confidence,
    )
    return _inverted(matrix, kept)


def _fit_affine(matches: Matches) -> Fit:
    return _fit_robustly(cv2.estimateAffine2D, matches)


def _fit_similarity(matches: Matches) -> Fit:
    return _fit_robustly(cv2.estimateAffinePartial2D, matches)


def _fit_robustly(estimate: Callable, matches: Matches) -> Fit:
    tuned = tuning.REGISTRATION
    points = matches.reference, matches.image
    return _inverted(
        *estimate(
            *points,
            None,
            cv2.RANSAC,
            matches.tolerance_px,
            tuned.ransac_iterations,
            tuned.ransac_confidence,
        )
    )


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
