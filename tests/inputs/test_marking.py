"""What a mask file marks."""

import cv2
import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.inputs.images import read_picture
from artifix.inputs.marking import Marked, marked_by

SIZE = (24, 36)


@pytest.fixture
def disc():
    """(24, 36) uint8: 255 in a box, 128 on its left edge, 0 around."""
    mask = np.zeros(SIZE, np.uint8)
    mask[8:16, 10:20] = 255
    mask[8:16, 10] = 128
    return mask


def marked(path, size, **how) -> Marked:
    return marked_by(read_picture(path, least_side_px=1), size, **how)


def read_mask(path, size, **how) -> np.ndarray:
    return marked(path, size, **how).blend


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


@pytest.mark.parametrize(("grey", "is_kept"), [(3, False), (8, False), (9, True)])
def test_what_is_nearly_black_is_noise(save_array, disc, grey, is_kept):
    disc[0, 0] = grey
    assert (read_mask(save_array(disc, "m.png"), SIZE)[0, 0] > 0) == is_kept


def test_noise_in_the_black_is_told_and_a_speck_of_it_is_not(save_array, disc):
    noisy = np.where(disc > 0, disc, np.random.default_rng(0).integers(0, 4, SIZE)).astype(np.uint8)
    (said,) = marked(save_array(noisy, "m.png"), SIZE).notes
    assert "m.png: noise in its black" in said
    assert marked(save_array(disc, "n.png"), SIZE).notes == ()


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 0, 255), (230, 30, 200), (0, 120, 0)])
def test_paint_of_any_colour_on_black_counts_as_white_and_is_told(save_array, disc, colour):
    paint = (disc[..., None] > 0) * np.uint8(colour)
    found = marked(save_array(paint, "m.png"), SIZE)
    assert np.array_equal(found.blend, disc > 0)
    (said,) = found.notes
    assert f"painted in colour ({','.join(map(str, colour))})" in said


def test_a_mask_in_the_colours_of_labels_is_all_marked(save_array, disc):
    labels = np.zeros((*SIZE, 3), np.uint8)
    labels[disc > 0] = (255, 0, 0)
    labels[:, 15:][disc[:, 15:] > 0] = (0, 0, 255)
    assert np.array_equal(marked(save_array(labels, "m.png"), SIZE).blend, disc > 0)


def test_a_dark_paint_keeps_its_soft_edge(save_array, disc):
    paint = disc[..., None] / 255 * np.array([0, 60, 0])
    blend = marked(save_array(paint.astype(np.uint8), "m.png"), SIZE).blend
    assert np.allclose(blend, disc / 255, atol=0.02)


def test_touching_labels_of_unlike_lightness_are_all_marked(save_array, disc):
    labels = np.zeros((*SIZE, 3), np.uint8)
    labels[disc > 0] = (64, 0, 0)
    labels[:, 15:][disc[:, 15:] > 0] = (192, 0, 0)
    assert np.array_equal(marked(save_array(labels, "m.png"), SIZE).blend, disc > 0)


def test_paint_on_white_is_told_the_remedy_which_works(save_array, disc):
    paper = np.full((*SIZE, 3), 255, np.uint8)
    paper[disc > 0] = (230, 20, 20)
    path = save_array(paper, "m.png")
    with pytest.raises(InputError, match="painted in colour on white") as caught:
        marked(path, SIZE)
    assert "invert_mask" in caught.value.hint
    assert np.array_equal(marked(path, SIZE, invert=True).blend, disc > 0)


@pytest.mark.parametrize("is_grey", [False, True])
def test_paint_over_a_picture_is_no_mask(save_array, colours, disc, is_grey):
    photo = np.repeat(colours[..., :1], 3, 2) if is_grey else colours.copy()
    photo[disc > 0] = (255, 0, 0)
    with pytest.raises(InputError, match="shows a picture"):
        marked(save_array(photo, "m.png"), SIZE)


