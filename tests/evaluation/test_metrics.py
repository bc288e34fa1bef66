import cv2
import numpy as np
import pytest

from artifix.evaluation.metrics import (
    box_iou,
    filled_box,
    iou,
    largest_change_outside,
    pointing_hit,
    psnr_db,
    ssim,
    structure_and_colour,
    token_iou,
)


@pytest.fixture
def mask():
    mask = np.zeros((20, 30), bool)
    mask[4:14, 5:15] = True
    return mask


@pytest.fixture
def truth():
    return np.random.default_rng(0).integers(20, 236, (20, 30, 3)).astype(np.uint8)


def region(top: int, left: int, height: int, width: int) -> np.ndarray:
    found = np.zeros((20, 30), bool)
    found[top : top + height, left : left + width] = True
    return found


def test_psnr_of_an_error_of_ten_is_28_db(truth, mask):
    assert psnr_db(truth + np.uint8(10), truth, mask) == pytest.approx(20 * np.log10(255 / 10))


def test_psnr_counts_inside_the_mask_only_and_has_a_top(truth, mask):
    spoiled = np.where(mask[..., None], truth, 0)
    assert psnr_db(spoiled, truth, mask) == 100
    assert psnr_db(spoiled, truth, ~mask) < 10


def test_psnr_does_not_overflow_below_zero(mask):
    black, white = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 255, np.uint8)
    assert psnr_db(black, white, mask) == psnr_db(white, black, mask) == 0


def test_ssim_is_one_where_nothing_differs(truth, mask):
    spoiled = truth.copy()
    spoiled[:, 25:] = 0  # farther from the mask than the window reaches
    assert ssim(spoiled, truth, mask) == pytest.approx(1)
    assert ssim(255 - truth, truth, mask) < 0


def test_intersection_over_union_is_counted():
    assert iou(region(0, 0, 4, 4), region(0, 2, 4, 4)) == pytest.approx(8 / 24)
    assert iou(region(0, 0, 4, 4), region(10, 10, 4, 4)) == 0
    assert iou(region(0, 0, 0, 0), region(0, 0, 0, 0)) == 0


def test_boxes_are_compared_whatever_fills_them():
    frame = region(2, 2, 6, 6) & ~region(3, 3, 4, 4)
    assert box_iou(frame, region(2, 2, 6, 6)) == 1
    assert iou(frame, region(2, 2, 6, 6)) == pytest.approx(20 / 36)
    assert box_iou(region(0, 0, 0, 0), region(2, 2, 6, 6)) == 0


def test_a_hit_has_its_centroid_in_the_true_box():
    assert pointing_hit(region(4, 4, 3, 3), region(2, 2, 6, 6))
    assert not pointing_hit(region(4, 12, 3, 3), region(2, 2, 6, 6))
    assert not pointing_hit(region(0, 0, 0, 0), region(2, 2, 6, 6))


def test_the_largest_change_outside_does_not_wrap_around(truth, mask):
    changed = truth.copy()
    assert largest_change_outside(np.where(mask[..., None], 0, truth), truth, mask) == 0
    truth[0, 0], changed[0, 0] = 0, 255
    assert largest_change_outside(changed, truth, mask) == largest_change_outside(truth, changed, mask) == 255
    assert largest_change_outside(changed, truth, np.ones_like(mask)) == 0


def test_sixteen_bit_results_are_compared_at_eight(truth, mask):
    deep = truth.astype(np.uint16) * 257
    assert psnr_db(deep, truth, mask) == 100
    assert ssim(deep, truth, mask) == pytest.approx(1)


@pytest.fixture
def photo(scene):
    """A drawn picture, and a mask of 50 x 50 pixels."""
    mask = np.zeros((160, 180), bool)
    mask[50:100, 60:110] = True
    return scene(160, 180), mask


def test_the_same_picture_has_all_structure_and_colour(photo):
    structure, colour = structure_and_colour(photo[0], *photo)
    assert structure == pytest.approx(1, abs=1e-4)
    assert colour == 0


def test_strokes_that_lie_a_little_off_keep_their_structure(photo):
    picture, mask = photo
    near, far = (structure_and_colour(np.roll(picture, px, 1), picture, mask)[0] for px in (2, 10))
    assert near > 0.95
    assert far < 0.6


def test_blur_costs_structure_though_not_colour(photo):
    picture, mask = photo
    blurred = cv2.GaussianBlur(picture, (0, 0), 6)
    structure, colour = structure_and_colour(blurred, picture, mask)
    other_light = np.clip(picture * np.array([0.8, 1.0, 1.2]), 0, 255).astype(np.uint8)
    tinted_structure, tinted_colour = structure_and_colour(other_light, picture, mask)
    assert structure < 0.8 < 0.9 < tinted_structure
    assert colour < tinted_colour


def test_structure_is_the_same_at_any_size(photo):
    picture, mask = photo
    worse = np.where(mask[..., None], cv2.GaussianBlur(picture, (0, 0), 1.5), picture)
    small = structure_and_colour(worse, picture, mask)
    large = structure_and_colour(*(p.repeat(4, 0).repeat(4, 1) for p in (worse, picture, mask)))
    assert large == pytest.approx(small, rel=0.1)


def test_what_lies_far_outside_the_mask_is_not_scored(photo):
    picture, mask = photo
    spoiled = picture.copy()
    spoiled[:20], spoiled[130:] = 0, 0
    assert structure_and_colour(spoiled, picture, mask) == structure_and_colour(picture, picture, mask)


def test_the_least_masks_at_a_corner_are_scored(photo):
    picture, mask = photo[0], np.zeros((160, 180), bool)
    mask[0, 0] = True
    assert structure_and_colour(picture, picture, mask) == (pytest.approx(1, abs=2e-3), 0)
    line = np.eye(160, 180, dtype=bool)  # fills no pixel of the small picture
    assert structure_and_colour(picture, picture, line) == (pytest.approx(1, abs=2e-3), 0)


def test_deep_pictures_have_the_structure_of_shallow_ones(photo):
    picture, mask = photo
    other = 255 - picture
    deep = structure_and_colour(other.astype(np.uint16) * 257, picture.astype(np.uint16) * 257, mask)
    assert deep == structure_and_colour(other, picture, mask)


def test_a_map_that_spreads_as_the_region_does_has_a_token_iou_of_one():
    true = np.zeros((160, 240), bool)
    true[40:60, 90:120] = True  # two tokens wide and high
    assert token_iou(np.float32(0.3) * true, true) == 1
    assert token_iou(np.roll(true, 15, 1).astype(np.float32), true) == pytest.approx(1 / 3)
    assert token_iou(np.roll(true, 60, 1).astype(np.float32), true) == 0


def test_a_box_is_filled():
    frame = region(2, 2, 6, 6) & ~region(3, 3, 4, 4)
    assert np.array_equal(filled_box(frame), region(2, 2, 6, 6))
    assert not filled_box(region(0, 0, 0, 0)).any()
