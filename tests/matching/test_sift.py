import numpy as np
import pytest

from artifix.geometry import Box
from artifix.matching.sift import match_features

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
