"""Fits of colours whose result can be told by hand."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.colours import fit_colours

# Eight points at the corners of a cube: channels do not vary together, nor with the product of their signs.
SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
APART = SIGNS.prod(1)[:, None]


def tune(monkeypatch, **numbers) -> None:
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, **numbers))


def fitted(source, target, weight=None, is_exact: bool = True) -> tuple[np.ndarray, np.ndarray]:
    weight = np.ones(len(source)) if weight is None else np.asarray(weight)
    return fit_colours(*(np.asarray(part).astype(np.float32) for part in (source, target, weight)), is_exact)


def plain(level, count: int = 4) -> np.ndarray:
    """(count, 3) of one colour."""
    return np.zeros((count, 3)) + level


def test_a_ridge_holds_to_gains_of_spread_the_more_the_less_is_explained(monkeypatch):
    """Of each channel's variance 36 % are explained, by a gain of 0.6; its spread says 1."""
    tune(monkeypatch, colour_rounds=1, colour_gain_noise=0.0, colour_ridge_floor=0.0, colour_least_ridge=1e-9)
    deviations = np.array([10, 20, 20])  # mean variance 300
    source = 100 + SIGNS * deviations
    target = 80 + (0.6 * SIGNS + 0.8 * APART) * deviations
    matrix, offset = fitted(source, target)
    hold = 3 * 0.64 * 300
    wanted = [(0.6 * v + hold) / (v + hold) for v in (100, 400, 400)]
    np.testing.assert_allclose(matrix, np.diag(wanted), atol=1e-4)
    np.testing.assert_allclose(offset, 80 - 100 * np.array(wanted), atol=1e-2)


@pytest.mark.parametrize("scale", [0.01, 1.0], ids=["faint", "strong"])
def test_gains_of_channels_lie_at_most_15_percent_off_that_of_all(monkeypatch, scale):
    """Nothing is explained: the ridge is three times the variance."""
    tune(monkeypatch, colour_rounds=1, colour_gain_noise=0.0, colour_ridge_floor=0.0)
    source, target = 100 + 10 * scale * SIGNS, 90 + scale * APART * [5, 10, 15]
    matrix, _ = fitted(source, target)
    common = np.sqrt((25 + 100 + 225) / 300)
    gains = np.array([0.85 * common, 1.0, 1.15 * common])
    np.testing.assert_allclose(matrix, np.diag(0.75 * gains), atol=2e-3)


def test_a_source_of_one_colour_takes_the_gains_of_what_is_more_than_noise():
    """Variances of 300 and 100 of noise are twice the deviation of noise alone."""
    spread = np.array([[-1], [1], [-1], [1.0]]) * np.full(3, np.sqrt(300))
    matrix, offset = fitted(plain(120), 100 + spread)
    np.testing.assert_allclose(matrix, 2 * np.eye(3), atol=1e-4)
    np.testing.assert_allclose(120 * matrix.sum(0) + offset, 100, atol=1e-2)


def test_a_spread_of_one_channel_alone_is_no_gain_of_that_channel():
    spread = np.array([[-1], [1], [-1], [1.0]]) * [np.sqrt(300), 0, 0]
    matrix, _ = fitted(plain(120), 100 + spread)
    common = np.sqrt((300 + 3 * 100) / (3 * 100))
    np.testing.assert_allclose(matrix, np.diag([1.15 * common, 0.85 * common, 0.85 * common]), atol=1e-4)


def test_roughly_placed_plain_colours_tell_the_gain_of_a_light_from_their_means():
    """Eight grey levels besides: ratios of 1/2, 3/4 and 1/2, of which all together are 225/350."""
    matrix, offset = fitted(plain([92, 192, 42]), plain([42, 142, 17]), is_exact=False)
    common = 225 / 350
    gains = np.array([0.85 * common, 1.15 * common, 0.85 * common])
    np.testing.assert_allclose(matrix, np.diag(gains), atol=1e-4)
    np.testing.assert_allclose(offset, [42, 142, 17] - gains * [92, 192, 42], atol=1e-2)
    even, _ = fitted(plain([92, 192, 42]), plain([42, 92, 17]), is_exact=False)
    np.testing.assert_allclose(even, 0.5 * np.eye(3), atol=1e-4)
    exact, _ = fitted(plain([92, 192, 42]), plain([42, 142, 17]))  # there spread alone tells
    np.testing.assert_allclose(exact, np.eye(3), atol=1e-4)


@pytest.mark.parametrize(
    ("turn", "told"),
    [(1, 0.25), (-1, 0.0), (0.5, (50 / np.sqrt(200 * 125)) ** 2)],
    ids=["with", "against", "half"],
)
def test_roughly_placed_shading_tells_of_a_gain_as_far_as_both_have_it(monkeypatch, turn, told):
    """A correlation of 100 in 200, of which half is noise: a quarter by spread, the rest by mean."""
    tune(monkeypatch, colour_rounds=1, colour_ridge_floor=1e9)  # the gains alone remain
    steps = np.array([[-10], [10.0], [-10], [10]])
    matrix, _ = fitted(92 + steps * [1, 1, 1], 42 + turn * steps * [1, 1, 1], is_exact=False)
    by_spread = np.sqrt((100 * turn**2 + 100) / 200)
    np.testing.assert_allclose(matrix, (told * by_spread + (1 - told) * 0.5) * np.eye(3), atol=1e-4)


