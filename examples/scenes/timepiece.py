"""Parts of a wristwatch and what lies around it."""

import numpy as np
from numpy.typing import NDArray

from .artwork import Colour
from .studio import bitmap, paint, relief, rgb
from .surfaces import Grid, lathe, mesh, move, smooth, turn
from .textures import linen, noise, soften

Piece = tuple[Grid, dict, dict]  # points, material, other arguments of `mesh`


def hand(reach: float, tail: float, width: float, hour: float, lift: float) -> Grid:
    """A leaf-shaped hand that points to `hour`, `lift` cm over the dial."""
    along = np.linspace(-tail, reach, 60)
    half = width / 2 * np.interp(along, [-tail, 0, 0.62 * reach, reach], [0.7, 0.6, 1.0, 0.08])
    across = np.linspace(-1, 1, 9)
    x, y = half[:, None] * across, along[:, None] + 0 * across
    ridge = lift + 0.02 * (1 - np.abs(across)) + 0 * y
    return turn(np.stack([x, y, ridge], -1), -30 * hour)


def hands(metal: dict, hours: float, minutes: float, seconds: float) -> dict[str, Piece]:
    """Hour, minute and seconds hand, and the cap over their axle."""
    orange = paint(rgb(0.72, 0.12, 0.03), 0.3)
    cap = smooth([(0.09, 0.04), (0.09, 0.15), (0.005, 0.16)], 0.01, 0.02)
    return {
        "hours": (hand(0.86, 0.14, 0.17, hours, 0.05), metal, {}),
        "minutes": (hand(1.38, 0.14, 0.13, minutes, 0.08), metal, {}),
        "seconds": (hand(1.45, 0.18, 0.035, seconds, 0.12), orange, {}),
        "cap": (lathe(cap, 61), metal, {}),
    }


def strap(path: NDArray, width: float, hide: dict) -> dict[str, Piece]:
    """Both ends of a strap along an (N, 2) `path` of (away from the middle, height) [cm]."""
    pieces = {}
    run = np.r_[0, np.cumsum(np.hypot(*np.diff(path, axis=0).T))]
    half = width / 2 * np.interp(run, [0, 5.0, 9.0], [1, 0.9, 0.86])[:, None]
    across = np.linspace(-1, 1, 61)
    thick = 0.10 * (1 - np.abs(across) ** 6) + (0.12 * np.exp(-((run / 1.2) ** 2)))[:, None] * (1 - across**2)
    down = np.gradient(path, axis=0)
    normal = np.stack([-down[:, 1], down[:, 0]], -1) / np.hypot(*down.T)[:, None]
    for side in (1, -1):
        y = side * (path[:, :1] + normal[:, :1] * thick)
        grid = np.stack([half * across + 0 * y, y, path[:, 1:] + normal[:, 1:] * thick], -1)
        uv = np.stack(np.broadcast_arrays(0.5 + 0.5 * across, run[:, None] / 11.5), -1)
        pieces[f"strap{side}"] = (grid[::side], hide, {"uv": uv[::side]})
    return pieces


def flat_strap() -> NDArray:
    """Path of a strap that lies on a table."""
    run = np.linspace(0, 11, 200)
    return np.stack([1.86 + 0.97 * run, -0.36 - 0.50 * (1 - np.exp(-((run / 1.1) ** 2)))], -1)


def cushion_strap() -> NDArray:
    """Path of a strap around the cushion."""
    angle = np.linspace(0.5, 2.7, 200)
    return np.stack([3.85 * np.sin(angle), -3.12 + 2.9 * np.cos(angle)], -1)


def cushion() -> dict[str, Piece]:
    """A pillow that the watch is strapped around, its ends bulging."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 60)
    x, size = 2.6 * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.7, np.abs(np.cos(t)) ** 0.32
    angle = np.linspace(-np.pi, np.pi, 181)
    y, z = 3.75 * size[:, None] * np.sin(angle), -3.12 + 2.8 * size[:, None] * np.cos(angle)
    crease = 0.05 * noise((60, 181), (5, 8), 3, 77)[..., None] * size[:, None, None]
    grid = np.stack([x[:, None] + 0 * angle, y, z], -1) + crease * (0, 0.4, 1)
    weave = linen((0.62, 0.58, 0.52), (0.78, 0.74, 0.67), 90, 8, 1024)
    return {"cushion": (grid, paint(bitmap(weave, 2), 0.95, sheen=0.6), {})}


def leather(tone: Colour, seam: Colour, seed: int, roughness: float) -> dict:
    """Grained leather with a seam along both edges."""
    height, width = 2048, 360
    grain = noise((height, width), (300, 52), 3, seed)
    picture = np.clip(np.array(tone) * (1 + 0.07 * grain[..., None]), 0, 255)
    row, column = np.mgrid[:height, :width]
    edge = np.minimum(column, width - 1 - column)
    thread = (np.abs(edge - 26) < 6) & (row % 36 < 26)
    picture[thread] = seam
    rise = 0.45 + 0.1 * grain + 0.5 * soften(thread, 2) - 0.3 * np.exp(-(((edge - 26) / 9) ** 2))
    return relief(bitmap(picture.astype(np.uint8)), rise, 0.03, roughness, specular=0.4)


def crown() -> Grid:
    """The fluted button at three o'clock."""
    angle = np.linspace(0, 2 * np.pi, 241)
    radius, out = (np.array(v)[:, None] for v in ((0, 0.7, 1, 1, 0.8, 0), (0, 0, 0.06, 0.34, 0.42, 0.43)))
    knurl = 0.30 + 0.022 * np.cos(24 * angle)
    grid = np.stack([out + 0 * angle, radius * knurl * np.cos(angle), radius * knurl * np.sin(angle)], -1)
    return move(grid, 2.0, 0, -0.28)


def lug(across: int, along: int) -> Grid:
    """A horn of the case that holds the strap."""
    t = np.linspace(0, 1, 40)[:, None]
    turns = np.linspace(0, 2 * np.pi, 65)[None, :]
    square = (np.abs(np.cos(turns)) ** 4 + np.abs(np.sin(turns)) ** 4) ** -0.25
    fade = np.sqrt(np.clip(1 - np.clip((t - 0.8) / 0.2, 0, 1) ** 2, 0.001, 1)) * square
    x = across * 1.2 + (0.25 - 0.08 * t) * fade * np.cos(turns)
    z = -0.30 - 0.26 * t**1.6 + (0.26 - 0.1 * t) * fade * np.sin(turns)
    return np.stack([x, along * (1.32 + 0.92 * t) + 0 * turns, z], -1)


def coffee() -> dict:
    """An espresso cup on its saucer, behind the watch."""
    wall = smooth(
        [(0.02, 0.3), (1.5, 0.3), (2.2, 1.0), (2.9, 4.6), (2.75, 4.6), (2.1, 1.4), (0.02, 1.1)], 0.05, 0.3
    )
    plate = smooth([(0.02, 0.05), (2.4, 0.05), (5.6, 0.9), (5.6, 1.0), (2.4, 0.3), (0.02, 0.3)], 0.05, 0.2)
    glaze = paint(rgb(0.75, 0.73, 0.68), 0.2, specular=0.6)
    brew = lathe(np.stack([np.linspace(2.6, 0.01, 20), np.full(20, 3.7)], -1))
    grids = {
        "cup": (lathe(wall), glaze),
        "saucer": (lathe(plate), glaze),
        "brew": (brew, paint(rgb(0.06, 0.022, 0.01), 0.15)),
    }
    return {name: mesh(name, move(grid, 9.5, 17), material) for name, (grid, material) in grids.items()}
