"""A transform through matches that a person has given."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import crop_around
from artifix.registration import tuning
from artifix.registration.candidates import is_plausible
from artifix.registration.hypothesis import Candidate, Hypothesis, Support
from artifix.registration.transform import Transform, lands
from artifix.registration.verification import polished
from artifix.scene import Scene

BY_HAND = "points"  # the source of such a hypothesis


def hypothesis_by_hand(scene: Scene, points: NDArray[np.float64]) -> Hypothesis:
    """The hypothesis through (N, 4) points x, y, x_ref, y_ref, polished on the context band where that
    agrees better.

    Two points give a similarity, three an affine map, more a homography nearest to all of them.

    Raises:
        InputError: no view of a surface fits the points, or it leads out of the reference.
    """
    tuned = tuning.REGISTRATION
    image, reference = points[:, :2], points[:, 2:]
    model, matrix = _fitted(image, reference)
    box = crop_around(scene.mask, tuned.by_hand_context)
    if matrix is None or not is_plausible(matrix, box):
        raise InputError(
            f"no view of a surface fits the {len(points)} matches given by hand",
            "check the order of x,y,x_ref,y_ref, and that the points do not all lie on one line",
        )
    support = Support(BY_HAND, model, len(points), tuned.by_hand_tolerance_px)
    candidate = Candidate(Transform(matrix), support)
    if not lands(candidate.transform, scene):
        raise InputError(
            f"the {len(points)} matches given by hand put the masked part outside the reference",
            "use a reference that shows the whole masked part, or check the points",
        )
    return polished(scene, candidate)


def _fitted(
    image: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[str, NDArray[np.float64] | None]:
    if len(image) == 2:
        return "similarity", _similarity(image, reference)
    if len(image) == 3:
        return "affine", _affine(image, reference)
    matrix, _ = cv2.findHomography(image, reference, 0)
    return "homography", None if matrix is None else np.asarray(matrix, np.float64)


def _similarity(image: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points as complex numbers: a similarity is z -> factor * z + shift."""
    (a, b), (c, d) = (points @ np.array([1, 1j]) for points in (image, reference))
    factor = (d - c) / (b - a)
    shift = c - factor * a
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1.0]]
    )


def _affine(image: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64] | None:
    basis = np.column_stack([image, np.ones(3)])
    if abs(np.linalg.det(basis)) < 1e-6:
        return None
    return np.vstack([np.linalg.solve(basis, reference).T, [0, 0, 1.0]])
