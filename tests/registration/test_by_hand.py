"""Transforms through matches given by hand."""

import cv2
import numpy as np
import pytest

from artifix.errors import InputError
from artifix.geometry import transform_points
from artifix.registration.by_hand import hypothesis_by_hand
from artifix.scene import Scene

VIEW = np.array([[1.1, 0.12, 12.0], [-0.1, 1.05, 22.0], [1e-4, -5e-5, 1.0]])  # image to reference
CORNERS = np.array([[60.0, 50], [120, 55], [115, 105], [62, 100], [90, 20], [30, 80]])


@pytest.fixture
def seen(scene):
    """The reference in the image's frame, its masked part turned over."""
    reference = scene(220, 260)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    image = cv2.warpPerspective(reference, VIEW, (180, 160), flags=flags)
    mask = np.zeros((160, 180), bool)
    mask[60:95, 70:110] = True
    return Scene(np.where(mask[..., None], image[::-1, ::-1], image), mask, reference)


def given(count: int, view: np.ndarray = VIEW, error_px: float = 0.0) -> np.ndarray:
    points = CORNERS[:count]
    noise = np.random.default_rng(0).normal(0, error_px, points.shape)
    return np.hstack([points, transform_points(view, points) + noise])


@pytest.mark.parametrize(("count", "model"), [(2, "similarity"), (3, "affine"), (4, "homography")])
def test_the_number_of_points_decides_what_is_fitted(seen, count, model):
    flat = Scene(np.full_like(seen.image, 90), seen.mask, np.full_like(seen.reference, 90))
    found = hypothesis_by_hand(flat, given(count))  # nothing to polish by: the points are met as they are
    assert (found.support.source, found.support.model, found.support.inliers) == ("points", model, count)
    points = given(count)
    assert found.transform.points(points[:, :2]) == pytest.approx(points[:, 2:], abs=1e-4)


def test_a_trembling_hand_is_corrected_by_the_ring(seen):
    found = hypothesis_by_hand(seen, given(6, error_px=2.0))
    corners = np.array([[70.0, 60], [109, 60], [70, 94], [109, 94]])
    error = np.linalg.norm(found.transform.points(corners) - transform_points(VIEW, corners), axis=1)
    assert error.max() < 0.7
    assert found.is_verified


@pytest.mark.parametrize(
    "view",
    [VIEW @ np.diag([-1.0, 1, 1]), np.diag([1.5, 0.05, 1]), np.diag([0.01, 0.01, 1])],
    ids=["mirrored", "squeezed", "tiny"],
)
def test_points_that_no_view_explains_are_refused(seen, view):
    with pytest.raises(InputError, match="no view of a surface fits the 4 matches"):
        hypothesis_by_hand(seen, given(4, view))


def test_points_on_one_line_are_refused(seen):
    line = np.array([[10.0, 10], [50, 50], [90, 90]])
    with pytest.raises(InputError, match="no view of a surface"):
        hypothesis_by_hand(seen, np.hstack([line, line]))


def test_points_that_lead_out_of_the_reference_are_refused(seen):
    away = VIEW.copy()
    away[0, 2] += 400
    with pytest.raises(InputError, match="outside the reference"):
        hypothesis_by_hand(seen, given(3, away))
