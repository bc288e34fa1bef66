"""Which pairs of colours a fit believes, and how far it goes where they say little."""

import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.colours import fit_colours


def colours(count: int = 600, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(20, 230, (count, 3))


def fitted(source, target, is_exact: bool, weight=None) -> tuple[np.ndarray, np.ndarray]:
    weight = np.ones(len(source)) if weight is None else weight
    return fit_colours(*(part.astype(np.float32) for part in (source, target, weight)), is_exact)


def applied(fit, source) -> np.ndarray:
    return source @ fit[0] + fit[1]


@pytest.mark.parametrize("is_exact", [True, False])
def test_channels_that_mix_are_undone_with_their_offset(is_exact):
    source = colours()
    target = source @ np.array([[0.7, 0.1, 0.0], [0.1, 0.6, 0.1], [0.0, 0.1, 0.8]]) + [10, 0, 20]
    np.testing.assert_allclose(applied(fitted(source, target, is_exact), source), target, atol=4)


def test_an_exact_fit_believes_a_rare_colour_that_a_rough_one_takes_for_other_content():
    source = np.repeat(np.random.default_rng(2).uniform(40, 200, (600, 1)), 3, 1)
    target = 0.8 * source + np.random.default_rng(3).normal(0, 6, source.shape)
    rare = np.s_[:60]
    source[rare] += [60, 0, -60]
    target[rare] += [5, 0, -5]
    exact, rough = (
        np.abs(applied(fitted(source, target, kind), source) - target)[rare].mean() for kind in (True, False)
    )
    assert exact < 0.9 * rough


def test_pairs_of_no_weight_have_no_say():
    source, target = colours(), colours() * 0.6
    weight = np.repeat([1.0, 0.0], 300)
    target[300:] = 255 - target[300:]
    np.testing.assert_allclose(
        applied(fitted(source, target, False, weight), source[:300]), target[:300], atol=4
    )


def test_a_minority_of_other_content_is_outvoted():
    source, target = colours(), colours() * 0.8
    target[:90] = (255, 0, 0)
    for is_exact in (True, False):
        found = applied(fitted(source, target, is_exact), source)
        assert np.abs(found - target)[90:].mean() < 6


def test_unrelated_pictures_give_gains_of_channels_and_no_mixture():
    matrix, _ = fitted(colours(), colours(seed=9), False)
    mixed = matrix - np.diag(np.diag(matrix))
    assert np.abs(mixed).max() < 0.1
    assert (np.diag(matrix) > 0.2).all()


def test_a_plain_ring_tells_a_gain_of_light_and_hardly_a_colour_of_its_own():
    source = np.random.default_rng(4).normal(200, 0.2, (300, 3))
    target = source * [0.6, 0.5, 0.2]
    matrix, offset = fitted(source, target, False)
    np.testing.assert_allclose(applied((matrix, offset), source), target, atol=2)
    gains = np.diag(matrix)
    uneven = tuning.REFINEMENT.colour_uneven
    assert gains.max() / gains.min() <= (1 + uneven) / (1 - uneven) + 0.02
    assert gains.mean() == pytest.approx(0.43, abs=0.06)
