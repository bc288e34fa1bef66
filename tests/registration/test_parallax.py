"""Exact matches of points at several depths, of which direction and depths are known."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration.parallax import Parallax, find_parallax
from artifix.scene import Matches

MASK_BOX = Box(80, 90, 120, 120)
VIEW = np.array([[1.3, 0.2, 12.0], [-0.1, 0.9, -7.0], [0, 0, 1.0]])  # image to reference
LOW, HIGH = -3.0, 9.0  # px beside the surface that most points lie on
TOLERANCE_PX = 3.0


def unit(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def mapped(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def points_around(count: int = 80, spread: float = 45.0) -> np.ndarray:
    return np.random.default_rng(5).uniform(-spread, spread, (count, 2)) + np.array([100, 105])


def depths(count: int = 80) -> np.ndarray:
    """Most points lie on one surface, a quarter of them before it and some behind it."""
    return np.array([0.0, 0, HIGH, 0, LOW, 0, 0, HIGH / 2] * (count // 8))


def matches_of(
    degrees: float, image: np.ndarray, moves: np.ndarray, tolerance_px: float = TOLERANCE_PX
) -> Matches:
    reference = mapped(VIEW, image + moves[:, None] * unit(degrees))
    return Matches(image, reference, np.ones(len(image)), "sift", tolerance_px)


def found_in(matches: Matches) -> Parallax:
    found = find_parallax(matches, MASK_BOX)
    assert found is not None
    return found


def bounds_along(found: Parallax, direction: np.ndarray) -> tuple[float, float]:
    """Low and high, told along `direction`, which the one that was found may oppose."""
    return (found.low, found.high) if found.direction @ direction > 0 else (-found.high, -found.low)


def strays(count: int) -> Matches:
    rng = np.random.default_rng(11)
    image = rng.uniform(-45, 45, (count, 2)) + np.array([100, 105])
    return Matches(image, rng.uniform(-300, 600, (count, 2)), np.ones(count), "sift", TOLERANCE_PX)


def joined(a: Matches, b: Matches) -> Matches:
    parts = (np.concatenate(pair) for pair in ((a.image, b.image), (a.reference, b.reference)))
    return Matches(*parts, np.ones(len(a) + len(b)), "sift", TOLERANCE_PX)


@pytest.mark.parametrize("degrees", [0.0, 35.0, 90.0, 140.0])
def test_the_surface_of_most_points_the_direction_and_the_depths_are_found(degrees):
    found = found_in(matches_of(degrees, points_around(), depths()))
    assert abs(found.direction @ unit(degrees)) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(found.direction) == pytest.approx(1)
    assert found.matrix == pytest.approx(VIEW, abs=1e-5)
    low, high = bounds_along(found, unit(degrees))
    assert (low, high) == pytest.approx((LOW, HIGH), rel=0.1)
    assert low / high == pytest.approx(LOW / HIGH, abs=1e-4)
    assert len(found.matches) == 80


def test_a_surface_that_slants_in_depth_is_part_of_the_matrix():
    image, direction = points_around(), unit(35)
    slope = np.array([0.1, -0.07])
    found = found_in(matches_of(35, image, depths() + image @ slope + 2.0))
    surface = VIEW.copy()
    surface[:2, :2] = VIEW[:2, :2] @ (np.eye(2) + np.outer(direction, slope))
    surface[:2, 2] += 2.0 * VIEW[:2, :2] @ direction
    assert mapped(found.matrix, image) == pytest.approx(mapped(surface, image), abs=1e-4)
    low, high = bounds_along(found, direction)
    assert (low, high) == pytest.approx((LOW, HIGH), rel=0.1)
    assert low / high == pytest.approx(LOW / HIGH, abs=1e-4)


def test_matches_that_contradict_the_others_are_left_out():
    right = matches_of(35, points_around(), depths())
    found = found_in(joined(right, strays(24)))
    kept = {tuple(point) for point in found.matches.image}
    assert {tuple(point) for point in right.image} <= kept
    assert len(kept) <= 82  # by chance one of the strays may lie there
    assert abs(found.direction @ unit(35)) > 0.99


def test_a_few_odd_depths_bound_nothing():
    moves = depths()
    moves[0] = 60.0  # of eighty
    low, high = bounds_along(found_in(matches_of(35, points_around(), moves)), unit(35))
    assert (low, high) == pytest.approx((LOW, HIGH), rel=0.1)
    assert low / high == pytest.approx(LOW / HIGH, abs=1e-4)


def test_strays_alone_agree_on_nothing():
    assert find_parallax(strays(40), MASK_BOX) is None


@pytest.mark.parametrize(("count", "is_found"), [(15, False), (16, True), (3, False), (0, False)])
def test_sixteen_matches_are_needed(count, is_found):
    matches = matches_of(35, points_around(), depths()).take(np.arange(count))
    assert (find_parallax(matches, MASK_BOX) is not None) == is_found


def test_matches_far_from_the_mask_are_not_asked():
    near = points_around(32, 15.0)
    matches = matches_of(35, near, depths(32))
    far = Matches(matches.image + 400, matches.reference, matches.weights, "sift", TOLERANCE_PX)
    assert len(found_in(joined(matches, far)).matches) == 32
    assert find_parallax(far, MASK_BOX) is None


@pytest.mark.parametrize("away", [(70.0, 0.0), (0.0, 70.0), (-70.0, 0.0), (0.0, -70.0)])
def test_where_few_matches_lie_near_those_farther_off_are_asked(away):
    """The mask's longer side is 40 px: these lie 1.5 and fewer than 3 of them off its box."""
    image = points_around(48, 6.0) + np.array([*away]) * 1.4
    assert len(found_in(matches_of(35, image, depths(48))).matches) == 48


