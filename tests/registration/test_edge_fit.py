"""Print that crosses the mask's edge is made to meet itself."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration.disparity import DisparityMap
from artifix.registration.edge_fit import meeting_at_edge, prior
from artifix.registration.edge_shifts import edge_shifts
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform
from artifix.scene import Scene
from tests.registration.conftest import scene as drawn

HEIGHT, WIDTH = 220, 260
FLAT = Transform(np.eye(3))


@pytest.fixture(scope="module")
def mask() -> np.ndarray:
    marked = np.zeros((HEIGHT, WIDTH), bool)
    marked[75:145, 85:175] = True
    return marked


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return cv2.GaussianBlur(drawn(HEIGHT, WIDTH, seed=3), (0, 0), 1.2)


def moved(reference: np.ndarray, right: np.ndarray | float, down: np.ndarray | float) -> np.ndarray:
    """What an image shows that shows at (x, y) the reference's (x + right, y + down)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    maps = np.float32(x + right), np.float32(y + down)
    return cv2.remap(reference, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def spoilt(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., None], np.uint8(90), image)


def beside(mask: np.ndarray, reach: int = 9) -> np.ndarray:
    """(N, 2) points (x, y) just outside the mask."""
    grown = cv2.dilate(mask.astype(np.uint8), np.ones((2 * reach + 1,) * 2)) > 0
    return np.argwhere(grown & ~mask)[::7, ::-1].astype(np.float64)


def off(transform: Transform, points: np.ndarray, right: float, down: float) -> float:
    """Median error at the points, in pixels, of a transform that should move them right and down."""
    return float(np.median(np.linalg.norm(transform.points(points) - points - [right, down], axis=1)))


def test_a_reference_placed_beside_is_moved_to_meet_the_image_at_the_edge(reference, mask):
    image = spoilt(moved(reference, 1.2, -0.8), mask)
    found = meeting_at_edge(Scene(image, mask, reference), FLAT)
    assert off(found, beside(mask), 1.2, -0.8) < 0.4 * off(FLAT, beside(mask), 1.2, -0.8)


def test_the_image_may_be_of_another_contrast_and_brightness(reference, mask):
    image = np.clip(moved(reference, 1.2, -0.8) * 0.7 + 60, 0, 255).astype(np.uint8)
    found = meeting_at_edge(Scene(spoilt(image, mask), mask, reference), FLAT)
    assert off(found, beside(mask), 1.2, -0.8) < 0.5 * off(FLAT, beside(mask), 1.2, -0.8)


def test_a_reference_in_place_is_hardly_moved(reference, mask):
    found = meeting_at_edge(Scene(spoilt(reference, mask), mask, reference), FLAT)
    assert off(found, beside(mask), 0, 0) < 0.1


