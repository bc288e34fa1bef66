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

CELL_PX = 8  # side of a cell of the features


class _Residual(nn.Module):
    """Two convolutions beside a skip; starts as the identity."""

    def __init__(self, width: int, dilation: int, norm_groups: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(norm_groups, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation),
            nn.GroupNorm(norm_groups, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )
        nn.init.zeros_(self.get_parameter("layers.5.weight"))

    def forward(self, features: Tensor) -> Tensor:
        return features + self.layers(features)


class DetailEncoder(ModelMixin, ConfigMixin):
    """Features of a picture on a grid of 8 px cells.

    Args:
        widths: channels at 2, 4 and 8 px cells.
        token_width: channels of the reference's tokens, which the features are added to.
        unet_width: channels of the U-Net where the crop's features join it.
        norm_groups: of the group norms.
    """

    @register_to_config
    def __init__(
        self,
        widths: tuple[int, int, int] = (32, 64, 128),
        token_width: int = 128,
        unet_width: int = 128,
        norm_groups: int = 16,
    ) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.trunk = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, fine, 3, padding=1),
            _Residual(fine, 1, norm_groups),
            nn.Conv2d(fine, middle, 4, 2, 1),
            _Residual(middle, 1, norm_groups),
            nn.Conv2d(middle, coarse, 4, 2, 1),
            *(_Residual(coarse, dilation, norm_groups) for dilation in (1, 2, 1, 4)),
            nn.GroupNorm(norm_groups, coarse),
        )
        self.to_tokens = nn.Conv2d(coarse, token_width, 1)
        self.to_unet = nn.Conv2d(coarse, unet_width, 1)
        self.log_sharpness = nn.Parameter(torch.tensor(2.3))

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) in [-1, 1] to features (B, C, S / 8, S / 8)."""
        return self.trunk(pictures.to(self.to_unet.weight.dtype))

    def tokens(self, features: Tensor) -> Tensor:
        """What the features add to the reference's tokens: (B, cells, token_width), raster order."""
        return self.to_tokens(features).flatten(2).transpose(1, 2)

    def similarity(self, crop: Tensor, reference: Tensor) -> Tensor:
        """Match probabilities (B, crop cells, reference cells) of two feature grids; rows sum to 1."""
        query, key = (functional.normalize(f.float().flatten(2), dim=1) for f in (crop, reference))
        return (query.transpose(1, 2) @ key * self.log_sharpness.exp()).softmax(-1)
