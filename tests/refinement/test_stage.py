import numpy as np
import pytest

from artifix.config import RefinementConfig
from artifix.geometry import Box
from artifix.refinement.exact_light import match_light_exactly
from artifix.refinement.network_refiner import NetworkRefiner
from artifix.refinement.rough_light import match_light_roughly
from artifix.refinement.sharpness import match_sharpness
from artifix.refinement.stage import AlignedReference, repaint

TWO_STEPS = RefinementConfig(steps=2)
ALL_OVER = 0.9  # agreement, everywhere


@pytest.fixture(scope="module")
def image(reference, mask):
    darker = (reference[15:135, 20:170] * 0.8).astype(np.uint8)
    return np.where(mask[..., None], 0, darker).astype(np.uint8)


def laid(warp, is_exact: bool) -> AlignedReference:
    return AlignedReference(warp, is_exact, lambda box, size: np.full(size, ALL_OVER, np.float32))


@pytest.fixture(scope="module")
def drawn(tiny_network, image, mask, reference):
    region = np.zeros(reference.shape[:2], bool)
    region[65:89, 80:110] = True

    def run(aligned, config=TWO_STEPS, seeds=(0,), **more):
        return repaint(
            NetworkRefiner(tiny_network),
            image,
            mask,
            reference,
            region,
            aligned,
            config,
            seeds=list(seeds),
            **more,
        )

    return run


@pytest.mark.parametrize("is_exact", [True, False])
def test_an_untrained_network_leaves_the_fitted_paste(drawn, warp, image, mask, is_exact):
    (patch,) = drawn(laid(warp, is_exact))
    part = patch.box.slices()
    warped, valid = warp(patch.box, (patch.box.height, patch.box.width))
    if is_exact:
        expected = match_light_exactly(warped, valid, image[part], mask[part]) / 255
    else:
        agreement = np.full(mask[part].shape, ALL_OVER, np.float32)
        soft = match_sharpness(warped, valid, image[part], mask[part])
        expected = match_light_roughly(soft, valid, image[part], mask[part], agreement) / 255
    assert valid.all()
    assert np.abs(patch.pixels - expected).max() < 1e-4


def test_the_paste_is_the_reference_in_the_light_of_the_image(drawn, warp, reference, mask):
    (patch,) = drawn(laid(warp, True))
    truth = (reference[15:135, 20:170] * 0.8)[patch.box.slices()] / 255
    inside = mask[patch.box.slices()]
    assert np.abs(patch.pixels - truth)[inside].mean() < 0.01


def test_the_crop_surrounds_the_mask(drawn, warp):
    (patch,) = drawn(laid(warp, True))
    box = patch.box
    assert box.left < 60 <= 90 < box.right
    assert box.top < 50 <= 74 < box.bottom
    assert patch.pixels.shape == (box.height, box.width, 3)
    assert patch.pixels.dtype == np.float32


@pytest.mark.parametrize("config", [RefinementConfig(steps=1), RefinementConfig(2, aligned_reference=False)])
def test_without_a_transform_a_patch_is_painted_too(drawn, config):
    (patch,) = drawn(None, config)
    assert patch.pixels.shape == (patch.box.height, patch.box.width, 3)
    assert patch.pixels.min() >= 0
    assert patch.pixels.max() <= 1


def test_an_aligned_reference_can_be_left_out(drawn, warp):
    config = RefinementConfig(2, aligned_reference=False)
    with_it, without = drawn(laid(warp, True), config)[0], drawn(None, config)[0]
    assert np.array_equal(with_it.pixels, without.pixels)


# Rough pastes take their light from all that is comparable, of which there is half as much.
@pytest.mark.parametrize(("is_exact", "apart"), [(True, 0.01), (False, 0.04)])
def test_where_the_reference_ends_the_network_paints_alone(drawn, warp, is_exact, apart):
    def half(box: Box, size: tuple[int, int]):
        pixels, valid = warp(box, size)
        valid[:, : size[1] // 2] = False
        return pixels, valid

    whole, part = drawn(laid(warp, is_exact))[0], drawn(laid(half, is_exact))[0]
    assert np.isfinite(part.pixels).all()
    left, top = 60 - whole.box.left, 50 - whole.box.top  # of the mask
    within = part.pixels[top + 4 : top + 20, left + 2 : left + 12]
    assert np.abs(within - 127.5 / 255).max() < 0.2  # untrained: grey, nothing assumed
    assert np.allclose(part.pixels[:, -20:], whole.pixels[:, -20:], atol=apart)


def test_each_seed_gives_a_patch_and_repeats_itself(drawn, tiny_network, monkeypatch):
    config = RefinementConfig(steps=1, aligned_reference=False, strength=0.5)
    # An untrained output layer is zero and hides the noise.
    weight = tiny_network.unet.conv_out.weight
    monkeypatch.setattr(weight, "data", weight.data + 0.05)
    first, second = drawn(None, config, (4, 5))
    assert not np.allclose(first.pixels, second.pixels, atol=1e-3)
    (alone,) = drawn(None, config, (5,))
    assert np.allclose(alone.pixels, second.pixels, atol=1e-4)
    assert np.array_equal(drawn(None, config, (5,))[0].pixels, alone.pixels)


def test_every_step_is_told(drawn, warp):
    told = []
    drawn(
        laid(warp, True),
        RefinementConfig(steps=3),
        after_step=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
