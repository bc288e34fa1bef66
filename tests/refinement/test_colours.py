"""Colours as a map of those of another picture."""

import numpy as np
import pytest

from artifix.refinement.colours import fit_colours

TEAL, CREAM = np.array([40.0, 110, 115]), np.array([235.0, 228, 205])


def around(colour: np.ndarray, count: int = 400, spread: float = 6.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(colour, spread, (count, 3)).astype(np.float32)


def fitted(source, target, is_exact=True):
    return fit_colours(source, target.astype(np.float32), np.ones(len(source), np.float32), is_exact)


@pytest.mark.parametrize("is_exact", [True, False])
def test_the_colours_it_was_fitted_to_become_the_others(is_exact):
    source = np.concatenate([around(TEAL), around(CREAM, seed=1)])
    target = source * 0.8 + [10, 4, -6]
    assert np.abs(fitted(source, target, is_exact)(source) - target).mean() < 2


def test_a_colour_that_the_ring_lacks_keeps_its_hue():
    source = around(TEAL)
    mixed = source @ np.array([[1.3, 0, -0.5], [0.3, 0.7, 0], [0, 0.6, 0.2]]) + [0, 0, 60]
    cream = fitted(source, mixed)(CREAM[None].astype(np.float32))[0] - mixed.mean(0) + TEAL
    assert np.ptp(cream / CREAM) < 0.25


def test_pictures_keep_their_shape():
    source = around(TEAL)
    picture = around(TEAL, 35).reshape(5, 7, 3)
    assert fitted(source, source)(picture).shape == (5, 7, 3)
