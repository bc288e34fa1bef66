"""One look of the network: the cross-attention that crops of the image pay to pictures of the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.network.assembly import Network
from artifix.network.attention import record_attention
from artifix.network.codec import encode
from artifix.network.diffusion import predict_clean
from artifix.network.pixels import to_batch


@dataclass(frozen=True, slots=True, eq=False)
class Gaze:
    """Where and how attention is read."""

    network: Network
    layer: str  # module path of the cross-attention layer
    timestep: int  # noise level of the pass
    seed: int  # of the noise, drawn on the CPU

    def batch(self, pictures: Sequence[NDArray]) -> Tensor:
        """Pictures or masks as the network takes them."""
        return to_batch(pictures, self.network.device, self.network.dtype)

    @torch.inference_mode()
    def attend(self, crops: Tensor, masks: Tensor, references: Tensor) -> Tensor:
        """Head-averaged probabilities (B, queries, tokens) of one pass, which ends at the layer.

        Args:
            crops: (B, 3, S, S) in [-1, 1], their artifact in place.
            masks: (B, 1, S, S) in {0, 1}.
            references: (B, 3, R, R) in [-1, 1], or one for all crops.
        """
        network = self.network
        seen = encode(network.codec, crops)
        noise = torch.randn(seen.shape[1:], generator=torch.Generator().manual_seed(self.seed))
        noise = noise.expand(seen.shape).to(seen.device, seen.dtype)
        at = torch.full((len(crops),), self.timestep, dtype=torch.int64, device=network.device)
        condition = network.condition(crops, masks, network.compare(crops, references))
        with record_attention(network.unet, [self.layer], stop_after_last=True) as recorders:
            noisy = network.noisy(seen, noise, at)
            predict_clean(network.unet, network.scheduler, noisy, at, condition, network.residual)
        return recorders[self.layer].recorded.float()
