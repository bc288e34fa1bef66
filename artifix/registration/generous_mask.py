"""Generous masks: where a mask covers more than what is wrong, what is right in it verifies the transform.

Drawn around a whole badge of which the middle has melted, a mask leaves nothing around it that tells how the
badge lies. But the badge's rim, which is as it should be, matches the reference exactly.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of
from artifix.matching.sift import beside
from artifix.registration import tuning
from artifix.registration.candidates import propose
from artifix.registration.context_band import band_around
from artifix.registration.hypothesis import Hypothesis, rate
from artifix.registration.search import verify
from artifix.scene import Matches, Scene


def verify_inside(scene: Scene, matches: Matches) -> Hypothesis | None:
    """The hypothesis that is verified by what the mask covers without need.

    Args:
        scene: its mask has a True pixel, and a False one.
        matches: exact ones, of all of the image.

    Returns:
        None where the mask covers hardly anything that is right, or that verifies nothing.
    """
    tuned = tuning.REGISTRATION
    inside = matches.take(_at(scene.mask, matches.image))
    proposed = max(propose(inside, box_of(scene.mask)), key=lambda c: c.support.inliers, default=None)
    if proposed is None or proposed.support.inliers < tuned.sharp_inliers:
        return None
    transform = proposed.transform
    verified: Hypothesis | None = None
    for _ in range(tuned.generous_rounds):
        wrong = wrong_part(scene.mask, inside.image[transform.explains(inside)])
        if not 0 < wrong.sum() <= tuned.generous_most_wrong * scene.mask.sum():
            break
        tight = replace(scene, mask=wrong, masked=wrong | (scene.hidden & ~scene.mask))
        found = verify(tight, [beside(matches, tight.hidden)])
        if found is None:
            break
        transform, verified = found.transform, found
    # What lies around the whole mask says how its light is matched: bare ground tells nothing of a print's.
    band = band_around(scene.image, scene.mask, scene.hidden)
    if verified is None:
        return None
    rated = rate(verified, band, scene.reference)  # matches in the mask do not make the band comparable
    support = replace(rated.support, inliers=min(rated.support.inliers, tuned.sharp_inliers - 1))
    return replace(rated, support=support)


def wrong_part(mask: NDArray[np.bool_], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(H, W) the part of `mask` away from (N, 2) points (x, y) at which the image is right."""
    tuned = tuning.REGISTRATION
    reach_px = max(tuned.generous_least_reach_px, tuned.generous_reach * float(np.sqrt(mask.sum())))
    column, row = _pixels(mask, right)
    away = np.ones(mask.shape, np.uint8)
    away[row, column] = 0
    side = 2 * round(reach_px / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    far = mask & (cv2.distanceTransform(away, cv2.DIST_L2, 5) > reach_px)
    return np.asarray(cv2.morphologyEx(far.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0)


def _at(mask: NDArray[np.bool_], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    column, row = _pixels(mask, points)
    return mask[row, column]


def _pixels(mask: NDArray[np.bool_], points: NDArray[np.float64]) -> NDArray[np.intp]:
    """(2, N) columns and rows of the pixels nearest to (N, 2) points."""
    height, width = mask.shape
    return np.round(points).astype(np.intp).clip(0, [width - 1, height - 1]).T
