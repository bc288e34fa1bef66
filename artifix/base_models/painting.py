"""What all base models share: they paint a picture at their own size, of which the correction is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from artifix.base_models import tuning
from artifix.geometry import resize
from artifix.refinement.refiner import AfterStep, Canvas


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of pictures that a model paints well."""

    least_px: int  # of the longer side
    most_px: int  # of the longer side
    multiple: int  # of both sides [px]

    def fit(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) to paint a crop at, in its shape as far as multiples allow."""
        longer = max(height, width)
        scale = min(max(longer, self.least_px), self.most_px) / longer
        return self._rounded(height * scale), self._rounded(width * scale)

    def _rounded(self, side: float) -> int:
        return min(max(round(side / self.multiple), 1) * self.multiple, self.most_px)


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What a model is asked to paint, at its own size (h, w)."""

    start: NDArray[np.float32]  # (h, w, 3) in [0, 1], the crop with its artifact covered
    mask: NDArray[np.float32]  # (h, w, 1) in {0, 1}, 1 = repaint


@dataclass(slots=True)
class Steps:
    """Counts the steps of several calls of a pipeline; given to it as `callback_on_step_end`."""

    calls: int
    after_step: AfterStep
    done: int = 0

    def __call__(self, pipeline: Any, index: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Count one, as diffusers calls it."""
        self.done += 1
        self.after_step(self.done, self.calls * pipeline.num_timesteps)
        return values


# Paints a job with the noise of a generator: (h, w, 3) in [0, 1].
Paint = Callable[[Job, torch.Generator], NDArray[np.float32]]


def paint_each(canvas: Canvas, sizes: Sizes, seeds: list[int], paint: Paint) -> list[NDArray[np.float32]]:
    """One picture of the crop for each seed, (h, w, 3) in [0, 1].

    What the model changes of the covered crop is resized and added to it, so that the paste keeps detail that
    the model's size cannot hold.
    """
    height, width = canvas.mask.shape
    covered = canvas.covered() / 255
    size = sizes.fit(height, width)
    shown = np.clip(resize(covered, size), 0, 1)
    # Any share of the mask counts: else a rim of the artifact would be kept.
    hole = (resize(canvas.mask.astype(np.float32), size) > 0).astype(np.float32)[..., None]
    ring = _ring(canvas.mask)
    pictures = []
    for seed in seeds:
        drawn = paint(Job(shown, hole), torch.Generator().manual_seed(seed))
        change = resize(drawn - shown, (height, width))
        change -= np.median(change[ring], axis=0) if ring.any() else 0
        pictures.append(np.clip(covered + change, 0, 1).astype(np.float32))
    return pictures


def _ring(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels around the mask, where a model that shifts no colours changes nothing."""
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    return (distance > 0) & (distance <= tuning.BASE_MODELS.ring_px)
