"""The band's weights and agreement in closed form, up to the corners of the picture."""

import cv2
import numpy as np
import pytest

from artifix.geometry import Box, Crop
from artifix.registration.context_band import (
    BandScore,
    ContextBand,
    band_around,
    compare,
    grey_of,
    window_mean,
)
from artifix.registration.tuning import REGISTRATION as TUNED

SIZE = 60, 80


def flat_band(picture: np.ndarray, weight: np.ndarray) -> ContextBand:
    height, width = weight.shape
    return ContextBand(Crop(Box(0, 0, width, height), weight.shape), picture, weight)


def waves(height: int, width: int, by: float = 0.0) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    wave = 100 + 60 * np.sin(columns / 2 + by) * np.cos(rows / 3)
    return np.repeat(wave[..., None], 3, 2).astype(np.float32)


@pytest.mark.parametrize(("width", "is_enough"), [(15, False), (16, True)])
def test_sixteen_px_of_full_weight_are_the_least_that_is_compared(width, is_enough):
    picture = np.repeat(np.random.default_rng(1).uniform(0, 255, (4, width, 1)), 3, 2).astype(np.float32)
    weight = np.zeros((4, width), np.float32)
    weight[0] = 1
    found = compare(flat_band(picture, weight), picture, np.ones(weight.shape, bool))
    assert (found == BandScore(-1.0, 1.0)) != is_enough


@pytest.mark.parametrize(("shown", "is_enough"), [(29, False), (30, True), (31, True)])
def test_three_tenths_of_the_bands_weight_must_be_shown(shown, is_enough):
    picture, weight = waves(20, 100), np.ones((20, 100), np.float32)
    valid = np.tile(np.arange(100) < shown, (20, 1))
    found = compare(flat_band(picture, weight), picture, valid)
    assert (found != BandScore(-1.0, 1.0)) == is_enough


