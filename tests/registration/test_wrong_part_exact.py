"""How wide a wrong part of a mask must be, by the size of the mask."""

import numpy as np
import pytest

from artifix.registration.generous_mask import wrong_part

NOTHING_RIGHT = np.empty((0, 2))


def bar(thick: int, long: int, upright: bool = False) -> np.ndarray:
    mask = np.zeros((thick + 40, long + 40), bool)
    mask[20:-20, 20:-20] = True
    return mask.T if upright else mask


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize(
    ("thick", "long", "is_wrong"),
    [(4, 60, False), (5, 60, True), (10, 1000, False), (11, 900, True)],
)
def test_a_wrong_part_is_as_wide_as_the_reach_and_one_pixel_more(thick, long, is_wrong, upright):
    """The reach is 4 px, or a tenth of the root of the area: 10 px in the second pair."""
    mask = bar(thick, long, upright)
    wrong = wrong_part(mask, NOTHING_RIGHT)
    assert wrong.any() == is_wrong
    if is_wrong:
        assert wrong[mask].mean() > 0.97
        assert not wrong[~mask].any()


@pytest.mark.parametrize(("off", "is_right"), [(3.0, True), (4.0, True), (5.0, False), (6.0, False)])
def test_within_four_px_of_a_right_point_a_small_mask_is_right_and_beyond_it_is_wrong(off, is_right):
    for axis in range(2):
        mask = np.zeros((60, 64), bool)
        mask[12:48, 14:50] = True  # 36 x 36 px, of which a tenth is 3.6 px
        middle = np.array([32, 30])
        wrong = wrong_part(mask, middle[None].astype(float))
        x, y = middle + (np.eye(2)[axis] * off).astype(int)
        assert wrong[y, x] != is_right


def test_a_right_point_in_a_corner_of_the_picture_makes_the_corner_right():
    mask = np.ones((30, 40), bool)
    for x, y in ((0, 0), (39, 0), (0, 29), (39, 29)):
        wrong = wrong_part(mask, np.array([[x, y]], float))
        rows, columns = np.mgrid[:30, :40]
        away = np.hypot(columns - x, rows - y)
        assert not wrong[away <= 4].any()
        assert wrong[away > 6].all()
