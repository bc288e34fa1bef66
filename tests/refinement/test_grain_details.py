"""How much grain is told, and where a patch is looked at for its own."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.refinement.grain import ShownReference, add_grain, band_around

BOX = Box(60, 50, 180, 170)
SIZE = 220, 240
GREY = np.full((*SIZE, 3), 120, np.float32)


def noisy(sigma: float, seed: int = 1) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(0, sigma, (*SIZE, 3))
    return (GREY + drawn).clip(0, 255).round().astype(np.uint8)


def marked(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


SPECK, LARGE = marked(115, 105, 125, 115), marked(90, 80, 150, 140)


def shown(picture: np.ndarray, where: np.ndarray | None = None) -> ShownReference:
    around = band_around(BOX, *SIZE)
    part = picture[around.slices()].astype(np.float32)
    return ShownReference(around, part, np.ones(part.shape[:2], bool) if where is None else where, True)


def grained(mask: np.ndarray, reference: ShownReference | None, sigma: float = 9) -> tuple[np.ndarray, float]:
    """What is added to a grey patch [grey levels], and the sigma told."""
    patch = (GREY[BOX.slices()] / 255).astype(np.float32)
    random = np.random.default_rng(0)
    result, told = add_grain(
        patch, BOX, noisy(sigma), mask, random, None if reference is None else lambda: reference
    )
    return 255 * (result - patch), told


@pytest.mark.parametrize("sigma", [4, 9])
def test_what_is_told_is_the_deviation_of_what_is_added(sigma):
    added, told = grained(LARGE, shown(GREY), sigma)
    assert added.std() == pytest.approx(told, rel=0.05)


def test_around_a_speck_the_patch_is_looked_at_beside_the_mask_where_it_shows_a_reference():
    """In the speck itself no window lies."""
    _, told = grained(SPECK, shown(GREY))
    assert told == pytest.approx(9, rel=0.25)


def test_a_speck_without_a_reference_tells_nothing():
    assert grained(SPECK, None)[1] == 0


def test_where_the_reference_does_not_show_the_patch_is_not_looked_at():
    nowhere = np.zeros((band_around(BOX, *SIZE).height, band_around(BOX, *SIZE).width), bool)
    assert grained(LARGE, shown(GREY, nowhere))[1] == 0


def test_the_band_around_a_patch_ends_at_the_image():
    around = band_around(BOX, *SIZE)
    assert (around.left, around.top) == (12, 2)
    assert (around.right, around.bottom) == (228, 218)
    assert band_around(Box(0, 0, *SIZE[::-1]), *SIZE) == Box(0, 0, *SIZE[::-1])


def test_a_reference_as_noisy_adds_nothing():
    patch = (noisy(9, seed=2)[BOX.slices()] / 255).astype(np.float32)
    reference = shown(noisy(9, seed=2))
    result, told = add_grain(patch, BOX, noisy(9), LARGE, np.random.default_rng(0), lambda: reference)
    assert result is patch
    assert told == 0
