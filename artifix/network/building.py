"""A new network of random weights, built from a config."""

from dataclasses import dataclass

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from transformers import Dinov2Config, Dinov2Model

from artifix.errors import UsageError
from artifix.network.assembly import Network
from artifix.network.codec import PixelCodec, latent_channels
from artifix.network.detail import CELL_PX, DetailEncoder
from artifix.network.projection import Projection


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


def tiny_config() -> NetworkConfig:
    """Sizes of a network that is built and run in a moment: for tests, and for dry runs of a training."""
    return NetworkConfig(
        working_size_px=32,
        unet_widths=(32, 32, 32),
        attention_heads=2,
        cross_attention_width=32,
        norm_groups=8,
        encoder_width=32,
        encoder_layers=1,
        encoder_heads=2,
        detail_widths=(8, 16, 16, 16, 16),
        detail_norm_groups=4,
    )


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
