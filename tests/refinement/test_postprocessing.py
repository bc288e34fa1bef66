import numpy as np
import pytest

from artifix.geometry import Box
from artifix.refinement.postprocessing import Postprocessing, to_grey
from artifix.refinement.stage import AlignedReference, Patch

BOX = Box(40, 40, 140, 140)


@pytest.fixture
def marked():
    marked = np.zeros((200, 220), bool)
    marked[70:110, 70:110] = True
    return marked


@pytest.fixture
def coloured_patch():
    pixels = np.broadcast_to(np.float32([0.8, 0.5, 0.2]), (100, 100, 3)).copy()
    return Patch(BOX, pixels)


def grey_image(sigma: float = 0) -> np.ndarray:
    drawn = 120 + sigma * np.random.default_rng(0).standard_normal((200, 220, 1))
    return np.repeat(drawn.round(), 3, axis=2).astype(np.uint8)


def warp(box, size):
    return np.zeros((*size, 3), np.float32), np.ones(size, bool)


@pytest.mark.parametrize("sigma", [0, 9])
def test_a_patch_for_a_grey_image_is_grey(marked, coloured_patch, sigma):
    image = grey_image(sigma)
    image[80, 80] = (255, 0, 0)  # the artifact may be coloured
    last = Postprocessing(image, marked, marked, True, 0)
    assert last.is_grey
    patch, grain = last.apply(coloured_patch, AlignedReference(warp, True, lambda *_: None), 0)
    assert np.array_equal(patch.pixels[..., 0], patch.pixels[..., 1])
    assert np.array_equal(patch.pixels[..., 0], patch.pixels[..., 2])
    assert patch.pixels.mean() == pytest.approx(0.299 * 0.8 + 0.587 * 0.5 + 0.114 * 0.2, abs=0.01)
    assert (grain > 5) == (sigma > 5)


def test_rounding_makes_no_colour_and_one_coloured_pixel_does(marked, coloured_patch):
    image = grey_image()
    image[::3, ::2, 1] += 1
    assert Postprocessing(image, marked, marked, False, 0).is_grey
    image[5, 5, 2] += 3
    coloured = Postprocessing(image, marked, marked, False, 0)
    assert not coloured.is_grey
    patch, grain = coloured.apply(coloured_patch, None, 0)
    assert patch.pixels is coloured_patch.pixels
    assert grain == 0.0


def test_grain_can_be_left_out_and_differs_from_group_to_group(marked, coloured_patch):
    image = grey_image(9)
    image[0, 0] = (255, 0, 0)
    aligned = AlignedReference(warp, True, lambda *_: None)
    without, grain = Postprocessing(image, marked, marked, False, 0).apply(coloured_patch, aligned, 0)
    assert without.pixels is coloured_patch.pixels
    assert grain == 0.0
    drawn = [
        Postprocessing(image, marked, marked, True, 0).apply(coloured_patch, aligned, i)[0].pixels
        for i in (0, 1, 1)
    ]
    assert not np.allclose(drawn[0], drawn[1], atol=0.01)
    assert np.array_equal(drawn[1], drawn[2])


def test_equal_channels_keep_their_values():
    grey = np.repeat(np.random.default_rng(0).random((9, 9, 1), np.float32), 3, axis=2)
    assert np.array_equal(to_grey(grey), grey)


@pytest.mark.parametrize(("channel", "luma"), [(0, 0.299), (1, 0.587), (2, 0.114)])
def test_grey_is_the_luma_of_its_colour(channel, luma):
    pixels = np.zeros((2, 3, 3), np.float32)
    pixels[1, 2, channel] = 0.5
    grey = to_grey(pixels)
    assert grey.shape == (2, 3, 3)
    np.testing.assert_allclose(grey[1, 2], 0.5 * luma, atol=1e-6)
    assert grey[0].max() == 0


@pytest.mark.parametrize("place", [(0, 0), (199, 219), (100, 30)])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_pixel_is_coloured_from_two_levels_on_in_any_channel_and_place(marked, channel, place):
    for step in (2, -2):
        image = grey_image()
        image[(*place, channel)] = 120 + step // 2
        assert Postprocessing(image, marked, marked, False, 0).is_grey
        image[(*place, channel)] = 120 + step
        assert not Postprocessing(image, marked, marked, False, 0).is_grey


def test_the_same_seed_draws_the_same_grain_and_another_seed_another(marked, coloured_patch):
    image = grey_image(9)
    aligned = AlignedReference(warp, False, lambda *_: None)
    drawn = [
        Postprocessing(image, marked, marked, True, seed).apply(coloured_patch, aligned, 0)[0].pixels
        for seed in (4, 4, 5)
    ]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.allclose(drawn[0], drawn[2], atol=0.01)
