"""Whose patch a soft edge is taken from, and how it falls."""

import numpy as np
import pytest

from artifix.refinement.soft_edge import Core, blend_shares

SIZE = 60, 101
CONTEXT = 2.6


def core(left: int, right: int, top: int = 20, bottom: int = 40, is_exact: bool = True) -> Core:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return Core(mask, is_exact)


def levelled(*cores: Core, edge: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """A mask of 1 in the cores and `edge` elsewhere, and the level .5."""
    blend = np.full(SIZE, edge, np.float32)
    for each in cores:
        blend[each.mask] = 1
    return blend, np.full(SIZE, 0.5, np.float32)


def test_what_lies_as_near_to_two_cores_is_taken_from_the_first():
    cores = [core(20, 40), core(61, 81)]
    first, second = blend_shares(*levelled(*cores), cores, CONTEXT)
    assert first[30, 50] > 0
    assert second[30, 50] == 0
    assert first[30, 51] == 0
    assert second[30, 51] > 0


def test_an_edge_is_whole_from_two_thirds_of_the_level_and_rises_smoothly_below():
    one = core(40, 60)
    values = [
        blend_shares(*levelled(one, edge=edge), [one], CONTEXT)[0][30, 62]
        for edge in (0.02, 0.1, 1 / 6, 0.34, 0.45)
    ]
    assert values[0] < 0.02
    assert values[1] < 0.3
    assert values[2] == pytest.approx(0.5, abs=0.01)
    assert values[3] == values[4] == 1


def test_an_edge_is_whole_up_to_half_the_reach_and_gone_at_its_end():
    one = core(40, 60)
    (share,) = blend_shares(*levelled(one), [one], CONTEXT)
    reach = one.reach(CONTEXT)
    distance = np.arange(1, 41)
    row = share[30, 60:100]
    assert (row[distance <= reach / 2 - 1] == 1).all()
    assert (row[distance >= reach + 1] == 0).all()
    assert ((row > 0) & (row < 1))[(distance > reach / 2 + 1) & (distance < reach - 1)].all()


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom", "reach"),
    [
        (0, 0, 101, 60, 101),  # nothing needs to fade; the longer side is the most
        # The crop is 2.6 of 20 px: .8 of 20 px are beside the core where the image's border is not.
        (0, 20, 10, 40, 16),
        (3, 20, 13, 40, 16),
        (91, 20, 101, 40, 16),
        (88, 20, 98, 40, 16),
        (30, 0, 50, 10, 16),
        (30, 4, 50, 14, 16),
        (30, 50, 50, 60, 16),
        (30, 47, 50, 57, 16),
    ],
)
def test_at_a_border_of_the_image_the_reach_is_that_of_the_other_sides(left, top, right, bottom, reach):
    assert core(left, right, top, bottom).reach(CONTEXT) == pytest.approx(reach, abs=1)


def test_a_mask_without_a_soft_pixel_is_shared_as_its_cores():
    one = core(40, 60)
    blend = one.mask.astype(np.float32)
    (share,) = blend_shares(blend, np.full(SIZE, 0.5, np.float32), [one], CONTEXT)
    assert share is one.mask


@pytest.mark.parametrize("turns", [0, 1, 2, 3], ids=["below", "right", "above", "left"])
def test_where_three_sides_of_the_crop_are_the_images_the_fourth_tells_the_reach(turns):
    """The crop is 2.6 of 50 px long, and as wide as the image."""
    mask = np.zeros((200, 60), bool)
    mask[:20, 5:55] = True
    turned = np.ascontiguousarray(np.rot90(mask, turns))
    assert Core(turned, is_exact=True).reach(CONTEXT) == 130 - 20
    assert Core(turned, is_exact=False).reach(CONTEXT) == 3


def test_of_three_cores_each_takes_the_edge_that_is_nearest_to_it():
    cores = [core(10, 20), core(45, 55), core(80, 90)]
    shares = blend_shares(*levelled(*cores), cores, CONTEXT)
    for column, owner in ((14, 0), (22, 0), (43, 1), (57, 1), (78, 2), (92, 2)):
        assert [share[30, column] > 0 for share in shares] == [k == owner for k in range(3)]


@pytest.mark.parametrize("shape", [(1, SIZE[1]), (SIZE[0], 1)], ids=["columns", "rows"])
def test_a_level_of_each_row_or_column_is_that_of_each_of_its_pixels(shape):
    one = core(40, 60)
    blend, _ = levelled(one)
    levels = np.broadcast_to(np.linspace(0.5, 0.9, max(shape), dtype=np.float32).reshape(shape), SIZE)
    (lean,), (full,) = (blend_shares(blend, part, [one], CONTEXT) for part in (levels, levels.copy()))
    np.testing.assert_array_equal(lean, full)
    assert 0 < lean[30, 62] < 1
