"""What light, lens and resolution do to one of the two pictures."""

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Effect = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def unchanged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture itself."""
    return picture


def draw_blur(random: Generator) -> Effect:
    """Out of focus, or a third to a fifth of the resolution."""
    if random.random() < 0.5:
        deviation_px = random.uniform(2.0, 3.5)
        return lambda picture: cv2.GaussianBlur(picture, (0, 0), deviation_px)
    factor = random.uniform(3, 5)

    def coarse(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = picture.shape[:2]
        small = cv2.resize(
            picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA
        )
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)

    return coarse


def draw_light(random: Generator) -> Effect:
    """A strong cast of colour, another gamma, and light that falls off to one side."""
    cast = np.exp(random.uniform(-0.45, 0.35, 3))
    gamma = math.exp(random.choice([-1, 1]) * random.uniform(math.log(1.4), math.log(2.2)))
    direction = random.uniform(0, 2 * math.pi)
    darkest = random.uniform(0.25, 0.5)

    def lit(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = picture.shape[:2]
        y, x = np.mgrid[:height, :width]
        along = math.cos(direction) * (x / width - 0.5) + math.sin(direction) * (y / height - 0.5)
        falling = np.interp(along, (-0.5, 0.5), (1.0, darkest))[..., None]
        bright = (picture / 255) ** gamma * cast * falling
        return (255 * bright).round().clip(0, 255).astype(np.uint8)

    return lit
