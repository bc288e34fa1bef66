"""Transforms that matches propose, and which of them could be views of a surface."""

import cv2
import numpy as np
import pytest

from artifix.geometry import Box, transform_points
from artifix.registration.candidates import is_plausible, propose
from artifix.registration.tuning import REGISTRATION as TUNED
from artifix.scene import Matches

SHIFT = np.array([[1, 0, 7.0], [0, 1, -3.0], [0, 0, 1]])
HERE = Box(40, 40, 60, 60)


def pairs(count: int, matrix: np.ndarray, tolerance_px: float = 2.0) -> Matches:
    points = np.random.default_rng(1).uniform(0, 100, (count, 2))
    return Matches(points, transform_points(matrix, points), np.ones(count), "attention", tolerance_px)


def test_exact_matches_propose_their_transform():
    proposed = list(propose(pairs(40, SHIFT), HERE))
    assert {c.support.model for c in proposed} == {"homography", "affine", "similarity"}
    for candidate in proposed:
        np.testing.assert_allclose(candidate.transform.matrix, SHIFT, atol=1e-3)


def test_local_candidates_follow_the_surface_around_the_mask():
    near, far = pairs(60, SHIFT), pairs(60, np.diag([1.0, 1.0, 1.0]))
    inside = np.abs(near.image - 50).max(1) < 30
    points = np.vstack([near.image[inside], far.image[~inside]])
    targets = np.vstack([near.reference[inside], far.reference[~inside]])
    both = Matches(points, targets, np.ones(len(points)), "sift", 1.0)
    assert any(np.allclose(c.transform.matrix, SHIFT, atol=0.05) for c in propose(both, HERE))


def test_too_few_or_coinciding_matches_propose_nothing_that_crashes():
    assert list(propose(pairs(3, SHIFT), HERE)) == []
    same = Matches(np.ones((20, 2)), np.ones((20, 2)), np.ones(20), "sift", 2.0)
    assert not any(is_plausible(c.transform.matrix, HERE) for c in propose(same, HERE))


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([-1.0, 1, 1]),
        np.diag([1.0, 0, 1]),
        np.diag([50.0, 50, 1]),
        np.diag([1.0, 5, 1]),
        np.array([[1, 0, 0], [0, 1, 0], [-0.02, 0, 1.0]]),
        np.full((3, 3), np.nan),
    ],
    ids=["mirrored", "singular", "huge", "stretched", "beyond the horizon", "nan"],
)
def test_impossible_views_are_refused(matrix: np.ndarray):
    assert not is_plausible(matrix, HERE)


def test_a_turned_and_scaled_view_is_plausible():
    turned = np.array([[0, -2, 300.0], [2, 0, 5], [0, 0, 1]])
    assert is_plausible(turned, HERE)


@pytest.mark.parametrize(
    ("matrix", "plausible"),
    [
        (np.diag([1.0, 2.9, 1]), True),
        (np.diag([1.0, 3.1, 1]), False),
        (np.diag([TUNED.scales[1] - 0.1] * 2 + [1]), True),
        (np.diag([TUNED.scales[1] + 0.1] * 2 + [1]), False),
        (np.diag([TUNED.scales[0] * 1.1] * 2 + [1]), True),
        (np.diag([TUNED.scales[0] * 0.9] * 2 + [1]), False),
        (np.array([[1, 0, 0], [0, 1, 0], [-0.005, 0, 1.0]]), True),
        (
            np.array([[1, 0, 0], [0, 1, 0], [-0.0155, 0, 1.0]]),
            False,
        ),  # 0.38 deep at one end, 0.07 at the other
        (-np.eye(3), True),  # the same as the identity
    ],
)
def test_views_are_plausible_up_to_the_limits(matrix, plausible):
    assert is_plausible(matrix, HERE) is plausible


def test_a_tilted_view_is_proposed_by_homographies_alone_whatever_lies_wrong():
    view = np.array([[1.1, 0.12, 12.0], [-0.1, 1.05, 22.0], [2e-3, -1e-3, 1.0]])
    right = pairs(80, view, 1.0)
    wrong = right.reference.copy()
    wrong[::4] += np.random.default_rng(2).uniform(20, 60, (20, 2))
    proposed = list(propose(Matches(right.image, wrong, right.weights, "sift", 1.0), HERE))
    best = max(proposed, key=lambda c: c.support.inliers)
    assert best.support.model == "homography"
    assert best.support.inliers == pytest.approx(60, abs=3)
    assert best.transform.points(right.image) == pytest.approx(right.reference, abs=0.1)