def test_where_all_is_explained_little_is_held():
    """An inverted picture: its gain by spread is 1, the fit -1 but for 100 and 0.8 beside 10000."""
    matrix, _ = fitted(128 + 100 * SIGNS, 128 - 100 * SIGNS)
    hold = 0.01 * 10000 + 60 * (0.01 + 0.01 / 3)
    np.testing.assert_allclose(matrix, (hold - 10000) / (hold + 10000) * np.eye(3), atol=2e-5)


@pytest.mark.parametrize("is_exact", [True, False])
def test_what_is_a_few_median_errors_off_loses_its_say(monkeypatch, is_exact):
    """The source is plain: what is fitted is a mean, of which the second round leaves out what is far off."""
    tune(monkeypatch, colour_rounds=2)
    levels, weight = np.array([100, 100, 140.0]), np.array([1, 2, 1])
    matrix, offset = fitted(plain(60, 3), levels[:, None] + np.zeros(3), weight, is_exact)
    assert (60 * matrix.sum(0) + offset)[0] == pytest.approx(110, abs=10)
    near, far = (weight_of * np.exp(-((off / (2 * 10 + 3.5)) ** 2)) for weight_of, off in ((3, 10), (1, 30)))
    wanted = 100 + 40 * far / (near + far)
    np.testing.assert_allclose(60 * matrix.sum(0) + offset, wanted, atol=1e-2)


@pytest.mark.parametrize(("weight", "median"), [((2, 1, 2, 2), 20), ((1, 1, 1, 5), 25), ((9, 1, 1, 1), 20)])
def test_the_median_error_is_that_of_weights_not_of_pairs(monkeypatch, weight, median):
    tune(monkeypatch, colour_rounds=2)
    levels, weight = np.array([80, 100, 110, 125.0]), np.array(weight, float)
    mean = levels @ weight / weight.sum()
    off = np.abs(levels - mean)
    order = np.argsort(off)
    half = next(k for k in range(4) if weight[order][: k + 1].sum() >= weight.sum() / 2)
    trust = weight * np.exp(-((off / (2 * off[order][half] + 3.5)) ** 2))
    matrix, offset = fitted(plain(60, 4), levels[:, None] + np.zeros(3), weight)
    np.testing.assert_allclose(60 * matrix.sum(0) + offset, levels @ trust / trust.sum(), atol=1e-2)


@pytest.mark.parametrize(("is_exact", "noise"), [(True, 5), (True, 25), (True, 60), (False, 5)])
def test_without_a_ridge_a_fit_is_one_of_least_squares_without_what_lies_far_off(
    monkeypatch, is_exact, noise
):
    """Beyond 4.45 median errors where all is explained, and 2 where half is not or pairs are rough ones."""
    tune(monkeypatch, colour_rounds=2, colour_ridge=1e-9, colour_least_ridge=1e-10, colour_ridge_floor=0.0)
    random = np.random.default_rng(0)
    source = random.uniform(20, 220, (60, 3))
    target = source @ random.uniform(0, 0.5, (3, 3)) + random.normal(0, noise, (60, 3))

    def least_squares(weight):
        root, with_one = np.sqrt(weight)[:, None], np.column_stack([source, np.ones(60)])
        return with_one @ np.linalg.lstsq(root * with_one, root * target, rcond=None)[0]

    first = least_squares(np.ones(60))
    unexplained = ((target - first) ** 2).sum() / ((target - target.mean(0)) ** 2).sum()
    widest = 2.0 if not is_exact or unexplained >= 0.5 else 4.45 - 2.45 * 2 * unexplained
    error = np.abs(target - first).mean(1)
    middle = np.sort(error)[29]
    wanted = least_squares(np.exp(-((error / (widest * middle + 3.5)) ** 2)))
    matrix, offset = fitted(source, target, is_exact=is_exact)
    np.testing.assert_allclose(source @ matrix + offset, wanted, atol=2e-2)


def test_a_target_of_one_colour_explains_nothing_and_keeps_what_noise_allows():
    """Of a deviation of 40, and noise of 10, the gain of noise alone; and three quarters of it."""
    matrix, offset = fitted(100 + 40 * SIGNS, plain(77, 8))
    hold = 3 * 1600 + 60 * 1.01
    gain = hold / (1600 + hold) * np.sqrt(100 / 1700)
    np.testing.assert_allclose(matrix, gain * np.eye(3), atol=1e-5)
    np.testing.assert_allclose(offset, 77 - 100 * gain, atol=1e-3)
