"""What the cells of a crop count, in numbers that descriptors made up for it give."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.matching.descriptors import CELLS, SIDE_PX
from artifix.registration.content import (
    Content,
    Seen,
    agreement,
    content_of,
    likeness,
    likeness_in,
    likeness_of,
    weights_of,
)
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION as TUNED
from artifix.scene import Scene

SAME = Transform(np.eye(3))
PICTURE = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
HALF = np.full((CELLS, CELLS), 0.5, np.float32)
ONE = np.ones((CELLS, CELLS), np.float32)
BOX = Box(0, 0, 64, 64)


def content(box: Box = BOX, mask=0 * ONE, shown=ONE, descriptors=ONE[..., None], describe=None):
    return Content(box, PICTURE, min(box.width, SIDE_PX), mask, shown, descriptors, describe)


def seen(descriptors: np.ndarray, valid: np.ndarray = ONE) -> Seen:
    return Seen(PICTURE, valid, descriptors[..., None].astype(np.float32))


def test_a_cell_counts_by_its_share_of_the_mask_of_the_image_and_of_the_reference():
    around, told = TUNED.content_surroundings, content(mask=HALF / 2, shown=HALF)
    assert weights_of(told, seen(ONE, HALF)) == pytest.approx(HALF / 2 * (around + 0.25))
    assert weights_of(told, seen(ONE, HALF), 2.0) == pytest.approx(HALF / 2 * (0.75 * around + 0.25 * 2))
    assert weights_of(told, seen(ONE, HALF), 0.0) == pytest.approx(HALF / 2 * 0.75 * around)
    assert weights_of(told, seen(ONE)).dtype == np.float32


def test_a_cell_is_as_alike_as_it_and_its_eight_neighbours_are():
    one = np.zeros((CELLS, CELLS), np.float32)
    one[10, 20] = 0.9
    wanted = np.zeros_like(one)
    wanted[9:12, 19:22] = 0.1
    assert likeness(content(), seen(one)) == pytest.approx(wanted, abs=1e-6)
    two = np.dstack([0.5 * ONE, -0.25 * ONE])
    told = content(descriptors=two)
    assert likeness(told, Seen(PICTURE, ONE, 2 * two)) == pytest.approx((0.5 + 0.125) * ONE)


def test_the_mean_likeness_is_weighed_and_hardly_anything_shown_is_alike_to_hardly_any_degree():
    alike = seen(np.where(np.arange(CELLS) < 16, 0.8, 0.2) * ONE)
    left = np.where(np.arange(CELLS) < 14, 3.0, 0.0) * ONE
    assert likeness_in(content(), alike, left) == pytest.approx(0.8)
    assert likeness_in(content(), alike) == pytest.approx(0.5)
    few = np.zeros_like(ONE)
    few[5, 5] = 0.25
    assert likeness_in(content(), alike, few) == pytest.approx(0.25 * 0.8)  # of a whole cell


def test_the_reference_is_shown_in_the_frame_by_each_transform_as_soft_as_the_image():
    told = []

    def describe(pictures):
        told.extend(pictures)
        return np.stack([np.full((CELLS, CELLS, 1), p[128, 128, 0] / 255, np.float32) for p in pictures])

    frame = content(Box(10, 20, 74, 84), describe=describe)
    reference = np.zeros((100, 90, 3), np.uint8)
    reference[:, :45] = 200
    moved = [SAME, Transform(np.array([[1, 0, 32.0], [0, 1, 0], [0, 0, 1]]))]
    one, two = frame.view(moved, reference)
    assert [p.shape for p in told] == [(SIDE_PX, SIDE_PX, 3)] * 2
    assert one.picture[5, [100, 180], 0].tolist() == [200, 0]  # 35 of the frame's 64 px show what is bright
    assert two.picture[5, [0, 60], 0] == pytest.approx([200, 0], abs=2)  # 3 of them
    assert one.valid == pytest.approx(ONE)
    assert two.valid[:, :24] == pytest.approx(ONE[:, :24])  # it ends 90 - 42 px from the frame's left
    assert two.valid[:, 24:] == pytest.approx(0 * ONE[:, 24:])
    assert frame.view([], reference) == []
    assert likeness_of(frame, reference, moved) == pytest.approx([told[0][128, 128, 0] / 255, 0], abs=1e-6)


@pytest.mark.parametrize(("side", "native"), [(110, 220), (150, SIDE_PX)])
def test_the_crop_is_twice_as_wide_as_the_mask_and_told_in_cells(side, native):
    image = np.zeros((400, 420, 3), np.uint8)
    mask = np.zeros((400, 420), bool)
    mask[150:200, 140 : 140 + side] = True
    found = content_of(Scene(image, mask, image), lambda p: np.zeros((len(p), CELLS, CELLS, 1), np.float32))
    left, top = 140 + side // 2 - side, 175 - side
    assert found.box == Box(left, top, left + 2 * side, top + 2 * side)
    assert found.native_px == native
    assert found.shown == pytest.approx(ONE)
    assert found.mask.sum() / CELLS**2 == pytest.approx(50 * side / (2 * side) ** 2, rel=0.02)
    rows, columns = np.nonzero(found.mask > 0.99)
    assert (columns.min(), columns.max()) == (8, 23)
    assert (rows.mean(), columns.mean()) == pytest.approx((15.5, 15.5))


def test_of_a_crop_that_reaches_beyond_the_image_only_a_part_is_shown():
    image = np.zeros((32, 128, 3), np.uint8)
    mask = np.zeros((32, 128), bool)
    mask[8:24, 32:64] = True
    found = content_of(Scene(image, mask, image), lambda p: np.zeros((len(p), CELLS, CELLS, 1), np.float32))
    assert found.box == Box(16, -16, 80, 48)  # twice 32 px, squared
    assert found.shown[8:24] == pytest.approx(ONE[8:24])
    assert not found.shown[:8].any()
    assert not found.shown[24:].any()
    assert found.matrix() @ [16, -16, 1] == pytest.approx([1.5, 1.5, 1])  # four px of the frame to one


@pytest.mark.parametrize(
    ("alike", "agrees"), [(0.3, 0.05), (0.31, 0.05), (0.4, 0.25), (0.6, 0.75), (0.9, 1.0)]
)
def test_pictures_agree_as_far_as_they_are_more_alike_than_others(alike, agrees):
    described = iter([ONE, alike * ONE])
    mask = np.zeros((64, 64), bool)
    mask[24:40, 24:40] = True
    image = np.zeros((64, 64, 3), np.uint8)
    found = agreement(
        Scene(image, mask, image), SAME, lambda _: next(described)[None, ..., None], Box(0, 0, 64, 64), (8, 8)
    )
    assert found == pytest.approx(np.full((8, 8), agrees), abs=1e-5)


def test_agreement_is_told_where_it_lies_in_the_box_that_is_asked():
    """It rises by 0.02 a cell downwards, 0.01 to the right; a cell is a pixel of the image."""
    rows, columns = np.mgrid[:CELLS, :CELLS]
    alike = 0.35 + 0.4 * (0.01 * columns + 0.02 * rows)
    described = iter([ONE, alike.astype(np.float32)])
    mask = np.zeros((200, 220), bool)
    mask[100:116, 60:76] = True  # the crop is 52 to 84 from the left, 92 to 124 from above
    image = np.zeros((200, 220, 3), np.uint8)
    found = agreement(
        Scene(image, mask, image),
        SAME,
        lambda _: next(described)[None, ..., None],
        Box(56, 98, 76, 118),
        (10, 5),
    )
    y, x = np.mgrid[:10, :5]
    wanted = 0.125 + 0.01 * (4 * x + 1.5 + 56 - 52) + 0.02 * (2 * y + 0.5 + 98 - 92)
    assert found == pytest.approx(wanted, abs=2e-3)
