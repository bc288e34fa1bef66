"""Where a patch comes to lie, and where its feather is."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.refinement.composite import feathered, paste

SIZE = 40, 50
DARK = np.full((*SIZE, 3), 20, np.uint8)
FULL = np.ones(SIZE, np.float32)


def steps(height: int, width: int) -> np.ndarray:
    """A patch in which each pixel is unlike the others: uint8."""
    rows, columns = np.mgrid[:height, :width]
    return np.dstack([50 + rows, 100 + columns, 150 + rows + columns]).astype(np.uint8)


@pytest.mark.parametrize(("left", "top"), [(-6, -4), (-6, 25), (35, -4), (35, 25), (10, 8)])
def test_of_a_patch_that_leaves_the_image_the_rest_lies_in_place(left, top):
    patch = steps(22, 24)
    pasted = paste(DARK, patch, Box(left, top, left + 24, top + 22), FULL, 0)
    for y in range(SIZE[0]):
        for x in range(SIZE[1]):
            inside = 0 <= y - top < 22 and 0 <= x - left < 24
            expected = patch[y - top, x - left] if inside else DARK[y, x]
            assert (pasted[y, x] == expected).all()


def test_the_end_of_a_patch_within_the_mask_is_not_feathered():
    pasted = paste(DARK, np.full((20, 20, 3), 220, np.uint8), Box(10, 10, 30, 30), FULL, 3.0)
    assert (pasted[10:30, 10:30] == 220).all()


@pytest.mark.parametrize("turned", [False, True])
def test_the_end_of_a_patch_at_the_end_of_the_mask_is_feathered(turned):
    blend = np.zeros((40, 40), np.float32)
    blend[10:30] = 1
    blend = blend.T.copy() if turned else blend
    image = np.full((40, 40, 3), 20, np.uint8)
    pasted = paste(image, np.full((20, 20, 3), 220, np.uint8), Box(10, 10, 30, 30), blend, 3.0)
    pasted = pasted.swapaxes(0, 1) if turned else pasted
    for edge in (10, 29):
        assert (pasted[edge, 10:30] > 20).all()
        assert (pasted[edge, 10:30] < 150).all()
    assert (pasted[20, 10:30] == 220).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_patches_of_all_kinds_of_samples_are_pasted_alike(dtype):
    image, top = np.zeros((*SIZE, 3), dtype), np.iinfo(dtype).max
    box = Box(0, 0, SIZE[1], SIZE[0])
    fully, half = (np.full((*SIZE, 3), value, np.float32) for value in (1.7, 0.4))
    assert (paste(image, fully, box, FULL, 0) == top).all()
    for patch in (half, (half * 255).astype(np.uint8), (half * 65535).astype(np.uint16)):
        assert np.abs(paste(image, patch, box, FULL, 0).astype(float) / top - 0.4).max() < 0.004


def test_a_patch_of_another_size_is_resized_to_its_box():
    patch = np.zeros((5, 10, 3), np.float32)
    patch[:, 5:] = 1
    pasted = paste(DARK, patch, Box(10, 10, 30, 20), FULL, 0)
    assert (pasted[10:20, 10:17] == 0).all()
    assert (pasted[10:20, 23:30] == 255).all()
    assert (pasted[20:] == 20).all()


def test_each_of_two_parts_has_the_feather_of_its_own_size():
    """Small parts of a mask stay visible beside large ones, in either order."""
    large = np.zeros((60, 60), np.float32)
    large[20:56, 4:40] = 1
    small = large.copy()
    small[4:9, 50:55] = 1
    alone, both = feathered(large, 8.0), feathered(small, 8.0)
    np.testing.assert_allclose(both[large > 0], alone[large > 0])
    assert both[6, 52] == 1
    assert 0 < alone[38, 4] < alone[38, 6] < alone[38, 8]


@pytest.mark.parametrize("feather_px", [0.0, 0.5, 1.0, 2.0])
def test_a_feather_rises_smoothly_from_half_a_pixel_outside(feather_px):
    """Pixels at the edge lie 1 px from the outside: of a feather of 1 px two thirds of the way up."""
    blend = np.zeros((40, 40), np.float32)
    blend[10:30, 10:30] = 0.9
    way = np.clip(np.arange(1, 6) / (feather_px + 0.5), 0, 1)
    np.testing.assert_allclose(
        feathered(blend, feather_px)[20, 10:15], 0.9 * (3 * way**2 - 2 * way**3), atol=1e-5
    )
