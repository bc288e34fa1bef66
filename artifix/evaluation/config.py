"""What `ablate` measures, declared as the settings of a repair are."""

import math
from dataclasses import dataclass
from typing import Literal

from artifix.config import NOISE_LEVEL
from artifix.config_sections import Limits, declared

Reading = Literal["single", "chain", "both"]


@dataclass(frozen=True, slots=True)
class AblationConfig:
    """What `ablate` measures."""

    reading: Reading = declared(
        "single", "Of the noisy latents: the noised image, or steps of a chain that denoises noise."
    )
    timesteps: int = declared(11, "Noise levels, evenly spread from 0 to the last.", Limits(2, 1000))
    at: tuple[int, ...] = declared((), "A noise level instead; may be repeated.", NOISE_LEVEL)
    every: int = declared(1, "Take every Nth case.", Limits(1, math.inf))
    show: int = declared(3, "Draw the maps of so many cases.", Limits(0, 64))
