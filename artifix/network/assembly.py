"""The network's parts put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional
from transformers import Dinov2Model

from artifix.errors import WeightsError
from artifix.network.attention import MatchedProcessor
from artifix.network.codec import Codec, PixelCodec, encode, pixel_factor
from artifix.network.detail import CELL_PX, DetailEncoder
from artifix.network.diffusion import Condition, Denoiser, has_aligned_channels
from artifix.network.encoder import encoder_size_px, patch_tokens
from artifix.network.match_field import follow, read
from artifix.network.projection import Projection


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What is seen in crops and references side by side."""

    tokens: Tensor  # (B, N, cross-attention width) of the references, raster order
    features: tuple[Tensor, ...] = ()  # of the crops, for the U-Net; see Condition
    matches: tuple[Tensor, ...] = ()  # of the crops' cells with the tokens; see Condition
    readings: tuple[Tensor, ...] = ()  # of the references where they match the crops; see Condition
    skips: tuple[Tensor, ...] = ()
    copied: Tensor | None = None  # (B, 3, S, S) in [-1, 1], the references where they match the crops
    share: Tensor | None = None  # (B, 1, S, S) in [0, 1], how much is copied from there


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The parts both stages use; owned by the pipeline.

    With a detail encoder, the U-Net's cross-attention starts from its matches.
    """

    unet: UNet2DConditionModel
    image_encoder: Dinov2Model
    projection: Projection
    codec: Codec
    scheduler: DDIMScheduler
    detail_encoder: DetailEncoder | None = None
    residual: bool = True  # the output corrects the starting estimate

    def __post_init__(self) -> None:
        if self.detail_encoder is not None:
            self.unet.set_attn_processor(MatchedProcessor())

    @property
    def parts(self) -> list[torch.nn.Module]:
        """Those that have weights, trained or not."""
        values = (self.unet, self.image_encoder, self.projection, self.codec, self.detail_encoder)
        return [value for value in values if value is not None]

    @property
    def denoiser(self) -> Denoiser:
        """The U-Net with its noise schedule: what predicts and samples."""
        return Denoiser(self.unet, self.scheduler, self.residual)

    @property
    def device(self) -> torch.device:
        return self.unet.device

    @property
    def dtype(self) -> torch.dtype:
        return self.unet.dtype

    @property
    def working_size_px(self) -> int:
        """Side of the square crop the U-Net was trained on."""
        return self.unet.config.sample_size * pixel_factor(self.codec)

    @property
    def reference_size_px(self) -> int:
        """Side of the square picture the reference encoder reads."""
        return encoder_size_px(self.image_encoder)

    @property
    def is_lossless(self) -> bool:
        """Whether the codec gives pixels back exactly, so that losses may be taken on pixels."""
        return isinstance(self.codec, PixelCodec)

    def compare(self, crops: Tensor, references: Tensor, unknown: Tensor | None = None) -> Comparison:
        """Look at crops and references, both (B, 3, S, S) in [-1, 1]; one reference may serve all crops.

        Args:
            crops: as matching should see them: with their artifact, or with what is known to belong there.
            references: of any batch the crops' can be expanded from.
            unknown: (B, 1, S, S) in {0, 1}, where the U-Net must not see what the crops show. None: nowhere,
                and the references need not be read to paint them.
        """
        tokens = self.projection(patch_tokens(self.image_encoder, references))
        if self.detail_encoder is None:
            return Comparison(tokens.expand(len(crops), -1, -1))
        encoder = self.detail_encoder
        seen, reference = encoder(crops), encoder(references)
        tokens = (tokens + encoder.tokens(reference)).expand(len(crops), -1, -1)
        logits = encoder.match_logits(seen, reference)
        matches = _coarser(logits, len(self.unet.config.block_out_channels) - 1)
        if unknown is None:
            return Comparison(tokens, encoder.residuals(seen), matches)
        references = references.expand(len(crops), -1, -1, -1)
        field = follow(
            logits, references, crops.shape[-1], lambda bent: encoder.match_logits(seen, encoder(bent))
        )
        reading = read(crops, references, 1 - unknown, field)
        shown = seen * (1 - functional.max_pool2d(unknown, CELL_PX)).to(seen.dtype)
        return Comparison(
            tokens,
            encoder.residuals(shown),
            matches,
            *encoder.readings(reading),
            copied=reading.pictures.to(crops.dtype),
            share=reading.share.to(crops.dtype),
        )

    def condition(
        self,
        crop: Tensor,
        mask: Tensor,
        comparison: Comparison,
        aligned: Tensor | None = None,
        valid: Tensor | None = None,
        masked: Tensor | None = None,
    ) -> Condition:
        """Encode what the denoiser is conditioned on.

        Args:
            crop: (B, 3, H, W) in [-1, 1], the image around the mask.
            mask: (B, 1, H, W) in {0, 1}, 1 = repaint.
            comparison: of the crop with the reference, from `compare`.
            aligned: (B, 3, H, W) in [-1, 1], the reference warped into the crop; None without a transform.
            valid: (B, 1, H, W) in {0, 1}, where `aligned` shows the reference.
            masked: (B, C, h, w) latents of the crop without its mask, where they are known already.
        """
        factor = pixel_factor(self.codec)
        if masked is None:
            masked = encode(self.codec, crop * (1 - mask))
        hole = _at_latent_size(mask, factor)
        # Where nothing is known of the masked part the paste is 0: mid-grey, nothing assumed. An autoencoder
        # takes as long as many passes of the U-Net, so that nothing is encoded twice, or to no purpose.
        laid, shown, start = torch.zeros_like(masked), torch.zeros_like(hole), masked
        if aligned is not None and valid is not None:
            shown = _at_latent_size(valid, factor)
            start = encode(self.codec, crop * (1 - mask) + aligned * mask * valid)
            if has_aligned_channels(self.unet):
                # Pixels keep their own validity through the codec; a cell is valid if any of them is. Of a
                # crop without any, nothing is known.
                known = shown.flatten(1).amax(1).view(-1, 1, 1, 1) > 0
                laid = encode(self.codec, aligned * valid) * known
        copied, share = torch.zeros_like(masked), torch.zeros_like(hole)
        if comparison.copied is not None and comparison.share is not None:
            copied = encode(self.codec, comparison.copied)
            # Where the aligned reference shows, it is corrected and nothing copied.
            share = functional.avg_pool2d(comparison.share, factor) * hole * (1 - shown)
        return Condition(
            mask=hole,
            masked=masked,
            tokens=comparison.tokens,
            aligned=laid,
            valid=shown,
            features=comparison.features,
            matches=comparison.matches,
            readings=comparison.readings,
            skips=comparison.skips,
            copied=copied,
            share=share,
            start=start,
        )

    def noisy(self, latents: Tensor, noise: Tensor, timestep: Tensor) -> Tensor:
        """Latents noised to `timestep` (B,) of the training schedule."""
        return self.scheduler.add_noise(latents, noise, timestep)


def _coarser(logits: Tensor, levels: int) -> tuple[Tensor, ...]:
    """Logits (B, queries, N) of a square grid of queries, and their means over grids of half the side."""
    side = round(logits.shape[1] ** 0.5)
    maps = logits.transpose(1, 2).unflatten(2, (side, side))  # (B, N, side, side)
    pooled = [functional.avg_pool2d(maps, 2**level) for level in range(levels) if side >> level]
    return tuple(level.flatten(2).transpose(1, 2) for level in pooled)


def _at_latent_size(mask: Tensor, factor: int) -> Tensor:
    return functional.max_pool2d(mask, factor)


def require_values(parts: Mapping[str, object], folder: Path) -> None:
    """Raise WeightsError if the files in `folder` left a parameter of any part without a value."""
    for name, part in parts.items():
        found = part.named_parameters() if isinstance(part, torch.nn.Module) else ()
        if lacking := [parameter for parameter, value in found if value.is_meta]:
            raise WeightsError(
                f"{folder / name}: lacks the values of {lacking[0]}", "copy the whole folder of the weights"
            )
