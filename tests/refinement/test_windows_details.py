"""Which windows count, to the limit, and what of a picture each tells."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.windows import likeness, windows_of

SIDE = tuning.REFINEMENT.grain_window_px
ONE = np.ones((SIDE, SIDE), bool)
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32)


def flat(level: float, height: int = SIDE, width: int = SIDE) -> np.ndarray:
    return np.full((height, width, 3), level, np.float32)


def wave(down: int, across: int, height: int = SIDE, width: int = SIDE) -> np.ndarray:
    """(height, width, 1), so many whole waves a window, of amplitude 1."""
    rows, columns = np.mgrid[:height, :width]
    return np.cos(2 * np.pi * (down * rows + across * columns) / SIDE)[..., None].astype(np.float32)


def tune(monkeypatch, **numbers) -> None:
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, **numbers))


@pytest.mark.parametrize(
    ("level", "kept"), [(2.4, 0), (2.5, 1), (3.0, 1), (252.0, 1), (252.5, 1), (252.6, 0)]
)
def test_levels_from_two_and_a_half_off_black_and_white_are_not_saturated(level, kept):
    assert len(windows_of(flat(level), ONE).light) == kept


@pytest.mark.parametrize("level", [0, 255])
def test_a_fiftieth_of_a_window_may_be_saturated(level):
    """Samples of all three channels count: 15.36 of 768."""
    for count, kept in ((15, 1), (16, 0)):
        picture = flat(120)
        spots = [(k // 3 // 4, k // 3 % 4, k % 3) for k in range(count)]
        for spot in spots:
            picture[spot] = level
        assert len(windows_of(picture, ONE).light) == kept


def test_exactly_the_share_that_may_be_saturated_still_may(monkeypatch):
    tune(monkeypatch, grain_saturated_share=0.25)
    picture = flat(120)
    picture[:4] = 0
    assert len(windows_of(picture, ONE).light) == 1
    picture[4, 0, 0] = 0
    assert len(windows_of(picture, ONE).light) == 0


@pytest.mark.parametrize(
    ("light", "kept"),
    [((100, 140), 1), ((120, 120), 1), ((120.1, 255), 0), ((0, 119.9), 0)],
)
def test_the_mean_level_of_a_window_is_its_light(light, kept):
    picture = flat(120)
    picture[..., 0] += 30
    picture[:8, :, 1] -= 60
    found = windows_of(picture, ONE, light)  # (150 + 90 + 120) / 3
    assert found.light.tolist() == [120] * kept
    assert found.spectra.shape == (kept, 5, 3, 3)


@pytest.mark.parametrize(
    ("side_px", "most", "step_px"),
    [
        (25, 100, 4),  # 10 x 10 places: 1 time the most
        (45, 100, 6),  # 30 x 30: 9 times, root 3
        (65, 100, 8),  # 50 x 50: root 5
        (100, 100, 12),  # 85 x 85: root 8.5
        (106, 100, 12),  # 91 x 91: root 9.1
    ],
)
def test_the_more_places_there_are_the_further_windows_lie_apart(side_px, most, step_px, monkeypatch):
    """By the root of how often there are too many, in whole steps of 2 px, beyond 4 px."""
    tune(monkeypatch, grain_most_windows=most)
    rows, columns = np.mgrid[:side_px, :side_px].astype(np.float32)
    picture = np.repeat((60 + rows + columns / 128)[..., None], 3, 2)  # its light tells the place
    found = windows_of(picture, np.ones((side_px, side_px), bool))
    corner = 60 + 7.5 + 7.5 / 128
    places = range(0, side_px - SIDE + 1, step_px)
    wanted = [corner + row + column / 128 for row in places for column in places]
    assert found.light == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("missing", [(20, 20), (20, 51), (51, 20), (51, 51), (35, 35)])
def test_a_window_with_a_single_pixel_that_may_not_be_seen_is_left_out(missing):
    where = np.zeros((90, 90), bool)
    where[20:52, 20:52] = True  # 5 x 5 windows, every 4 px
    where[missing] = False
    rows, columns = np.mgrid[20:37:4, 20:37:4]
    holds = (
        (rows <= missing[0])
        & (missing[0] < rows + SIDE)
        & (columns <= missing[1])
        & (missing[1] < columns + SIDE)
    )
    assert len(windows_of(flat(120, 90, 90), where).light) == 25 - holds.sum()


@pytest.mark.parametrize(
    ("down", "across", "limits"), [(3, 4, (4.4, 5.0, 5.3)), (6, 8, (9.8, 10.0, 10.7))], ids=["5", "10"]
)
def test_a_ring_holds_its_lower_limit_and_not_its_upper_one(down, across, limits, monkeypatch):
    tune(monkeypatch, grain_rings=limits)
    picture = flat(120) + 40 * wave(down, across)
    lower, upper = np.trace(windows_of(picture, ONE).spectra[0], axis1=1, axis2=2)
    assert lower < 0.5 * upper


def test_spectra_tell_how_channels_vary_together():
    """Red rises where green falls, by half as much; blue is still."""
    picture = flat(120) + 20 * wave(5, 3) * np.float32([1, -0.5, 0])
    spectrum = windows_of(picture, ONE).spectra[0, 1]
    shares = np.array([[1, -0.5, 0], [-0.5, 0.25, 0], [0, 0, 0]])
    np.testing.assert_allclose(spectrum, spectrum[0, 0] * shares, atol=1e-3 * spectrum[0, 0])
    assert windows_of(picture, ONE).power[0] == pytest.approx(
        np.trace(windows_of(picture, ONE).spectra[0], axis1=1, axis2=2).sum() / 15, rel=1e-5
    )


@pytest.mark.parametrize("rise", [(3.0, 0.0), (0.0, 3.0), (-2.0, 1.5)], ids=["down", "across", "both"])
def test_the_light_and_its_slope_do_not_change_what_a_window_tells(rise):
    drawn = 3 * wave(4, 3)
    plain, slanted = (
        windows_of(flat(level) + slope[..., None] + drawn, ONE).spectra
        for level, slope in ((120, 0 * X), (128, rise[0] * (Y - 7.5) + rise[1] * (X - 7.5)))
    )
    np.testing.assert_allclose(slanted, plain, atol=1e-4)


LONG = 64, 64
ALL_OF_IT = np.ones(LONG, bool)


def levels(*waves: tuple[float, int, int]) -> np.ndarray:
    """(64, 64, 3), the sum of some waves: amplitude, down, across."""
    return flat(120, *LONG) + sum(amplitude * wave(down, across, *LONG) for amplitude, down, across in waves)


@pytest.mark.parametrize(
    ("waves", "expected"),
    [
        (((10, 3, 2),), np.sqrt(2.1875 / 3.8125)),
        (((10, 2, 2),), np.sqrt(2.1875 / 2.75)),
        (((10, 7, 7),), np.sqrt(2.25 / 2.3125)),
    ],
    ids=["inside", "below", "beyond"],
)
def test_likeness_is_the_correlation_of_the_waves_from_3_5_to_8_cycles(waves, expected):
    """The window spreads each wave: a quarter of its power goes to the next frequencies across and down.

    Of the nine parts (1, 1/4, 1/16 ...) of each wave those between the limits count, and none on the axes.
    """
    found = likeness(levels((10, 5, 5)), levels((10, 5, 5), *waves), ALL_OF_IT)
    assert found == pytest.approx(expected, abs=0.03)


def test_pictures_that_show_nothing_have_no_likeness():
    assert likeness(flat(120, *LONG), flat(120, *LONG), ALL_OF_IT) == pytest.approx(0, abs=0.1)


def test_likeness_is_told_by_the_most_even_windows():
    """A fifth of the picture is even; there the other shows the same, elsewhere the opposite."""
    even = np.zeros(LONG, bool)
    even[:, :36] = True
    strength = np.where(even, 2, 20)[..., None]
    one = flat(120, *LONG) + strength * wave(3, 5, *LONG)
    other = flat(120, *LONG) + np.where(even[..., None], 2, -20) * wave(3, 5, *LONG)
    assert likeness(one, other, ALL_OF_IT) == pytest.approx(1, abs=0.05)
    assert likeness(other, one, ALL_OF_IT) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("columns", "told"), [(SIDE + 28, 0.0), (SIDE + 27, 1.0)])
def test_eight_windows_are_enough_to_tell_likeness(columns, told):
    where = np.zeros(LONG, bool)
    where[:SIDE, :columns] = True  # one row of windows, every 4 px
    found = likeness(levels((10, 3, 5)), levels((10, 5, 3)), where)
    assert found == pytest.approx(told, abs=0.1)
