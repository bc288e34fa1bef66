"""Procedural textures: fractal noise, wood, stone, linen, and rooms as environment maps."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.floating]


def noise(shape: tuple[int, int], cells: tuple[float, float], octaves: int, seed: int) -> Floats:
    """(H, W) fractal noise of zero mean and unit deviation; `cells` (down, across) in the first octave."""
    rng = np.random.default_rng(seed)
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        grid = [max(2, min(round(c * 2**octave), n)) + 3 for c, n in zip(cells, shape, strict=True)]
        coarse = rng.standard_normal(grid).astype(np.float32)
        total += cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) * 0.55**octave
    return (total - total.mean()) / total.std()


def _mix(low: tuple[float, ...], high: tuple[float, ...], t: Floats) -> Floats:
    t = np.clip(t, 0, 1)[..., None]
    return (np.array(low, np.float32) * (1 - t) + np.array(high, np.float32) * t).astype(np.float32)


def _as_bytes(colours: Floats) -> NDArray[np.uint8]:
    return (np.clip(colours, 0, 1) * 255).round().astype(np.uint8)


def wood(
    dark: tuple[float, ...], light: tuple[float, ...], planks: int, seed: int, side: int = 2048
) -> NDArray[np.uint8]:
    """(side, side, 3) sRGB planks that run across: growth rings, fibres, a tone and a seam for each plank."""
    rng = np.random.default_rng(seed)
    height = side // planks
    rows = []
    for plank in range(planks):
        slow = noise((height, side), (1.5, 3), 3, seed + 11 * plank)
        rings = 0.5 + 0.5 * np.sin(np.linspace(0, 9, height)[:, None] + 2.6 * slow + rng.uniform(0, 6))
        fibres = noise((height, side), (height / 2.2, 18), 2, seed + 11 * plank + 1)
        pores = noise((height, side), (height / 2, 60), 1, seed + 11 * plank + 2)
        tone = 0.5 + 0.28 * (rings - 0.5) + 0.09 * fibres - 0.10 * (pores > 1.6) + rng.uniform(-0.12, 0.12)
        if planks > 1:
            tone[:3] -= 0.6
        rows.append(tone)
    tone = np.concatenate(rows)
    return _as_bytes(_mix(dark, light, np.asarray(cv2.resize(tone, (side, side)))))


def stone(
    dark: tuple[float, ...], light: tuple[float, ...], veins: float, seed: int, side: int = 2048
) -> NDArray[np.uint8]:
    """(side, side, 3) sRGB stone or plaster; `veins` in [0, 1] draws dark marble veins."""
    cloud = noise((side, side), (5, 5), 7, seed)
    bend = noise((side, side), (3, 3), 6, seed + 1)
    lines = np.exp(-np.abs(bend) * 24) * np.clip(0.5 + 0.5 * noise((side, side), (4, 4), 3, seed + 2), 0, 1)
    return _as_bytes(_mix(dark, light, 0.62 + 0.16 * cloud - veins * lines))


def linen(
    dark: tuple[float, ...], light: tuple[float, ...], threads: int, seed: int, side: int = 2048
) -> NDArray[np.uint8]:
    """(side, side, 3) sRGB plain weave of `threads` threads each way, of uneven thickness."""
    warp = noise((side, side), (4, threads), 1, seed)
    weft = noise((side, side), (threads, 4), 1, seed + 1)
    t = np.arange(side) / side * threads * np.pi
    weave = np.sin(t)[:, None] * np.sin(t)[None, :]
    return _as_bytes(_mix(dark, light, 0.55 + 0.10 * weave + 0.05 * warp + 0.05 * weft))


@dataclass(frozen=True)
class Window:
    """A bright rectangle of a room; angles seen from its middle, azimuth 0 behind the object."""

    azimuth_deg: float
    elevation_deg: float
    width_deg: float
    height_deg: float
    colour: tuple[float, float, float]  # linear radiance; the walls are about 0.5
    panes: int = 1


@dataclass(frozen=True)
class Room:
    """A room to stand in: walls, ceiling, floor, clutter and windows."""

    wall: tuple[float, float, float]
    ceiling: tuple[float, float, float]
    floor: tuple[float, float, float]
    windows: tuple[Window, ...]
    clutter: int = 0  # number of pieces of furniture
    seed: int = 0

    def panorama(self, width: int = 2048) -> Floats:
        """(width / 2, width, 3) linear radiance; row 0 is the zenith, the middle column azimuth 0."""
        height = width // 2
        azimuth = (np.arange(width) + 0.5) / width * 360 - 180
        elevation = 90 - (np.arange(height) + 0.5) / height * 180
        rise = np.clip((elevation + 30) / 60, 0, 1)[:, None, None]
        wall = np.array(self.wall) * np.ones((height, width, 1))
        image = wall * (0.75 + 0.5 * rise)
        image[elevation > 38] = self.ceiling
        image[elevation < -24] = self.floor
        _furnish(image, azimuth, elevation, self.clutter, self.seed)
        image = np.asarray(cv2.GaussianBlur(image.astype(np.float32), (0, 0), width / 700))
        for window in self.windows:
            _cut_window(image, azimuth, elevation, window)
        return cv2.GaussianBlur(image, (0, 0), width / 1400).astype(np.float32)


def _furnish(image: NDArray, azimuth: NDArray, elevation: NDArray, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        left, top = rng.uniform(-180, 170), rng.uniform(-12, 26)
        width, height = rng.uniform(4, 18), rng.uniform(5, 26)
        across = (azimuth > left) & (azimuth < left + width)
        down = (elevation < top) & (elevation > top - height)
        hue = np.clip(rng.uniform(0.08, 0.5) * (1 + rng.normal(0, 0.13, 3) + (0.12, 0, -0.14)), 0.03, 0.9)
        image[np.ix_(down, across)] = hue


def _cut_window(image: NDArray, azimuth: NDArray, elevation: NDArray, window: Window) -> None:
    aside = (azimuth - window.azimuth_deg + 180) % 360 - 180
    across = np.clip((window.width_deg / 2 - np.abs(aside)) / 0.8 + 0.5, 0, 1)
    above = np.abs(elevation - window.elevation_deg)
    down = np.clip((window.height_deg / 2 - above) / 0.8 + 0.5, 0, 1)
    pane = (aside / window.width_deg + 0.5) * window.panes
    bar = (
        np.abs(pane - np.round(pane)) * window.width_deg / max(window.panes, 1) > 0.7
        if window.panes > 1
        else 1
    )
    cover = (down[:, None] * (across * bar)[None, :])[..., None].astype(np.float32)
    image *= 1 - cover
    image += cover * np.array(window.colour, np.float32)


def soften(mask: NDArray[np.bool_], sigma_px: float) -> Floats:
    """Gaussian edge of a mask, in [0, 1]."""
    return ndimage.gaussian_filter(mask.astype(np.float32), sigma_px)


def bricks(
    dark: tuple[float, ...], light: tuple[float, ...], rows: int, seed: int, side: int = 2048
) -> tuple[NDArray[np.uint8], Floats]:
    """(side, side, 3) sRGB wall of `rows` courses in running bond, and its relief in [0, 1]."""
    rng = np.random.default_rng(seed)
    columns = max(1, round(rows / 3.1))
    y, x = np.mgrid[0 : rows : side * 1j, 0 : columns : side * 1j]
    wave = 0.02 * noise((side, side), (rows * 2, columns * 6), 2, seed)
    course = np.clip((y + wave).astype(int), 0, rows - 1)
    along = x + 0.5 * (course % 2) + 0.3 * wave
    own = np.mod(along.astype(int), columns)
    edge_y = np.abs(np.mod(y + wave, 1) - 0.5)
    edge_x = (np.abs(np.mod(along, 1) - 0.5) - 0.5) * side / columns / (side / rows) + 0.5
    body = np.clip((0.5 - np.maximum(edge_y, edge_x)) / 0.05 - 0.9, 0, 1)
    grain = noise((side, side), (rows * 6, rows * 6), 4, seed + 1)
    tone = rng.uniform(0.05, 0.95, (rows, columns))[course, own] + 0.09 * grain
    mortar = _mix((0.52, 0.50, 0.47), (0.72, 0.70, 0.66), 0.5 + 0.2 * grain)
    picture = mortar * (1 - body[..., None]) + _mix(dark, light, tone) * body[..., None]
    return _as_bytes(picture), (0.85 * body + 0.06 * grain).astype(np.float32)
