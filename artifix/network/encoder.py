"""The reference as a grid of tokens."""

import torch
from torch import Tensor
from transformers import Dinov2Model

# The statistics DINOv2 was trained with; the bundled encoder keeps them: both sizes read the same input.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def encoder_size_px(encoder: Dinov2Model) -> int:
    """Side of the square picture the encoder reads [px]: 16 x 16 patches, as in Refine-by-Align."""
    return 16 * encoder.config.patch_size


def patch_tokens(encoder: Dinov2Model, references: Tensor) -> Tensor:
    """Encode references to their patch tokens; the class token is dropped.

    Args:
        encoder: a Dinov2Model of any size.
        references: (B, 3, S, S) in [-1, 1], S a multiple of the patch size.

    Returns:
        (B, (S / patch) ** 2, token width), in raster order over the reference.
    """
    mean = torch.tensor(IMAGENET_MEAN, device=references.device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=references.device).view(1, 3, 1, 1)
    normalised = ((references.float() + 1) / 2 - mean) / std
    return encoder(normalised.to(encoder.dtype)).last_hidden_state[:, 1:]
