"""The light of a reference of one grey, of which each step can be told by hand.

Of such a reference the fit of colours tells one grey alone: the mean of what is compared, or, of several
levels far apart, the one that most of it has.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy import ndimage

from artifix.refinement import tuning
from artifix.refinement.rough_light import match_light_roughly

SIZE = 140, 150
EVERYWHERE = np.ones(SIZE, bool)
ALIKE, UNKNOWN = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)
MASK = np.zeros(SIZE, bool)
MASK[50:90, 55:95] = True  # 40 px wide: colours are compared up to 20 px from it
ROWS, COLUMNS = np.mgrid[: SIZE[0], : SIZE[1]]
AWAY_PX = cv2.distanceTransform((~MASK).astype(np.uint8), cv2.DIST_L2, 5)
DEPTH_PX = cv2.distanceTransform(MASK.astype(np.uint8), cv2.DIST_L2, 5)
RING = np.where(AWAY_PX > 1.5, np.clip(1 - AWAY_PX / 20, 0, 1), 0)  # what pixels around the mask count

NO_GROUND, NO_SEAM = {"rough_ground": 0.0}, {"rough_seam": 0.0}
UNBLURRED = {"rough_blur": 1e-6, "rough_least_blur_px": 0.1}
NO_LIGHT = {"rough_most_ratio": -1.0}  # nothing plain is believed to differ by light
MEAN = NO_GROUND | NO_SEAM | {"colour_error": 1e6}  # what is found is the mean of what is compared


def tune(monkeypatch, **numbers) -> None:
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, **numbers))


def grey(levels) -> np.ndarray:
    """(h, w, 3) float32 of (h, w) or one level."""
    return np.repeat((np.zeros(SIZE) + levels)[..., None], 3, 2).astype(np.float32)


def lit(image: np.ndarray, agreement=ALIKE, valid=EVERYWHERE, warped=None) -> np.ndarray:
    return match_light_roughly(grey(120) if warped is None else warped, valid, image, MASK, agreement)


@pytest.mark.parametrize(("inside", "outside"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.25)])
def test_a_pixel_counts_0_6_inside_the_mask_and_less_the_further_it_lies_outside(
    monkeypatch, inside, outside
):
    tune(monkeypatch, **MEAN, **NO_LIGHT)
    found = lit(grey(np.where(MASK, 60, 180)), np.where(MASK, inside, outside).astype(np.float32))
    within, around = 0.6 * inside * MASK.sum(), outside * RING.sum()
    np.testing.assert_allclose(found[MASK], (60 * within + 180 * around) / (within + around), atol=0.15)


def test_only_what_is_shown_counts(monkeypatch):
    tune(monkeypatch, **MEAN, **NO_LIGHT)
    valid = (COLUMNS < 70) & (ROWS > 40)
    found = lit(grey(np.where(MASK, 60, 180)), valid=valid)
    within, around = 0.6 * (MASK & valid).sum(), RING[valid].sum()
    np.testing.assert_allclose(found[MASK], (60 * within + 180 * around) / (within + around), atol=0.15)


@pytest.mark.parametrize("drawn_in", ["image", "reference"])
@pytest.mark.parametrize("amplitude", [4, 8, 12])
def test_what_is_drawn_makes_ground_count_less_the_stronger_it_is(monkeypatch, drawn_in, amplitude):
    """Deviations of 6 levels count 1/e; a wave's is its amplitude over the root of 2."""
    tune(monkeypatch, **MEAN, rough_blur=0.15)  # blurred by 6 px, which leaves no wave
    stripes = np.where(ROWS >= 70, amplitude * np.sin(2 * np.pi * ROWS / 4), 0)
    image, warped = grey(np.where(ROWS < 70, 90, 150)), grey(120)
    (image if drawn_in == "image" else warped)[...] += stripes[..., None].astype(np.float32)
    apart = (ROWS < 50) | (ROWS >= 90)  # but for where both meet
    found = lit(image, UNKNOWN, ~MASK & apart, warped)
    above, below = RING[apart & (ROWS < 70)].sum(), RING[apart & (ROWS >= 70)].sum()
    below *= np.exp(-(amplitude**2) / 2 / 36)
    at = MASK & (ROWS < 70)
    np.testing.assert_allclose(found[at], (90 * above + 150 * below) / (above + below), atol=0.2)


def test_what_agrees_counts_as_much_however_strongly_it_is_drawn(monkeypatch):
    tune(monkeypatch, **MEAN, rough_blur=0.15)
    stripes = np.where(ROWS >= 70, 30 * np.sin(2 * np.pi * ROWS / 4), 0)
    image = grey(np.where(ROWS < 70, 90, 150) + stripes)
    apart = (ROWS < 50) | (ROWS >= 90)
    found = lit(image, np.where(ROWS < 70, 0, 0.5).astype(np.float32), ~MASK & apart)
    above, below = RING[apart & (ROWS < 70)].sum(), 0.5 * RING[apart & (ROWS >= 70)].sum()
    np.testing.assert_allclose(found[MASK], (90 * above + 150 * below) / (above + below), atol=0.3)


