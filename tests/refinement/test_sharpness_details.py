"""What tells how sharp an image is, and what does not."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.sharpness import match_sharpness

SIZE = 96, 110
EVERYWHERE = np.ones(SIZE, bool)


def hole() -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[36:60, 40:70] = True
    return mask


def blurred(picture: np.ndarray, deviation_px: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), deviation_px)


def threads(strength: float) -> np.ndarray:
    """Fine texture: (h, w, 1) float32."""
    drawn = np.random.default_rng(1).normal(0, strength, SIZE).astype(np.float32)
    return blurred(drawn, 0.8)[..., None]


def lines() -> np.ndarray:
    """Dark lines, sharp and far apart: (h, w, 3) float32."""
    picture = np.full((*SIZE, 3), 150, np.float32)
    picture[:, 4::14] = 20
    return picture


def waves() -> np.ndarray:
    """Light that rises and falls slowly: (h, w, 1) float32."""
    rows = np.arange(SIZE[0], dtype=np.float32)[:, None, None]
    return np.broadcast_to(60 * np.sin(rows / 5), (*SIZE, 1)).astype(np.float32)


def test_a_slope_fainter_than_noise_does_not_tell_that_an_image_is_soft():
    warped = (lines() + threads(40)).clip(0, 255)
    slope = np.arange(SIZE[1], dtype=np.float32)[None, :, None] * 0.1
    image = np.broadcast_to(100 + slope, warped.shape).astype(np.float32)
    np.testing.assert_array_equal(match_sharpness(warped, EVERYWHERE, image, hole()), warped)


def test_a_strong_slope_tells_that_an_image_is_soft():
    warped = (lines() + threads(40)).clip(0, 255)
    slope = np.arange(SIZE[1], dtype=np.float32)[None, :, None] * 2
    image = np.broadcast_to(10 + slope, warped.shape).astype(np.float32)
    assert match_sharpness(warped, EVERYWHERE, image, hole()).std() < 0.9 * warped.std()


def test_lines_as_sharp_as_the_references_forbid_blur_whatever_lies_between_them():
    """The image's ground is soft and waves, the reference's is finely woven."""
    image = (lines() + waves()).clip(0, 255)
    warped = (lines() + threads(25)).clip(0, 255)
    np.testing.assert_array_equal(match_sharpness(warped, EVERYWHERE, image, hole()), warped)


def test_how_sharp_a_picture_is_far_from_the_mask_does_not_count():
    size = 200, 220
    mask = np.zeros(size, bool)
    mask[90:110, 95:125] = True
    rng = np.random.default_rng(0)
    cells = np.kron(rng.uniform(40, 200, (40, 44, 3)), np.ones((5, 5, 1))).astype(np.float32)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((61, 61), np.uint8)) > 0
    image = np.where(near[..., None], blurred(cells, 1.6), cells).astype(np.float32)
    found = match_sharpness(cells, np.ones(size, bool), image, mask)
    assert np.abs(found - image)[mask].mean() < 0.3 * np.abs(cells - image)[mask].mean()


def test_what_lies_under_a_picture_upside_down_or_turned_is_as_sharp():
    warped = (lines() + threads(40)).clip(0, 255)
    image = blurred(warped, 1.2)
    found = match_sharpness(warped, EVERYWHERE, image, hole())
    turned = (np.ascontiguousarray(part.swapaxes(0, 1)) for part in (warped, EVERYWHERE, image, hole()))
    np.testing.assert_allclose(match_sharpness(*turned).swapaxes(0, 1), found, atol=0.01)
    assert not np.array_equal(found, warped)


def wave(share_taken: float, across: bool) -> np.ndarray:
    """A wave of which a Gaussian of 1 px takes so much: it leaves exp(-frequency**2 / 2), at every place."""
    along = np.arange(SIZE[across], dtype=np.float64) * np.sqrt(-2 * np.log(1 - share_taken))
    along = along[None, :] if across else along[:, None]
    return np.broadcast_to(128 + 60 * np.sin(along)[..., None], (*SIZE, 3)).astype(np.float32)


def slope(levels_a_px: float, across: bool) -> np.ndarray:
    along = np.arange(SIZE[across], dtype=np.float32)
    along = along[None, :] if across else along[:, None]
    return np.broadcast_to(60 + levels_a_px * along[..., None], (*SIZE, 3)).astype(np.float32)


@pytest.mark.parametrize("across", [True, False], ids=["across", "down"])
@pytest.mark.parametrize(("share_taken", "is_blurred"), [(0.56, False), (0.59, True)])
def test_a_slope_half_as_steep_as_noise_allows_what_loses_little_more_than_half(
    share_taken, is_blurred, across
):
    """Of a slope blur takes nothing, but half of this one counts as noise; 1.15 times that share is 0.575."""
    warped = wave(share_taken, across)
    found = match_sharpness(warped, EVERYWHERE, slope(0.5, across), hole())
    assert np.array_equal(found, warped) is not is_blurred


@pytest.mark.parametrize("across", [True, False], ids=["across", "down"])
def test_the_first_blur_that_makes_a_picture_soft_enough_is_taken(across, monkeypatch):
    """A wave in front of a slope that blur leaves whole: blurred by 2 px, a tenth of the wave is left."""
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, blurs_px=(0.0, 0.6, 2.0)))
    steep = slope(2.0, across)
    both = steep + wave(0.59, across) - 128
    found = match_sharpness(both, EVERYWHERE, steep, hole())
    inner = np.s_[20:-20, 20:-20]
    np.testing.assert_allclose(found[inner], blurred(both, 2.0)[inner], atol=1e-3)


def test_a_picture_exactly_as_sharp_as_allowed_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, sharpness_excess=1.0))
    warped = (lines() + threads(40)).clip(0, 255)
    np.testing.assert_array_equal(match_sharpness(warped, EVERYWHERE, warped, hole()), warped)
