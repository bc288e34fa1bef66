"""Pictures and masks, sampled where points lie."""

import numpy as np
import pytest

from artifix.geometry import Box, Crop
from artifix.registration.sampling import grid_of, outlined, points_on, sample, scattered

SHAPE = 40, 50
MAPPED = pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 4)], ids=["outlined", "scattered"]
)


def ramp() -> np.ndarray:
    """A value that tells the place: 2 x + 3 y, and its half."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    return np.dstack([2 * x + 3 * y, x + 1.5 * y])


def grid(left: float, top: float, step: float, size: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]]
    return np.column_stack([left + step * x.ravel(), top + step * y.ravel()])


def test_a_grid_holds_the_centres_of_the_pixels_of_a_crop():
    crop = Crop(Box(10, 20, 16, 24), (2, 3))  # pixels of 2 x 2
    assert grid_of(crop) == pytest.approx(
        np.array([[10.5, 20.5], [12.5, 20.5], [14.5, 20.5], [10.5, 22.5], [12.5, 22.5], [14.5, 22.5]])
    )


@pytest.mark.parametrize("size", [(30, 44), (31, 20), (7, 45)])
def test_a_smooth_map_is_interpolated_between_some_of_its_points(size):
    def bend(points: np.ndarray) -> np.ndarray:
        asked.append(len(points))
        x, y = points.T
        return np.column_stack([x + 0.001 * y**2, 2 * y - 0.002 * x * y + 5])

    asked: list[int] = []
    crop = Crop(Box(5, -3, 5 + 2 * size[1], -3 + size[0]), size)
    every = points_on(crop, bend)
    assert points_on(crop, bend, size[0] * size[1]) == pytest.approx(every, abs=1e-9)
    assert asked == [size[0] * size[1]] * 2  # no more than that many are all
    assert points_on(crop, bend, size[0] * size[1] // 9) == pytest.approx(every, abs=0.02)
    assert asked[2] < 0.6 * asked[0]


@pytest.mark.parametrize(("left", "top"), [(10.0, 10.0), (20.25, 5.5), (4.75, 24.3)])
def test_between_pixels_the_value_lies_between_theirs(left, top):
    picture, valid = sample(ramp(), grid(left, top, 1.0, (8, 9)), (8, 9))
    y, x = np.mgrid[:8, :9]
    wanted = 2 * (x + left) + 3 * (y + top)
    assert valid.all()
    assert picture == pytest.approx(np.dstack([wanted, wanted / 2]), abs=0.1)


@pytest.mark.parametrize("step", [2.0, 3.5])
def test_where_the_reference_shrinks_means_of_areas_are_taken(step):
    plane = ramp()[..., 0]
    noise = np.random.default_rng(0).normal(0, 20, SHAPE).astype(np.float32)
    size = 8, 9
    points = grid(6, 5, step, size)
    plain, noisy = sample(plane, points, size)[0], sample(plane + noise, points, size)[0]
    wanted = (2 * points[:, 0] + 3 * points[:, 1]).reshape(size)
    assert plain == pytest.approx(wanted, abs=0.6)
    assert (noisy - plain).std() == pytest.approx(20 / step, rel=0.35)


def test_what_is_shown_ends_half_a_pixel_beyond_the_outermost_centres():
    height, width = SHAPE
    points = np.array([[-0.5, 5], [-0.51, 5], [width - 0.5, 5], [width - 0.49, 5]])
    assert sample(ramp(), points, (2, 2))[1].ravel().tolist() == [True, False, True, False]
    points = np.array([[5, -0.5], [5, -0.51], [5, height - 0.5], [5, height - 0.49]])
    assert sample(ramp(), points, (2, 2))[1].ravel().tolist() == [True, False, True, False]


def test_beyond_the_reference_its_edge_is_repeated():
    points = np.array([[-1e9, 7], [-3, 7], [0, 7], [1, 7]])
    picture, valid = sample(ramp()[..., 0], points, (1, 4))
    assert picture[0] == pytest.approx([21, 21, 21, 23], abs=0.3)
    assert valid[0].tolist() == [False, False, True, True]


def test_no_point_in_the_reference_shows_nothing():
    points = np.full((6, 2), np.nan)
    picture, valid = sample(ramp(), points, (2, 3))
    assert picture.shape == (2, 3, 2)
    assert not picture.any()
    assert not valid.any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_overshoot_is_cut_to_what_is_there(dtype):
    steps = np.zeros(SHAPE, dtype)
    steps[:, 25:] = 200
    picture, _ = sample(steps, grid(20, 10, 0.25, (8, 40)), (8, 40))
    assert (picture.min(), picture.max()) == (0, 200)
    assert picture.dtype == np.float32


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 4)], ids=["outlined", "scattered"]
)
def test_a_mask_is_mapped_to_where_its_pixels_lie(mapped):
    mask = square(10, 12, 8)
    mask[13, 14] = False
    same = mapped(mask, lambda points: points, SHAPE)
    same[13, 14] = False  # closed where points are scattered
    assert (same == mask).all()
    twice = mapped(square(10, 12, 6), lambda points: 2 * points + np.array([-9.5, -4.5]), (60, 70, 3))
    wanted = np.zeros((60, 70), bool)
    wanted[15:27, 14:26] = True
    assert (twice == wanted).all()


@pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 2)], ids=["outlined", "scattered"]
)
@pytest.mark.parametrize("away", [(-100, 0), (0, 100), (1e9, 0)])
def test_a_mask_that_is_mapped_beyond_the_reference_is_empty_there(mapped, away):
    found = mapped(square(10, 12, 8), lambda points: points + np.array(away), SHAPE)
    assert found.shape == SHAPE
    assert not found.any()


@pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 2)], ids=["outlined", "scattered"]
)
def test_a_mask_across_the_border_of_the_reference_is_cut_off_there(mapped):
    found = mapped(square(10, 12, 8), lambda points: points + np.array([33, -14]), SHAPE)
    wanted = np.zeros(SHAPE, bool)
    wanted[:4, 45:] = True
    assert (found == wanted).all()
