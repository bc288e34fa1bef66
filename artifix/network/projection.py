"""From the reference encoder's tokens to the width of the U-Net's cross-attention."""

from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn


class Projection(ModelMixin, ConfigMixin):
    """The MLP of Refine-by-Align: each token is projected alone, so the grid stays a map of the reference.

    Args:
        token_width: channels of the encoder's tokens.
        cross_attention_width: channels the U-Net attends to.
    """

    @register_to_config
    def __init__(self, token_width: int, cross_attention_width: int) -> None:
        super().__init__()
        hidden_width = max(token_width, cross_attention_width)
        self.layers = nn.Sequential(
            nn.LayerNorm(token_width),
            nn.Linear(token_width, hidden_width),
            nn.GELU(),
            nn.Linear(hidden_width, cross_attention_width),
            nn.LayerNorm(cross_attention_width),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N, token_width) to (B, N, cross_attention_width)."""
        return self.layers(tokens)
