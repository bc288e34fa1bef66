"""Pixels to latents and back: a lossless pixel codec, or an autoencoder of Stable Diffusion's latents."""

from typing import Any, Final, TypeAlias

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor
from torch.nn import functional


class PixelCodec(ModelMixin, ConfigMixin):
    """Fold `factor` x `factor` pixels into channels, losslessly: every pixel reaches the network.

    Args:
        factor: side of the folded block [px]; the latents have 3 * factor ** 2 channels.
    """

    @register_to_config
    def __init__(self, factor: int = 4) -> None:
        super().__init__()
        # A checkpoint needs a tensor, and a gain on the latents is the one number a pixel codec may have.
        self.register_buffer("gain", torch.ones(1))
        self.factor = factor

    def encode(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) in [-1, 1] to (B, 3 * factor ** 2, H / factor, W / factor)."""
        return functional.pixel_unshuffle(pixels, self.factor) * self.gain

    def decode(self, latents: Tensor) -> Tensor:
        """The inverse of `encode`."""
        return functional.pixel_shuffle(latents / self.gain, self.factor)


# The tiny one speaks the latents of the other at a fraction of its time (TAESD, Bohan 2023).
Codec: TypeAlias = PixelCodec | AutoencoderKL | AutoencoderTiny
CODECS: Final[dict[str, type[Codec]]] = {
    kind.__name__: kind for kind in (PixelCodec, AutoencoderKL, AutoencoderTiny)
}


def pixel_factor(codec: Codec) -> int:
    """Side of the block of pixels that one latent cell stands for [px]."""
    if isinstance(codec, PixelCodec):
        return codec.factor
    return 2 ** (len(codec.config.block_out_channels) - 1)


def latent_channels(codec: Codec) -> int:
    """Channels of the codec's latents."""
    return 3 * codec.factor**2 if isinstance(codec, PixelCodec) else codec.config.latent_channels


def encode(codec: Codec, pixels: Tensor) -> Tensor:
    """(B, 3, H, W) pixels in [-1, 1] to latents (B, C, H / factor, W / factor); deterministic (the mode)."""
    if isinstance(codec, PixelCodec):
        return codec.encode(pixels)
    encoded: Any = codec.encode(pixels)
    found = encoded.latents if isinstance(codec, AutoencoderTiny) else encoded.latent_dist.mode()
    return found * codec.config.scaling_factor


def decode(codec: Codec, latents: Tensor) -> Tensor:
    """Latents to (B, 3, H, W) pixels, about [-1, 1]."""
    if isinstance(codec, PixelCodec):
        return codec.decode(latents)
    decoded: Any = codec.decode(latents / codec.config.scaling_factor)
    return decoded.sample
