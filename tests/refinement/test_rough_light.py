"""The light of a reference that lies only roughly in place."""

import cv2
import numpy as np
import pytest

from artifix.refinement.membrane import membrane
from artifix.refinement.rough_light import match_light_roughly

SIZE = 160, 180
EVERYWHERE = np.ones(SIZE, bool)
MASK = np.zeros(SIZE, bool)
MASK[50:110, 60:120] = True
# Around the mask both show the same; inside, the artifact has melted.
AGREEMENT = np.where(MASK, 0.3, 0.8).astype(np.float32)


def coloured(shift_px: int = 0) -> np.ndarray:
    """Soft fields of many colours, (h, w, 3) float32."""
    rng = np.random.default_rng(0)
    fields = rng.uniform(50, 200, (SIZE[0] // 10, SIZE[1] // 10, 3)).astype(np.float32)
    fine = cv2.resize(fields, SIZE[::-1], interpolation=cv2.INTER_LINEAR)
    return np.roll(fine, shift_px, (0, 1))


def melted(picture: np.ndarray) -> np.ndarray:
    """The picture as an artifact leaves it: colours about right, no stroke where it was."""
    soft = cv2.GaussianBlur(picture, (0, 0), 4)
    return np.where(MASK[..., None], soft, picture).astype(np.float32)


def printed() -> np.ndarray:
    """A white ground with two dark red bars on it, inside the mask."""
    picture = np.full((*SIZE, 3), 235, np.float32)
    picture[65:75, 70:110] = picture[85:95, 70:110] = (150, 30, 40)
    return picture


def error_inside(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(found - truth)[MASK].mean())


@pytest.mark.parametrize("shift_px", [0, 2])
@pytest.mark.parametrize(
    ("gain", "offset"),
    [((0.7, 0.7, 0.7), (0, 0, 0)), ((0.8, 0.8, 0.8), (50, 50, 50)), ((0.85, 0.8, 0.72), (10, 10, 10))],
    ids=["darker", "flatter", "tinted"],
)
def test_gain_offset_and_tint_of_a_displaced_picture_are_undone(gain, offset, shift_px):
    lit = coloured() * np.float32(gain) + np.float32(offset)
    warped = coloured(shift_px)
    wanted = warped * np.float32(gain) + np.float32(offset)
    found = match_light_roughly(warped, EVERYWHERE, melted(lit), MASK, AGREEMENT)
    assert error_inside(found, wanted) < 6 < error_inside(warped, wanted) / 2
    assert found.dtype == np.float32


@pytest.mark.parametrize("shade", [0.5, 0.75])
def test_a_print_on_white_ground_keeps_its_colour_and_takes_the_shadow(shade):
    image = melted(printed() * shade)
    found = match_light_roughly(printed(), EVERYWHERE, image, MASK, AGREEMENT)
    assert error_inside(found, printed() * shade) < 8
    red, green, blue = found[66:74, 75:105].reshape(-1, 3).mean(0)
    assert red > 2 * max(green, blue)


def test_a_shadow_that_falls_across_the_ground_is_continued_over_the_print():
    shade = np.linspace(0.55, 1.0, SIZE[1], dtype=np.float32)[None, :, None]
    found = match_light_roughly(printed(), EVERYWHERE, melted(printed() * shade), MASK, AGREEMENT)
    ground = found[78:82, 60:120].mean((0, 2))
    assert ground[-5:].mean() - ground[:5].mean() == pytest.approx(235 * 0.45 * 55 / 180, abs=10)
    assert error_inside(found, printed() * shade) < 8


@pytest.mark.parametrize("hand", [(255, 0, 0), (60, 40, 30), (200, 150, 120)], ids=["red", "dark", "skin"])
@pytest.mark.parametrize("drawn", [printed, coloured])
def test_a_hand_over_the_ring_does_not_stain_the_paste(drawn, hand):
    image = melted(drawn() * np.float32(0.8))
    agreement = AGREEMENT.copy()
    agreement[108:154, 66:104] = 0.05
    clean, stained = image, image.copy()
    stained[112:150, 70:100] = hand
    clean, stained = (
        match_light_roughly(drawn(), EVERYWHERE, shown, MASK, agreement) for shown in (clean, stained)
    )
    assert error_inside(stained, clean) < 5
    assert np.abs(stained - clean)[MASK].max() < 45


def test_outliers_that_seem_to_agree_are_outvoted():
    lit = coloured() * np.float32(0.8) + 10
    image = melted(lit)
    image[112:130, 70:85] = (255, 0, 0)
    found = match_light_roughly(coloured(), EVERYWHERE, image, MASK, AGREEMENT)
    assert error_inside(found, lit) < 8


def test_where_hardly_anything_is_comparable_the_reference_stays_as_it_is():
    nothing = np.zeros(SIZE, bool)
    np.testing.assert_array_equal(
        match_light_roughly(coloured(), nothing, coloured() / 2, MASK, AGREEMENT), coloured()
    )
    few = nothing.copy()
    few[48, 60:80] = True
    np.testing.assert_array_equal(
        match_light_roughly(coloured(), few, coloured() / 2, MASK, AGREEMENT), coloured()
    )


def test_what_agrees_already_hardly_changes():
    found = match_light_roughly(coloured(), EVERYWHERE, melted(coloured()), MASK, AGREEMENT)
    assert error_inside(found, coloured()) < 4


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_light_stays_on_the_scale_whatever_the_image(dtype):
    random = np.random.default_rng(3)
    image = random.choice([0, 255], (*SIZE, 3)).astype(dtype)
    found = match_light_roughly(coloured(), EVERYWHERE, image, MASK, np.ones(SIZE, np.float32))
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 255


@pytest.mark.parametrize("shape", [(20, 60), (60, 20), (33, 33)])
def test_a_small_crop_with_a_mask_at_its_corner_is_lit(shape):
    mask = np.zeros(shape, bool)
    mask[:14, :14] = True
    warped = np.full((*shape, 3), 200, np.float32)
    found = match_light_roughly(warped, np.ones(shape, bool), warped / 2, mask, np.ones(shape, np.float32))
    np.testing.assert_allclose(found[mask], 100, atol=8)


def test_a_membrane_passes_through_what_is_known_and_answers_elsewhere():
    x = np.tile(np.arange(128, dtype=np.float32), (96, 1))
    plane = np.dstack([x / 4, 20 - x / 8, x * 0 + 7])
    known = ((x < 40) | (x > 88)).astype(np.float32)
    found = membrane(np.where(known[..., None] > 0, plane, 99).astype(np.float32), known, 0.02)
    assert found.shape == plane.shape
    np.testing.assert_allclose(found, plane, atol=2)


def test_a_membrane_without_anything_known_is_flat():
    found = membrane(np.full((50, 60, 3), 9, np.float32), np.zeros((50, 60), np.float32), 0.1)
    np.testing.assert_allclose(found, 0, atol=1e-3)
