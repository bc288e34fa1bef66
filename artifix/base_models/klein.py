"""FLUX.2 klein as a painter, through diffusers' inpainting pipeline with a reference."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import Flux2KleinInpaintPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from artifix.base_models import tuning
from artifix.base_models.painting import Job, Sizes, Steps, paint_each
from artifix.config import RefinementConfig
from artifix.refinement.refiner import AfterStep, Canvas, Sampling

PROMPT = (
    "Restore the damaged part of the first image after the second image, which shows the same part of the "
    "same object undamaged: the same shapes, letters, print and colours, in the light, the perspective and "
    "the sharpness of the first image. Change nothing else."
)
MULTIPLE_PX = 16  # a token of the transformer stands for so many pixels


@dataclass(frozen=True, slots=True, eq=False)
class KleinRefiner:
    """Paints the covered crop anew, beside the matching part of the reference."""

    pipeline: Flux2KleinInpaintPipeline
    prompt: Mapping[str, Tensor]  # embedded: prompt_embeds, negative_prompt_embeds
    device: torch.device  # where it computes, wherever its parts lie meanwhile

    @property
    def dtype(self) -> torch.dtype:
        return self.pipeline.transformer.dtype

    @property
    def is_distilled(self) -> bool:
        return bool(self.pipeline.config.is_distilled)

    @property
    def sampling(self) -> Sampling:
        """As the model cards say."""
        tuned = tuning.BASE_MODELS
        if self.is_distilled:
            return Sampling(tuned.klein_steps, 1.0, tuned.klein_strength)
        return Sampling(tuned.klein_base_steps, tuned.klein_base_guidance, tuned.klein_base_strength)

    def paint(
        self, canvas: Canvas, config: RefinementConfig, seeds: list[int], after_step: AfterStep
    ) -> list[NDArray[np.float32]]:
        """See `Refiner`."""
        tuned = tuning.BASE_MODELS
        sampling = self.sampling.chosen(config)
        sizes = Sizes(tuned.klein_least_px, tuned.klein_most_px, MULTIPLE_PX)
        side = min(max(canvas.region.width, tuned.klein_least_px), tuned.klein_most_px)
        region = Image.fromarray(canvas.region_picture(side // MULTIPLE_PX * MULTIPLE_PX))
        steps = Steps(len(seeds), after_step)
        prompt = {name: value.to(self.device, self.dtype) for name, value in self.prompt.items()}

        def paint(job: Job, generator: torch.Generator) -> NDArray[np.float32]:
            drawn = self.pipeline(
                image=job.start,
                mask_image=job.mask,
                image_reference=region,
                **prompt,
                # Without a paste the covered crop says nothing of the part.
                strength=1.0 if canvas.paste is None else sampling.strength,
                num_inference_steps=sampling.steps,
                guidance_scale=1.0 if self.is_distilled else sampling.guidance_scale,
                generator=generator,
                output_type="np",
                callback_on_step_end=steps,
            )
            return drawn.images[0]

        return paint_each(canvas, sizes, seeds, paint)
