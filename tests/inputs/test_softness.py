import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.inputs.softness import levels_of, softness_of


def hard() -> np.ndarray:
    mask = np.zeros((120, 160), np.float32)
    mask[30:80, 20:80] = 1
    return mask


def blurred(mask: np.ndarray, deviation_px: float) -> np.ndarray:
    soft = cv2.GaussianBlur(mask, (0, 0), deviation_px)
    soft[soft < 0.5 / 255] = 0
    return soft


def cut(blend: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    return blend >= levels_of(blend, threshold)


@given(st.floats(0.01, 1))
@settings(max_examples=30, deadline=None)
def test_of_a_hard_mask_all_is_taken_whatever_the_threshold(threshold):
    np.testing.assert_array_equal(cut(hard(), threshold), hard() > 0)


def test_of_a_blurred_mask_what_was_white_is_taken_but_for_its_corners():
    found, meant = cut(blurred(hard(), 8)), hard() > 0
    assert (found & meant).sum() > 0.9 * meant.sum()
    assert (found & ~meant).sum() < 0.03 * meant.sum()


@pytest.mark.parametrize("lightest", [0.3, 0.6, 1])
def test_a_faint_mask_means_the_same_as_a_white_one(lightest):
    soft = blurred(hard(), 5)
    np.testing.assert_array_equal(cut(soft * np.float32(lightest)), cut(soft))


def test_a_small_part_that_blur_left_grey_is_taken_too():
    mask = hard()
    mask[60:68, 120:128] = 1
    soft = blurred(mask, 5)
    assert 0.25 < soft[64, 124] < 0.5
    assert cut(soft)[64, 124]


def test_dust_beside_a_white_mask_marks_nothing():
    mask = hard()
    mask[100:110, 140:150] = 0.1
    assert not cut(mask)[95:, 130:].any()
    assert cut(mask)[50, 50]


def test_a_higher_threshold_takes_less():
    soft = blurred(hard(), 8)
    sizes = [int(cut(soft, threshold).sum()) for threshold in (0.1, 0.5, 0.9)]
    assert sizes[0] > sizes[1] > sizes[2] > 0


def test_only_a_mask_that_is_mostly_grey_is_told_of():
    assert softness_of(hard(), 0.5) == ""
    assert softness_of(blurred(hard(), 0.5), 0.5) == ""
    said = softness_of(blurred(hard(), 12), 0.5)
    assert "of the mask is grey: from 0.5 of " in said
    assert "mask_threshold" in said
    assert "its lightest grey (0.40)" in softness_of(hard() * np.float32(0.4), 0.5)
