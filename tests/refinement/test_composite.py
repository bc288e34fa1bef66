import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.geometry import Box
from artifix.refinement.composite import feathered, paste

FEATHER_PX = 0.5


def noise(height: int, width: int, dtype: str, seed: int = 0) -> np.ndarray:
    top = np.iinfo(dtype).max + 1
    return np.random.default_rng(seed).integers(0, top, (height, width, 3)).astype(dtype)


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(["uint8", "uint16"]),
    st.floats(0, 6),
    st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_paste_leaves_pixels_without_blend_bit_identical(height, width, dtype, feather_px, seed):
    rng = np.random.default_rng(seed)
    image = noise(height, width, dtype, seed)
    blend = (rng.random((height, width)) * (rng.random((height, width)) > 0.5)).astype(np.float32)
    left, top = rng.integers(-10, width), rng.integers(-10, height)
    box = Box(left, top, left + int(rng.integers(1, 70)), top + int(rng.integers(1, 70)))
    patch = rng.random((5, 7, 3)).astype(np.float32)
    pasted = paste(image, patch, box, blend, feather_px)
    assert pasted.dtype == image.dtype
    np.testing.assert_array_equal(pasted[blend == 0], image[blend == 0])
    untouched = np.ones((height, width), bool)
    clipped = box.clip(height, width)
    if not clipped.is_empty():
        untouched[clipped.slices()] = False
    np.testing.assert_array_equal(pasted[untouched], image[untouched])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_paste_of_the_same_pixels_changes_nothing(dtype: str):
    image, blend = noise(20, 30, dtype), np.ones((20, 30), np.float32)
    np.testing.assert_array_equal(paste(image, image, Box(0, 0, 30, 20), blend, FEATHER_PX), image)


def test_paste_keeps_what_it_is_given_untouched():
    image, blend = noise(20, 20, "uint8"), np.ones((20, 20), np.float32)
    before = image.copy()
    paste(image, np.zeros((20, 20, 3), np.float32), Box(0, 0, 20, 20), blend, FEATHER_PX)
    np.testing.assert_array_equal(image, before)


def test_grey_blend_mixes_and_the_middle_of_the_mask_is_all_patch():
    image, blend = np.full((40, 40, 3), 100, np.uint8), np.zeros((40, 40), np.float32)
    blend[10:30, 10:20], blend[10:30, 20:30] = 1.0, 0.5
    pasted = paste(image, np.full((40, 40, 3), 200, np.uint8), Box(0, 0, 40, 40), blend, FEATHER_PX)
    assert (pasted[20, 15] == 200).all()
    assert (pasted[20, 24] == 150).all()


def test_the_feather_rises_inward_and_is_narrower_in_a_small_part():
    blend = np.zeros((80, 80), np.float32)
    blend[5:65, 5:65], blend[70:74, 70:74] = 1, 1
    share = feathered(blend, 6.0)
    assert (np.diff(share[35, 5:20]) >= 0).all()
    assert share[35, 5] < 0.2
    assert share[71, 71] == 1
    np.testing.assert_array_equal(share[blend == 0], 0)


def test_the_border_of_the_image_is_not_feathered():
    blend = np.zeros((30, 30), np.float32)
    blend[:, :15] = 1
    assert (feathered(blend, 3.0)[:, 0] == 1).all()
