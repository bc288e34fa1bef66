"""The band around a mask, and how it is compared with a reference."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration.context_band import band_around, compare
from artifix.registration.tuning import REGISTRATION as TUNED

SIZE = 200, 240


def mask_of(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


def band(mask: np.ndarray, masked: np.ndarray | None = None, image: np.ndarray | None = None):
    return band_around(np.zeros((*SIZE, 3), np.uint8) if image is None else image, mask, masked)


def test_the_band_is_as_wide_as_the_mask_asks_and_ends_at_the_images_border():
    wide = int(np.ceil(TUNED.band_reach * 2 * np.sqrt(1600 / np.pi)))
    assert band(mask_of(80, 90, 120, 130)).crop.box == Box(90 - wide, 80 - wide, 130 + wide, 120 + wide)
    assert band(mask_of(5, 200, 45, 240)).crop.box == Box(200 - wide, 0, 240, 45 + wide)
    small, least = band(mask_of(80, 90, 82, 92)).crop, TUNED.band_least_reach_px
    assert small.box == Box(90 - least, 80 - least, 92 + least, 82 + least)
    assert small.size == (2 + 2 * least,) * 2  # never enlarged


def test_a_large_band_is_shrunk_to_the_side_that_is_worked_on():
    found = band(mask_of(40, 20, 160, 220))
    assert found.crop.box == Box(0, 0, 240, 200)
    assert found.crop.size == (round(200 * TUNED.band_side_px / 240), TUNED.band_side_px)
    assert found.weight.shape == found.picture.shape[:2] == found.crop.size


def test_the_weight_falls_from_the_mask_outwards_and_begins_beyond_the_bleed():
    found = band(mask_of(80, 90, 82, 92))
    row = found.weight[TUNED.band_least_reach_px, TUNED.band_least_reach_px + 2 :]  # right of the mask
    assert row[: TUNED.bleed_px].max() == 0
    assert row[TUNED.bleed_px] == 1
    away = np.arange(1, len(row) + 1)
    falling = away > TUNED.band_least_reach_px / 4
    wanted = 1.25 - away / TUNED.band_least_reach_px
    assert row[falling] == pytest.approx(wanted[falling], abs=0.01)


def test_other_artifacts_have_no_weight_nor_has_what_they_bleed_into():
    mask, other = mask_of(80, 90, 84, 94), mask_of(80, 100, 84, 104)
    found = band(mask, mask | other)
    left, top = 90 - found.crop.box.left, 80 - found.crop.box.top
    assert not found.weight[top : top + 4, left + 10 - TUNED.bleed_px : left + 14 + TUNED.bleed_px].any()
    assert found.weight[top, left + 14 + TUNED.bleed_px] > 0
    beside = band(mask, mask | mask_of(60, 111, 100, 113))  # just beyond the box, which ends at 110
    assert not beside.weight[:, -(TUNED.bleed_px - 1) :].any()
    assert beside.weight[:, -TUNED.bleed_px - 1].any()


@pytest.fixture(scope="module")
def drawn(scene):
    return band(mask_of(80, 90, 120, 130), image=scene(*SIZE))


def test_the_same_agrees_the_contrary_contradicts_and_what_is_not_shown_costs(drawn):
    everywhere = np.ones(drawn.weight.shape, bool)
    same = compare(drawn, drawn.picture, everywhere)
    assert 0.85 < same.agreement <= 1
    assert compare(drawn, 255 - drawn.picture, everywhere).agreement == pytest.approx(
        -same.agreement, abs=0.01
    )
    half = everywhere.copy()
    half[:, : half.shape[1] // 2] = False
    assert 0 < compare(drawn, drawn.picture, half).agreement < same.agreement - 0.05


def test_too_little_shown_says_nothing(drawn):
    enough = np.zeros(drawn.weight.shape, bool)
    rows = np.cumsum(drawn.weight.sum(1)) / drawn.weight.sum()
    enough[rows < TUNED.band_least_shown + 0.05] = True
    assert compare(drawn, drawn.picture, enough).agreement > 0.2
    little = np.zeros(drawn.weight.shape, bool)
    little[rows < TUNED.band_least_shown - 0.01] = True
    assert compare(drawn, drawn.picture, little) == compare(drawn, drawn.picture, little & False)
    assert compare(drawn, drawn.picture, little).agreement == -1


def test_structure_that_one_picture_has_alone_costs_and_is_texture(drawn):
    flat, everywhere = np.full_like(drawn.picture, 100), np.ones(drawn.weight.shape, bool)
    alone = compare(drawn, flat, everywhere)
    assert abs(alone.agreement) < 0.02
    assert 0.3 < alone.texture < 1
    plain = band(mask_of(80, 90, 120, 130))
    assert compare(plain, plain.picture, everywhere).texture == pytest.approx(0, abs=1e-3)
    assert compare(plain, drawn.picture, everywhere).texture == pytest.approx(alone.texture, abs=0.01)
