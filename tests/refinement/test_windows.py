"""Spectra of windows: of noise, of planes and of waves."""

import numpy as np
import pytest

from artifix.refinement.noise import draw_noise, noise_kernels
from artifix.refinement.tuning import REFINEMENT as TUNED
from artifix.refinement.windows import frequencies, likeness, windows_of

SIZE = 120, 140
SIDE = TUNED.grain_window_px
EVERYWHERE = np.ones(SIZE, bool)
Y, X = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)


def noise(sigma: float = 6.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sigma, (*SIZE, 3)).astype(np.float32)


def flat(level: float = 120.0) -> np.ndarray:
    return np.full((*SIZE, 3), level, np.float32)


def test_the_power_of_white_noise_is_its_variance_in_every_ring():
    found = windows_of(flat() + noise(), EVERYWHERE)
    assert found.power.mean() == pytest.approx(36, rel=0.05)
    for ring in found.spectra.mean(0):
        assert np.diag(ring) == pytest.approx([36] * 3, rel=0.15)
        assert np.abs(ring - np.diag(np.diag(ring))).max() < 3
    assert found.light == pytest.approx(np.full(len(found.light), 120), abs=2)


def test_light_that_rises_across_has_no_power():
    plane = flat(60) + (0.5 * X + 0.7 * Y)[..., None]
    assert windows_of(plane, EVERYWHERE).power.max() < 1e-4


def test_a_wave_has_its_power_in_the_ring_of_its_frequency():
    wave = flat() + 8 * np.sin(2 * np.pi * (5 * X + 3 * Y) / SIDE)[..., None]  # hypot 5.8 cycles a window
    power = np.trace(windows_of(wave, EVERYWHERE).spectra.mean(0), axis1=1, axis2=2)
    assert power.argmax() == 1
    assert power[1] > 5 * power[[2, 3, 4]].sum()


def test_waves_along_the_axes_are_those_of_blocks_and_do_not_count():
    radius, clear = frequencies()
    assert clear.sum() == (SIDE - 3) ** 2
    assert not clear[0].any()
    assert not clear[:, 1].any()
    assert not clear[-1].any()
    assert clear[2, 2]
    assert (radius[3, 4], radius[-3, 4], radius[8, 0]) == (5, 5, 8)
    stripes = flat() + 20 * np.cos(2 * np.pi * 5 * X / SIDE)[..., None]
    assert windows_of(stripes, EVERYWHERE).power.max() < 0.002 * 20**2 / 2


def test_windows_lie_wholly_where_they_may_and_each_is_as_light_as_asked():
    where = np.zeros(SIZE, bool)
    where[10 : 10 + SIDE + 10, 20 : 20 + SIDE + 4] = True  # room for 11 x 5 places
    on_grid = len(range(12, 21, 4)) * len(range(20, 25, 4))
    assert len(windows_of(flat(), where).light) == on_grid
    where[30, 30] = False
    assert len(windows_of(flat(), where).light) < on_grid
    steps = np.where(X[..., None] < 70, flat(60), flat(180))
    kept = windows_of(steps, EVERYWHERE, (60.0, 60.0))
    assert len(kept.light) > 0
    assert (kept.light == 60).all()
    assert len(windows_of(flat(), np.ones((SIDE - 1, 50), bool)).light) == 0
    assert len(windows_of(flat(), np.ones((SIDE, SIDE), bool)).light) == 1


@pytest.mark.parametrize(("level", "kept"), [(1, False), (4, True), (251, True), (254, False)])
def test_windows_near_black_and_white_are_left_out(level, kept):
    found = windows_of(flat(level), EVERYWHERE)
    assert bool(len(found.light)) is kept


def test_no_more_windows_are_looked_at_than_needed():
    many = windows_of(np.full((400, 400, 3), 90, np.uint8), np.ones((400, 400), bool))
    assert TUNED.grain_most_windows / 4 < len(many.light) < 2 * TUNED.grain_most_windows


