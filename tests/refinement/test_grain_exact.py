"""Which windows of an image and of a patch tell the grain: tiles of one wave each, of their own amplitudes.

Windows are laid side by side here, one on each tile of 16 px, and the band around the mask is 50 px wide:
three tiles, of which the first begins 3 px from the mask. As all tiles have one wave, the noise that is told
is the root of the mean square of the amplitudes that count, times that of amplitude 1.
"""

from dataclasses import replace

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.refinement import tuning
from artifix.refinement.grain import ShownReference, add_grain
from artifix.refinement.noise import noise_kernels
from artifix.refinement.windows import windows_of

SIDE = 16  # px of a tile
TILES = 20  # of the image, across and down
PLACE = np.arange(TILES)
# How many tiles from those of the mask, 8 to 11, each lies, and how far its far side [px]: down or across.
OFF = np.maximum(np.maximum(8 - PLACE, PLACE - 11), 0)
OFF_PX = np.where(OFF > 0, 16 * OFF + 2, np.isin(PLACE, (8, 11)) * 2)  # the mask begins 2 px inside its tiles
RING = np.maximum(OFF[:, None], OFF)
AROUND = (RING >= 1) & (np.hypot(OFF_PX[:, None], OFF_PX) <= 50)
FAR = ~AROUND & (RING > 0)
MARKED = np.zeros((SIDE * TILES,) * 2, bool)
MARKED[8 * SIDE + 2 : 12 * SIDE - 2, 8 * SIDE + 2 : 12 * SIDE - 2] = True
MASK_BOX = Box(8 * SIDE, 8 * SIDE, 12 * SIDE, 12 * SIDE)
WIDE_BOX = Box(4 * SIDE, 4 * SIDE, 16 * SIDE, 16 * SIDE)
EVEN = np.full((TILES, TILES), 10.0)


@pytest.fixture(autouse=True)
def tune(monkeypatch):
    def change(**numbers) -> None:
        monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, **numbers))

    change(grain_step_px=SIDE, grain_most_windows=10**9, grain_band_px=50, grain_least_added=0.01)
    return change


def tiles(amplitudes: np.ndarray, levels=120.0, turned=False) -> np.ndarray:
    """(h, w, 3) float32: a wave of its own amplitude on each tile, around its own level."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    wave = np.cos(2 * np.pi * (3 * rows + 5 * columns if turned else 5 * rows + 3 * columns) / SIDE)
    levels = np.zeros(amplitudes.shape) + levels
    picture = np.kron(amplitudes, wave) + np.kron(levels, np.ones((SIDE, SIDE)))
    return np.repeat(picture[..., None], 3, 2).astype(np.float32)


def unit() -> float:
    """The noise told of waves of amplitude 1."""
    spectrum = windows_of(tiles(np.full((1, 1), 10.0)), np.ones((SIDE, SIDE), bool)).spectra[0]
    return float(np.sqrt((noise_kernels(spectrum) ** 2).sum() / 3)) / 10


def shown(picture: np.ndarray, where=None, is_exact: bool = False) -> ShownReference:
    size = SIDE * TILES
    where = np.ones((size, size), bool) if where is None else np.kron(where, np.ones((SIDE, SIDE), bool))
    return ShownReference(Box(0, 0, size, size), picture, where, is_exact)


PLAIN = np.full((SIDE * TILES, SIDE * TILES, 3), 120, np.float32)


PLAINLY = shown(PLAIN)


def told(amplitudes, levels=120.0, marked=MARKED, patch=PLAIN, box=MASK_BOX, reference=PLAINLY) -> float:
    """Amplitude of the noise that a patch lacks of an image's."""
    given = patch[box.slices()] / 255
    image = tiles(amplitudes, levels)
    random = np.random.default_rng(0)
    shows = None if reference is None else lambda: reference
    result, sigma = add_grain(given, box, image, marked, random, shows)
    assert (result is given) == (sigma == 0)
    return sigma / unit()


def power_of(*shares: tuple[float, np.ndarray]) -> np.ndarray:
    """Amplitudes of the image's tiles: the root of each power where its tiles lie, and 10 elsewhere."""
    amplitudes = EVEN.copy()
    for power, where in shares:
        amplitudes[where] = np.sqrt(power)
    return amplitudes


