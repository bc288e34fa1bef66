"""One drawing in another style and light: what a generator makes of a thing, everything in its place."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.float32]  # (H, W, 3), 0 to 255


def restyle(
    ink: Pixels, opacity: NDArray[np.float32], ground: Pixels, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Print `ink` in other colours on another ground, by another hand, in another light.

    Args:
        ink: (H, W, 3) colours of the print, 0 to 255.
        opacity: (H, W, 1) of the print, 0 to 1.
        ground: (H, W, 3) 0 to 255.
        random: draws the style.

    Returns:
        (H, W, 3); nothing is moved.
    """
    pixels = (ground + (_recoloured(ink, random) - ground) * opacity).clip(0, 255).astype(np.float32)
    hands = (_painted, _outlined, _embossed, _woven, _plain)
    pixels = hands[int(random.integers(len(hands)))](pixels, random)
    pixels = _lit(pixels, random)
    return pixels.clip(0, 255).round().astype(np.uint8)


def _recoloured(ink: Pixels, random: np.random.Generator) -> Pixels:
    """Colours turned around the grey axis, paler or stronger, of less contrast."""
    angle = math.radians(random.normal(0, 15))
    along = np.full((3, 3), 1 / 3)
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    saturation = random.uniform(0.5, 1.25)
    turn = along + saturation * (math.cos(angle) * (np.eye(3) - along) + math.sin(angle) * across)
    contrast, middle = random.uniform(0.65, 1.05), random.uniform(100, 150)
    return ((ink @ turn.T - 128) * contrast + middle).astype(np.float32)


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def _blurred(pixels: Pixels, radius_px: float) -> Pixels:
    return np.asarray(_image(pixels).filter(ImageFilter.GaussianBlur(radius_px)), np.float32)


def _painted(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Broad strokes: fine detail runs together, in few tones."""
    width = 3 if random.random() < 0.5 else 5
    strokes = np.asarray(_image(pixels).filter(ImageFilter.MedianFilter(width)), np.float32)
    step = random.uniform(12, 40)
    return (np.round(strokes / step) * step * 0.7 + strokes * 0.3).astype(np.float32)


def _outlined(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Edges drawn after with a pen."""
    grey = pixels.mean(2)
    slope = np.hypot(*np.gradient(np.asarray(_blurred(pixels, 1.0).mean(2))))
    line = np.clip(slope / max(float(np.quantile(slope, 0.97)), 1.0), 0, 1)[..., None]
    strength = random.uniform(0.3, 0.8)
    return (pixels * (1 - strength * line) + strength * line * (0.25 * grey.min())).astype(np.float32)


def _embossed(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Raised print, lit from one side."""
    down, across = np.gradient(_blurred(pixels, 1.2).mean(2))
    angle = random.uniform(0, 2 * math.pi)
    slope = (across * math.cos(angle) + down * math.sin(angle))[..., None]
    return (pixels + random.uniform(1.0, 3.0) * slope.clip(-40, 40)).astype(np.float32)


def _woven(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """On cloth or rough paper."""
    height, width = pixels.shape[:2]
    pitch = random.uniform(3, 8)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    weave = np.sin(2 * math.pi * x / pitch) * np.sin(2 * math.pi * y / pitch)
    rough = random.standard_normal((height, width))
    texture = random.uniform(0.02, 0.12) * weave + random.uniform(0.0, 0.05) * rough
    return (_blurred(pixels, 1.0) * (1 + texture[..., None])).astype(np.float32)


def _plain(pixels: Pixels, random: np.random.Generator) -> Pixels:
    return _blurred(pixels, random.uniform(0.3, 2.0))


def _lit(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Soft shadows and a tint of the lamp."""
    height, width = pixels.shape[:2]
    coarse = (random.uniform(0.55, 1.15, (4, 4)) * 128).astype(np.uint8)
    shade = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.float32)
    lamp = random.uniform(0.85, 1.1, 3).astype(np.float32)
    return (pixels * (shade[..., None] / 128) * lamp).astype(np.float32)
