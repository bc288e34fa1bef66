"""One look of the network: the cross-attention that crops of the image pay to pictures of the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.alignment.scene import Scene
from artifix.geometry import Box, Crop
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

    def cut(self, scene: Scene, boxes: Sequence[Box], reference_box: Box) -> "Cut":
        """Cut out what is to be looked at.

        Args:
            scene: what to cut from; its mask has a True pixel.
            boxes: crops of the image, squares that may reach beyond it.
            reference_box: part of the reference, a square that may reach beyond it.
        """
        place = self.network.device, self.network.dtype
        crops = [Crop(box, (self.network.working_size_px,) * 2) for box in boxes]
        reference_crop = Crop(reference_box, (self.network.reference_size_px,) * 2)
        masks = [crop.cut(scene.mask.astype(np.float32)) > 0.25 for crop in crops]
        return Cut(
            crops=crops,
            reference_crop=reference_crop,
            masks=masks,
            pixels=to_batch([crop.cut(scene.image) for crop in crops], *place),
            holes=to_batch(masks, *place),
            shown=to_batch([reference_crop.cut(scene.reference)], *place),
        )

    @torch.inference_mode()
    def attend(self, cut: "Cut") -> Tensor:
        """Head-averaged probabilities (B, queries, tokens) of one pass, which ends at the layer."""
        network = self.network
        seen = encode(network.codec, cut.pixels)
        noise = torch.randn(seen.shape[1:], generator=torch.Generator().manual_seed(self.seed))
        noise = noise.expand(seen.shape).to(seen.device, seen.dtype)
        at = torch.full((len(seen),), self.timestep, dtype=torch.int64, device=network.device)
        condition = network.condition(cut.pixels, cut.holes, network.compare(cut.pixels, cut.shown))
        with record_attention(network.unet, [self.layer], stop_after_last=True) as recorders:
            noisy = network.noisy(seen, noise, at)
            predict_clean(network.unet, network.scheduler, noisy, at, condition, network.residual)
        return recorders[self.layer].recorded.float()


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What one pass looks at."""

    crops: list[Crop]  # of the image
    reference_crop: Crop  # of the reference
    masks: list[NDArray[np.bool_]]  # (S, S) each, of the crops
    pixels: Tensor  # (B, 3, S, S) in [-1, 1], the crops, their artifact in place
    holes: Tensor  # (B, 1, S, S) in {0, 1}, the masks
    shown: Tensor  # (1, 3, R, R) in [-1, 1], the part of the reference, for all crops
