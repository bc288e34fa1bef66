"""How sharp a reference in place becomes, and that large crops are lit as small ones."""

import cv2
import numpy as np
import pytest

from artifix.refinement.exact_light import match_light_exactly


def cells(height: int, width: int, side: int = 5) -> np.ndarray:
    drawn = np.random.default_rng(0).uniform(40, 200, (height // side, width // side, 3))
    return np.kron(drawn, np.ones((side, side, 1))).astype(np.float32)


def hole(height: int, width: int, side: int = 20) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    top, left = (height - side) // 2, (width - side) // 2
    mask[top : top + side, left : left + side] = True
    return mask


def lit(warped: np.ndarray, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    spoilt = np.where(mask[..., None], 0, image).astype(np.float32)
    return match_light_exactly(warped, np.ones(mask.shape, bool), spoilt, mask)


@pytest.mark.parametrize("deviation_px", [0.5, 0.7, 0.9, 1.2, 1.6])
def test_the_blur_of_the_image_is_found_in_pixels_of_a_small_crop(deviation_px):
    warped, mask = cells(80, 90), hole(80, 90)
    image = cv2.GaussianBlur(warped, (0, 0), deviation_px)
    assert np.abs(lit(warped, image, mask) - image)[mask].mean() < 0.2


def test_a_crop_larger_than_is_worked_on_is_blurred_in_its_own_pixels():
    warped, mask = cells(60, 2050, 10), hole(60, 2050, 24)
    image = cv2.GaussianBlur(warped, (0, 0), 2.4) * 0.8 + 10
    found = lit(warped, image, mask)
    assert found.dtype == np.float32
    assert np.abs(found - image)[mask].mean() < 3
    assert np.abs(found - image)[mask].mean() < 0.4 * np.abs(warped * 0.8 + 10 - image)[mask].mean()


def test_light_that_rises_across_a_large_crop_is_continued_into_the_mask():
    warped, mask = cells(60, 1100, 10), hole(60, 1100, 20)
    slope = np.linspace(0, 30, 60, dtype=np.float32)[:, None, None]
    image = warped * 0.7 + slope
    assert np.abs(lit(warped, image, mask) - image)[mask].mean() < 3


def test_what_is_lit_stays_within_the_range_of_samples():
    warped, mask = cells(80, 90), hole(80, 90)
    found = lit(warped, (warped * 2.5 - 150).clip(0, 255), mask)
    assert found.min() == 0
    assert found.max() == 255


def test_a_reference_that_begins_far_from_the_mask_takes_up_colours_and_no_field():
    """It shows between 17 and 19 px from the mask: colours are fitted up to 20 px, the field up to 16."""
    mask = hole(90, 90)
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    valid = (distance > 17) & (distance < 19)
    warped = cells(90, 90)
    image = (warped * 0.5 + 20).astype(np.float32)
    np.testing.assert_allclose(match_light_exactly(warped, valid, image, mask), image, atol=1.5)
