"""Points at several depths, seen by another camera, move along one direction, each by its depth.

The affine epipolar geometry of matches around the mask (Koenderink & van Doorn 1991, "Affine structure from
motion"): all (x, y, x', y') lie on one hyperplane.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box
from artifix.registration import tuning
from artifix.scene import Matches


@dataclass(frozen=True, eq=False)
class Parallax:
    """One direction that points move along, by their depth.

    Attributes:
        matrix: (3, 3) image to reference, affine, of the surface that most matches lie on; the others lie
            beside it along `direction` only.
        direction: (2,) unit vector, in the image.
        low: least displacement of matches beside it, in pixels of the image.
        high: largest.
        matches: those that agree.
    """

    matrix: NDArray[np.float64]
    direction: NDArray[np.float64]
    low: float
    high: float
    matches: Matches


def find_parallax(matches: Matches, mask_box: Box) -> Parallax | None:
    """The geometry that most matches around the mask agree on; None where too few do.

    Args:
        matches: between image and reference.
        mask_box: bounding box of the mask, in pixels of the image.
    """
    tuned = tuning.REGISTRATION
    half = np.array([mask_box.width, mask_box.height]) / 2
    off = (np.abs(matches.image - np.array(mask_box.centre)) - half).max(1)
    for reach in tuned.parallax_reaches:
        near = matches.take(off < reach * 2 * half.max())
        near = near.take(_agreeing(_joint(near), tuned.parallax_tight * near.tolerance_px))
        if len(near) >= tuned.parallax_least_matches:
            return _parallax_of(near)
    return None


def _joint(matches: Matches) -> NDArray[np.float64]:
    return np.hstack([matches.image, matches.reference])


def _agreeing(joint: NDArray[np.float64], tolerance_px: float) -> NDArray[np.bool_]:
    """(N,) True for those of (N, 4) points that lie on the best of many hyperplanes, each through four."""
    tuned = tuning.REGISTRATION
    best = np.zeros(len(joint), bool)
    if len(joint) < tuned.parallax_least_matches:
        return best
    rng = np.random.default_rng(0)
    for _ in range(tuned.parallax_trials):
        four = joint[rng.choice(len(joint), 4, replace=False)]
        agree = np.abs((joint - four.mean(0)) @ _normal(four)) < tolerance_px
        best = agree if agree.sum() > best.sum() else best
    return best


def _normal(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4,) unit normal of the hyperplane nearest to (N, 4) points."""
    return np.asarray(np.linalg.svd(joint - joint.mean(0), full_matrices=False)[2][-1], np.float64)


def _parallax_of(matches: Matches) -> Parallax | None:
    tuned = tuning.REGISTRATION
    centre, normal = _joint(matches).mean(0), _normal(_joint(matches))
    image, reference, across = matches.image - centre[:2], matches.reference - centre[2:], normal[2:]
    linear = np.linalg.lstsq(image, reference, rcond=None)[0].T
    if np.linalg.norm(across) < tuned.parallax_least_across:
        return None
    # The nearest affine map, moved along the normal until what it maps lies on the hyperplane.
    linear = linear - np.outer(across, normal[:2] + across @ linear) / (across @ across)
    if np.linalg.det(linear) < tuned.parallax_least_area:
        return None
    direction = np.linalg.solve(linear, np.array([-across[1], across[0]]))
    direction = direction / np.linalg.norm(direction)
    moves = (np.linalg.solve(linear, reference.T).T - image) @ direction
    slope, beside = _surface(image, moves, tuned.parallax_tight * matches.tolerance_px)
    start = centre[2:] + slope[2] * linear @ direction
    linear = linear @ (np.eye(2) + np.outer(direction, slope[:2]))
    if np.linalg.det(linear) < tuned.parallax_least_area:
        return None
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, start - linear @ centre[:2]
    low, high = np.quantile(beside, [tuned.parallax_odd, 1 - tuned.parallax_odd])
    return Parallax(matrix, direction, float(low), float(high), matches)


def _surface(
    points: NDArray[np.float64], moves: NDArray[np.float64], tolerance_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The slope (a, b, c) of the flat surface that most points lie on, and how far (N,) all lie beside it.

    A mean of all depths would lie on none of them, and squeeze what is to be compared.
    """
    rng = np.random.default_rng(0)
    basis = np.column_stack([points, np.ones(len(points))])
    best = np.ones(len(points), bool)
    for trial in range(tuning.REGISTRATION.parallax_trials):
        three = rng.choice(len(points), 3, replace=False)
        slope = np.linalg.lstsq(basis[three], moves[three], rcond=None)[0]
        near = np.abs(basis @ slope - moves) < tolerance_px
        best = near if trial == 0 or near.sum() > best.sum() else best
    slope = np.linalg.lstsq(basis[best], moves[best], rcond=None)[0]
    return np.asarray(slope, np.float64), np.asarray(moves - basis @ slope, np.float64)
