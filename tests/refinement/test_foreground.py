"""What of a paste shows the object, and what only its background."""

import cv2
import numpy as np
import pytest

from artifix.refinement.foreground import foreground

SIZE = 180, 200
EVERYWHERE = np.ones(SIZE, bool)


def thing(ground: tuple[int, int, int]) -> np.ndarray:
    """An orange thing on the left of a ground: (h, w, 3) float32."""
    rng = np.random.default_rng(0)
    picture = np.empty((*SIZE, 3), np.float32)
    picture[:] = ground
    picture[:, :110] = (200, 110, 40)
    return cv2.GaussianBlur(
        (picture + rng.normal(0, 3, picture.shape)).clip(0, 255).astype(np.float32), (0, 0), 1
    )


def masked(left: int, right: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[60:120, left:right] = True
    return mask


# The mask reaches from the thing 30 px into the ground.
ACROSS = masked(70, 140)
GREEN, WHITE = (40, 130, 50), (240, 240, 240)


def agreeing() -> np.ndarray:
    """High on the thing, low on the ground beside it."""
    agreement = np.full(SIZE, 0.9, np.float32)
    agreement[:, 110:] = 0.1
    return agreement


def test_a_ground_of_another_colour_is_cut_off_along_the_thing():
    found = foreground(thing(WHITE), EVERYWHERE, thing(GREEN), ACROSS, agreeing())
    assert found.dtype == np.float32
    assert found[ACROSS & (np.arange(SIZE[1]) < 105)].min() > 0.95
    assert found[ACROSS & (np.arange(SIZE[1]) > 116)].max() < 0.05
    assert 0 <= found.min() <= found.max() <= 1


@pytest.mark.parametrize("ground", [GREEN, WHITE])
def test_on_the_same_ground_all_belongs(ground):
    agreement = np.full(SIZE, 0.9, np.float32)
    assert (foreground(thing(ground), EVERYWHERE, thing(ground), ACROSS, agreement) == 1).all()


def test_a_mask_inside_the_thing_is_all_of_it_whatever_the_ground():
    """The ground lies beyond the ring that is asked."""
    found = foreground(thing(WHITE), EVERYWHERE, thing(GREEN), masked(20, 60), agreeing())
    assert (found == 1).all()


def test_a_thing_of_which_nothing_agrees_is_not_cut():
    found = foreground(thing(WHITE), EVERYWHERE, 255 - thing(GREEN), ACROSS, np.full(SIZE, 0.05, np.float32))
    assert (found == 1).all()


@pytest.mark.parametrize("image", [thing(GREEN), thing(WHITE)], ids=["cut", "whole"])
def test_where_the_reference_shows_nothing_nothing_belongs(image):
    valid = EVERYWHERE.copy()
    valid[:90] = False
    found = foreground(thing(WHITE), valid, image, ACROSS, agreeing())
    assert (found[:90] == 0).all()
    assert found[95:120, 72:104].min() > 0.95


def test_nothing_shown_at_all_is_no_error():
    nothing = np.zeros(SIZE, bool)
    assert (foreground(thing(WHITE), nothing, thing(GREEN), ACROSS, agreeing()) == 0).all()


def test_the_same_is_cut_each_time_and_from_8_bits():
    image = thing(GREEN).astype(np.uint8)
    first = foreground(thing(WHITE), EVERYWHERE, image, ACROSS, agreeing())
    cv2.setRNGSeed(7)
    np.testing.assert_array_equal(foreground(thing(WHITE), EVERYWHERE, image, ACROSS, agreeing()), first)
    assert first.min() < 0.05


@pytest.mark.parametrize("shape", [(8, 30), (33, 9), (600, 40)])
def test_narrow_crops_are_no_error(shape):
    rng = np.random.default_rng(1)
    paste, image = rng.uniform(0, 255, (2, *shape, 3)).astype(np.float32)
    mask = np.zeros(shape, bool)
    mask[2:5, 2:5] = True
    found = foreground(paste, np.ones(shape, bool), image, mask, np.full(shape, 0.5, np.float32))
    assert found.shape == shape
    assert np.isfinite(found).all()