def test_pictures_of_one_texture_are_alike_and_of_two_are_not():
    one, other = flat() + noise(), flat() + noise(seed=1)
    assert likeness(one, 0.5 * one, EVERYWHERE) == pytest.approx(1, abs=1e-3)
    assert likeness(one, 255 - one, EVERYWHERE) == pytest.approx(-1, abs=1e-3)
    assert abs(likeness(one, other, EVERYWHERE)) < 0.15
    assert likeness(one, one + noise(seed=2), EVERYWHERE) == pytest.approx(np.sqrt(0.5), abs=0.12)
    few = np.zeros(SIZE, bool)
    few[:SIDE, : SIDE + 4] = True
    assert likeness(one, other, few) == 1


def spectrum(*powers: float) -> np.ndarray:
    """Of channels of which the second is the first, and the third another."""
    mixed = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 2.0]])
    return np.array(powers)[:, None, None] * mixed


@pytest.mark.parametrize("size", [(90, 140), (140, 90)])
@pytest.mark.parametrize("powers", [(40, 40, 40, 40, 40), (60, 45, 30, 20, 15)])
def test_noise_drawn_has_the_spectrum_asked_for(powers, size):
    drawn = draw_noise(noise_kernels(spectrum(*powers)), size, np.random.default_rng(0))
    assert drawn.shape == (*size, 3)
    assert drawn[..., 0] == pytest.approx(drawn[..., 1], abs=0.05)
    found = windows_of(120 + drawn, np.ones(size, bool)).spectra.mean(0)
    assert np.trace(found, axis1=1, axis2=2) == pytest.approx(4 * np.array(powers), rel=0.2)
    assert np.abs(found[:, 0, 2]).max() < 0.2 * max(powers)


def test_what_is_negative_in_a_spectrum_is_left_alone():
    assert np.abs(noise_kernels(spectrum(-40, -40, -40, -40, -40))).max() < 1e-6


def test_below_the_first_ring_noise_goes_on_to_rise_as_a_gaussian_and_never_falls():
    radius, _ = frequencies()
    for powers, slope in (((60, 30, 15, 8, 4), 1), ((10, 20, 30, 40, 50), 0)):
        gains = np.abs(np.fft.fft2(np.fft.ifftshift(noise_kernels(spectrum(*powers))[0, 0])))
        rings = np.array(TUNED.grain_rings)
        first, second = ((rings[:-1] + rings[1:]) / 2)[:2]
        steep = slope * np.log(2) / 2 / (second**2 - first**2)
        wanted = np.sqrt(powers[0] / 2) * np.exp(steep * (first**2 - radius**2))
        low = radius <= first
        assert gains[low] == pytest.approx(wanted[low], rel=1e-3)


def test_noise_fainter_than_any_that_is_seen_rises_below_the_first_ring_as_well():
    """The deviation falls to a quarter from the first ring to the second."""
    kernels = noise_kernels(spectrum(2.88e-6, 1.8e-7, 1e-7, 1e-7, 1e-7))
    gains = np.abs(np.fft.fft2(np.fft.ifftshift(kernels[0, 0])))
    rings = TUNED.grain_rings
    first, second = (rings[0] + rings[1]) / 2, (rings[1] + rings[2]) / 2
    assert gains[0, 0] == pytest.approx(np.sqrt(1.44e-6) * 4 ** (first**2 / (second**2 - first**2)), rel=1e-3)


def test_noise_is_as_strong_at_the_corners_as_anywhere():
    """Of a filter that takes the mean of 16 x 16 px: a sixteenth of the deviation of what it is made of."""
    kernels = np.zeros((3, 3, SIDE, SIDE), np.float32)
    kernels[[0, 1, 2], [0, 1, 2]] = 1 / SIDE**2
    drawn = np.array([draw_noise(kernels, (6, 9), np.random.default_rng(seed)) for seed in range(200)])
    assert drawn.shape == (200, 6, 9, 3)
    for corner in (np.s_[:, 0, 0], np.s_[:, -1, -1], np.s_[:, 3, 4]):
        assert drawn[corner].std() == pytest.approx(1 / SIDE, rel=0.15)
