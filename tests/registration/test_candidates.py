"""Transforms that matches propose, and which of them could be views of a surface."""

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
