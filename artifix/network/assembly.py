"""The network's parts put together, and built anew from a config."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional
from transformers import Dinov2Config, Dinov2Model

from artifix.errors import UsageError, WeightsError
from artifix.network.attention import MatchedProcessor
from artifix.network.codec import Codec, PixelCodec, encode, latent_channels, pixel_factor
from artifix.network.detail import CELL_PX, DetailEncoder
from artifix.network.diffusion import Condition
from artifix.network.encoder import encoder_size_px, patch_tokens
from artifix.network.projection import Projection
from artifix.network.reading import follow, read


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of a network trained from scratch; the defaults are those of the bundled small weights."""

    working_size_px: int = 128  # side of the square crop the network repaints
    codec_factor: int = 4  # pixels folded per latent cell and side
    # Channels per resolution, finest first; there is attention below the finest.
    unet_widths: tuple[int, ...] = (64, 128, 192)
    layers_per_block: int = 1
    attention_heads: int = 4
    cross_attention_width: int = 192
    norm_groups: int = 32
    encoder_width: int = 128
    encoder_layers: int = 4
    encoder_heads: int = 4
    patch_px: int = 8  # side of a reference token [px]; 16 x 16 tokens
    # Of the detail encoder, at cells of 2, 4, 8, 16 and 32 px; () = none.
    detail_widths: tuple[int, ...] = (32, 64, 128, 192, 256)
    detail_norm_groups: int = 16
    aligned_channels: bool = True  # the warped reference as extra input channels
    train_timesteps: int = 1000


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
    ) -> Condition:
        """Encode what the denoiser is conditioned on.

        Args:
            crop: (B, 3, H, W) in [-1, 1], the image around the mask.
            mask: (B, 1, H, W) in {0, 1}, 1 = repaint.
            comparison: of the crop with the reference, from `compare`.
            aligned: (B, 3, H, W) in [-1, 1], the reference warped into the crop; None without a transform.
            valid: (B, 1, H, W) in {0, 1}, where `aligned` shows the reference.
        """
        factor = pixel_factor(self.codec)
        if aligned is None or valid is None:
            aligned, valid = torch.zeros_like(crop), torch.zeros_like(mask)
        # Where nothing is known of the masked part the paste is 0: mid-grey, nothing assumed.
        pasted = crop * (1 - mask) + aligned * mask * valid
        copied, share = comparison.copied, comparison.share
        if copied is None or share is None:
            copied, share = torch.zeros_like(crop), torch.zeros_like(mask)
        hole, shown = _at_latent_size(mask, factor), _at_latent_size(valid, factor)
        return Condition(
            mask=hole,
            masked=encode(self.codec, crop * (1 - mask)),
            tokens=comparison.tokens,
            # Pixels keep their own validity through the codec; a cell of the map is valid if any of them is.
            aligned=encode(self.codec, aligned * valid),
            valid=shown,
            features=comparison.features,
            matches=comparison.matches,
            readings=comparison.readings,
            skips=comparison.skips,
            copied=encode(self.codec, copied),
            # Where the aligned reference shows, it is corrected and nothing copied.
            share=functional.avg_pool2d(share, factor) * hole * (1 - shown),
            start=encode(self.codec, pasted),
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


def build_network(config: NetworkConfig) -> Network:
    """A new network of random weights, its output layer zero: it starts as a careful paste.

    Raises:
        UsageError: the detail encoder's grids fit neither tokens nor latents.
    """
    _require_fitting_grids(config)
    codec = PixelCodec(config.codec_factor)
    unet = UNet2DConditionModel(**_unet_arguments(config, latent_channels(codec)))
    torch.nn.init.zeros_(unet.conv_out.weight)
    torch.nn.init.zeros_(unet.conv_out.bias)
    return Network(
        unet=unet,
        image_encoder=build_image_encoder(config),
        projection=Projection(config.encoder_width, config.cross_attention_width),
        codec=codec,
        detail_encoder=_detail_encoder(config),
        scheduler=DDIMScheduler(
            num_train_timesteps=config.train_timesteps,
            beta_schedule="squaredcos_cap_v2",
            prediction_type="sample",
            clip_sample=False,
            rescale_betas_zero_snr=True,
            timestep_spacing="trailing",
        ),
    )


def build_image_encoder(config: NetworkConfig) -> Dinov2Model:
    """A new reference encoder of random weights."""
    return Dinov2Model(
        Dinov2Config(
            image_size=16 * config.patch_px,
            patch_size=config.patch_px,
            hidden_size=config.encoder_width,
            num_hidden_layers=config.encoder_layers,
            num_attention_heads=config.encoder_heads,
            attn_implementation="eager",  # sdpa's backward pass in bf16 on the CPU is slow
        )
    )


def _unet_arguments(config: NetworkConfig, latents: int) -> dict[str, object]:
    levels = len(config.unet_widths)
    channels = 2 * latents + 1 + (latents + 1 if config.aligned_channels else 0)
    return {
        "sample_size": config.working_size_px // config.codec_factor,
        "in_channels": channels,
        "out_channels": latents,
        "block_out_channels": config.unet_widths,
        "layers_per_block": config.layers_per_block,
        # Attention over the finest grid would cost more than all else together.
        "down_block_types": ("DownBlock2D",) + ("CrossAttnDownBlock2D",) * (levels - 1),
        "up_block_types": ("CrossAttnUpBlock2D",) * (levels - 1) + ("UpBlock2D",),
        "cross_attention_dim": config.cross_attention_width,
        "attention_head_dim": config.attention_heads,  # diffusers' name for the number of heads
        "norm_num_groups": config.norm_groups,
        "use_linear_projection": True,
    }


def _require_fitting_grids(config: NetworkConfig) -> None:
    """The detail encoder's cells must be the tokens of the reference and the U-Net's second level."""
    if not config.detail_widths:
        return
    if config.patch_px != CELL_PX:
        raise UsageError(
            f"patch_px is {config.patch_px}, but the detail encoder has a feature for each {CELL_PX} px",
            f"set patch_px to {CELL_PX}, or detail_widths to () for no detail encoder",
        )
    if 2 * config.codec_factor != CELL_PX:
        raise UsageError(
            f"codec_factor is {config.codec_factor}: the U-Net's second level has cells of "
            f"{2 * config.codec_factor} px, but the detail encoder's, which join there, have {CELL_PX} px",
            f"set codec_factor to {CELL_PX // 2}, or detail_widths to () for no detail encoder",
        )


def _detail_encoder(config: NetworkConfig) -> DetailEncoder | None:
    if not config.detail_widths:
        return None
    return DetailEncoder(
        config.detail_widths, config.cross_attention_width, config.unet_widths[:2], config.detail_norm_groups
    )


def require_values(parts: Mapping[str, object], folder: Path) -> None:
    """Raise WeightsError if the files in `folder` left a parameter of any part without a value."""
    for name, part in parts.items():
        found = part.named_parameters() if isinstance(part, torch.nn.Module) else ()
        if lacking := [parameter for parameter, value in found if value.is_meta]:
            raise WeightsError(
                f"{folder / name}: lacks the values of {lacking[0]}", "copy the whole folder of the weights"
            )