def test_where_nothing_tells_of_a_shift_there_is_none(reference, mask):
    plain = reference.copy()
    plain[:, WIDTH // 2 :] = 128
    image = spoilt(moved(plain, 1.5, 0.0), mask)
    found = meeting_at_edge(Scene(image, mask, plain), FLAT)
    points = beside(mask)
    told, mute = points[points[:, 0] < 90], points[points[:, 0] > 172]
    assert off(found, told, 1.5, 0.0) < 0.7
    assert off(found, mute, 0.0, 0.0) < 0.3  # it does not extrapolate
    assert off(found, np.array([[130.0, 110.0]]), 0.0, 0.0) < 0.5  # nor into the middle of the mask


def test_one_side_may_be_off_while_the_other_is_in_place(reference, mask):
    share = np.clip((np.mgrid[:HEIGHT, :WIDTH][1] - 110) / 40, 0, 1)
    image = spoilt(moved(reference, 1.5 * share, 0.0), mask)
    found = meeting_at_edge(Scene(image, mask, reference), FLAT)
    points = beside(mask)
    assert off(found, points[points[:, 0] > 172], 1.5, 0.0) < 0.5
    assert off(found, points[points[:, 0] < 86], 0.0, 0.0) < 0.4


def test_a_bent_reference_is_corrected_before_it_is_bent(reference, mask):
    bend = SplineWarp((0.0, 0.0, float(WIDTH), float(HEIGHT)), np.full((5, 5, 2), 4.0))
    image = spoilt(moved(reference, 5.0, 4.0), mask)
    found = meeting_at_edge(Scene(image, mask, reference), Transform(np.eye(3), bend))
    assert found.displacement is bend
    assert off(found, beside(mask), 5.0, 4.0) < 0.4


@pytest.mark.parametrize("spoil", ["plain", "other"])
def test_what_shows_nothing_alike_is_not_moved_far(reference, mask, spoil):
    image = np.full_like(reference, 128) if spoil == "plain" else drawn(HEIGHT, WIDTH, seed=11)
    found = meeting_at_edge(Scene(image, mask, reference), FLAT)
    inside = np.argwhere(mask)[::20, ::-1].astype(np.float64)
    assert np.linalg.norm(found.points(inside) - inside, axis=1).max() < 0.05 * WIDTH


def test_what_is_torn_by_depth_is_left_as_it_is(reference, mask):
    torn = Transform(np.eye(3), DisparityMap(Box(0, 0, 4, 4), (1.0, 0.0), np.zeros((4, 4), np.int16)))
    assert meeting_at_edge(Scene(moved(reference, 2.0, 0.0), mask, reference), torn) is torn


def test_a_mask_without_surroundings_changes_nothing(reference):
    everywhere = np.ones((HEIGHT, WIDTH), bool)
    everywhere[0, 0] = False
    assert meeting_at_edge(Scene(reference, everywhere, reference), FLAT) is FLAT


def test_shifts_are_those_of_the_content_and_unsure_along_a_line(mask):
    lines = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    lines[::12] = 220
    lines = cv2.GaussianBlur(lines, (0, 0), 1.5)
    image = spoilt(moved(lines, 0.0, 2.0), mask)
    seen = edge_shifts(Scene(image, mask, lines), FLAT, Box(45, 35, 215, 185), 256, 40.0)
    assert seen is not None
    # Replicated lines end at the border of the working picture.
    held = np.abs(seen.points[:, 0] - 130) < 60
    assert np.median(np.abs(seen.shifts[held, 1] - 2.0)) < 0.3
    assert np.median(seen.information[held, 1, 1]) > 20 * np.median(seen.information[held, 0, 0])


def test_the_region_is_that_of_the_place_and_not_of_the_correction(reference, mask):
    image = spoilt(moved(reference, 1.2, -0.8), mask)
    found = meeting_at_edge(Scene(image, mask, reference), FLAT)
    assert found.correction is not None
    assert np.array_equal(found.region(mask, reference.shape), mask)


def test_the_prior_fades_within_its_reach():
    warp = SplineWarp((0.0, 0.0, 200.0, 200.0), np.zeros((13, 13, 2)))
    basis = warp.basis(np.array([[100.0, 100.0], [110.0, 100.0], [150.0, 100.0]]))
    covariance = basis @ np.linalg.inv(prior(warp, 0.02, 0.2)) @ basis.T
    assert covariance[0, 0] == pytest.approx((0.02 * 200) ** 2, rel=0.4)
    assert covariance[0, 1] > 0.7 * covariance[0, 0]
    assert covariance[0, 2] < 0.25 * covariance[0, 0]


def test_a_transform_is_the_same_with_a_correction_of_nothing():
    still = SplineWarp((0.0, 0.0, 9.0, 9.0), np.zeros((5, 5, 2)))
    matrix = np.array([[1.1, 0.1, 3.0], [0.0, 0.9, -2.0], [0, 0, 1.0]])
    points = np.array([[1.0, 2.0], [30.0, -4.0]])
    plain = Transform(matrix)
    assert replace(plain, correction=still).points(points) == pytest.approx(plain.points(points))
    assert replace(plain, correction=still).flat.correction is None
