import hashlib
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.inputs.images import eight_bit, read_mask, read_picture

SIZE = (24, 36)


@pytest.fixture
def disc():
    """(24, 36) uint8: 255 in a box, 128 on its left edge, 0 around."""
    mask = np.zeros(SIZE, np.uint8)
    mask[8:16, 10:20] = 255
    mask[8:16, 10] = 128
    return mask


def test_a_picture_knows_its_file(save_array, colours):
    path = save_array(colours, "a.png")
    picture = read_picture(path)
    assert picture.path == path
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", SIZE)
    assert picture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_network_sees_is_rounded_to_8_bit():
    samples = np.array([[[0, 128, 129], [65535, 65406, 257]]], np.uint16)
    assert eight_bit(samples).tolist() == [[[0, 0, 1], [255, 254, 1]]]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.png: no such file") as caught:
        read_picture(tmp_path / "absent.png")
    assert "spelling" in caught.value.hint


def test_a_file_used_as_a_folder_is_a_missing_file(save_array, colours):
    with pytest.raises(InputError, match="no such file"):
        read_picture(save_array(colours, "a.png") / "b.png")


def test_a_name_too_long_for_the_disk_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        read_picture(tmp_path / ("a" * 300))


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder, not an image file"):
        read_picture(tmp_path)


def test_a_device_is_refused_rather_than_read_for_ever(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is not a regular file"):
        read_picture(tmp_path / "pipe")


def test_a_file_without_permission_is_refused(save_array, colours, monkeypatch):
    def deny(self):
        raise PermissionError(13, "Permission denied")

    path = save_array(colours, "a.png")
    monkeypatch.setattr(type(path), "read_bytes", deny)  # root may read anything, so it is simulated
    with pytest.raises(InputError, match=r"a\.png: permission to read it is denied") as caught:
        read_picture(path)
    assert "chmod" in caught.value.hint


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match=r"a.png: the file is empty \(0 bytes\)"):
        read_picture(tmp_path / "a.png")


def test_text_is_not_an_image(tmp_path):
    (tmp_path / "a.png").write_text("not an image at all")
    with pytest.raises(InputError, match="is not an image in a known format") as caught:
        read_picture(tmp_path / "a.png")
    assert "PNG, JPEG" in caught.value.hint


def test_a_truncated_jpeg_is_refused(save_array, colours):
    path = save_array(np.tile(colours, (10, 10, 1)), "a.jpg")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match=r"a\.jpg: the file is damaged or cut short") as caught:
        read_picture(path)
    assert "download it again" in caught.value.hint


@pytest.mark.parametrize(("size", "fits"), [((16, 16), True), ((15, 40), False), ((40, 15), False)])
def test_sides_under_16_px_are_refused(save_array, size, fits):
    path = save_array(np.zeros((*size, 3), np.uint8), "a.png")
    if fits:
        assert read_picture(path).size == size
        return
    with pytest.raises(InputError, match=f"{size[1]}x{size[0]} px is too small, 16 px"):
        read_picture(path)


def test_white_repaints_and_greys_blend(save_array, disc):
    blend = read_mask(save_array(disc, "m.png"), SIZE)
    assert blend.dtype == np.float32
    assert np.allclose(blend, disc / 255)


def test_inverted_mask_repaints_black(save_array, disc):
    assert np.allclose(read_mask(save_array(255 - disc, "m.png"), SIZE, invert=True), disc / 255, atol=1e-6)


def test_16_bit_grey_mask_is_scaled_not_clipped(save_array, disc):
    blend = read_mask(save_array(disc.astype(np.uint16) * 257, "m.png"), SIZE)
    assert np.allclose(blend, disc / 255)


def test_16_bit_colour_mask_is_scaled(tmp_path, disc):
    cv2.imwrite(str(tmp_path / "m.png"), np.repeat(disc[..., None].astype(np.uint16) * 257, 3, 2))
    assert np.allclose(read_mask(tmp_path / "m.png", SIZE), disc / 255)


def test_a_16_bit_mask_of_faint_grey_stays_faint(save_array, disc):
    faint = np.where(disc > 0, 6554, 0).astype(np.uint16)  # a tenth: Pillow's own conversion makes it white
    assert np.isclose(read_mask(save_array(faint, "m.png"), SIZE).max(), 0.1, atol=1e-3)


def test_palette_and_one_bit_masks_are_read_by_their_colours(tmp_path, disc):
    hard = (disc > 127).astype(np.uint8)
    palette = Image.fromarray(hard, "P")
    palette.putpalette([0, 0, 0, 255, 255, 255])
    palette.save(tmp_path / "p.png")
    Image.fromarray(hard * 255).convert("1").save(tmp_path / "one.png")
    for name in ("p.png", "one.png"):
        assert np.array_equal(read_mask(tmp_path / name, SIZE), hard)


