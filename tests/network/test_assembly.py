from dataclasses import replace

import pytest
import torch

from artifix.network.building import build_network, tiny_config
from artifix.network.codec import decode, encode
from artifix.network.diffusion import has_aligned_channels, unet_input


def test_sizes_follow_from_the_config(tiny):
    network = tiny.network
    assert (network.working_size_px, network.reference_size_px) == (32, 128)
    assert network.is_lossless
    assert network.unet.config.in_channels == 48 + 1 + 48 + 48 + 1


def test_bundled_config_is_small_enough_to_ship(bundled):
    parts = (bundled.unet, bundled.image_encoder, bundled.projection, bundled.detail_encoder)
    numbers = sum(p.numel() for part in parts for p in part.parameters())
    assert 10e6 < numbers < 32e6  # at two bytes each below 64 MB


def test_network_without_aligned_channels_is_a_plain_inpainting_network():
    network = build_network(replace(tiny_config(), aligned_channels=False))
    assert not has_aligned_channels(network.unet)
    assert network.unet.config.in_channels == 48 + 1 + 48


@torch.no_grad()
def test_tokens_have_the_cross_attention_width(tiny):
    assert tiny.network.compare(tiny.crop, tiny.reference).tokens.shape == (2, 256, 32)


@torch.no_grad()
def test_condition_hides_the_masked_pixels(tiny):
    condition = tiny.condition()
    masked = decode(tiny.network.codec, condition.masked)
    assert torch.equal(masked, tiny.crop * (1 - tiny.mask))


@torch.no_grad()
def test_start_is_the_aligned_reference_pasted_into_the_crop(tiny):
    start = decode(tiny.network.codec, tiny.condition().start)
    expected = torch.where(tiny.mask > 0, tiny.aligned * tiny.valid, tiny.crop)
    assert torch.equal(start, expected)


@torch.no_grad()
def test_without_an_aligned_reference_the_start_is_grey_in_the_mask(tiny):
    condition = tiny.condition(with_aligned=False)
    start = decode(tiny.network.codec, condition.start)
    assert torch.equal(start, tiny.crop * (1 - tiny.mask))
    assert not condition.valid.any()
    assert not condition.aligned.any()


@pytest.mark.parametrize(("with_aligned", "times"), [(False, 1), (True, 2)])
def test_an_autoencoder_encodes_no_picture_twice(full_shaped, monkeypatch, with_aligned, times):
    """The crop without its mask, and with the paste in it; the U-Net has no channels for the paste alone."""
    seen, encode_ = [], full_shaped.network.codec.encode
    monkeypatch.setattr(full_shaped.network.codec, "encode", lambda x: seen.append(x) or encode_(x))
    full_shaped.condition(with_aligned)
    assert len(seen) == times


@torch.no_grad()
def test_nothing_is_known_of_a_crop_without_a_valid_pixel(tiny):
    comparison = tiny.network.compare(tiny.crop, tiny.reference)
    valid = tiny.valid.clone()
    valid[1] = 0
    condition = tiny.network.condition(tiny.crop, tiny.mask, comparison, tiny.aligned, valid)
    assert condition.aligned[0].abs().max() > 0
    assert not condition.aligned[1].any()
    assert torch.equal(condition.start[1], condition.masked[1])


@torch.no_grad()
def test_one_masked_pixel_masks_its_whole_latent_cell(tiny):
    mask = torch.zeros_like(tiny.mask)
    mask[:, :, 5, 9] = 1
    comparison = tiny.network.compare(tiny.crop, tiny.reference)
    cells = tiny.network.condition(tiny.crop, mask, comparison).mask
    assert cells[0, 0].nonzero().tolist() == [[1, 2]]


@torch.no_grad()
def test_input_channels_are_ordered_as_stable_diffusion_orders_them(tiny):
    condition = tiny.condition()
    noisy = torch.randn_like(condition.start)
    joined = unet_input(tiny.network.unet, noisy, condition)
    parts = (noisy, condition.mask, condition.masked, condition.aligned, condition.valid)
    assert all(map(torch.equal, joined.split([48, 1, 48, 48, 1], dim=1), parts))


def test_noise_hides_everything_at_the_last_timestep_and_nearly_nothing_at_the_first(tiny):
    latents = encode(tiny.network.codec, tiny.crop)
    noise = torch.randn_like(latents)
    last, first = (tiny.network.noisy(latents, noise, torch.full((2,), t)) for t in (999, 0))
    assert torch.allclose(last, noise, atol=1e-6)
    assert (first - latents).abs().mean() < 0.02