@pytest.mark.parametrize(
    ("count", "models"),
    [
        (3, []),
        (4, ["similarity"]),
        (5, ["similarity"]),
        (6, ["affine", "similarity"]),
        (9, ["affine", "similarity"]),
        (10, ["homography", "affine", "similarity"]),
    ],
)
def test_so_many_matches_propose_so_free_a_transform(count, models):
    wide = Box(-1000, -1000, 1000, 1000)  # all matches lie in it
    proposed = list(propose(pairs(count, SHIFT, 3.0), wide))
    assert [c.support.model for c in proposed] == models
    assert all(c.support.inliers == count for c in proposed)
    assert {(c.support.source, c.support.tolerance_px) for c in proposed} <= {("attention", 3.0)}


def test_matches_that_fewer_agree_on_than_are_needed_propose_nothing():
    apart = np.array([[0.0, 0], [90, 10], [20, 80], [70, 60]])
    wild = apart[::-1] * np.array([1.7, -0.4]) + np.array([[0, 300], [90, 0], [0, 70], [500, 0.0]])
    assert list(propose(Matches(apart, wild, np.ones(4), "sift", 1.0), HERE)) == []


@pytest.mark.parametrize("way", [(1, 0), (-1, 0), (0, 1), (0, -1), (0.6, 0.8), (-0.6, -0.8)])
def test_matches_within_a_half_one_two_and_four_diagonals_of_the_masks_box_propose_for_themselves(way):
    """In each ring beyond the box another shift holds: four more matches each time."""
    box, diagonal, way = Box(-3, -4, 3, 4), 10.0, np.array(way)
    cross = np.array([[2, 0], [-2, 0], [0, 2], [0, -2.0]])
    edge = np.array([3.0, 4]) * np.sign(way)
    image = np.vstack([edge + way * diagonal * far + 0.01 * cross for far in (0.49, 0.98, 1.97, 3.97, 4.1)])
    counts = []
    given = Matches(image, image + np.array([5.0, 1]), np.ones(20), "sift", 4.0)
    for candidate in propose(given, box):
        if candidate.support.model == "similarity":
            counts.append(candidate.support.inliers)
    assert counts == [20, 4, 8, 12, 16]


def test_a_ring_without_matches_proposes_nothing_anew():
    image = np.array([[50.0, 50], [52, 51], [49, 55], [55, 48], [300, 300]])
    proposed = list(propose(Matches(image, image + 3.0, np.ones(5), "sift", 2.0), HERE))
    assert [c.support.inliers for c in proposed] == [5, 4]


def test_what_is_proposed_leads_from_the_image_to_the_reference_and_is_normalised():
    turned = np.array([[0, -2, 300.0], [2, 0, 5], [0, 0, 1]])
    for candidate in propose(pairs(30, turned), HERE):
        assert candidate.transform.matrix[2, 2] == 1
        assert candidate.transform.matrix == pytest.approx(turned, abs=1e-3)


def tilted(p: float, scale: float = 1.0) -> np.ndarray:
    """x' = x / (1 - p (x - 50)): at the right edge of the box, 10 px off, areas are 1 / (1 - 10 p)**3."""
    return np.array([[1, 0, -50], [0, 1, -50], [-p, 0, 1 + 50 * p]]) * scale


@pytest.mark.parametrize(("ratio", "plausible"), [(15.5, True), (16.5, False)])
def test_areas_may_differ_sixteenfold_over_the_box(ratio, plausible):
    """((1 + 10 p) / (1 - 10 p))**3 is the ratio."""
    root = ratio ** (1 / 3)
    p = (root - 1) / (root + 1) / 10
    for scale in (1.0, -3.0):  # the same view
        assert is_plausible(tilted(p, scale), HERE) is plausible
        swapped = tilted(p, scale)[[1, 0, 2]][:, [1, 0, 2]]
        assert is_plausible(swapped, HERE) is plausible


@pytest.mark.parametrize("box", [Box(40, 40, 60, 60), Box(0, 40, 100, 60), Box(40, 0, 60, 100)])
def test_the_horizon_must_not_cross_the_box(box):
    for axis in range(2):
        half = (box.width, box.height)[axis] / 2
        for beyond, plausible in ((0.9, False), (6.0, True)):
            view = np.array([[1, 0, -50.0], [0, 1, -50], [0, 0, 1]])
            view[2, axis], view[2, 2] = -1 / (half * beyond), 1 + 50 / (half * beyond)
            assert is_plausible(view, box) is plausible


