import cv2
import numpy as np
import pytest

from artifix.inputs.parts import parts_of
from artifix.refinement.soft_edge import Core, blend_shares
from artifix.refinement.stage import AlignedReference
from artifix.refinement.tuning import REFINEMENT

CONTEXT = 1.8


def hard() -> np.ndarray:
    mask = np.zeros((120, 200), np.float32)
    mask[40:80, 40:90] = 1
    return mask


def blurred(mask: np.ndarray, deviation_px: float = 8) -> np.ndarray:
    soft = cv2.GaussianBlur(mask, (0, 0), deviation_px)
    soft[soft < 0.5 / 255] = 0
    return soft


def shared(blend: np.ndarray, is_exact: bool = True) -> list[np.ndarray]:
    levels = np.full(blend.shape, 0.5, np.float32)
    cores = [Core(mask, is_exact) for mask in parts_of(blend >= levels).groups]
    return blend_shares(blend, levels, cores, CONTEXT)


def test_a_hard_mask_is_shared_as_it_is():
    (share,) = shared(hard())
    np.testing.assert_array_equal(share, hard())


@pytest.mark.parametrize("is_exact", [True, False])
def test_the_core_is_whole_and_what_is_not_marked_keeps_itself(is_exact):
    blend = blurred(hard())
    (share,) = shared(blend, is_exact)
    assert (share[blend >= 0.5] == 1).all()
    assert (share[blend == 0] == 0).all()
    assert share.dtype == np.float32


def test_the_edge_falls_outward_and_ends_within_the_crop():
    (share,) = shared(blurred(hard(), 12))
    row = share[60, 90:]
    assert (np.diff(row) <= 0).all()
    assert 0.1 < row[12] < 0.9
    assert (share[60, 88 + 20 :] == 0).all()  # the crop is .4 of 50 px wider


def test_where_the_reference_lies_roughly_the_edge_is_narrow():
    blend = blurred(hard())
    (share,) = shared(blend, is_exact=False)
    distance = cv2.distanceTransform((blend < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    assert (share[distance >= REFINEMENT.soft_rough_px] == 0).all()
    assert (share[(distance > 0) & (distance < REFINEMENT.soft_rough_px / 2)] > 0.5).all()


def test_a_edge_between_two_groups_is_taken_from_the_nearer():
    mask = np.zeros((120, 200), np.float32)
    mask[40:80, 30:80], mask[40:80, 116:176] = 1, 1
    blend = blurred(mask)
    right, left = shared(blend)
    assert ((right > 0) & (left > 0)).sum() == 0
    assert left[60, 84] > 0
    assert right[60, 112] > 0


def test_at_the_border_of_the_image_a_edge_need_not_fade():
    mask = np.zeros((120, 200), np.float32)
    mask[:, 60:80] = 1
    (share,) = shared(blurred(mask, 4))
    assert share[0, 82] == pytest.approx(share[60, 82], abs=0.02)


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom", "reach"),
    [
        (60, 40, 110, 80, 20),  # the crop is .4 of 50 px wider on each side, and higher still
        (5, 40, 55, 80, 25),  # the crop is moved into the image
        (0, 0, 200, 110, 200),  # everywhere at the border of the crop's image
        (0, 0, 50, 40, 40),  # the crop is 90 px a side, and ends there
        (150, 80, 200, 120, 40),
    ],
)
def test_an_edge_reaches_to_the_end_of_the_crop_unless_that_is_the_images(left, top, right, bottom, reach):
    mask = np.zeros((120, 200), bool)
    mask[top:bottom, left:right] = True
    assert Core(mask, True).reach(CONTEXT) == pytest.approx(reach, abs=1)
    assert Core(mask, False).reach(CONTEXT) == min(reach, REFINEMENT.soft_rough_px)


def test_without_a_reference_that_lies_exactly_a_core_is_rough():
    mask = hard() > 0
    assert not Core.of(mask, None).is_exact
    for exact in (True, False):
        assert Core.of(mask, AlignedReference(None, exact, None)).is_exact is exact
