"""What paints a crop: the interface of stage 2's models, and what they are given."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from artifix.config import RefinementConfig
from artifix.geometry import Box, Crop
from artifix.refinement.inpainting import inpaint

AfterStep = Callable[[int, int], None]  # called with (done, total) after each evaluation of the model


@dataclass(frozen=True, slots=True, eq=False)
class Paste:
    """The careful paste: the reference warped into the crop, in its light, at the image's resolution."""

    pixels: NDArray[np.float32]  # (h, w, 3) in [0, 255]
    foreground: NDArray[np.float32]  # (h, w) in [0, 1]: 1 where it shows the object, 0 where nothing of it


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A crop of the image around one mask group, and what is known of what belongs there."""

    crop: NDArray[np.uint8]  # (h, w, 3)
    mask: NDArray[np.bool_]  # (h, w), True where it is to be repainted
    paste: Paste | None  # None where the reference could not be placed
    reference: NDArray[np.uint8]  # (H_ref, W_ref, 3)
    region: Box  # of the reference: the matching part with a margin, a square that may reach beyond it

    def region_picture(self, side_px: int) -> NDArray[np.uint8]:
        """(side_px, side_px, 3) the matching part of the reference."""
        return Crop(self.region, (side_px, side_px)).cut(self.reference)

    def covered(self) -> NDArray[np.float32]:
        """(h, w, 3) in [0, 255]: the crop, its artifact under the paste or painted over from around."""
        ground = inpaint(self.crop, self.mask).astype(np.float32)
        if self.paste is None:
            return ground
        share = (self.paste.foreground * self.mask)[..., None]
        return np.asarray(np.clip(ground + share * (self.paste.pixels - ground), 0, 255), np.float32)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model samples where the user does not say."""

    steps: int
    guidance_scale: float  # 1 is none
    strength: float  # in (0, 1]; 1 starts from noise

    def chosen(self, config: RefinementConfig) -> "Sampling":
        """The same with what the user says."""
        return Sampling(
            steps=self.steps if config.steps is None else config.steps,
            guidance_scale=self.guidance_scale if config.guidance_scale is None else config.guidance_scale,
            strength=self.strength if config.strength is None else config.strength,
        )

    def settle(self, config: RefinementConfig) -> RefinementConfig:
        """The settings with what the user does not say filled in."""
        return replace(config, **asdict(self.chosen(config)))


class Refiner(Protocol):
    """A model that paints crops."""

    @property
    def sampling(self) -> Sampling:
        """How it samples by default."""

    def paint(
        self, canvas: Canvas, config: RefinementConfig, seeds: list[int], after_step: AfterStep
    ) -> list[NDArray[np.float32]]:
        """Paint the crop once for each seed.

        Args:
            canvas: what to paint; what lies outside its mask is never used of the pictures.
            config: how, where it says so; otherwise as `sampling` says.
            seeds: of the noise, drawn on the CPU: a seed gives the same picture whatever the others are.
            after_step: told of every step.

        Returns:
            Pictures of the crop, (h, w, 3) in [0, 1].
        """