NO_VIEWS = {
    "none": None,
    "not a number": np.array([[1, 0, np.nan], [0, 1, 0], [0, 0, 1]]),
    "endless": np.array([[1, 0, np.inf], [0, 1, 0], [0, 0, 1]]),
    "without an area": np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1.0]]),
    "of hardly any area": np.diag([1e-5, 1e-5, 1.0]),
    "the origin of the image is nowhere": np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0.0]]),
}


@pytest.mark.parametrize("name", NO_VIEWS)
def test_what_has_no_inverse_or_loses_the_origin_is_not_proposed_but_the_rest_is(monkeypatch, name):
    kept = np.ones((20, 1), np.uint8)
    matrix = NO_VIEWS[name]
    monkeypatch.setattr(cv2, "findHomography", lambda *_: (matrix, kept))
    models = [c.support.model for c in propose(pairs(20, SHIFT), Box(-1000, -1000, 1000, 1000))]
    assert models == ["affine", "similarity"]
    if matrix is not None and matrix[2, 2] == 1:
        monkeypatch.setattr(cv2, "estimateAffine2D", lambda *_: (matrix[:2], kept))
        models = [c.support.model for c in propose(pairs(20, SHIFT), Box(-1000, -1000, 1000, 1000))]
        assert models == ["similarity"]


def test_what_is_estimated_from_reference_to_image_is_inverted_and_its_inliers_are_counted(monkeypatch):
    kept = np.array([[1]] * 13 + [[0]] * 7, np.uint8)
    back = np.array([[2, 0, 4], [0, 4, 8], [0, 0, 2.0]])
    monkeypatch.setattr(cv2, "findHomography", lambda *_: (back, kept))
    monkeypatch.setattr(cv2, "estimateAffine2D", lambda *_: (np.array([[0, -0.5, 3], [0.25, 0, 1]]), kept))
    monkeypatch.setattr(cv2, "estimateAffinePartial2D", lambda *_: (None, None))
    homography, affine = propose(pairs(20, SHIFT), Box(-1000, -1000, 1000, 1000))
    assert homography.transform.matrix == pytest.approx(np.array([[1, 0, -2], [0, 0.5, -2], [0, 0, 1]]))
    assert affine.transform.matrix == pytest.approx(np.array([[0, 4, -4], [-2, 0, 6], [0, 0, 1]]))
    assert (homography.support.inliers, affine.support.inliers) == (13, 13)


def test_estimates_are_robust_to_the_matches_tolerance_and_sought_as_long_as_tuned(monkeypatch):
    given = pairs(20, SHIFT, 2.5)
    for name, method, at in (
        ("findHomography", cv2.USAC_MAGSAC, 2),
        ("estimateAffine2D", cv2.RANSAC, 3),
        ("estimateAffinePartial2D", cv2.RANSAC, 3),
    ):
        asked = []
        monkeypatch.setattr(cv2, name, lambda *told, asked=asked: asked.append(told) or (None, None))
        list(propose(given, Box(-1000, -1000, 1000, 1000)))
        (told,) = asked
        assert told[0] is given.reference
        assert told[1] is given.image
        assert told[at] == method
        assert told[at + 1] == 2.5
        assert told[-2:] == (TUNED.ransac_iterations, TUNED.ransac_confidence)


def test_an_area_of_next_to_nothing_is_no_view_of_a_surface():
    for size, plausible in ((1e-5, False), (0.5, True)):
        assert is_plausible(np.diag([size, size, 1]), HERE) is plausible
    assert not is_plausible(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1.0]]), HERE)


@pytest.mark.parametrize("p", [0.02, -0.02])
@pytest.mark.parametrize(("off", "plausible"), [(-0.05, True), (0.05, False)])
def test_the_scale_that_is_limited_is_the_one_in_the_middle_of_the_box(p, off, plausible):
    """At its sides it is a fifth larger, and smaller."""
    for limit, way in zip(TUNED.scales, (-1, 1), strict=True):
        enlarge = np.diag([limit * (1 + way * off)] * 2 + [1])
        assert is_plausible(enlarge @ tilted(p), HERE) is plausible