def test_paint_over_a_picture_on_black_is_no_mask(save_array, disc):
    photo = np.random.default_rng(1).integers(60, 220, (*SIZE, 3)).astype(np.uint8)
    photo[:, :18] = 0
    photo[disc > 0] = (255, 0, 0)
    with pytest.raises(InputError, match="shows a picture"):
        marked(save_array(photo, "m.png"), SIZE)


def test_a_picture_without_colour_is_a_mask_only_if_that_is_said(save_array, colours):
    path = save_array(colours[..., 0], "m.png")
    with pytest.raises(InputError, match="is grey: it shows a picture") as caught:
        marked(path, SIZE)
    assert "mask_from=luminance" in caught.value.hint
    assert marked(path, SIZE, source="luminance").blend.any()


@pytest.mark.parametrize("spread", [4, 12, 31])
def test_the_black_may_be_as_noisy_as_its_border_says(save_array, disc, spread):
    noise = np.random.default_rng(0).integers(0, spread, SIZE)
    blend = read_mask(save_array(np.maximum(disc, noise).astype(np.uint8), "m.png"), SIZE)
    assert np.allclose(blend, disc / 255)


@pytest.mark.parametrize("grey", [16, 50])
def test_a_grey_canvas_is_black_and_that_is_told(save_array, disc, grey):
    found = marked(save_array(np.maximum(disc, grey).astype(np.uint8), "m.png"), SIZE)
    assert np.allclose(found.blend, disc / 255)
    assert f"of {grey} of 255 at most" in found.notes[0]


def test_noise_in_the_white_of_an_inverted_mask_is_left_out(save_array, disc):
    noisy = (255 - disc).astype(int) - np.random.default_rng(0).integers(0, 4, SIZE)
    blend = read_mask(save_array(noisy.clip(0, 255).astype(np.uint8), "m.png"), SIZE, invert=True)
    assert np.array_equal(blend > 0, disc > 0)


def test_soft_edges_are_no_noise_to_tell_of(save_array):
    soft = np.zeros((96, 96), np.uint8)
    soft[40:60, 40:60] = 255
    soft = cv2.GaussianBlur(soft, (0, 0), 6)
    assert marked(save_array(soft, "m.png"), (96, 96)).notes == ()


def test_what_compression_leaves_beside_edges_is_left_out(save_array):
    hard = np.zeros((128, 128), np.uint8)
    cv2.circle(hard, (60, 60), 31, 255, -1)
    blend = read_mask(save_array(hard, "m.jpg", quality=75), (128, 128))
    far = cv2.dilate(hard, np.ones((5, 5))) == 0
    assert (blend[far] > 0).mean() < 1e-3


def test_an_outline_is_repainted_as_drawn_and_told(save_array):
    ring = cv2.circle(np.zeros((96, 96), np.uint8), (48, 48), 30, 255, 2)
    found = marked(save_array(ring, "m.png"), (96, 96))
    assert np.array_equal(found.blend, ring / 255)
    assert "is an outline" in found.notes[0]


def test_a_photograph_is_no_mask(save_array):
    photo = np.random.default_rng(2).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    with pytest.raises(InputError, match=r"m\.png: is in colour and \d+% of it is black") as caught:
        marked(save_array(photo, "m.png"), SIZE)
    assert "white on black" in caught.value.hint


@pytest.mark.parametrize("invert", [False, True])
def test_a_mask_that_marks_all_but_the_artifact_is_refused_with_the_remedy(save_array, disc, invert):
    wrong = disc if invert else 255 - disc
    with pytest.raises(InputError, match=r"covers \d+% of the image and 100% of its border") as caught:
        marked(save_array(wrong, "m.png"), SIZE, invert=invert)
    assert ("drop invert_mask" if invert else "pass invert_mask=True") in caught.value.hint


def test_half_of_a_picture_may_be_masked(save_array):
    half = np.zeros(SIZE, np.uint8)
    half[:, :18] = 255
    assert marked(save_array(half, "m.png"), SIZE).blend.mean() == 0.5


