"""Fine detail of image and reference, seen with the same eyes.

A vision transformer trained on little data tells shapes apart long before it tells print apart, and tokens of
8 or 14 px lose what is finer. This small convolutional encoder runs over the reference and over the crop
alike: to the reference's tokens it adds what they lack, and into the U-Net it feeds the crop in the same
terms, so the cross-attention compares like with like. What it is worth is measured in docs/training-log.md.
"""

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional

from artifix.network.match_field import EVIDENCE, Reading

CELL_PX = 8  # side of a cell of the features
PIXELS = 3 * CELL_PX**2  # samples of a cell
FINE_PX = CELL_PX // 2  # side of a cell of the U-Net's finest level


class _Residual(nn.Module):
    """Two convolutions beside a skip; starts as the identity."""

    def __init__(self, width: int, norm_groups: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(norm_groups, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(norm_groups, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )
        nn.init.zeros_(self.get_parameter("layers.5.weight"))

    def forward(self, features: Tensor) -> Tensor:
        return features + self.layers(features)


class DetailEncoder(ModelMixin, ConfigMixin):
    """Features of a picture on a grid of 8 px cells: what was learned of each cell, and its pixels.

    Args:
        widths: channels at 2, 4, 8, 16 and 32 px cells; the coarse ones bring context to the 8 px cells.
        token_width: channels of the reference's tokens, which the features are added to.
        unet_widths: channels of the U-Net where the crop's features join it: before its first attention and
            after.
        norm_groups: of the group norms.
    """

    @register_to_config
    def __init__(
        self,
        widths: tuple[int, ...] = (32, 64, 128, 192, 256),
        token_width: int = 192,
        unet_widths: tuple[int, ...] = (64, 128),
        norm_groups: int = 16,
    ) -> None:
        super().__init__()
        finest, fine, cell, coarse, coarsest = widths
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, finest, 3, padding=1),
            _Residual(finest, norm_groups),
            nn.Conv2d(finest, fine, 4, 2, 1),
            _Residual(fine, norm_groups),
            nn.Conv2d(fine, cell, 4, 2, 1),
            *(_Residual(cell, norm_groups) for _ in range(2)),
        )
        self.down_16 = _lower(cell, coarse, norm_groups)
        self.down_32 = _lower(coarse, coarsest, norm_groups)
        self.up_16, self.mix_16 = nn.Conv2d(coarsest, coarse, 1), _Residual(coarse, norm_groups)
        self.up_8 = nn.Conv2d(coarse, cell, 1)
        self.mix_8 = nn.Sequential(*(_Residual(cell, norm_groups) for _ in range(2)))
        self.norm = nn.GroupNorm(norm_groups, cell)
        self.to_match = nn.Conv2d(cell, cell, 1)
        self.to_tokens = nn.Conv2d(cell + PIXELS, token_width, 1)
        self.to_unet = nn.ModuleList(nn.Conv2d(cell + PIXELS, width, 1) for width in unet_widths)
        self.reading_to_unet = nn.ModuleList(
            nn.Conv2d(PIXELS + EVIDENCE, width, 3, padding=1) for width in unet_widths
        )
        # Of the U-Net's first two skips, both of its finest level.
        self.reading_to_skips = nn.ModuleList(
            nn.Conv2d(3 * FINE_PX**2 + EVIDENCE, unet_widths[0], 3, padding=1) for _ in range(2)
        )
        self.log_sharpness = nn.Parameter(torch.tensor(2.3))

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) in [-1, 1] to features (B, C + 192, S / 8, S / 8), S a multiple of 32."""
        pictures = pictures.to(self.to_tokens.weight.dtype)
        cell = self.stem(pictures)
        coarse = self.down_16(cell)
        coarse = self.mix_16(coarse + _doubled(self.up_16(self.down_32(coarse))))
        learned = self.norm(self.mix_8(cell + _doubled(self.up_8(coarse))))
        return torch.cat([learned, functional.pixel_unshuffle(pictures, CELL_PX).to(learned.dtype)], 1)

    def tokens(self, features: Tensor) -> Tensor:
        """What the features add to the reference's tokens: (B, cells, token_width), raster order."""
        return self.to_tokens(features).flatten(2).transpose(1, 2)

    def residuals(self, features: Tensor) -> tuple[Tensor, ...]:
        """What the features add to the U-Net, before its first attention and after; (B, width, h, w) each."""
        return tuple(layer(features) for layer in self.to_unet)

    def readings(self, reading: Reading) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """What a reading adds to the U-Net: where `residuals` join, and to the skips of its finest level."""
        coarse, fine = (reading.folded(side).to(self.dtype) for side in (CELL_PX, FINE_PX))
        return (
            tuple(layer(coarse) for layer in self.reading_to_unet),
            tuple(layer(fine) for layer in self.reading_to_skips),
        )

    def match_logits(self, crop: Tensor, reference: Tensor) -> Tensor:
        """How alike the cells of two feature grids are: (B, crop cells, reference cells), a softmax from
        match probabilities.
        """
        query, key = (self._descriptors(features) for features in (crop, reference))
        return query @ key.transpose(1, 2) * self.log_sharpness.exp()

    def _descriptors(self, features: Tensor) -> Tensor:
        """Unit vectors (B, cells, C) that are alike where two pictures show the same spot."""
        learned = self.to_match(features[:, :-PIXELS])
        return functional.normalize(learned.float().flatten(2), dim=1).transpose(1, 2)


def _lower(width: int, following: int, norm_groups: int) -> nn.Sequential:
    """To cells of twice the side."""
    return nn.Sequential(
        nn.Conv2d(width, following, 4, 2, 1), *(_Residual(following, norm_groups) for _ in range(2))
    )


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2, mode="nearest")
