import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.outputs.picture_strip import MOST_BYTES, TILE_PX, encode_strip


def plain(shape, colour):
    return np.full((*shape, 3), colour, np.uint8)


def marked(shape, top, bottom, left, right):
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def strip_of(image=None, refined=None, mask=None, reference=None, correspondence=None, region=None):
    """A strip of flat pictures, apart from what is given."""
    image = plain((120, 140), 90) if image is None else image
    reference = plain((100, 80), 160) if reference is None else reference
    shape = reference.shape[:2]
    return encode_strip(
        image,
        image if refined is None else refined,
        marked(image.shape[:2], 40, 70, 50, 90) if mask is None else mask,
        reference,
        np.zeros(shape, np.float32) if correspondence is None else correspondence,
        marked(shape, 30, 60, 20, 50) if region is None else region,
    )


def tiles_of(strip):
    picture = cv2.imdecode(np.frombuffer(strip, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert picture.shape == (TILE_PX, 3 * TILE_PX, 3)
    # A JPEG halves the resolution of colour, so at the seams it runs over by a pixel.
    return [tile[:, 2:-2] for tile in np.split(picture.astype(int), 3, axis=1)]


def test_a_strip_is_a_jpeg_of_three_equal_squares():
    strip = strip_of()
    assert strip.startswith(b"\xff\xd8")
    assert len(tiles_of(strip)) == 3


def test_before_stands_left_of_after_and_colours_are_kept():
    before, after, _ = tiles_of(strip_of(plain((120, 140), (200, 40, 40)), plain((120, 140), (40, 40, 200))))
    assert np.abs(before - (200, 40, 40)).max() < 12
    assert np.abs(after - (40, 40, 200)).max() < 12


def test_before_and_after_show_the_mask_with_some_of_what_is_around_it():
    image = plain((400, 400), 60)
    mask = marked((400, 400), 180, 220, 180, 220)
    image[mask] = 220
    before, after, _ = tiles_of(strip_of(image, image, mask))
    share = (before[..., 0] > 140).mean()
    assert 0.2 < share < 0.5
    assert np.abs(before - after).max() < 12


def test_the_match_is_warm_and_its_region_outlined():
    correspondence = marked((100, 80), 30, 60, 20, 50).astype(np.float32)
    with_match = tiles_of(strip_of(correspondence=correspondence))[2]
    without = tiles_of(strip_of(region=np.zeros((100, 80), bool)))[2]
    red, _, blue = with_match[60:80, 60:80].reshape(-1, 3).mean(0)
    assert red > blue + 60
    cyan = (with_match[..., 1] > 160) & (with_match[..., 2] > 160) & (with_match[..., 0] < 110)
    assert cyan.sum() > 100
    assert np.abs(without - with_match).max() > 100


@pytest.mark.parametrize("shape", [(300, 100), (100, 300)], ids=["tall", "wide"])
def test_a_reference_that_is_no_square_is_shown_whole_on_dark_ground(shape):
    match = tiles_of(strip_of(reference=plain(shape, 250), region=np.zeros(shape, bool)))[2]
    light = match.mean(2) > 100
    rows, columns = light.any(1).sum(), light.any(0).sum()
    assert (rows, columns) == pytest.approx((160, 53) if shape[0] > shape[1] else (53, 156), abs=3)
    assert match.mean(2).min() < 40


def test_the_same_case_gives_the_same_bytes(scene):
    assert strip_of(scene(90, 110), reference=scene(80, 70)) == strip_of(
        scene(90, 110), reference=scene(80, 70)
    )


def test_arguments_are_left_alone(scene):
    image, reference = scene(90, 110), scene(80, 70)
    before = image.copy(), reference.copy()
    strip_of(image, reference=reference)
    assert all(map(np.array_equal, (image, reference), before))


def test_pictures_full_of_detail_stay_small(scene):
    busy = scene(400, 400)
    mask = marked((400, 400), 100, 300, 100, 300)
    assert len(strip_of(busy, scene(400, 400, 1), mask, reference=scene(300, 300, 2))) <= MOST_BYTES


def test_noise_is_written_too():
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    strip = strip_of(noise, noise, np.ones((200, 200), bool), reference=noise)
    assert len(strip) < 3 * MOST_BYTES
    tiles_of(strip)


def test_without_a_mask_the_whole_image_is_shown():
    image = plain((80, 80), 60)
    image[:, 40:] = 200
    before = tiles_of(strip_of(image, mask=np.zeros((80, 80), bool)))[0]
    assert (before[..., 0] > 130).mean() == pytest.approx(0.5, abs=0.02)


@settings(max_examples=15, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(1, 700)] * 4),
    seed=st.integers(0, 100),
)
def test_pictures_of_any_size_have_a_strip(sizes, seed):
    rng = np.random.default_rng(seed)
    height, width, ref_height, ref_width = sizes
    image = plain((height, width), 90)
    mask = np.zeros((height, width), bool)
    mask[rng.integers(height), rng.integers(width)] = True
    shape = ref_height, ref_width
    region = np.zeros(shape, bool)
    region[rng.integers(ref_height), rng.integers(ref_width)] = True
    correspondence = rng.random(shape, np.float32)
    tiles_of(strip_of(image, None, mask, plain(shape, 120), correspondence, region))


def test_pictures_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="refined"):
        strip_of(refined=plain((20, 20), 0))
