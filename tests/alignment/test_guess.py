import numpy as np
import pytest

from artifix.alignment.guess import guess_transform
from artifix.alignment.matching import Matches
from artifix.geometry import transform_points

# Half as large again, turned by about 11 degrees, moved.
VIEW = np.array([[1.47, -0.29, 30.0], [0.29, 1.47, -20.0], [0, 0, 1]])
SHAPE = 260, 300


@pytest.fixture
def mask():
    mask = np.zeros((160, 180), bool)
    mask[60:100, 70:110] = True
    return mask


@pytest.fixture
def blob():
    """A map that is high where VIEW puts the mask."""
    blob = np.zeros(SHAPE, np.float32)
    x, y = transform_points(VIEW, np.array([[90.0, 80.0]]))[0].round().astype(int)
    blob[y - 25 : y + 25, x - 25 : x + 25] = 1
    return blob


def matches(right: int, wrong: int, noise_px: float = 1.0, seed: int = 0) -> Matches:
    rng = np.random.default_rng(seed)
    points = rng.uniform(40, 130, (right + wrong, 2))
    targets = transform_points(VIEW, points) + rng.normal(0, noise_px, points.shape)
    targets[right:] = rng.uniform(0, 260, (wrong, 2))
    return Matches(points, targets, np.ones(len(points)), "attention", 4.0)


def test_the_similarity_that_most_matches_agree_on_is_found(mask, blob):
    guess = guess_transform(matches(60, 60), mask, blob)
    corners = np.array([[70.0, 60], [110, 60], [70, 100], [110, 100]])
    wrong = guess.transform.points(corners) - transform_points(VIEW, corners)
    assert np.abs(wrong).max() < 3
    assert 0.4 < guess.share < 0.75
    assert (guess.transform.source, guess.transform.model) == ("attention", "similarity")


def test_a_guess_is_never_proved(mask, blob):
    guess = guess_transform(matches(100, 0), mask, blob)
    assert guess.share > 0.9
    assert guess.transform.agreement == 0
    assert not guess.transform.is_proved


def test_more_agreement_gives_a_greater_share(mask, blob):
    shares = [guess_transform(matches(40, wrong), mask, blob).share for wrong in (0, 40, 100)]
    assert shares == sorted(shares, reverse=True)


def test_too_few_matches_give_no_guess(mask, blob):
    assert guess_transform(matches(11, 0), mask, blob) is None
    assert guess_transform(matches(0, 0), mask, blob) is None


def test_matches_far_from_the_mask_do_not_count(mask, blob):
    far = matches(60, 0)
    far.image[:] += 1000
    assert guess_transform(far, mask, blob) is None


def test_a_guess_that_misses_the_map_is_dropped(mask, blob):
    assert guess_transform(matches(60, 0), mask, np.roll(blob, 110, 1)) is None


def test_matches_that_all_point_to_one_spot_give_no_guess(mask, blob):
    sunk = matches(60, 0)
    sunk.reference[:] = (120.0, 120.0)
    assert guess_transform(sunk, mask, blob) is None