LESS = (ROWS >= 90) & (COLUMNS >= 60) & (COLUMNS < 90)  # less than half of what surrounds the mask


def around_and_below(tint) -> tuple[np.ndarray, np.ndarray]:
    """An image of 90 levels, but for what lies below the mask; and what may be compared."""
    image = grey(90)
    image[LESS] = 106 * np.exp(np.asarray(tint, float)) - 16
    return image, ~MASK & (LESS | (ROWS < 75))


@pytest.mark.parametrize(
    ("tint", "counts"),
    [
        ((0.1, 0.1, 0.1), 1.0),
        ((0.1, 0.0, -0.05), np.exp(-((0.15 / 0.25) ** 2))),
        ((-0.2, 0.0, 0.1), np.exp(-((0.3 / 0.25) ** 2))),
        ((0.89, 0.89, 0.89), 1.0),
        ((-0.89, -0.89, -0.89), 1.0),
        ((0.91, 0.91, 0.91), 0.0),
        ((-0.92, -0.92, -0.92), 0.0),
    ],
    ids=["grey", "tinted", "coloured", "bright", "dark", "too bright", "too dark"],
)
def test_what_a_light_cannot_do_does_not_count(monkeypatch, tint, counts):
    """Beside most of the ring: logs of channels 0.25 apart count 1/e, and more than 0.9 nothing."""
    tune(monkeypatch, **MEAN, **UNBLURRED, rough_plain_least_blur_px=0.1)
    image, valid = around_and_below(tint)
    found = lit(image, UNKNOWN, valid)
    most, less = RING[valid & ~LESS].sum(), counts * RING[valid & LESS].sum()
    wanted = (90 * most + image[LESS][0].astype(float) * less) / (most + less)
    np.testing.assert_allclose(found[MASK].mean(0), wanted, atol=0.3)


def test_of_many_pixels_every_so_manyth_is_compared(monkeypatch):
    """Of 90 pixels in a row, and 30 wanted, every fourth."""
    tune(monkeypatch, **MEAN, **NO_LIGHT, **UNBLURRED, rough_most_pixels=30)
    levels = np.random.default_rng(0).uniform(20, 220, 90)
    valid, image = np.zeros(SIZE, bool), grey(0)
    strip = np.argwhere((ROWS >= 40) & (ROWS < 43) & (COLUMNS >= 60) & (COLUMNS < 90))
    valid[tuple(strip.T)] = True
    image[tuple(strip.T)] = levels[:, None]
    weight = RING[tuple(strip.T)]
    wanted = (levels * weight)[::4].sum() / weight[::4].sum()
    np.testing.assert_allclose(lit(image, valid=valid)[MASK], wanted, atol=0.1)


@pytest.mark.parametrize(("agreement", "is_compared"), [(0.0019, False), (0.0021, True)])
def test_what_counts_less_than_a_thousandth_is_not_compared(monkeypatch, agreement, is_compared):
    """At 10 px from the mask a pixel counts half."""
    tune(monkeypatch, **MEAN, **NO_LIGHT)
    valid = (AWAY_PX == 10) & (ROWS < 50)
    valid[:, :60] = valid[:, 90:] = False
    valid |= (ROWS == 39) & (COLUMNS >= 55) & (COLUMNS < 95)  # at 11 px: 0.45
    found = lit(grey(60), agreement * ALIKE, valid | (ROWS == 41) & (COLUMNS >= 55) & (COLUMNS < 95))
    assert np.allclose(found[MASK], 60, atol=0.2) is is_compared


def between(low: float, high: float) -> np.ndarray:
    """(h, w) what is more than `low` from the mask, and no more than `high` [px]."""
    return np.less(low, AWAY_PX) & np.less_equal(AWAY_PX, high)


@pytest.mark.parametrize("step", [20, -20, 49, 80, -80])
def test_the_seam_takes_up_what_the_edge_differs_by_and_leaves_1_of_e_at_half_an_extent(monkeypatch, step):
    """Up to 50 levels. What lies further out than 6 px tells the light, and nearer what is left."""
    tune(monkeypatch, **NO_GROUND, **UNBLURRED)
    image = grey(np.where(AWAY_PX <= 6, 120 + step, 120))
    image[MASK] = 120
    found = lit(image)
    wanted = 120 + np.clip(step, -50, 50) * np.exp(-DEPTH_PX / 20)
    np.testing.assert_allclose(found[MASK], grey(wanted)[MASK], atol=0.6)


@pytest.mark.parametrize(
    ("low", "high", "counts"), [(0, 1.5, False), (1.5, 3, True), (5, 6, True), (6, 9, False)]
)
def test_the_seam_looks_from_1_5_to_6_px_around_a_mask_of_40(monkeypatch, low, high, counts):
    tune(monkeypatch, **NO_GROUND, **UNBLURRED)
    image = grey(np.where(between(low, high), 150, 120))
    change = lit(image)[MASK].mean() - 120
    assert (change > 1) if counts else abs(change) < 0.2


