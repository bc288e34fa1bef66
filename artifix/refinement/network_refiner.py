"""The paper's network as a painter: it corrects the careful paste, or paints after the matching part."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.config import RefinementConfig
from artifix.geometry import resize
from artifix.network.assembly import Network
from artifix.network.codec import decode
from artifix.network.diffusion import Condition
from artifix.network.pixels import to_batch, to_pictures
from artifix.refinement.refiner import AfterStep, Canvas, Paste, Sampling


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRefiner:
    """Works at the network's own size and predicts a correction of the paste.

    The correction alone is enlarged to the image's resolution, so that the reference's detail is kept however
    large the mask is.
    """

    network: Network

    @property
    def sampling(self) -> Sampling:
        """One step: this network is best with one (docs/measuring.md)."""
        return Sampling(steps=1, guidance_scale=1.0, strength=1.0)

    def paint(
        self, canvas: Canvas, config: RefinementConfig, seeds: list[int], after_step: AfterStep
    ) -> list[NDArray[np.float32]]:
        """See `Refiner`."""
        condition = self._condition(canvas)
        sampling = self.sampling.chosen(config)
        if canvas.paste is None:  # there is nothing to start from but noise
            sampling = replace(sampling, strength=1.0)
        drawn = self._draw(condition, sampling, seeds, after_step)
        start = self._pictures(condition.start)[0]
        corrections = config.correction * (drawn - start)
        size = canvas.mask.shape[0], canvas.mask.shape[1]
        return [_enlarged(*pair, canvas.paste, size) for pair in zip(drawn, corrections, strict=True)]

    @torch.inference_mode()
    def _condition(self, canvas: Canvas) -> Condition:
        network, paste = self.network, canvas.paste
        place = network.device, network.dtype
        size = (network.working_size_px,) * 2
        reference = to_batch([canvas.region_picture(network.reference_size_px)], *place)
        small, hole = (
            to_batch([resize(canvas.crop, size)], *place),
            to_batch([resize(canvas.mask.astype(np.float32), size) > 0], *place),
        )
        if paste is None:
            return network.condition(small, hole, network.compare(small, reference, hole))
        aligned, valid = (
            to_batch([resize(part, size)], *place) for part in (paste.pixels, paste.foreground > 0.5)
        )
        # Matching sees the paste where there is one and the artifact where there is none.
        known = hole * valid
        comparison = network.compare(torch.where(known > 0, aligned, small), reference, hole - known)
        return network.condition(small, hole, comparison, aligned, valid)

    @torch.inference_mode()
    def _draw(
        self, condition: Condition, sampling: Sampling, seeds: list[int], after_step: AfterStep
    ) -> NDArray[np.float32]:
        """(seeds, S, S, 3) pictures on the scale of [0, 255]."""
        shape = condition.masked.shape[1:]
        # Each seed draws its own noise on the CPU: devices and batch sizes start alike.
        noise = torch.stack(
            [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        )
        latents = self.network.denoiser.sample(
            noise.to(self.network.device, self.network.dtype),
            condition.repeated(len(seeds)),
            steps=sampling.steps,
            guidance_scale=sampling.guidance_scale,
            strength=sampling.strength,
            after_step=after_step,
        )
        return self._pictures(latents)

    @torch.inference_mode()
    def _pictures(self, latents: Tensor) -> NDArray[np.float32]:
        """Latents to (B, S, S, 3) pictures on the scale of [0, 255]."""
        return to_pictures(decode(self.network.codec, latents))


def _enlarged(
    picture: NDArray[np.float32],
    correction: NDArray[np.float32],
    paste: Paste | None,
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """The patch at the image's size, in [0, 1]: the paste corrected, and the picture where there is none."""
    if paste is None:
        full = resize(picture, size)
    else:  # in place: such arrays of a large crop are a hundred megabytes each
        full = resize(correction, size)
        full += paste.pixels
        if paste.foreground.min() < 1:
            full *= paste.foreground[..., None]
            drawn = resize(picture, size)
            drawn *= 1 - paste.foreground[..., None]
            full += drawn
    full = np.asarray(full, np.float32)
    full /= 255
    return np.asarray(np.clip(full, 0, 1, out=full), np.float32)
