"""A disparity map: a point takes its pixel's value, and beyond the box that of the edge."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration.disparity import STEPS, DisparityMap
from artifix.registration.transform import Transform

BOX = Box(10, 20, 13, 22)  # 3 x 2 pixels
STEP_PX = np.array([[1, 2, 3], [4, 5, 6]])
SLANT = 0.6, 0.8


def disparity(box: Box = BOX, direction: tuple[float, float] = (1.0, 0.0)) -> DisparityMap:
    return DisparityMap(box, direction, (STEP_PX * STEPS).astype(np.int16))


def moved_px(map_: DisparityMap, *points: tuple[float, float]) -> list[float]:
    given = np.array(points)
    return ((map_.points(given) - given) @ np.array(map_.direction)).tolist()


def test_every_pixel_of_the_box_has_its_own_value():
    pixels = [(10 + column, 20 + row) for row in range(2) for column in range(3)]
    assert moved_px(disparity(), *pixels) == pytest.approx([1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize(
    ("point", "moved"),
    [
        ((-900, 20), 1),
        ((-900, 900), 4),
        ((900, 20), 3),
        ((900, 900), 6),
        ((11, -900), 2),
        ((11, 900), 5),
    ],
)
def test_beyond_the_box_the_value_of_its_edge_holds(point, moved):
    assert moved_px(disparity(), point) == pytest.approx([moved])


def test_values_jump_half_way_between_pixels_and_are_not_blended():
    assert moved_px(disparity(), (10.45, 20.45), (10.55, 20.45), (10.45, 20.55)) == pytest.approx([1, 2, 4])


def test_a_map_of_fewer_pixels_than_its_box_covers_all_of_it():
    coarse = disparity(Box(10, 20, 22, 32))  # pixels of 4 x 6
    assert moved_px(coarse, (10, 20), (13, 25), (14, 26), (21, 31)) == pytest.approx([1, 1, 5, 6])


def test_points_move_along_the_direction_and_not_across_it():
    moved = disparity(direction=SLANT).points(np.array([[12.0, 21.0]]))
    assert moved == pytest.approx(np.array([[12 + 6 * 0.6, 21 + 6 * 0.8]]))


def test_a_point_nowhere_stays_nowhere():
    assert np.isnan(disparity().points(np.array([[np.nan, np.nan]]))).all()


def test_a_torn_map_is_not_continuous_and_its_matrix_comes_after_it():
    assert not disparity().is_continuous
    twice = Transform(np.diag([2.0, 2.0, 1.0]), disparity())
    assert twice.points(np.array([[12.0, 21.0]])) == pytest.approx(np.array([[36.0, 42.0]]))
    assert twice.flat.points(np.array([[12.0, 21.0]])) == pytest.approx(np.array([[24.0, 42.0]]))
