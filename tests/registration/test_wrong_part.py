"""Which part of a generous mask is wrong, given points at which the image is right."""

import numpy as np
import pytest

from artifix.registration.generous_mask import wrong_part

SIZE = 90, 120
MASK = np.zeros(SIZE, bool)
MASK[20:70, 30:90] = True  # 3,000 px: within 5.5 px of a right point all is right


def from_point(x: float, y: float) -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.hypot(columns - x, rows - y)


def test_around_a_right_point_the_mask_is_right_and_away_from_it_wrong():
    wrong, away = wrong_part(MASK, np.array([[60.0, 45.0]])), from_point(60, 45)
    assert not wrong[away < 5].any()
    assert wrong[MASK & (away > 8) & (from_point(60, 45) < 18)].all()
    assert not wrong[~MASK].any()


def test_a_point_stands_for_the_pixel_it_lies_in_and_rows_are_not_columns():
    wrong = wrong_part(MASK, np.array([[79.6, 30.4]]))
    assert not wrong[30, 80]
    assert wrong[60, 40]
    assert wrong[45, 45]


def test_a_small_mask_is_right_within_four_pixels_at_least():
    small = np.zeros(SIZE, bool)
    small[20:40, 30:50] = True
    wrong, away = wrong_part(small, np.array([[40.0, 30.0]])), from_point(40, 30)
    assert not wrong[away <= 3.5].any()
    assert wrong.any()


def test_points_beyond_the_image_are_no_error_and_stand_for_its_edge():
    wrong = wrong_part(MASK, np.array([[-50.0, -50], [500, 400]]))
    assert (wrong != MASK).sum() <= 24  # corners are rounded


def test_slivers_between_right_points_and_the_edge_are_not_wrong():
    columns = np.arange(30, 90, 4.0)
    wrong = wrong_part(MASK, np.column_stack([columns, np.full(len(columns), 28.0)]))
    assert not wrong[:33].any()  # 2 rows lie farther above than the reach
    assert wrong[45, 60]


@pytest.mark.parametrize("step", [4, 6])
def test_right_all_over_nothing_is_wrong(step):
    rows, columns = np.nonzero(MASK[::step, ::step])
    assert not wrong_part(MASK, np.column_stack([columns, rows]) * float(step)).any()
