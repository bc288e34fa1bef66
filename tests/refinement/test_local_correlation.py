"""How far two waves show the same, where windows tell it exactly.

A wave of amplitude A has the variance A**2 / 2 in every window that is long beside it; noise counts as 16.
"""

from dataclasses import replace

import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.local_correlation import local_correlation

SIZE = 90, 120
EVERYWHERE = np.ones(SIZE, bool)
INNER = np.s_[36:-36, 36:-36]
TEXTURE = 1 - np.exp(-0.5)  # of a variance of 32: four times the noise is 64


def wave(amplitude: float, cycles: float = 40, phase: float = 0, level: float = 128) -> np.ndarray:
    along = 2 * np.pi * cycles * np.arange(SIZE[1]) / SIZE[1] + phase
    return np.broadcast_to(level + amplitude * np.sin(along)[None, :, None], (*SIZE, 3)).astype(np.float32)


def expected(squared_correlation: float, texture: float = TEXTURE) -> float:
    """Mean of what is textured and of 0.6, which counts as a tenth."""
    return (squared_correlation * texture + 0.06) / (texture + 0.1)


@pytest.mark.parametrize(
    ("other", "squared"),
    [
        (wave(8), (32 / 48) ** 2),
        (wave(8, level=90), (32 / 48) ** 2),  # light is no difference
        (wave(4), 16**2 / (48 * 24)),
        (wave(8, phase=np.pi / 2), 0),
        (wave(8, phase=np.pi), 0),  # what varies apart is no more alike than what varies alone
        (wave(8, phase=np.pi / 4), (32 * np.sqrt(0.5) / 48) ** 2),
        (wave(0), 0),
    ],
    ids=["the same", "darker", "half as strong", "displaced", "inverted", "half displaced", "plain"],
)
def test_the_squared_correlation_of_waves_is_that_beside_noise(other, squared):
    for pair in ((wave(8), other), (other, wave(8))):
        found = local_correlation(*pair, EVERYWHERE)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found[INNER], max(expected(squared), 0.02), atol=0.004)


@pytest.mark.parametrize("amplitude", [2, 16])
def test_the_stronger_the_texture_the_more_it_says(amplitude):
    variance = amplitude**2 / 2
    found = local_correlation(wave(amplitude), wave(amplitude), EVERYWHERE)
    told = expected((variance / (variance + 16)) ** 2, 1 - np.exp(-variance / 64))
    np.testing.assert_allclose(found[INNER], told, atol=0.004)


def test_what_is_not_shown_has_no_say_and_half_as_much_at_its_edge():
    within = EVERYWHERE.copy()
    within[:, 60:] = False
    found = local_correlation(wave(8), wave(8), within)
    squared = (32 / 48) ** 2
    edge = found[45, 59:61].mean()
    assert edge == pytest.approx(expected(squared, TEXTURE / 2), abs=0.003)
    assert found[45, 95:] == pytest.approx(np.full(25, 0.6), abs=1e-3)
    assert found[45, 36] == pytest.approx(expected(squared), abs=0.003)


def test_nothing_is_less_alike_than_the_least(monkeypatch):
    tuned = replace(tuning.REFINEMENT, correlation_unknown=0.0, correlation_least=0.07)
    monkeypatch.setattr(tuning, "REFINEMENT", tuned)
    found = local_correlation(wave(8), wave(8, phase=np.pi), EVERYWHERE)
    np.testing.assert_array_equal(found[INNER], np.float32(0.07))