def some(where: np.ndarray, first: int, last: int) -> np.ndarray:
    """The `first` to `last` of the tiles in `where`."""
    found = np.zeros(where.shape, bool)
    found[tuple(np.argwhere(where)[first:last].T)] = True
    return found


def test_of_even_waves_all_is_told():
    assert told(EVEN) == pytest.approx(10, rel=1e-3)


def test_from_3_px_to_the_end_of_the_band_all_windows_count_alike():
    """Those further away are stronger."""
    assert AROUND.sum() == 56
    amplitudes = np.where(AROUND, np.choose(RING % 4, [0, 10, 10.5, 11]), 12)
    counted = np.sqrt((amplitudes[AROUND] ** 2).mean())
    assert told(amplitudes) == pytest.approx(counted, rel=1e-3)
    assert told(amplitudes) != pytest.approx(np.sqrt((amplitudes[AROUND & (RING < 3)] ** 2).mean()), rel=1e-2)


@pytest.mark.parametrize(
    ("high", "powers", "counted"),
    [
        (150, (100, 200, 250), (100, 200)),  # up to 1.5 squared over the least
        (250, (100, 390, 420), (100, 390)),  # but no more than 4 times it
        (150, (200, 300, 400), (200, 300)),  # and 1.5 cubed over the least of all
    ],
    ids=["spread", "four times", "all"],
)
def test_windows_about_as_even_as_the_evenest_count(high, powers, counted):
    """Of the whole image, the 20th percentile is `high`, and the 2nd 100."""
    parts = [some(AROUND, first, last) for first, last in ((0, 19), (19, 37), (37, 56))]
    low, rest = some(FAR, 0, 20), some(FAR, 20, 320)
    amplitudes = power_of((100, low), (high, rest), *zip(powers, parts, strict=True))
    mean = sum(power * part.sum() for power, part in zip(powers, parts, strict=True) if power in counted)
    count = sum(part.sum() for power, part in zip(powers, parts, strict=True) if power in counted)
    everywhere = amplitudes[RING > 0] ** 2
    assert np.quantile(everywhere, (0.02, 0.2)) == pytest.approx([100, high], rel=0.01)
    assert told(amplitudes) == pytest.approx(np.sqrt(mean / count), rel=2e-3)


def white_but_for(where: np.ndarray) -> np.ndarray:
    """Levels of tiles that tell nothing but in `where`."""
    return np.where(where, 120.0, 255.0)


def test_the_eight_evenest_windows_count_however_they_differ():
    """Less than 1.5 cubed times the least of the image, of which most has a power of 150."""
    near = some(AROUND, 0, 9)
    most = (150, some(FAR, 20, 400))
    amplitudes = power_of(most, (300, some(near, 3, 8)), (330, some(near, 8, 9)))
    levels = white_but_for(near | FAR)
    amplitudes[levels == 255] = 0
    assert told(amplitudes, levels) == pytest.approx(np.sqrt((3 * 100 + 5 * 300) / 8), rel=2e-3)


@pytest.mark.parametrize("beyond", [FAR, FAR & False], ids=["with others", "alone"])
@pytest.mark.parametrize("count", [7, 8])
def test_eight_windows_around_the_mask_are_enough_and_fewer_say_nothing(count, beyond):
    levels = white_but_for(some(AROUND, 0, count) | beyond)
    found = told(np.where(levels == 255, 0, 10.0), levels)
    assert found == pytest.approx(10 if count == 8 else 0, rel=1e-3)


def test_where_all_around_is_texture_the_whole_image_tells():
    assert told(np.where(AROUND, 30, 10.0)) == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize(("power", "is_grain"), [(8.5, False), (9.5, True)])
def test_an_image_with_less_than_the_least_deviation_is_clean(tune, power, is_grain):
    tune(grain_least_deviation=3.0)
    scale = windows_of(tiles(EVEN), np.ones(MARKED.shape, bool)).power[0] / 100
    amplitude = np.sqrt(power / scale)
    found = told(np.full_like(EVEN, amplitude))
    assert found == pytest.approx(amplitude if is_grain else 0, rel=1e-3)


