import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.geometry import (
    Box,
    Crop,
    box_of,
    centre_hits,
    resize,
    some_points,
    square_around,
    transform_points,
)

SIDES = st.integers(1, 200)
EDGES = st.integers(-300, 300)
BOXES = st.builds(Box, EDGES, EDGES, EDGES, EDGES)


def drawn_box(data, height, width):
    """A non-empty box inside an image of (height, width)."""
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right = data.draw(st.integers(left + 1, width))
    return Box(left, top, right, data.draw(st.integers(top + 1, height)))


def test_box_excludes_right_and_bottom():
    box = Box(2, 3, 7, 13)
    assert (box.width, box.height, box.centre) == (5, 10, (4.5, 8.0))
    assert box.as_tuple() == (2, 3, 7, 13)
    assert np.zeros((20, 30))[box.slices()].shape == (10, 5)


@settings(deadline=None)
@given(BOXES, SIDES, SIDES)
def test_clipped_box_lies_inside_or_is_empty(box, height, width):
    clipped = box.clip(height, width)
    assert clipped.is_empty() or (
        0 <= clipped.left < clipped.right <= width and 0 <= clipped.top < clipped.bottom <= height
    )
    assert clipped.clip(height, width) == clipped


@settings(deadline=None)
@given(st.data(), SIDES, SIDES)
def test_clipping_leaves_a_box_inside_as_it_is(data, height, width):
    box = drawn_box(data, height, width)
    assert box.clip(height, width) == box


@settings(deadline=None)
@given(st.data(), SIDES, SIDES)
def test_box_of_a_filled_box_is_that_box(data, height, width):
    box = drawn_box(data, height, width)
    mask = np.zeros((height, width), bool)
    mask[box.slices()] = True
    assert box_of(mask) == box


def test_a_region_hits_where_its_centre_lies_in_the_true_box():
    true, found = (np.zeros((8, 9), bool) for _ in range(2))
    true[2:4, 5:9] = True
    assert not centre_hits(found, true)  # nothing was found
    found[1:5, 6:9] = True
    assert centre_hits(found, true)
    assert not centre_hits(found, np.roll(true, 3, 0))
    assert not centre_hits(found, np.zeros_like(true))


def test_box_of_an_empty_mask_is_empty():
    assert box_of(np.zeros((4, 5), bool)).is_empty()


@settings(deadline=None)
@given(st.data(), SIDES, SIDES, st.floats(1, 4), st.integers(1, 300))
def test_square_around_holds_the_box_and_stays_inside(data, height, width, scale, least_px):
    box = drawn_box(data, height, width)
    square = square_around(box, scale, least_px, height, width)
    side = max(round(max(box.width, box.height) * scale), least_px)
    assert square.clip(height, width) == square
    assert (square.width, square.height) == (min(side, width), min(side, height))
    assert square.left <= box.left
    assert square.top <= box.top
    assert square.right >= box.right
    assert square.bottom >= box.bottom


@settings(deadline=None)
@given(st.data(), SIDES, SIDES)
def test_crop_at_its_own_size_is_the_identity(data, height, width):
    box = drawn_box(data, height, width)
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    cut = Crop(box, (box.height, box.width)).cut(image)
    assert np.array_equal(cut, image[box.slices()])
    assert not np.shares_memory(cut, image)


@settings(deadline=None)
@given(st.data(), SIDES, SIDES, st.integers(1, 64), st.integers(1, 64))
def test_crop_has_the_size_and_type_asked_for(data, height, width, rows, columns):
    crop = Crop(drawn_box(data, height, width), (rows, columns))
    image = np.full((height, width, 3), 77, np.uint16)
    assert (crop.cut(image) == np.full((rows, columns, 3), 77, np.uint16)).all()
    mask = crop.cut(np.ones((height, width), bool))
    assert (mask.dtype, mask.shape, mask.all()) == (bool, (rows, columns), True)


@settings(deadline=None)
@given(st.data(), SIDES, SIDES, st.integers(1, 64), st.integers(1, 64))
def test_crop_matrix_maps_the_boxes_corners_to_the_working_corners(data, height, width, rows, columns):
    box = drawn_box(data, height, width)
    corners = np.array([[box.left, box.top], [box.right, box.bottom]]) - 0.5  # centres are at integers
    mapped = transform_points(Crop(box, (rows, columns)).matrix(), corners)
    assert np.allclose(mapped, [[-0.5, -0.5], [columns - 0.5, rows - 0.5]], atol=1e-6)


def test_crop_matrix_agrees_with_the_pixels_of_the_cut():
    y, x = np.mgrid[:80, :120]
    image = np.exp(-((x - 70.0) ** 2 + (y - 33.0) ** 2) / 40).astype(np.float32)
    crop = Crop(Box(40, 10, 100, 70), (180, 180))
    peak = transform_points(crop.matrix(), np.array([[70.0, 33.0]]))[0]
    row, column = np.unravel_index(crop.cut(image).argmax(), (180, 180))
    assert np.allclose(peak, (column, row), atol=1)


@pytest.mark.parametrize("size", [(5, 5), (20, 31)])
def test_resize_of_bool_stays_bool(size):
    resized = resize(np.eye(10, dtype=bool), size)
    assert (resized.dtype, resized.shape) == (bool, size)


def test_shrinking_averages_areas():
    image = np.array([[0, 200], [100, 100]], np.uint8)
    assert resize(image, (1, 1))[0, 0] == 100


def test_transform_divides_by_the_third_coordinate():
    matrix = np.array([[2.0, 0, 1], [0, 2, 0], [0, 0, 2]])
    assert np.allclose(transform_points(matrix, np.array([[3.0, 5.0], [0.0, 0.0]])), [[3.5, 5], [0.5, 0]])


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_transform_agrees_with_opencv_and_is_undone_by_the_inverse(seed):
    random = np.random.default_rng(seed)
    matrix = np.eye(3) + random.normal(0, [[0.1], [0.1], [1e-4]], (3, 3))
    points = random.uniform(0, 100, (8, 2))
    mapped = transform_points(matrix, points)
    assert np.allclose(mapped, cv2.perspectiveTransform(points[None], matrix)[0])
    assert np.allclose(transform_points(np.linalg.inv(matrix), mapped), points)


def test_a_box_filled_is_true_inside_and_nowhere_else():
    filled = Box(2, 1, 5, 3).filled(4, 6)
    assert filled.shape == (4, 6)
    assert filled[1:3, 2:5].all()
    assert filled.sum() == 6


def test_some_points_are_the_masks_pixels_row_by_row_and_evenly_fewer_of_many():
    mask = np.zeros((20, 30), bool)
    mask[5:9, 7:12] = True
    rows, columns = np.nonzero(mask)
    every = np.column_stack([columns, rows])
    assert np.array_equal(some_points(mask, 100), every)
    assert np.array_equal(some_points(mask, 6), every[::3])