def moments(a: np.ndarray, b: np.ndarray, support: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def mean(plane: np.ndarray) -> np.ndarray:
        blurred = [
            cv2.GaussianBlur(p.astype(np.float64), (0, 0), TUNED.window_px)
            for p in (plane * support, support)
        ]
        return blurred[0] / (blurred[1] + 1e-6)

    a, b = a.astype(np.float64), b.astype(np.float64)
    return mean(a * a) - mean(a) ** 2, mean(b * b) - mean(b) ** 2, mean(a * b) - mean(a) * mean(b)


@pytest.mark.parametrize("by", [0.0, 0.7, 2.5])
def test_agreement_and_texture_are_means_by_structure_of_the_correlation_in_windows(by):
    image, seen = waves(40, 60), 0.5 * waves(40, 60, by) + 20
    image[:, 40:] = 100  # the image is flat on the right
    rows, columns = np.mgrid[:40, :60]
    weight = np.clip(np.hypot(rows - 20, columns - 25) / 30, 0, 1).astype(np.float32)
    valid = rows >= 9
    found = compare(flat_band(image, weight), seen, valid)
    support = weight * valid
    a, b, both = moments(image[..., 0], seen[..., 0], support)
    noise = TUNED.noise_deviation**2
    deviation = np.sqrt(np.maximum(np.maximum(a, b), 0))
    salience = weight * deviation / (deviation + TUNED.salient_deviation)
    correlation = both / np.sqrt((np.maximum(a, 0) + noise) * (np.maximum(b, 0) + noise))
    assert found.agreement == pytest.approx((salience * valid * correlation).sum() / salience.sum(), abs=2e-3)
    assert found.texture == pytest.approx(salience.sum() / weight.sum(), abs=2e-3)


def test_greys_are_lumas_and_means_in_windows_count_what_is_supported():
    colours = np.array([[[200, 0, 0], [0, 200, 0], [0, 0, 200]]], np.float32)
    assert grey_of(colours)[0] == pytest.approx([59.8, 117.4, 22.8], abs=0.01)
    plane, support = np.zeros((9, 21), np.float32), np.ones((9, 21), np.float32)
    plane[:, 11:], support[:, :11] = 7, 0
    assert window_mean(plane, support, 2.0)[:, 8:] == pytest.approx(np.full((9, 13), 7), abs=1e-2)
    assert window_mean(plane, np.ones_like(support), 2.0)[:, 10:12].mean() == pytest.approx(3.5, abs=0.01)


@pytest.mark.parametrize(("top", "left"), [(0, 0), (0, 72), (52, 0), (52, 72)])
def test_in_a_corner_of_the_picture_the_weight_falls_by_the_distance_and_begins_beyond_two_px(top, left):
    mask = np.zeros(SIZE, bool)
    mask[top : top + 8, left : left + 8] = True
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    found = band_around(image, mask)
    box = Box(max(0, left - 16), max(0, top - 16), min(80, left + 24), min(60, top + 24))
    assert (found.crop.box, found.crop.size) == (box, (24, 24))
    np.testing.assert_array_equal(found.picture, image[box.slices()])
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    off = [np.maximum(np.maximum(side - at, at - side - 7), 0) for at, side in ((rows, top), (columns, left))]
    away = np.hypot(*off)
    wanted = np.clip(1.25 - away / 16, 0, 1) * (away > 2)
    assert found.weight == pytest.approx(wanted[box.slices()], abs=0.03)
    straight = (np.minimum(*off) == 0)[box.slices()]
    assert found.weight[straight] == pytest.approx(wanted[box.slices()][straight], abs=1e-4)


def test_of_a_wide_band_the_image_and_the_weight_are_shrunk_alike():
    mask = np.zeros((300, 500), bool)
    mask[130:150, 20:420] = True
    found = band_around(np.zeros((300, 500, 3), np.uint8), mask)
    reach = int(np.ceil(0.6 * 2 * np.sqrt(8000 / np.pi)))
    assert found.crop.box == Box(0, 130 - reach, 420 + reach, 150 + reach)
    scale = 192 / (420 + reach)
    assert found.crop.size == (round((20 + 2 * reach) * scale), 192)
    assert found.weight.shape == found.crop.size
    column = found.weight[:, 100]
    assert 0.9 < column[column > 0].max() <= 1
    beside = np.flatnonzero(column == 0)
    assert column[[beside[0] - 1, beside[-1] + 1]].min() > 0.9  # no pixel is partly hidden
    hidden = found.weight == 0
    share = (mask[found.crop.box.slices()].sum() + 2 * 2 * 400) / (
        found.crop.box.height * found.crop.box.width
    )
    assert hidden.mean() == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize(("gap", "is_weighed"), [(2, False), (3, True), (5, True)])
@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_an_artifact_so_near_beside_the_bands_box_takes_weight_at_its_edge(side, gap, is_weighed):
    """It bleeds two px: where two lie between the edge's pixels and it, that is one too few."""
    mask, other = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    mask[26:34, 36:44] = True  # the box is 20 to 59 across, 10 to 49 down
    at = {
        "left": np.s_[:, 20 - gap],
        "right": np.s_[:, 59 + gap],
        "top": np.s_[10 - gap],
        "bottom": np.s_[49 + gap],
    }
    other[at[side]] = True
    found = band_around(np.zeros((*SIZE, 3), np.uint8), mask, mask | other)
    edges = {
        "left": np.s_[8:32, 0],
        "right": np.s_[8:32, -1],
        "top": np.s_[0, 8:32],
        "bottom": np.s_[-1, 8:32],
    }
    for name, edge in edges.items():
        assert found.weight[edge].any() == (is_weighed or name != side)


@pytest.mark.parametrize("upright", [True, False])
def test_the_band_of_a_picture_of_a_single_row_keeps_a_row(upright):
    mask = np.zeros((1, 600), bool)
    mask[:, 50:550] = True
    mask = mask.T if upright else mask
    found = band_around(np.zeros((*mask.shape, 3), np.uint8), mask)
    assert found.crop.size == ((192, 1) if upright else (1, 192))


@pytest.mark.parametrize("deviation", [0.2, 0.5])
def test_faint_structure_is_weighed_as_any_and_its_agreement_is_what_noise_leaves(deviation):
    """Columns lie in turn above and below grey: in all windows alike."""
    picture = np.zeros((40, 40, 3), np.float32)
    picture += (16 + deviation * (1 - 2 * (np.arange(40) % 2)))[:, None].astype(np.float32)
    weight = np.zeros((40, 40), np.float32)
    weight[18:22, 18:22] = 1
    found = compare(flat_band(picture, weight), picture, np.ones(weight.shape, bool))
    assert found.agreement == pytest.approx(
        deviation**2 / (deviation**2 + TUNED.noise_deviation**2), rel=0.05
    )
    assert found.texture == pytest.approx(deviation / (deviation + TUNED.salient_deviation), rel=0.05)
    assert found.texture * 16 < 1


def test_a_score_that_says_nothing_of_texture_is_of_full_texture():
    assert BandScore(0.5) == BandScore(0.5, 1.0)