@pytest.mark.parametrize(("high", "is_grain"), [(290, True), (310, False)])
def test_an_image_whose_windows_differ_by_more_than_three_times_is_textured(high, is_grain):
    amplitudes = power_of((high, some(FAR, 30, 400)), (100, AROUND))
    amplitudes[AROUND] = np.where(some(AROUND, 0, 30), 10, np.sqrt(high))[AROUND]
    assert (told(amplitudes) > 0) is is_grain


@pytest.mark.parametrize(
    ("share", "level", "counts"),
    [
        (0, 159, True),
        (0, 161, False),
        (0, 81, True),
        (0, 79, False),
        (6, 179, True),
        (6, 181, False),
        (-6, 61, True),
        (-6, 59, False),
        (2, 161, False),
        (-2, 79, False),
    ],
)
def test_places_up_to_40_levels_lighter_or_darker_than_nearly_all_around_tell_the_noise(share, level, counts):
    """Where they tell, the half of the image that is more even tells alone.

    Around the mask all is 120 levels light, but for `share` of 56 tiles that are 20 lighter or darker: more
    than a twentieth, or less.
    """
    quiet = some(FAR, 0, 160)
    levels = np.where(quiet, level, 120.0)
    levels[some(AROUND, 0, abs(share))] += 20 * np.sign(share)
    found = told(np.where(quiet, 5, 10.0), levels)
    assert found == pytest.approx(5 if counts else 10, rel=1e-3)


def test_what_the_patch_has_up_to_50_px_from_the_mask_is_not_added_again():
    """Tiles that do not show the reference, and those further out, are smoother: they would count."""
    hidden = some(RING == 1, 0, 4)
    own = np.where(RING <= 3, np.where((RING == 3) & AROUND, 6.5, 6), 3.0)
    own[hidden] = 2
    counted = (AROUND | (RING == 0)) & ~hidden
    wanted = np.sqrt(100 - (own[counted] ** 2).mean())
    found = told(EVEN, patch=tiles(own), box=WIDE_BOX, reference=shown(tiles(own), ~hidden))
    assert found == pytest.approx(wanted, rel=2e-3)


def test_without_a_reference_only_what_lies_in_the_mask_is_measured():
    own = np.where(RING == 0, 6, 2.0)
    marked = np.kron(RING == 0, np.ones((SIDE, SIDE), bool))
    found = told(EVEN, marked=marked, patch=tiles(own), box=WIDE_BOX, reference=None)
    assert found == pytest.approx(8, rel=2e-3)


def alike_in(where: np.ndarray) -> np.ndarray:
    """The image's waves in some tiles, and turned ones elsewhere."""
    inside = np.kron(where, np.ones((SIDE, SIDE), bool))[..., None]
    return np.where(inside, tiles(EVEN), tiles(EVEN, turned=True)).astype(np.float32)


@pytest.mark.parametrize(
    ("alike", "is_texture"),
    [(AROUND, True), (RING > 3, False), (RING == 1, True), (AROUND & (RING == 3), True), (RING == 0, False)],
    ids=["around", "far", "the first of it", "the last of it", "inside"],
)
def test_waves_that_an_exact_reference_shows_too_in_the_evenest_windows_around_are_texture(alike, is_texture):
    """The windows that are alike are more even than the others."""
    amplitudes, where = np.where(alike, 9, 10.0), RING != 2
    rough, exact = (shown(alike_in(alike), where, is_exact) for is_exact in (False, True))
    assert (told(amplitudes, reference=exact) == 0) is is_texture
    assert told(amplitudes, reference=rough) > 0


def test_an_exact_reference_tells_of_texture_only_where_it_shows():
    alike = AROUND & (PLACE < 10)
    amplitudes = np.where(alike, 9, 10.0)
    assert told(amplitudes, reference=shown(alike_in(alike), is_exact=True)) == 0
    assert told(amplitudes, reference=shown(alike_in(alike), ~alike, is_exact=True)) > 0