@pytest.mark.parametrize(("beyond_px", "counts"), [(11, True), (12, False)])
def test_the_seam_reaches_further_around_a_large_mask(monkeypatch, beyond_px, counts):
    """0.3 extents of it, as tuned here: 12 px. What lies nearer than 10 does not agree."""
    tune(monkeypatch, **NO_GROUND, **NO_LIGHT, **UNBLURRED, rough_seam_reach=0.3)
    image = grey(np.where(between(beyond_px, beyond_px + 1), 150, 120))
    change = lit(image, (AWAY_PX > 10).astype(np.float32))[MASK].mean() - 120
    assert (change > 1) if counts else abs(change) < 0.1


def test_the_seam_follows_what_agrees(monkeypatch):
    """A step of 30 on the left that does not agree has no say beside one of 10 that does."""
    tune(monkeypatch, **NO_GROUND, **NO_LIGHT, **UNBLURRED)
    image = grey(np.where((AWAY_PX <= 6) & ~MASK, np.where(COLUMNS < 75, 150, 130), 120))
    found = lit(image, np.where(COLUMNS < 75, 0, 1).astype(np.float32))
    np.testing.assert_allclose(found[MASK], grey(120 + 10 * np.exp(-DEPTH_PX / 20))[MASK], atol=0.6)


@pytest.mark.parametrize("ground", [200, 90, 60, 250])
@pytest.mark.parametrize("rows", [4, 8])
def test_little_plain_ground_gives_its_share_of_the_ratio_of_light(monkeypatch, ground, rows):
    """Four times its share of what is near; the logs count from 16 levels below black, up to 0.9 apart."""
    tune(monkeypatch, **NO_SEAM, rough_ground_stiffness=100.0)
    spot = np.zeros(SIZE, bool)
    spot[31 : 31 + rows, 60:90] = True
    image = grey(np.where(MASK, 120, ground))
    found = lit(image, MASK.astype(np.float32), MASK | spot)
    share = 4 * spot.sum() / (AWAY_PX <= 20).sum()
    ratio = np.clip(np.log((ground + 16) / (120 + 16)), -0.9, 0.9)
    np.testing.assert_allclose(found[MASK], 136 * np.exp(share * ratio) - 16, atol=0.05)


@pytest.mark.parametrize("ground", [200, 60])
def test_plain_ground_all_around_gives_all_of_its_light(monkeypatch, ground):
    tune(monkeypatch, **NO_SEAM, rough_inside=100.0)
    found = lit(grey(np.where(MASK, 120, ground)), MASK.astype(np.float32))
    np.testing.assert_allclose(found[MASK], ground, atol=0.5)


@pytest.mark.parametrize(("count", "is_enough"), [(63, False), (64, True)])
def test_64_pixels_of_plain_ground_are_enough_to_tell_its_light(monkeypatch, count, is_enough):
    tune(monkeypatch, **NO_SEAM, rough_ground=1000.0, rough_ground_stiffness=100.0)
    spot = np.zeros(SIZE, bool)
    strip = np.argwhere((ROWS >= 36) & (ROWS < 39) & (COLUMNS >= 60) & (COLUMNS < 90))
    spot[tuple(strip[:count].T)] = True
    found = lit(grey(np.where(MASK, 120, 90)), MASK.astype(np.float32), MASK | spot)
    np.testing.assert_allclose(found[MASK], 90 if is_enough else 120, atol=0.3)


@pytest.mark.parametrize(
    "strip",
    [np.s_[44:48, 60:90], np.s_[60:90, 48:51], np.s_[52:56, 60:90], np.s_[60:90, 58:61]],
    ids=["above", "left", "inside", "inside, left"],
)
@pytest.mark.parametrize("across", [ROWS, COLUMNS], ids=["down", "across"])
def test_what_is_compared_is_softened_inside_and_outside_each_by_itself(monkeypatch, strip, across):
    """By a twentieth of the mask's extent, 2 px; levels rise steeply, and only the strip agrees."""
    tune(monkeypatch, **MEAN, **NO_LIGHT)
    levels = np.where(MASK, 90, 150) + 60.0 * (across // 3 % 2) + across / 3
    agreement = np.zeros(SIZE, np.float32)
    agreement[strip] = 1
    part = (MASK if MASK[strip].all() else AWAY_PX > 1.5).astype(float)
    soft = ndimage.gaussian_filter(levels * part, 2) / np.maximum(ndimage.gaussian_filter(part, 2), 1e-9)
    weight = np.where(MASK, 0.6, RING)[strip]
    wanted = (soft[strip] * weight).sum() / weight.sum()
    np.testing.assert_allclose(lit(grey(levels), agreement)[MASK], wanted, atol=0.05)


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_images_give_black_and_white(level):
    np.testing.assert_allclose(lit(grey(level))[MASK], level, atol=0.1)
