import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.network.codec import PixelCodec, decode, encode, latent_channels, pixel_factor


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(0, 2**31))
def test_pixel_codec_gives_the_pixels_back_bit_for_bit(factor, rows, columns, count, seed):
    random = torch.Generator().manual_seed(seed)
    pixels = torch.rand(count, 3, rows * factor, columns * factor, generator=random) * 2 - 1
    codec = PixelCodec(factor)
    latents = encode(codec, pixels)
    assert latents.shape == (count, 3 * factor**2, rows, columns)
    assert torch.equal(decode(codec, latents), pixels)


def test_pixel_codec_with_a_gain_still_inverts():
    codec = PixelCodec(4)
    codec.gain.fill_(0.5)
    pixels = torch.rand(1, 3, 8, 8)
    assert torch.allclose(codec.encode(pixels).amax(), pixels.amax() / 2)
    assert torch.equal(decode(codec, encode(codec, pixels)), pixels)


def test_pixel_codec_refuses_sizes_that_do_not_fold():
    with pytest.raises(RuntimeError):
        encode(PixelCodec(4), torch.zeros(1, 3, 10, 8))


def test_pixel_codec_survives_saving(tmp_path):
    PixelCodec(2).save_pretrained(tmp_path)
    codec = PixelCodec.from_pretrained(tmp_path, use_safetensors=True)
    assert (pixel_factor(codec), latent_channels(codec)) == (2, 12)


@torch.no_grad()
def test_autoencoder_goes_through_the_same_functions(autoencoder):
    codec = autoencoder
    pixels = torch.rand(2, 3, 32, 48) * 2 - 1
    latents = encode(codec, pixels)
    assert (pixel_factor(codec), latent_channels(codec)) == (8, 4)
    assert latents.shape == (2, 4, 4, 6)
    assert decode(codec, latents).shape == pixels.shape


@torch.no_grad()
def test_autoencoder_encodes_deterministically_and_scaled(autoencoder):
    codec = autoencoder
    pixels = torch.rand(1, 3, 16, 16)
    latents = encode(codec, pixels)
    assert torch.equal(latents, encode(codec, pixels))
    assert torch.equal(latents, codec.encode(pixels).latent_dist.mean * codec.config.scaling_factor)
