"""Stable Diffusion for inpainting as a harmoniser of the paste, its reference shown through an IP-Adapter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline, StableDiffusionXLInpaintPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from artifix.base_models import tuning
from artifix.base_models.painting import Job, Sizes, Steps, paint_each
from artifix.config import RefinementConfig
from artifix.errors import InputError
from artifix.refinement.refiner import AfterStep, Canvas, Sampling

InpaintPipeline: TypeAlias = StableDiffusionInpaintPipeline | StableDiffusionXLInpaintPipeline
PROMPT = ""  # the reference says what is to be seen
MULTIPLE_PX = 8  # a latent cell stands for so many pixels


@dataclass(frozen=True, slots=True, eq=False)
class StableDiffusionRefiner:
    """Starts from the paste and paints it into the picture around it."""

    pipeline: InpaintPipeline
    prompt: Mapping[str, Tensor]  # embedded: as keywords of the pipeline's call
    device: torch.device  # where it computes, wherever its parts lie meanwhile
    has_adapter: bool

    @property
    def dtype(self) -> torch.dtype:
        return self.pipeline.unet.dtype

    @property
    def sampling(self) -> Sampling:
        """A few steps from the paste."""
        tuned = tuning.BASE_MODELS
        return Sampling(tuned.sd_steps, tuned.sd_guidance, tuned.sd_strength)

    @property
    def sizes(self) -> Sizes:
        """About those that the model was trained at."""
        tuned = tuning.BASE_MODELS
        if isinstance(self.pipeline, StableDiffusionXLInpaintPipeline):
            return Sizes(tuned.sdxl_px, tuned.sdxl_px, MULTIPLE_PX)
        return Sizes(tuned.sd_least_px, tuned.sd_most_px, MULTIPLE_PX)

    def paint(
        self, canvas: Canvas, config: RefinementConfig, seeds: list[int], after_step: AfterStep
    ) -> list[NDArray[np.float32]]:
        """See `Refiner`.

        Raises:
            InputError: the reference could not be placed, and there is no adapter to show it otherwise.
        """
        sampling = self.sampling.chosen(config)
        strength = sampling.strength if canvas.paste is not None else tuning.BASE_MODELS.sd_strength_unplaced
        strength = min(
            max(strength, (1 + 1e-6) / sampling.steps), 1
        )  # one step at least, whatever is rounded
        steps = Steps(len(seeds), after_step)
        shown = self._shown(canvas)

        def paint(job: Job, generator: torch.Generator) -> NDArray[np.float32]:
            height, width = job.mask.shape[:2]
            drawn = self.pipeline(
                image=job.start,
                mask_image=job.mask,
                height=height,
                width=width,
                strength=strength,
                num_inference_steps=sampling.steps,
                guidance_scale=sampling.guidance_scale,
                generator=generator,
                output_type="np",
                callback_on_step_end=steps,
                **shown,
            )
            return drawn.images[0]

        return paint_each(canvas, self.sizes, seeds, paint)

    def _shown(self, canvas: Canvas) -> dict[str, object]:
        """What the model is told: the prompt, and the matching part of the reference."""
        prompt = {name: value.to(self.device, self.dtype) for name, value in self.prompt.items()}
        if self.has_adapter:
            region = canvas.region_picture(tuning.BASE_MODELS.adapter_px)
            return {**prompt, "ip_adapter_image": Image.fromarray(region)}
        if canvas.paste is None:
            raise InputError(
                "the reference cannot be placed on the image, and these weights have no other way to see it",
                "put an IP-Adapter into their folder ip_adapter, or take other weights",
            )
        return dict(prompt)
