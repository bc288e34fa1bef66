"""Ways to make a picture less like the other one, each from strength 0 (nothing) to 1.

Each takes a `Subject`, a strength and a generator, and gives the changed subject. The pictures of a subject
are changed alike, down to the noise, so that a damaged image and the truth behind it stay comparable. A
generator in the same state draws the same change at every strength, only more of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

HUE_DEG = 180.0  # turned at strength 1
DIMMED = 0.8  # share of the light taken away
BLUR_SHARE = 0.015  # deviation of the blur over the shorter side
NOISE = 60.0  # deviation in grey levels
STYLE_REACH_PX, STYLE_RANGE = 60.0, 0.45  # of the edge-preserving filter (Gastal and Oliveira 2011)
SMOOTH_SHARE = 0.12  # deviation of the filter that smooths the warp, over the shorter side
STEEPEST = 0.5  # change of the displacement from pixel to pixel; below 1 nothing folds
KEPT = 0.1  # of the way from the part to the border keeps its background at strength 1
FEATHER = 0.04  # of that way


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is degraded."""

    pictures: tuple[NDArray[np.uint8], ...]  # (H, W, 3) each, of one size
    part: NDArray[np.bool_]  # (H, W) what matters: the mask, or the region in the reference
    backdrop: NDArray[np.uint8]  # (h, w, 3) another picture


Degradation = Callable[[Subject, float, Generator], Subject]


def turn_hue(subject: Subject, strength: float, random: Generator) -> Subject:
    """All colours around the circle of hues."""

    def turn(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        hue, saturation, value = cv2.split(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
        turned = cv2.merge([(hue + strength * HUE_DEG) % 360, saturation, value])
        return _eight_bit(255 * cv2.cvtColor(turned, cv2.COLOR_HSV2RGB))

    return _each(subject, turn)


def dim(subject: Subject, strength: float, random: Generator) -> Subject:
    """Less light."""
    return _each(subject, lambda picture: _eight_bit(picture * (1 - DIMMED * strength)))


def blur(subject: Subject, strength: float, random: Generator) -> Subject:
    """Out of focus."""
    deviation_px = max(strength * BLUR_SHARE * min(subject.part.shape), 1e-3)
    return _each(subject, lambda picture: cv2.GaussianBlur(picture, (0, 0), deviation_px))


def add_noise(subject: Subject, strength: float, random: Generator) -> Subject:
    """Grain, of its own in each channel."""
    noise = random.normal(0, NOISE, (*subject.part.shape, 3))
    return _each(subject, lambda picture: _eight_bit(picture + strength * noise))


def paint(subject: Subject, strength: float, random: Generator) -> Subject:
    """Towards a painting with flat colours and drawn edges."""

    def blend(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        painted = cv2.stylization(picture, sigma_s=STYLE_REACH_PX, sigma_r=STYLE_RANGE)
        return _eight_bit(picture + strength * (painted.astype(np.float32) - picture))

    return _each(subject, blend)


def warp(subject: Subject, strength: float, random: Generator) -> Subject:
    """Another shape: a smooth random displacement, which the part follows."""
    height, width = subject.part.shape
    smooth_px = SMOOTH_SHARE * min(height, width)
    field = random.normal(0, 1, (height, width, 2)).astype(np.float32)
    field = cv2.GaussianBlur(field, (0, 0), smooth_px, borderType=cv2.BORDER_REFLECT)
    steepest = max(np.abs(np.diff(field, axis=axis)).max() for axis in (0, 1))
    move = strength * STEEPEST / steepest * field
    y, x = np.mgrid[:height, :width].astype(np.float32)
    maps = x + move[..., 0], y + move[..., 1]
    part = cv2.remap(subject.part.astype(np.uint8), *maps, cv2.INTER_NEAREST) > 0
    pictures = tuple(
        cv2.remap(picture, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        for picture in subject.pictures
    )
    return replace(subject, pictures=pictures, part=part)


def replace_background(subject: Subject, strength: float, random: Generator) -> Subject:
    """Another picture, from the border inwards; the part and what touches it stay."""
    height, width = subject.part.shape
    to_part = cv2.distanceTransform((~subject.part).astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.mgrid[:height, :width]
    to_border = np.minimum.reduce([x, y, width - 1 - x, height - 1 - y])
    outwards = to_part / np.maximum(to_part + to_border, 1)  # 0 at the part, 1 at the border
    bound = 1 + FEATHER - strength * (1 + FEATHER - KEPT)
    kept = np.clip((bound - outwards) / FEATHER, 0, 1)[..., None]
    behind = cv2.resize(subject.backdrop, (width, height), interpolation=cv2.INTER_AREA)
    return _each(subject, lambda picture: _eight_bit(kept * picture + (1 - kept) * behind))


DEGRADATIONS: dict[str, Degradation] = {
    "hue": turn_hue,
    "brightness": dim,
    "blur": blur,
    "noise": add_noise,
    "style": paint,
    "warp": warp,
    "background": replace_background,
}


def _each(subject: Subject, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Subject:
    return replace(subject, pictures=tuple(change(picture) for picture in subject.pictures))


def _eight_bit(picture: NDArray) -> NDArray[np.uint8]:
    return picture.round().clip(0, 255).astype(np.uint8)