def test_where_enough_lie_near_those_farther_off_are_not_asked():
    near, far = points_around(32, 15.0), points_around(32, 6.0) + np.array([98.0, 0])
    matches = matches_of(35, np.concatenate([near, far]), depths(64))
    assert sorted(found_in(matches).matches.image.tolist()) == sorted(near.tolist())


@pytest.mark.parametrize(("tolerance_px", "is_kept"), [(8.0, True), (0.4, False)])
def test_a_match_agrees_within_a_quarter_of_its_tolerance(tolerance_px, is_kept):
    matches = matches_of(0, points_around(), depths(), tolerance_px)
    matches.reference[0] += (0.2, 1.0)  # across the way that depth moves points
    assert (len(found_in(matches).matches) == 80) == is_kept


def test_a_reference_that_shows_all_on_one_line_tells_nothing():
    matches = matches_of(35, points_around(), depths())
    flat = matches.reference * np.array([1.0, 0.0])
    assert find_parallax(Matches(matches.image, flat, matches.weights, "sift", 3.0), MASK_BOX) is None


def test_an_image_whose_points_lie_on_one_line_tells_nothing():
    image = points_around() * np.array([1.0, 0.0]) + np.array([0, 105.0])
    rng = np.random.default_rng(2)
    reference = rng.uniform(0, 90, (80, 2))
    assert find_parallax(Matches(image, reference, np.ones(80), "sift", 3.0), MASK_BOX) is None


def test_a_mirrored_reference_is_no_other_view():
    matches = matches_of(35, points_around(), depths())
    mirrored = matches.reference * np.array([-1.0, 1.0])
    assert find_parallax(Matches(matches.image, mirrored, matches.weights, "sift", 3.0), MASK_BOX) is None


def test_the_same_matches_tell_the_same_twice():
    matches = joined(matches_of(35, points_around(), depths()), strays(40))
    one, two = found_in(matches), found_in(matches)
    np.testing.assert_array_equal(one.matrix, two.matrix)
    assert (one.low, one.high) == (two.low, two.high)


@pytest.mark.parametrize("count", [60, 90])
def test_matches_are_found_among_as_many_strays_and_more(count):
    right = matches_of(35, points_around(64), depths(64))
    found = found_in(joined(strays(count), right))
    kept = {tuple(point) for point in found.matches.image}
    assert {tuple(point) for point in right.image} <= kept
    assert abs(found.direction @ unit(35)) > 0.99


def test_how_far_off_is_near_goes_by_the_longer_side_of_the_mask():
    image = np.random.default_rng(5).uniform(-6, 6, (48, 2)) + np.array([100.0, 105 + 25 + 50])
    wide = Box(70, 100, 130, 110)  # 60 px: these lie 70 px beyond it
    assert len(find_parallax(matches_of(35, image, depths(48)), wide).matches) == 48
    assert find_parallax(matches_of(35, image + np.array([0, 115.0]), depths(48)), wide) is None


def test_what_the_matrix_maps_lies_on_the_hyperplane_nearest_to_the_matches():
    """Its normal is the direction in which matches, all four coordinates of them, spread least."""
    image = points_around()
    exact = matches_of(35, image, depths(), 12.0)
    trembling = np.random.default_rng(8).normal(0, 0.3, image.shape)
    found = found_in(Matches(image, exact.reference + trembling, exact.weights, "sift", 12.0))
    joint = np.hstack([found.matches.image, found.matches.reference])
    normal = np.linalg.eigh(np.cov(joint.T))[1][:, 0]
    assert normal[2:] @ found.matrix[:2, :2] == pytest.approx(-normal[:2], abs=1e-9)
    assert normal[2:] @ found.matrix[:2, :2] @ found.direction == pytest.approx(-normal[:2] @ found.direction)
    assert normal[:2] @ found.direction == pytest.approx(0, abs=1e-9)


def test_a_surface_is_fitted_to_those_within_the_tolerance_alone():
    """What lies a little beside it, by more than a quarter of the tolerance, does not pull it."""
    moves, image = depths(), points_around()
    on = moves == 0
    moves[on] += np.tile([0.1, -0.15], on.sum() // 2)
    moves[moves == HIGH] = 3.0
    found = found_in(matches_of(35, image, moves))
    basis = np.column_stack([image, np.ones(80)])
    surface = basis @ np.linalg.lstsq(basis[on], moves[on], rcond=None)[0]
    wanted = mapped(VIEW, image + surface[:, None] * unit(35))
    assert mapped(found.matrix, image) == pytest.approx(wanted, abs=1e-6)
    low, high = bounds_along(found, unit(35))
    least, most = np.quantile(moves - surface, [0.02, 0.98])
    assert low / high == pytest.approx(least / most, rel=1e-6)


def test_a_geometry_in_which_the_reference_has_hardly_a_part_is_none():
    """All image points lie on one line to within a px: the reference is free, and the hyperplane the line."""
    image = points_around() * np.array([1.0, 0.0]) + np.array([0, 105.0])
    image[:, 1] += 0.05 * np.random.default_rng(3).normal(size=80)
    reference = np.random.default_rng(2).uniform(0, 90, (80, 2))
    reference[:, 0] = image[:, 0]
    assert find_parallax(Matches(image, reference, np.ones(80), "sift", 3.0), MASK_BOX) is None
