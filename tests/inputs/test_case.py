import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from artifix.box import Box
from artifix.errors import ExitCode, InputError
from artifix.inputs.arrays import case_from_arrays
from artifix.inputs.case import read_case


@pytest.fixture
def mask():
    mask = np.zeros((24, 36), bool)
    mask[8:16, 10:20] = True
    return mask


@pytest.fixture
def paths(save_array, colours, mask):
    return (
        save_array(colours, "image.png"),
        save_array((mask * 255).astype(np.uint8), "mask.png"),
        save_array(np.tile(colours, (2, 1, 1)), "reference.png"),
    )


def test_a_case_holds_image_mask_and_reference(paths, colours, mask):
    case = read_case(*paths)
    assert np.array_equal(case.image.rgb, colours)
    assert np.array_equal(case.mask, mask)
    assert case.reference.size == (48, 36)
    assert case.paths == paths
    assert {name: len(digest) for name, digest in case.digests.items()} == {
        "image": 64,
        "mask": 64,
        "reference": 64,
    }


def test_sizes_are_compared_after_each_files_own_orientation(save_array, colours, mask, paths):
    sideways = Image.Exif()
    sideways[0x0112] = 6
    image = save_array(np.ascontiguousarray(np.rot90(colours)), "turned.png", exif=sideways)
    case = read_case(image, paths[1], paths[2])
    assert np.array_equal(case.image.pixels, colours)


def test_mask_options_reach_the_mask(paths, save_array, mask):
    small = save_array((~mask[::2, ::2] * 255).astype(np.uint8), "small.png")
    case = read_case(paths[0], small, paths[2], fit_mask=True, invert_mask=True, mask_from="luminance")
    assert np.isclose(case.mask.mean(), mask.mean(), atol=0.1)


def test_errors_name_the_file_at_fault_and_exit_with_3(paths):
    with pytest.raises(InputError, match=r"absent\.jpg: no such file") as caught:
        read_case(paths[0], paths[1], paths[2].with_name("absent.jpg"))
    assert caught.value.exit_code == ExitCode.INPUT


@pytest.mark.parametrize("kind", [bool, np.float32, np.float64, np.uint8, np.uint16])
def test_masks_of_every_kind_of_array_mean_the_same(colours, mask, kind):
    full_scale = np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 1
    case = case_from_arrays(colours, (mask * full_scale).astype(kind), colours[::-1])
    assert np.array_equal(case.blend, mask.astype(np.float32))
    assert case.paths == ()


def test_a_soft_mask_marks_what_is_at_least_half_of_its_lightest(colours, mask):
    blend = np.where(mask, np.float32(0.8), 0)
    blend[4:8, 10:20] = 0.3
    case = case_from_arrays(colours, blend, colours[::-1])
    assert np.array_equal(case.mask, mask)
    assert case.cut_at(0.3).mask.sum() > mask.sum()
    assert case.cut_at(0.5) is case


def test_a_case_does_not_change_with_the_callers_arrays(colours, mask):
    image = colours.copy()
    case = case_from_arrays(image, mask, colours[::-1])
    image[:] = 0
    assert np.array_equal(case.image.pixels, colours)


def test_pil_images_are_taken_as_they_would_be_from_files(colours, mask):
    rgba = np.dstack([colours, colours[..., 0]])
    case = case_from_arrays(Image.fromarray(rgba), Image.fromarray(mask), Image.fromarray(colours[..., 0]))
    assert np.array_equal(case.image.pixels, colours)
    assert np.array_equal(case.image.alpha, colours[..., 0])
    assert np.array_equal(case.mask, mask)
    assert case.reference.rgb.shape == (24, 36, 3)