def test_where_the_image_is_transparent_it_is_repainted(save_array, colours, disc):
    path = save_array(np.dstack([colours, 255 - disc]), "image.png")
    assert np.allclose(marked(path, SIZE, source="image-alpha").blend, disc / 255, atol=1e-6)
    with pytest.raises(InputError, match="no transparent pixels to repaint") as caught:
        marked(save_array(colours, "opaque.png"), SIZE, source="image-alpha")
    assert caught.value.hint == "pass mask=FILE"


def test_of_a_cut_out_only_the_holes_are_repainted(save_array):
    rows, columns = np.mgrid[:96, :96]
    alpha = np.where(np.hypot(rows - 48, columns - 48) < 40, 255, 0).astype(np.uint8)
    picture = np.full((96, 96, 3), 90, np.uint8)
    with pytest.raises(InputError, match="no hole in it marks an artifact"):
        marked(save_array(np.dstack([picture, alpha]), "whole.png"), (96, 96), source="image-alpha")
    alpha[40:60, 40:60] = 0
    found = marked(save_array(np.dstack([picture, alpha]), "hole.png"), (96, 96), source="image-alpha")
    assert found.blend.sum() == 400
    assert "is a cut-out" in found.notes[0]


def test_an_image_that_is_hardly_transparent_marks_only_what_was_erased(save_array, colours, disc):
    alpha = np.where(disc > 0, 0, 250).astype(np.uint8)
    blend = marked(save_array(np.dstack([colours, alpha]), "i.png"), SIZE, source="image-alpha").blend
    assert np.array_equal(blend, disc > 0)


def test_paint_of_several_colours_on_transparency_is_read_by_alpha(save_array, disc):
    rgba = painted(disc, (255, 0, 0), (0, 0, 0))
    rgba[:, 15:, :3] = (0, 90, 255)
    assert np.allclose(read_mask(save_array(rgba, "m.png"), SIZE), disc / 255)


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
    assert caught.value.hint == "pass mask_from=luminance"


def test_a_drawing_with_transparency_is_ambiguous_until_told(save_array, colours, disc):
    path = save_array(np.dstack([colours, 255 - disc]), "m.png")
    with pytest.raises(InputError, match="both transparency and a drawing") as caught:
        read_mask(path, SIZE)
    assert caught.value.hint == "pass mask_from=alpha or mask_from=luminance"
    assert np.allclose(read_mask(path, SIZE, source="alpha", invert=True), disc / 255, atol=1e-6)
    assert read_mask(path, SIZE, source="luminance").max() > 0.5


def test_a_mask_of_another_size_is_refused_with_both_sizes(save_array, disc):
    path = save_array(disc, "m.png")
    with pytest.raises(InputError, match=r"m\.png: mask is 36x24 px but the image is 72x50 px") as caught:
        read_mask(path, (50, 72))
    assert caught.value.hint == "redraw the mask on the image, or pass fit_mask=True to resize it"


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
    assert "invert_mask" in caught.value.hint


def test_a_full_mask_is_refused(save_array):
    with pytest.raises(InputError, match=r"m\.png: the mask covers the whole image") as caught:
        read_mask(save_array(np.full(SIZE, 255, np.uint8), "m.png"), SIZE)
    assert "invert_mask" in caught.value.hint


def test_a_mask_of_labels_is_not_taken_for_a_faint_one(save_array, disc):
    with pytest.raises(InputError, match="brightest pixel is 1 of 255") as caught:
        read_mask(save_array((disc > 0).astype(np.uint8), "m.png"), SIZE)
    assert "255 (not 1)" in caught.value.hint


def test_a_16_bit_mask_that_holds_8_bits_is_told_its_white(save_array, disc):
    with pytest.raises(InputError, match="brightest pixel is 255 of 65535") as caught:
        read_mask(save_array(disc.astype(np.uint16), "m.png"), SIZE)
    assert "65535 (not 255)" in caught.value.hint


@pytest.mark.parametrize(("size", "is_told"), [((48, 72), False), ((24, 24), True)])
def test_a_mask_fitted_to_other_proportions_is_told(save_array, disc, size, is_told):
    notes = marked(save_array(disc, "m.png"), size, fit=True).notes
    assert any("is stretched" in note for note in notes) == is_told
