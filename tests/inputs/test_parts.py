"""The parts of a mask."""

import numpy as np

from artifix.inputs.parts import is_thin, parts_of


def test_near_parts_are_one_group_and_a_far_one_its_own():
    mask = np.zeros((200, 200), bool)
    mask[10:40, 10:40], mask[10:14, 44:46], mask[180:192, 180:192] = True, True, True
    parts = parts_of(mask).groups
    assert [int(part.sum()) for part in parts] == [908, 144]
    np.testing.assert_array_equal(np.logical_or.reduce(parts), mask)


def drawn(*boxes: tuple[int, int, int, int], size=(200, 240)) -> np.ndarray:
    mask = np.zeros(size, bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


ARTIFACT, FAR = (40, 40, 90, 80), (200, 180, 202, 182)


def test_a_speck_far_away_is_no_group():
    parts = parts_of(drawn(ARTIFACT, FAR))
    assert [part.sum() for part in parts.groups] == [2000]
    assert np.array_equal(parts.specks, drawn(FAR))


def test_a_speck_beside_an_artifact_belongs_to_it():
    parts = parts_of(drawn(ARTIFACT, (92, 50, 94, 52)))
    assert len(parts.groups) == 1
    assert parts.specks is None


def test_a_thin_line_is_a_group():
    assert len(parts_of(drawn((20, 100, 120, 101))).groups) == 1


def test_a_mask_of_nothing_but_specks_is_one_group():
    mask = drawn((20, 20, 21, 21), (200, 30, 201, 31), FAR)
    (only,) = parts_of(mask).groups
    assert np.array_equal(only, mask)
    assert parts_of(mask).specks is None


def test_of_many_thin_parts_only_the_largest_are_groups():
    lines = [(20, 30 * y, 60 - y, 30 * y + 1) for y in range(1, 19)]
    parts = parts_of(drawn(*lines, (100, 40, 180, 120), size=(600, 240)))
    assert len(parts.groups) == 9
    assert parts.specks.sum() == sum(right - left for left, _, right, _ in lines[8:])


def test_parts_of_a_large_mask_are_whole_and_alike():
    mask = drawn((101, 203, 333, 407), (2005, 1207, 2350, 1399), (1500, 33, 1503, 35), size=(1500, 2403))
    parts = parts_of(mask)
    assert [int(part.sum()) for part in parts.groups] == [345 * 192, 232 * 204]
    assert np.array_equal(np.logical_or.reduce([*parts.groups, parts.specks]), mask)
    assert parts.specks.sum() == 6


def test_what_is_thin_and_yet_covers_much_is_not_thin():
    assert is_thin(drawn((0, 100, 240, 102)), (200, 240))
    assert not is_thin(drawn((0, 100, 240, 105)), (200, 240))
    assert not is_thin(np.indices((200, 240)).sum(0) % 2 == 0, (200, 240))
