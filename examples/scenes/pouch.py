"""The film of a filled pouch: round below, flat at the seal, crumpled."""

import numpy as np
from numpy.typing import NDArray

from .surfaces import Grid
from .textures import noise

WIDE, TALL = 14.4, 22.0  # of the flat pouch [cm]


def crumple(shape: tuple[int, int], filled: NDArray, seed: int) -> NDArray:
    """Dents, sharp creases and the bumps of the beans, outwards [cm]."""
    ridges = 1 - np.abs(noise(shape, (5, 4), 3, seed))
    puckers = noise(shape, (2, 12), 2, seed + 1)
    beans = noise(shape, (34, 24), 1, seed + 2)
    empty = 1 - filled
    return (
        0.10 * noise(shape, (3, 3), 2, seed + 3)
        + (0.05 + 0.13 * empty) * np.clip(ridges, -1, 1)
        + 0.12 * empty * puckers
        + 0.016 * filled * beans
    )


def skin(belly: float, seed: int, rows: int = 420, columns: int = 360) -> tuple[Grid, Grid]:
    """Front and back of a filled pouch that stands on the table, `belly` cm deep in front."""
    t = np.linspace(0, 1, rows)[:, None]
    up = np.clip((t - 0.06) / 0.80, 0, 1)
    deep = belly * np.cos(np.pi / 2 * up**0.9) ** 0.85 * (0.86 + 0.14 * np.clip(t / 0.10, 0, 1))
    half = WIDE / 2 - 0.62 * deep**2 / (WIDE / 2)
    dense = np.linspace(-1, 1, 900)[None, :]
    bow = np.clip(1 - (np.abs(dense) / 0.93) ** 2.3, 0, 1) ** 0.72
    x, y = half * dense, deep * bow
    length = np.cumsum(
        np.hypot(np.diff(x, axis=1, prepend=x[:, :1]), np.diff(y, axis=1, prepend=y[:, :1])), 1
    )
    even = np.linspace(0, 1, columns)
    columns_at = [np.interp(even * row[-1], row, dense[0]) for row in length]
    c = np.array(columns_at)
    x = half * c
    y = deep * np.clip(1 - (np.abs(c) / 0.93) ** 2.3, 0, 1) ** 0.72
    open_ = (
        np.clip((0.885 - t) / 0.06, 0, 1) * np.clip((1 - np.abs(c)) / 0.12, 0, 1) * np.clip(t / 0.04, 0, 1)
    )
    filled = np.clip(deep / belly * 1.15 - 0.2, 0, 1) + 0 * c
    bumps = crumple((rows, columns), filled, seed) * open_
    fins = 0.10 * noise((rows, columns), (6, 3), 2, seed + 9) * np.clip(t / 0.2, 0, 1)
    crimps = 0.035 * np.sin(t * TALL * 2 * np.pi / 0.28) * (t > 0.905) * (t < 0.985)
    zip_ = 0.07 * np.exp(-(((t - 0.872) * TALL / 0.09) ** 2)) * np.clip((1 - np.abs(c)) / 0.1, 0, 1)
    z = TALL * (t - 0.018 * deep * up) + 0 * c
    lean = 0.5 * t**2
    middle = lean + fins - crimps
    # The sides of the film may touch but not pass through one another.
    front = np.stack([x, middle - zip_ - np.maximum(y + bumps, 0.02), z], -1)
    back = np.stack([x, middle + np.maximum(y + bumps[:, ::-1], 0.02), z], -1)[:, ::-1]
    return front, back
