"""What light a plain reference takes up: what is left of the image around the mask, smoothed and continued.

Colours are fitted here up to 60 px from the mask, where the image has one grey: of what lies nearer than
16 px all that differs from it is left to the field.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy import ndimage

from artifix.refinement import tuning
from artifix.refinement.exact_light import match_light_exactly

SIZE = 150, 160
MASK = np.zeros(SIZE, bool)
MASK[65:85, 60:100] = True
AWAY_PX = cv2.distanceTransform((~MASK).astype(np.uint8), cv2.DIST_L2, 5)
NEAR = (AWAY_PX > 1) & (AWAY_PX <= 16)
ROWS, COLUMNS = np.mgrid[: SIZE[0], : SIZE[1]]


@pytest.fixture(autouse=True)
def wide_ring(monkeypatch):
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, light_fit_reach_px=60.0))


def grey(levels) -> np.ndarray:
    return np.repeat((np.zeros(SIZE) + levels)[..., None], 3, 2).astype(np.float32)


def field(left, spoilt: float = 0) -> np.ndarray:
    """(h, w) what is added where (h, w) `left` is what the image near the mask differs by."""
    image = grey(np.where(MASK, spoilt, 100 + np.where(AWAY_PX <= 16, left, 0)))
    found = match_light_exactly(grey(140), np.ones(SIZE, bool), image, MASK)
    assert np.ptp(found, 2).max() < 1e-2
    return found[..., 0] - 100


def smoothed(left, weight) -> tuple[np.ndarray, np.ndarray]:
    """(h, w) the weighted mean around each pixel, and whether enough of it is known to be the answer."""
    weight = np.where(NEAR, weight, 0.0)
    mass = ndimage.gaussian_filter(weight, 4)
    return ndimage.gaussian_filter(weight * left, 4) / np.maximum(mass, 1e-9), MASK & (4 * mass >= 1.0)


def trust(error, middle: float) -> np.ndarray:
    """Falls to 1/e at three deviations, told by the median error and by noise."""
    return np.exp(-((error / (3 * (1.4826 * middle + 2))) ** 2))


@pytest.mark.parametrize("left", [20, -20, 60, -60])
def test_what_all_of_the_ring_differs_by_is_added_all_over_the_mask(left):
    np.testing.assert_allclose(field(left)[MASK], left, atol=0.02)


@pytest.mark.parametrize("across", [ROWS - 75, COLUMNS - 80], ids=["down", "across"])
def test_at_the_masks_edge_what_differs_is_smoothed_by_4_px(across):
    left = np.where(across // 6 % 2 == 0, 30, -30)
    wanted, known = smoothed(left, 1)
    assert known.sum() > 100
    np.testing.assert_allclose(field(left)[known], wanted[known], atol=0.02)


@pytest.mark.parametrize("strong", [25, 40, 70])
def test_what_differs_more_than_most_is_trusted_less(strong):
    left = np.where(COLUMNS < 90, 20, strong)
    assert np.median(left[NEAR]) == 20
    assert np.quantile(left[NEAR], 0.85) == strong
    wanted, known = smoothed(left, trust(left, 20))
    np.testing.assert_allclose(field(left)[known], wanted[known], atol=0.02)


@pytest.mark.parametrize(("first_column", "is_cut"), [(107, True), (105, False)])
def test_what_differs_more_than_all_but_a_seventh_is_cut_off(first_column, is_cut):
    """0.15 of what is near: 0.135 of it lie from column 107 on, and 0.173 from column 105."""
    left = np.where(np.less(COLUMNS, first_column), 20, 90)
    found = field(left)[MASK]
    assert np.allclose(found, 20, atol=0.02) is is_cut


@pytest.mark.parametrize(
    ("across", "middle"), [(COLUMNS - 79.5, np.s_[75]), (ROWS - 74.5, np.s_[:, 80])], ids=["across", "down"]
)
def test_light_that_differs_from_side_to_side_goes_over_evenly(across, middle):
    found = field(np.where(across < 0, 30, -30))
    line = found[middle][MASK[middle]]
    assert (np.diff(line) < 0.05).all()
    assert (np.diff(line) > -8).all()
    np.testing.assert_allclose(line[[0, -1]], [30, -30], atol=0.02)
    inverted = field(np.where(across < 0, -30, 30))
    np.testing.assert_allclose(inverted[MASK], -found[MASK], atol=0.02)


def test_the_artifact_and_what_lies_beyond_the_ring_are_not_in_the_field():
    left = np.where(COLUMNS < 80, 30, -30)
    np.testing.assert_allclose(field(left, 255)[MASK], field(left, 0)[MASK], atol=1e-3)


@pytest.mark.parametrize(("reach_px", "counts"), [(15, True), (16, False)])
def test_the_field_hears_what_lies_up_to_16_px_from_the_mask(reach_px, counts):
    """A plain ring, and beyond it one that differs."""
    band = np.less(reach_px, AWAY_PX) & np.less_equal(AWAY_PX, reach_px + 1)
    sides = np.where(NEAR & ~band, np.where(COLUMNS < 80, 30, -30), 0)
    plain, changed = (
        match_light_exactly(grey(140), np.ones(SIZE, bool), grey(100 + sides + step * band), MASK)
        for step in (0, 30)
    )
    assert bool(np.abs(plain - changed)[MASK].max() > 0.02) is counts


@pytest.mark.parametrize(("least", "is_lit"), [(32, True), (33, False)])
def test_32_pixels_around_the_mask_are_enough(monkeypatch, least, is_lit):
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, least_ring_pixels=least))
    valid = np.zeros(SIZE, bool)
    valid[55:57, 60:76] = True
    found = match_light_exactly(grey(140), valid, grey(100), MASK)
    np.testing.assert_allclose(found[MASK], 100 if is_lit else 140, atol=0.01)


@pytest.mark.parametrize("size", [(150, 160), (160, 150)])
@pytest.mark.parametrize("side_px", [80, 159])
def test_a_large_plain_crop_is_lit_by_what_lies_around_its_mask(monkeypatch, side_px, size):
    """Worked on at half its size, and at nearly all of it."""
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, light_side_px=side_px))
    mask = MASK if size == SIZE else MASK.T.copy()
    across = np.arange(size[1])
    image = np.broadcast_to((100 + 0.5 * across)[None, :, None], (*size, 3)).astype(np.float32).copy()
    wanted = image[mask].copy()
    image[mask] = 0
    valid = np.ones(size, bool)
    valid[:, :4] = False
    warped = np.full((*size, 3), 140, np.float32)
    warped[:, :4] = 0
    found = match_light_exactly(warped, valid, image, mask)
    assert found.dtype == np.float32
    assert np.abs(found[mask] - wanted).mean() < 4


@pytest.mark.parametrize("shape", [(1, 2100), (2100, 1)])
@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_long_sliver_is_lit_though_its_shorter_side_is_less_than_a_pixel_where_it_is_worked_on(
    shape, level
):
    mask = np.zeros(2100, bool)
    mask[1000:1040] = True
    mask = mask.reshape(shape)
    image, warped = (np.full((*shape, 3), value, np.float32) for value in (level, 140))
    found = match_light_exactly(warped, np.ones(shape, bool), image, mask)
    np.testing.assert_allclose(found[mask], level, atol=0.01)
    assert 0 <= found.min() <= found.max() <= 255


@pytest.mark.parametrize("left", [20, -60])
def test_what_a_small_patch_beside_the_mask_differs_by_is_added_all_over_it(left):
    """A larger patch further away tells the light; nothing else is shown."""
    valid = np.zeros(SIZE, bool)
    valid[90:98, 70:80] = True
    valid[104:120, 60:90] = True
    image = grey(np.where(AWAY_PX <= 16, 100 + left, 100))
    found = match_light_exactly(grey(140), valid, image, MASK)
    np.testing.assert_allclose(found[MASK], 100 + left, atol=0.05)
