"""One look of the network: the cross-attention that crops of the image pay to pictures of the reference."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.attention import tuning
from artifix.geometry import Box, Crop
from artifix.network.assembly import Network
from artifix.network.attention import RecordingProcessor, record_attention
from artifix.network.codec import encode
from artifix.network.diffusion import Condition
from artifix.network.pixels import to_batch
from artifix.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What one pass looks at."""

    crops: list[Crop]  # of the image
    reference_crop: Crop  # of the reference
    masks: list[NDArray[np.bool_]]  # (S, S) each, of the crops
    pixels: Tensor  # (B, 3, S, S) in [-1, 1], the crops, their artifact in place
    holes: Tensor  # (B, 1, S, S) in {0, 1}, the masks
    shown: Tensor  # (1, 3, R, R) in [-1, 1], the part of the reference, for all crops


def cut_out(network: Network, scene: Scene, boxes: Sequence[Box], reference_box: Box) -> Cut:
    """Cut out what is to be looked at.

    Args:
        network: which is to look.
        scene: what to cut from; its mask has a True pixel.
        boxes: crops of the image, squares that may reach beyond it.
        reference_box: part of the reference, a square that may reach beyond it.
    """
    place = network.device, network.dtype
    crops = [Crop(box, (network.working_size_px,) * 2) for box in boxes]
    reference_crop = Crop(reference_box, (network.reference_size_px,) * 2)
    shares = [crop.share(scene.mask) for crop in crops]
    # Of a thin line little is left.
    masks = [share > min(tuning.ATTENTION.masked_share, float(share.max()) / 2) for share in shares]
    return Cut(
        crops=crops,
        reference_crop=reference_crop,
        masks=masks,
        pixels=to_batch([crop.cut(scene.image) for crop in crops], *place),
        holes=to_batch(masks, *place),
        shown=to_batch([reference_crop.cut(scene.reference)], *place),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A cut, encoded: what is the same for every layer and noise level."""

    network: Network
    cut: Cut
    latents: Tensor  # (B, C, h, w) of the crops
    noise: Tensor  # (B, C, h, w) standard normal, the same for all crops
    condition: Condition

    def beside(self, shown: Tensor) -> "Prepared":
        """The same crops, not encoded again, beside another view (1, 3, R, R) of the reference."""
        seen = self.network.compare(self.cut.pixels, shown)
        return replace(self, condition=self.condition.beside(seen.tokens, seen.features, seen.matches))

    def noisy(self, timestep: int) -> Tensor:
        """(B, C, h, w) the crops' latents, noised to `timestep` with their artifact in place."""
        return self.network.noisy(self.latents, self.noise, self._at(timestep))

    def attend(self, layers: Sequence[str], noisy: Tensor, timestep: int) -> dict[str, Tensor]:
        """What one pass, which ends at the last of the layers, attends to.

        Args:
            layers: module paths of cross-attention layers in execution order.
            noisy: (B, C, h, w) latents at `timestep`.
            timestep: of the training schedule.

        Returns:
            Head-averaged probabilities (B, queries, tokens), float32, by layer.
        """
        with record_attention(self.network.unet, layers, stop_after_last=True) as recorders:
            self._predict(noisy, timestep)
        return _recorded(recorders)

    def predict(
        self, layers: Sequence[str], noisy: Tensor, timestep: int
    ) -> tuple[dict[str, Tensor], Tensor]:
        """As `attend`, of a whole pass, and the clean latents (B, C, h, w) that it predicts."""
        with record_attention(self.network.unet, layers) as recorders:
            clean = self._predict(noisy, timestep)
        return _recorded(recorders), clean

    def _predict(self, noisy: Tensor, timestep: int) -> Tensor:
        return self.network.denoiser.predict_clean(noisy, self._at(timestep), self.condition)

    def _at(self, timestep: int) -> Tensor:
        return torch.full((len(self.latents),), timestep, dtype=torch.int64, device=self.network.device)


def _recorded(recorders: dict[str, RecordingProcessor]) -> dict[str, Tensor]:
    return {layer: recorder.recorded.float() for layer, recorder in recorders.items()}


Encoded = dict[Box, tuple[Tensor, Tensor]]  # latents of a crop, (1, C, h, w), and of it without its mask


@torch.inference_mode()
def prepare(network: Network, cut: Cut, seed: int, known: Encoded | None = None) -> Prepared:
    """Encode a cut.

    Args:
        network: what encodes.
        cut: crops, and a part of the reference.
        seed: of the noise, which is drawn on the CPU.
        known: crops of the same image and mask that are encoded already; these are added. An autoencoder
            takes about as long for a crop as the U-Net.
    """
    seen, masked = _encoded(network, cut, {} if known is None else known)
    noise = torch.randn(seen.shape[1:], generator=torch.Generator().manual_seed(seed))
    return Prepared(
        network=network,
        cut=cut,
        latents=seen,
        noise=noise.expand(seen.shape).to(seen.device, seen.dtype),
        condition=network.condition(
            cut.pixels, cut.holes, network.compare(cut.pixels, cut.shown), masked=masked
        ),
    )


def _encoded(network: Network, cut: Cut, known: Encoded) -> tuple[Tensor, Tensor]:
    """(B, C, h, w) latents of the crops, and of the crops without their masks."""
    new = [i for i, crop in enumerate(cut.crops) if crop.box not in known]
    if new:
        pixels, holes = cut.pixels[new], cut.holes[new]
        pairs = encode(network.codec, pixels), encode(network.codec, pixels * (1 - holes))
        rows = zip(*(part.split(1) for part in pairs), strict=True)
        known.update(zip((cut.crops[i].box for i in new), rows, strict=True))
    seen, masked = zip(*(known[crop.box] for crop in cut.crops), strict=True)
    return torch.cat(seen), torch.cat(masked)


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Where and how attention is read, for one mask group of an image."""

    network: Network
    layer: str  # module path of the cross-attention layer
    timestep: int  # noise level of the pass
    seed: int  # of the noise, drawn on the CPU
    known: Encoded = field(default_factory=dict)  # crops of the one image and mask that it is for

    def prepare(self, cut: Cut) -> Prepared:
        """Encode a cut."""
        return prepare(self.network, cut, self.seed, self.known)

    @torch.inference_mode()
    def attend(self, prepared: Prepared) -> Tensor:
        """Head-averaged probabilities (B, queries, tokens) of one pass, which ends at the layer."""
        return prepared.attend([self.layer], prepared.noisy(self.timestep), self.timestep)[self.layer]