def test_16_bit_grey_and_rgba_arrays_keep_their_samples(deep_colours, mask, colours):
    case = case_from_arrays(deep_colours, mask, deep_colours[..., 0])
    assert np.array_equal(case.image.alpha, deep_colours[..., 3])
    assert np.array_equal(case.reference.pixels[..., 1], deep_colours[..., 0])
    assert case.image.rgb.dtype == np.uint8


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros((24, 36, 3)), "image: samples are float64, not uint8 or uint16"),
        (np.zeros((3, 24, 36), np.uint8), r"image: shape is \(3, 24, 36\)"),
        (np.zeros((24, 36, 2), np.uint8), r"image: shape is \(24, 36, 2\)"),
        (np.zeros((24, 36, 3, 1), np.uint8), "image: shape is"),
        (np.zeros((0, 36, 3), np.uint8), "image: shape is"),
        (np.zeros((8, 36, 3), np.uint8), "image: 36x8 px is too small"),
        ("photo.png", "image: is a str, not a numpy array"),
        (Image.new("F", (36, 24)), "image: its samples are 32-bit floats"),
    ],
)
def test_wrong_images_are_refused(image, sentence, mask, colours):
    with pytest.raises(InputError, match=sentence) as caught:
        case_from_arrays(image, mask, colours)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (np.zeros((36, 24), bool), r"mask: shape is \(36, 24\) but the image is 24 high and 36 wide"),
        (np.zeros((24, 36, 3), np.uint8), "mask: shape is"),
        (np.zeros((24, 36), np.int64), "mask: values are int64"),
        (np.full((24, 36), np.nan), "mask: values from nan to nan"),
        (np.full((24, 36), 2.0), r"mask: values from 2 to 2 are outside \[0, 1\]"),
        (np.zeros((24, 36), bool), "mask: the mask is empty"),
        (np.ones((24, 36), bool), "mask: the mask covers the whole image"),
        (np.ones((24, 36), np.uint8), "brightest pixel is 1 of 255"),
        (7, "mask: is a int"),
    ],
)
def test_wrong_masks_are_refused(wrong, sentence, colours):
    with pytest.raises(InputError, match=sentence) as caught:
        case_from_arrays(colours, wrong, colours[::-1])
    assert caught.value.hint


def test_reading_a_case_does_not_load_torch():
    code = "import sys, artifix.inputs.case; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_image_is_neither_its_own_mask_nor_its_own_reference(paths):
    image, mask, reference = paths
    with pytest.raises(InputError, match="the mask is the image itself") as caught:
        read_case(image, image, reference)
    assert "mask_from=image-alpha" in caught.value.hint
    with pytest.raises(InputError, match="the reference is the same picture as the image"):
        read_case(image, mask, image)


def test_a_copy_of_the_image_in_another_format_is_no_reference(paths):
    copy = paths[0].with_name("copy.tif")
    Image.open(paths[0]).convert("RGB").save(copy)
    with pytest.raises(InputError, match=r"copy\.tif: the reference is the same picture"):
        read_case(paths[0], paths[1], copy)


def test_two_parts_of_one_sheet_may_be_image_and_reference(paths):
    crops = {"image": Box(0, 0, 18, 24), "mask": Box(0, 0, 18, 24), "reference": Box(18, 0, 36, 24)}
    case = read_case(paths[0], paths[1], paths[0], crops=crops)
    assert case.image.size == case.reference.size == (24, 18)


def test_an_erased_image_in_memory_is_its_own_mask(colours, mask):
    erased = np.dstack([colours, np.where(mask, 0, 255).astype(np.uint8)])
    assert np.array_equal(case_from_arrays(erased, None, colours[::-1].copy()).mask, mask)
    with pytest.raises(InputError, match="no transparent pixels to repaint"):
        case_from_arrays(colours, None, colours[::-1].copy())


def test_a_reference_that_is_transparent_everywhere_is_refused(paths, save_array, colours):
    hidden = np.dstack([colours, np.zeros_like(colours[..., 0])])[:, ::-1]
    with pytest.raises(InputError, match=r"h\.png: the reference is transparent everywhere"):
        read_case(paths[0], paths[1], save_array(np.ascontiguousarray(hidden), "h.png"))