def test_jpeg_noise_around_black_and_white_is_removed(save_array):
    big = np.zeros((64, 96), np.uint8)
    big[16:48, 16:64] = 255
    noisy = np.clip(big.astype(int) + np.random.default_rng(0).integers(-4, 5, big.shape), 0, 255)
    blend = read_mask(save_array(noisy.astype(np.uint8), "m.jpg", quality=98), (64, 96))
    assert np.array_equal(blend, big / 255)


def test_png_masks_keep_their_faintest_greys(save_array, disc):
    disc[0, 0] = 1
    assert read_mask(save_array(disc, "m.png"), SIZE)[0, 0] > 0


def painted(disc, colour, hidden):
    """RGBA: `colour` where the disc is, `hidden` under the fully transparent rest."""
    rgb = np.where(disc[..., None] > 0, np.uint8(colour), np.uint8(hidden))
    return np.dstack([rgb, disc]).astype(np.uint8)


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (9, 99, 199)])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (255, 0, 0)])
def test_one_colour_painted_on_transparency_is_read_by_alpha(save_array, disc, colour, hidden):
    assert np.allclose(read_mask(save_array(painted(disc, colour, hidden), "m.png"), SIZE), disc / 255)


def test_opaque_alpha_is_no_alpha(save_array, disc):
    opaque = np.dstack([disc, disc, disc, np.full_like(disc, 255)])
    path = save_array(opaque, "m.png")
    assert np.allclose(read_mask(path, SIZE), disc / 255)
    with pytest.raises(InputError, match="no transparent pixels") as caught:
        read_mask(path, SIZE, source="alpha")
    assert caught.value.hint == "pass --mask-from luminance"


def test_a_drawing_with_transparency_is_ambiguous_until_told(save_array, colours, disc):
    path = save_array(np.dstack([colours, 255 - disc]), "m.png")
    with pytest.raises(InputError, match="both transparency and a drawing") as caught:
        read_mask(path, SIZE)
    assert caught.value.hint == "pass --mask-from alpha or --mask-from luminance"
    assert np.allclose(read_mask(path, SIZE, source="alpha", invert=True), disc / 255, atol=1e-6)
    assert read_mask(path, SIZE, source="luminance").max() > 0.5


def test_a_mask_of_another_size_is_refused_with_both_sizes(save_array, disc):
    path = save_array(disc, "m.png")
    with pytest.raises(InputError, match=r"m\.png: mask is 36x24 px but the image is 72x50 px") as caught:
        read_mask(path, (50, 72))
    assert caught.value.hint == "redraw the mask on the image, or pass --fit-mask to resize it"


def test_a_mask_turned_on_its_side_is_told_so(save_array, disc):
    with pytest.raises(InputError, match="36x24 px but the image is 24x36") as caught:
        read_mask(save_array(disc, "m.png"), (36, 24))
    assert caught.value.hint.startswith("turn the mask")


@pytest.mark.parametrize("size", [(48, 72), (12, 18), (50, 71)])
def test_a_fitted_mask_keeps_its_share_of_the_image(save_array, disc, size):
    blend = read_mask(save_array(disc, "m.png"), size, fit=True)
    assert blend.shape == size
    assert 0 <= blend.min() <= blend.max() <= 1
    assert np.isclose(blend.mean(), disc.mean() / 255, rtol=0.05)


def test_an_empty_mask_is_refused(save_array):
    with pytest.raises(InputError, match=r"m\.png: the mask is empty") as caught:
        read_mask(save_array(np.zeros(SIZE, np.uint8), "m.png"), SIZE)
    assert "--invert-mask" in caught.value.hint


def test_a_full_mask_is_refused(save_array):
    with pytest.raises(InputError, match=r"m\.png: the mask covers the whole image") as caught:
        read_mask(save_array(np.full(SIZE, 255, np.uint8), "m.png"), SIZE)
    assert "--invert-mask" in caught.value.hint


def test_a_mask_of_labels_is_not_taken_for_a_faint_one(save_array, disc):
    with pytest.raises(InputError, match="brightest pixel is 1 of 255") as caught:
        read_mask(save_array((disc > 0).astype(np.uint8), "m.png"), SIZE)
    assert "255 (not 1)" in caught.value.hint


def test_a_picture_of_colour_numbers_without_their_colours_is_damaged(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.zeros((20, 20), np.uint8)).convert("P").save(path)
    data = path.read_bytes()
    start = data.index(b"PLTE") - 4
    size = int.from_bytes(data[start : start + 4], "big") + 12
    path.write_bytes(data[:start] + data[start + size :])
    with pytest.raises(InputError, match="its palette is missing"):
        read_picture(path)


def test_pictures_higher_than_a_band_are_computed_with_as_a_whole():
    deep = np.random.default_rng(0).integers(0, 65536, (600, 3, 3)).astype(np.uint16)
    assert np.array_equal(eight_bit(deep), (deep / 257).round().astype(np.uint8))
