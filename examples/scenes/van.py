"""A toy van: its body with rounded edges, its wheels, and the ice cream on its roof."""

import numpy as np
from numpy.typing import NDArray

from .shapes import ball
from .studio import paint, rgb
from .surfaces import Grid, lathe, move, smooth, turn
from .textures import noise

LONG, TALL, DEEP = 20.0, 11.0, 9.0  # of the body [cm]
Part = tuple[Grid, dict]  # a surface and what it is made of
# Half a turn around the body, (right, up) cm; the bonnet is on the right.
PROFILE = (
    (2.0, 0.0), (0.5, 0.4), (0.0, 1.8), (0.0, 9.0), (1.0, 10.7), (11.4, 11.0), (13.4, 10.5), (15.3, 6.7),
    (18.4, 6.0), (19.8, 4.6), (20.0, 1.8), (19.5, 0.4), (18.0, 0.0),
)  # fmt: skip


def contour() -> NDArray:
    """(N, 2) closed, rounded outline of the body, clockwise from the lower left."""
    path = np.array([*PROFILE, PROFILE[0]], float)
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(path, axis=0).T))]
    even = np.linspace(0, length[-1], 720, endpoint=False)
    x, z = (np.interp(even, length, path[:, axis]) for axis in (0, 1))
    kernel = np.hanning(35) / np.hanning(35).sum()
    x, z = (np.convolve(np.r_[v[-17:], v, v[:17]], kernel, "valid") for v in (x, z))
    return np.stack([np.r_[x, x[0]], np.r_[z, z[0]]], -1)


def shell(bevel: float = 0.9) -> tuple[Grid, Grid, Grid]:
    """The near side of the body with its rounded edge, the strip around it, the windscreen."""
    line = contour()
    along = np.gradient(line, axis=0)
    along[[0, -1]] = along[1]
    inward = np.stack([along[:, 1], -along[:, 0]], -1) / np.hypot(*along.T)[:, None]
    turns = np.linspace(0, np.pi / 2, 14)
    edge = [(line + inward * bevel * (1 - np.cos(a)), bevel * np.sin(a)) for a in turns]
    middle = np.array([9.0, 4.4])
    flat = [(middle + (edge[-1][0] - middle) * k, bevel) for k in np.linspace(0.97, 0.0, 60)]

    def points(flats: NDArray, y: float) -> Grid:
        return np.stack([flats[:, 0], np.full(len(flats), y), flats[:, 1]], -1)

    side = np.array([points(flats, -(DEEP / 2 - bevel) - out) for flats, out in edge + flat])
    strip = np.array([points(line, y) for y in np.linspace(-1, 1, 9) * (DEEP / 2 - bevel)])
    slope = (line[:, 0] > 13.5) & (line[:, 0] < 15.4) & (line[:, 1] > 6.9)
    glass = np.array([points((line - inward * 0.05)[slope], y) for y in np.linspace(-3.3, 3.3, 9)])
    return side[:, ::-1], strip, glass


def wheels(radius: float, tyre: dict, hub: dict) -> dict[str, Part]:
    """Four wheels with round tyres, and their hubs."""
    outer = smooth(
        [(0.02, 0.5), (0.6 * radius, 0.5), (0.66 * radius, 0.85), (0.9 * radius, 0.95), (radius, 0.5),
         (radius, -0.9)], 0.04, 0.25
    )  # fmt: skip
    inner = smooth(
        [(0.02, 0.95), (0.16 * radius, 0.9), (0.22 * radius, 0.6), (0.62 * radius, 0.56)], 0.03, 0.12
    )
    shapes = {}
    for x in (4.3, 15.7):
        for side in (-1, 1):
            for part, profile, material in (("tyre", outer, tyre), ("hub", inner, hub)):
                grid = turn(lathe(profile, 121), 90 * -side, "x")
                name = f"{part}{x}{side}".replace(".", "_").replace("-", "m")
                shapes[name] = (move(grid, x, side * (DEEP / 2 - 0.1), radius - 1.7), material)
    return shapes


def roof_cone(waffle: dict, scoops: tuple[dict, dict, dict]) -> dict[str, Part]:
    """The big ice cream on the roof."""
    grid = lathe(smooth([(0.1, 0.0), (0.55, 0.0), (1.75, 3.4), (1.85, 3.5), (1.2, 3.6)], 0.04, 0.1), 181)
    angle = np.arctan2(grid[..., 0], -grid[..., 1])
    ribs = np.maximum(np.cos(12 * angle + 5 * grid[..., 2]), np.cos(12 * angle - 5 * grid[..., 2])) ** 3
    grid[..., :2] *= (1 + 0.03 * ribs)[..., None]
    shapes = {"waffle": (move(grid, 6.8, 0, 10.7), waffle)}
    for i, (x, y, z, radius) in enumerate(
        ((-0.85, 0.1, 4.2, 1.35), (0.85, -0.2, 4.2, 1.35), (0, 0, 5.9, 1.3))
    ):
        blob = ball((radius, radius, 0.94 * radius), 121)
        lumps = 1 + 0.022 * noise(blob.shape[:2], (9, 14), 2, i)
        shapes[f"scoop{i}"] = (move(blob * lumps[..., None], 6.8 + x, y, 10.7 + z), scoops[i])
    shapes["cherry"] = (
        move(ball((0.5, 0.5, 0.48)), 6.8, 0, 18.05),
        paint(rgb(0.62, 0.02, 0.02), 0.2, specular=0.6),
    )
    return shapes
