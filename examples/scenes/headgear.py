"""A baseball cap: crown of panels, curved peak, seams; and print worked in thread."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .artifacts import Art
from .surfaces import Grid, cord
from .textures import Floats, noise, soften

ACROSS, DEEP, HIGH = 8.8, 10.3, 11.4  # half axes and height of the crown [cm]
SEAMS_DEG = (44, 112, 180, 248, 316)  # between the five panels
FRONT_DEG = 44
PEAK_DEG = 66  # where the peak meets the crown


def crown(azimuth_deg: NDArray, rise: NDArray, seed: int) -> Grid:
    """Points of the crown; azimuth 0 is the front, `rise` runs from 0 at the brow to 1 at the button."""
    azimuth, angle = np.radians(azimuth_deg)[None, :], (np.pi / 2 * rise)[:, None]
    # Stiffened in front, where it stands steeper.
    steep = 2.35 + 0.3 * np.cos(azimuth)
    wide, tall = np.cos(angle) ** (2 / 2.5), np.sin(angle) ** (2 / steep)
    groove = np.zeros_like(wide + azimuth)
    for seam in SEAMS_DEG:
        aside = np.abs((azimuth_deg - seam + 180) % 360 - 180)[None, :] * np.pi / 180 * 9.3 * wide
        groove += -0.13 * np.exp(-((aside / 0.10) ** 2)) + 0.07 * np.exp(-(((aside - 0.42) / 0.3) ** 2))
    soft = 0.07 * noise(groove.shape, (4, 9), 2, seed) * (1 - 0.7 * (np.cos(azimuth) > 0.7))
    out = wide * (1 + (groove + soft) / 9)
    low = brow(azimuth_deg)[None, :]
    return np.stack(
        [ACROSS * out * np.sin(azimuth), -DEEP * out * np.cos(azimuth), low + (HIGH - low) * tall + 0 * out],
        -1,
    )


def brow(azimuth_deg: NDArray) -> NDArray:
    """Height of the lower edge [cm], which falls towards the sides and the back."""
    aside = np.abs((azimuth_deg + 180) % 360 - 180)
    return -3.0 * np.clip((aside - 52) / 70, 0, 1) ** 1.3


def front_uv(points: Grid, azimuth_deg: NDArray, size_cm: tuple[float, float]) -> NDArray:
    """Places of a front panel on artwork of `size_cm`: lengths along the cloth from its lower middle."""
    middle = points[:, points.shape[1] // 2]
    up = np.r_[0, np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))]
    step = np.linalg.norm(np.diff(points, axis=1), axis=2)
    along = np.concatenate([np.zeros((len(points), 1)), np.cumsum(step, 1)], 1)
    along -= along[:, points.shape[1] // 2 : points.shape[1] // 2 + 1]
    return np.stack([0.5 + along / size_cm[0], 1 - up[:, None] / size_cm[1] + 0 * along], -1).clip(
        0.001, 0.999
    )


def peak(across: int = 241, out: int = 90) -> tuple[Grid, NDArray]:
    """Points of the peak and (rows, columns, 2) places on its cloth: 0 at the crown, 1 at the rim."""
    s, r = np.linspace(-1, 1, across)[None, :], np.linspace(0, 1, out)[:, None]
    azimuth = np.radians(PEAK_DEG) * s
    inner = np.stack([ACROSS * np.sin(azimuth), -DEEP * np.cos(azimuth)], -1)
    end = np.radians(PEAK_DEG)
    x = ACROSS * np.sin(end) * (np.sin(s * np.pi / 2) + 0.13 * np.sin(s * np.pi))
    y = -DEEP * np.cos(end) - (DEEP * (1 - np.cos(end)) + 6.9) * np.cos(s * np.pi / 2) ** 0.62
    place = inner * (1 - r[..., None]) + np.stack([x, y], -1) * r[..., None]
    low = brow(np.degrees(azimuth))
    z = low * (1 - 0.75 * r) - 1.7 * r * (place[..., 0] / 8.5) ** 2 - 0.9 * r**1.3 + 0.25 * np.sin(np.pi * r)
    uv = np.stack(np.broadcast_arrays(0.5 + 0.5 * s, r), -1)
    return np.concatenate([place, z[..., None]], -1)[::-1], uv[::-1]


def peak_cloth(tone: tuple[int, int, int], thread: tuple[int, int, int], seed: int) -> tuple[Art, Floats]:
    """Cloth of the peak with seven rows of stitches, and its relief."""
    height, width = 700, 2200
    row, column = np.mgrid[:height, :width]
    weave = twill((height, width), 7)
    picture = (
        np.array(tone) * (1 + 0.08 * weave + 0.03 * noise((height, width), (40, 120), 2, seed))[..., None]
    )
    rise = 0.5 + 0.10 * weave
    for line in np.linspace(90, 630, 7):
        near = np.abs(row - line)
        stitch = (near < 5) & (column % 34 < 25)
        picture[stitch] = thread
        rise = rise - 0.35 * np.exp(-((near / 11) ** 2)) + 0.35 * soften(stitch, 1.5)
    return np.clip(picture, 0, 255).astype(np.uint8), rise.astype(np.float32)


def twill(shape: tuple[int, int], period_px: float) -> Floats:
    """Diagonal ribs of cloth, in [-1, 1]."""
    row, column = np.mgrid[: shape[0], : shape[1]]
    return np.sin((row + 0.8 * column) * 2 * np.pi / period_px) * (
        0.75 + 0.25 * np.sin((row - 1.25 * column) * 2 * np.pi / period_px)
    )


def stitched(path: NDArray, away: NDArray, length_cm: float = 0.34, thick_cm: float = 0.045) -> Grid:
    """Stitches along an (N, 3) path: a thread that dives after each `length_cm`."""
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    dense = np.linspace(0, along[-1], max(60, round(along[-1] / 0.03)))
    points = np.stack([np.interp(dense, along, path[:, axis]) for axis in range(3)], -1)
    out = np.stack([np.interp(dense, along, away[:, axis]) for axis in range(3)], -1)
    shown = np.clip(1 - np.abs(np.mod(dense / length_cm, 1) - 0.5) / 0.36, 0, 1) ** 0.3
    return cord(points, thick_cm * shown, out, 9)


def embroidered(art: Art, ground: tuple[int, int, int], period_px: float, seed: int) -> tuple[Art, Floats]:
    """The artwork worked in satin stitch, and its relief in [0, 1]: each colour in threads of its own way."""
    height, width = art.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    rough = 0.16 * period_px * noise((height, width), (height / 3, width / 3), 1, seed).astype(np.float32)
    worked = cv2.remap(art, x + rough, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    key = (art.astype(int) // 24 * (1, 7, 31)).sum(-1)
    angle = cv2.medianBlur((key * 53 % 180).astype(np.uint8), 9).astype(np.float32)
    way = np.radians(0.5 * (angle - 90) + 60)
    phase = (x * np.cos(way) + y * np.sin(way)) / period_px
    thread = np.abs(np.sin(np.pi * phase)) ** 0.7
    covered = soften(np.abs(worked.astype(int) - ground).max(-1) > 26, 1.2)
    tone = 1 + covered * (
        0.30 * thread - 0.20 + 0.05 * noise((height, width), (height / 9, width / 9), 1, seed + 1)
    )
    picture = np.clip(worked * tone[..., None], 0, 255).astype(np.uint8)
    return picture, (soften(covered > 0.5, 3) * 0.6 + 0.4 * covered * thread).astype(np.float32)
