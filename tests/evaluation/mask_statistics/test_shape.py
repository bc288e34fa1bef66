"""Figures of masks against values worked out by hand."""

import math

import numpy as np
import pytest

from artifix.evaluation.mask_statistics.shape import perimeter_of, shape_of


def empty(height=100, width=200):
    return np.zeros((height, width), bool)


def disc(radius=60, height=200, width=200):
    y, x = np.mgrid[:height, :width]
    return (y - 99.5) ** 2 + (x - 99.5) ** 2 <= radius**2


def test_a_rectangle_has_the_figures_worked_out_by_hand():
    mask = empty()
    mask[10:30, 40:80] = True  # 20 x 40
    shape = shape_of(mask)
    assert (shape.height, shape.width, shape.area_px) == (100, 200, 800)
    assert shape.share == shape.box_share == 0.04
    assert shape.box.as_tuple() == (40, 10, 80, 30)
    assert (shape.parts, shape.holes, shape.largest_share, shape.solidity) == (1, 0, 1.0, 1.0)
    # Crossings: 2 x 20 along rows, 2 x 40 along columns, 2 x (20 + 40 - 1) along each of two diagonals.
    perimeter = math.pi / 8 * (120 + 2 * 118 / math.sqrt(2))
    assert perimeter_of(mask) == pytest.approx(perimeter)
    assert shape.compactness == pytest.approx(4 * math.pi * 800 / perimeter**2)


def test_a_disc_is_as_compact_as_can_be():
    shape = shape_of(disc())
    assert perimeter_of(disc()) == pytest.approx(2 * math.pi * 60, rel=0.01)
    assert shape.compactness == pytest.approx(1, abs=0.01)
    assert shape.solidity > 0.98


@pytest.mark.parametrize("angle", [0, 15, 22.5, 30, 45])
def test_the_perimeter_of_a_turned_square_is_within_6_percent(angle):
    turned = np.deg2rad(angle)
    y, x = np.mgrid[:400, :400] - 199.5
    along, across = x * np.cos(turned) + y * np.sin(turned), y * np.cos(turned) - x * np.sin(turned)
    assert perimeter_of(np.maximum(abs(along), abs(across)) < 100) == pytest.approx(800, rel=0.06)


def test_equal_parts_divide_the_compactness_by_their_number_and_leave_the_solidity():
    one, three = empty(60, 300), empty(60, 300)
    one[10:40, 10:40] = True
    for left in (10, 110, 210):
        three[10:40, left : left + 30] = True
    single, several = shape_of(one), shape_of(three)
    assert (single.parts, several.parts) == (1, 3)
    assert several.compactness == pytest.approx(single.compactness / 3)
    assert several.solidity == single.solidity == 1
    assert several.largest_share == pytest.approx(1 / 3)


def test_pixels_that_touch_at_a_corner_are_one_part():
    mask = empty()
    mask[10, 10] = mask[11, 11] = True
    assert shape_of(mask).parts == 1
    mask[13, 13] = True
    assert shape_of(mask).parts == 2


def test_holes_are_counted_and_what_lies_in_them_is_a_part():
    mask = empty()
    mask[10:60, 10:60] = True
    mask[20:50, 20:50] = False
    ring = shape_of(mask)
    mask[30:40, 30:40] = True
    target = shape_of(mask)
    assert (ring.parts, ring.holes, ring.solidity) == (1, 1, pytest.approx(1600 / 2500))
    assert (target.parts, target.holes) == (2, 1)
    assert target.largest_share == pytest.approx(2500 / 2600)


def test_an_l_fills_three_quarters_of_what_its_hull_would_be_without_the_corner():
    mask = empty(120, 120)
    mask[10:110, 10:110] = True
    mask[10:60, 60:110] = False
    # The hull lacks a triangle of half the missing square.
    assert shape_of(mask).solidity == pytest.approx(7500 / 8750, abs=0.01)


@pytest.mark.parametrize("length", [1, 2, 7])
def test_lines_of_a_pixel_have_figures_in_their_range(length):
    mask = empty()
    mask[50, 20 : 20 + length] = True
    shape = shape_of(mask)
    assert (shape.area_px, shape.parts, shape.largest_share, shape.solidity) == (length, 1, 1.0, 1.0)
    assert 0 < shape.compactness <= 1


def test_an_empty_mask_has_no_form():
    shape = shape_of(empty())
    assert shape.is_empty
    assert (shape.share, shape.box_share, shape.parts, shape.compactness, shape.solidity) == (0, 0, 0, 0, 0)
    assert not shape.reaches_border


@pytest.mark.parametrize("place", [(0, 50), (99, 50), (50, 0), (50, 199)])
def test_a_pixel_at_any_border_reaches_it(place):
    mask = empty()
    mask[50, 50] = True
    assert not shape_of(mask).reaches_border
    mask[place] = True
    assert shape_of(mask).reaches_border


def test_what_the_picture_cuts_off_is_an_edge_like_any_other():
    inside, cut = empty(), empty()
    inside[20:40, 20:50] = cut[:20, :30] = True
    assert perimeter_of(cut) == perimeter_of(inside)


def test_compactness_agrees_with_the_perimeter_of_scikit_image():
    measure = pytest.importorskip("skimage.measure")
    random = np.random.default_rng(0)
    for _ in range(5):
        corners = random.uniform(20, 180, (6, 2))
        polygon = pytest.importorskip("skimage.draw").polygon2mask((200, 200), corners)
        assert perimeter_of(polygon) == pytest.approx(measure.perimeter_crofton(polygon, 4), rel=1e-6)
