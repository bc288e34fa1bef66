"""The parts of a mask."""

import numpy as np
import pytest

from artifix.refinement.groups import fill_note, fill_specks, groups, parts_of


def test_near_parts_are_one_group_and_a_far_speck_its_own():
    mask = np.zeros((200, 200), bool)
    mask[10:40, 10:40], mask[10:14, 44:46], mask[190:192, 190:192] = True, True, True
    parts = groups(mask)
    assert [int(part.sum()) for part in parts] == [908, 4]
    np.testing.assert_array_equal(np.logical_or.reduce(parts), mask)
    assert groups(np.zeros((9, 9), bool)) == []


def drawn(*boxes: tuple[int, int, int, int], size=(200, 240)) -> np.ndarray:
    mask = np.zeros(size, bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


ARTIFACT, FAR = (40, 40, 90, 80), (200, 180, 202, 182)


def test_a_speck_far_away_is_no_group():
    parts = parts_of(drawn(ARTIFACT, FAR))
    assert [part.sum() for part in parts.groups] == [2000]
    assert [speck.sum() for speck in parts.specks] == [4]
    assert "a part of the mask (4 px) too small" in fill_note(parts.specks)


def test_a_speck_beside_an_artifact_belongs_to_it():
    parts = parts_of(drawn(ARTIFACT, (92, 50, 94, 52)))
    assert len(parts.groups) == 1
    assert not parts.specks
    assert fill_note(parts.specks) == ""


def test_a_thin_line_is_a_group():
    assert len(parts_of(drawn((20, 100, 120, 101))).groups) == 1


def test_a_mask_of_nothing_but_specks_is_one_group():
    mask = drawn((20, 20, 21, 21), (200, 30, 201, 31), FAR)
    (only,) = parts_of(mask).groups
    assert np.array_equal(only, mask)
    assert not parts_of(mask).specks


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_specks_are_filled_from_around_and_nothing_else_changes(dtype):
    top = np.iinfo(dtype).max
    picture = np.full((60, 60, 3), top // 2, dtype)
    speck = drawn((30, 30, 32, 32), size=(60, 60))
    picture[speck] = top
    filled = fill_specks(picture, (speck,))
    assert np.abs(filled[speck].astype(float) - top // 2).max() <= top / 100
    assert np.array_equal(filled[~speck], picture[~speck])
    assert (picture[speck] == top).all()  # the caller's is left alone


def test_specks_at_the_border_are_filled():
    picture = np.full((40, 40, 3), 90, np.uint8)
    assert (fill_specks(picture, (drawn((0, 39, 1, 40), size=(40, 40)),)) == 90).all()
