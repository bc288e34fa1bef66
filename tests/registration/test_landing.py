"""Whether a masked part lands in the reference, and the region of a transform that tears."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration.disparity import STEPS, DisparityMap
from artifix.registration.transform import Transform, lands, sampled
from artifix.scene import Scene

SIZE = 30, 40
REFERENCE = np.zeros((60, 80, 3), np.uint8)


def spot(top: int = 10, left: int = 15, side: int = 10) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def scene(within: np.ndarray | None = None, mask: np.ndarray | None = None) -> Scene:
    mask = spot() if mask is None else mask
    return Scene(np.zeros((*SIZE, 3), np.uint8), mask, REFERENCE, within=within)


def to_corner(left: float, top: float) -> Transform:
    """Moves the spot's first pixel there."""
    return Transform(np.array([[1, 0, left - 15], [0, 1, top - 10], [0, 0, 1.0]]))


@pytest.mark.parametrize(
    ("left", "top", "inside"),
    [
        (-1.4, 20, True),  # one of ten columns is outside
        (-1.6, 20, False),  # two are
        (71.4, 20, True),
        (70.4, 20, True),
        (71.6, 20, False),
        (30, -1.4, True),
        (30, -1.6, False),
        (30, 51.4, True),
        (30, 51.6, False),
        (-1.4, -1.4, False),  # 81 of a hundred pixels are inside
        (-500, 20, False),
        (30, 900, False),
    ],
)
def test_a_part_lands_where_nine_tenths_of_its_pixels_lie_in_the_reference(left, top, inside):
    assert lands(to_corner(left, top), scene()) is inside


@pytest.mark.parametrize(
    ("left", "top", "inside"),
    [
        (-0.4, 20, True),
        (-0.6, 20, False),
        (79.4, 20, True),
        (79.6, 20, False),
        (20, -0.4, True),
        (20, -0.6, False),
        (20, 59.4, True),
        (20, 59.6, False),
    ],
)
def test_the_reference_ends_half_a_pixel_beyond_its_outermost_centres(left, top, inside):
    assert lands(to_corner(left, top), scene(mask=spot(side=1))) is inside


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("share", "inside"), [(0.4, False), (0.5, True), (0.9, True)])
def test_half_of_the_part_must_lie_within_what_was_given_by_hand(axis, share, inside):
    within = np.zeros(REFERENCE.shape[:2], bool)
    extent = [slice(30, 40), slice(50, 60)]  # where the spot lands: rows, columns
    extent[axis] = slice(extent[axis].start, extent[axis].start + round(10 * share))
    within[tuple(extent)] = True
    assert lands(to_corner(50, 30), scene(within)) is inside


def test_what_was_given_by_hand_makes_nothing_land_that_lies_outside():
    everywhere = np.ones(REFERENCE.shape[:2], bool)
    assert not lands(to_corner(-5, 20), scene(everywhere))
    assert lands(to_corner(0, 20), scene(everywhere))


def test_what_lies_beyond_the_horizon_does_not_land():
    tilted = Transform(np.array([[1, 0, 0], [0, 1, 0], [-1 / 20, 0, 1.0]]))  # a horizon through the spot
    assert not lands(tilted, scene())


def test_some_pixels_of_a_large_mask_stand_for_all():
    mask = np.zeros((200, 300), bool)
    mask[50:150, 60:260] = True
    points = sampled(mask)
    assert 100 <= len(points) <= 1000
    column, row = points.astype(int).T
    assert mask[row, column].all()
    assert points.mean(0) == pytest.approx([159.5, 99.5], abs=25)


def torn(matrix: np.ndarray, jump_px: float) -> Transform:
    """The right half of the spot jumps along the rows."""
    steps = np.zeros(SIZE, np.int16)
    steps[:, 20:] = jump_px * STEPS
    return Transform(matrix, DisparityMap(Box(0, 0, SIZE[1], SIZE[0]), (1.0, 0.0), steps))


@pytest.mark.parametrize("zoom", [0.5, 1, 2, 3, 5])
def test_the_region_of_a_torn_transform_is_whole_on_either_side_of_the_tear(zoom):
    matrix = np.diag([zoom, zoom, 1.0])
    matrix[:2, 2] = (zoom - 1) / 2  # edges of pixels lie on edges
    region = torn(matrix, 10).region(spot(), (160, 240, 3))
    wanted = np.zeros((160, 240), bool)
    top, bottom = round(10 * zoom), round(20 * zoom)
    wanted[top:bottom, round(15 * zoom) : round(20 * zoom)] = True
    wanted[top:bottom, round(30 * zoom) : round(35 * zoom)] = True
    slack = 0 if zoom >= 1 else 12  # of halved pixels, a row or column may fall on either side
    assert (region != wanted).sum() <= slack


@pytest.mark.parametrize(("right", "down"), [(-18, 0), (60, 0), (0, -13), (0, 45)])
def test_the_region_of_a_torn_transform_ends_where_the_reference_does(right, down):
    matrix = np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])
    wide = torn(np.eye(3), 10).region(spot(), (200, 200))
    wanted = np.zeros((60, 80), bool)
    rows, columns = np.nonzero(wide)
    rows, columns = rows + down, columns + right
    kept = (rows >= 0) & (columns >= 0) & (rows < 60) & (columns < 80)
    wanted[rows[kept], columns[kept]] = True
    assert wanted.sum() < wide.sum()
    np.testing.assert_array_equal(torn(matrix, 10).region(spot(), (60, 80, 3)), wanted)


def test_an_empty_mask_has_an_empty_region_by_any_transform():
    nothing = np.zeros(SIZE, bool)
    for transform in (torn(np.eye(3), 10), Transform(np.eye(3))):
        region = transform.region(nothing, (60, 80, 3))
        assert region.shape == (60, 80)
        assert not region.any()


def test_a_torn_transform_paints_either_side_from_where_it_lies():
    row = np.arange(80, dtype=np.float32)
    reference = np.broadcast_to(row[None, :, None], (60, 80, 3)).copy()
    painted, shown = torn(np.eye(3), 10).warp_reference(reference, Box(15, 10, 25, 20), (10, 10))
    wanted = np.concatenate([np.arange(15, 20), np.arange(30, 35)])
    np.testing.assert_allclose(painted[..., 0], np.tile(wanted, (10, 1)), atol=1e-3)
    assert shown.all()
