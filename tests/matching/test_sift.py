import numpy as np
import pytest

from artifix.geometry import Box, transform_points
from artifix.matching.sift import match_features
from artifix.registration.candidates import is_plausible, propose
from artifix.scene import Matches

SHIFT = np.array([[1, 0, 7.0], [0, 1, -3.0], [0, 0, 1]])
HERE = Box(40, 40, 60, 60)


def blots(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture full of corners: random rectangles."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128, np.uint8)
    for _ in range(height * width // 150):
        x, y, w, h = rng.integers(0, width), rng.integers(0, height), rng.integers(3, 14), rng.integers(3, 14)
        picture[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    return picture


def pairs(count: int, matrix: np.ndarray, tolerance_px: float = 2.0) -> Matches:
    points = np.random.default_rng(1).uniform(0, 100, (count, 2))
    return Matches(points, transform_points(matrix, points), np.ones(count), "attention", tolerance_px)


def test_matches_of_a_shifted_picture_tell_the_shift():
    picture = blots(120, 140)
    matches = match_features(picture[:, 10:], np.zeros((120, 130), bool), picture[:, :130])
    shift = np.median(matches.reference - matches.image, axis=0)
    np.testing.assert_allclose(shift, [10, 0], atol=0.2)
    assert len(matches) > 30


def test_no_feature_is_taken_from_the_mask():
    picture, mask = blots(120, 120), np.zeros((120, 120), bool)
    mask[30:90, 30:90] = True
    matches = match_features(picture, mask, picture)
    x, y = matches.image.round().astype(int).T
    assert len(matches)
    assert not mask[y, x].any()


def test_what_a_reference_shows_twice_is_matched_with_both():
    picture = blots(120, 120)
    matches = match_features(picture, np.zeros((120, 120), bool), np.hstack([picture, picture]))
    shift = (matches.reference - matches.image).round()
    first, second = (int((shift == [right, 0]).all(1).sum()) for right in (0, 120))
    assert min(first, second) > 30


def test_points_of_a_huge_picture_are_in_its_own_pixels():
    picture = np.kron(blots(150, 150), np.ones((10, 10, 1), np.uint8))
    matches = match_features(picture, np.zeros((1500, 1500), bool), picture)
    assert matches.image.max() > 1100
    assert matches.tolerance_px > 4


@pytest.mark.parametrize("side", [1, 4, 16])
def test_a_flat_reference_gives_no_matches(side: int):
    flat = np.full((side, side, 3), 90, np.uint8)
    assert len(match_features(blots(60, 60), np.zeros((60, 60), bool), flat)) == 0


def test_exact_matches_propose_their_transform():
    proposed = list(propose(pairs(40, SHIFT), HERE))
    assert {c.model for c in proposed} == {"homography", "affine", "similarity"}
    for candidate in proposed:
        np.testing.assert_allclose(candidate.matrix, SHIFT, atol=1e-3)


def test_local_candidates_follow_the_surface_around_the_mask():
    near, far = pairs(60, SHIFT), pairs(60, np.diag([1.0, 1.0, 1.0]))
    inside = np.abs(near.image - 50).max(1) < 30
    points = np.vstack([near.image[inside], far.image[~inside]])
    targets = np.vstack([near.reference[inside], far.reference[~inside]])
    both = Matches(points, targets, np.ones(len(points)), "sift", 1.0)
    assert any(np.allclose(c.matrix, SHIFT, atol=0.05) for c in propose(both, HERE))


def test_too_few_or_coinciding_matches_propose_nothing_that_crashes():
    assert list(propose(pairs(3, SHIFT), HERE)) == []
    same = Matches(np.ones((20, 2)), np.ones((20, 2)), np.ones(20), "sift", 2.0)
    assert not any(is_plausible(c.matrix, HERE) for c in propose(same, HERE))


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
