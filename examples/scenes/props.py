"""What stands about the objects: a studio background, blocks, coffee beans, a cup, a candle, an apple."""

import numpy as np

from .shapes import ball
from .studio import bitmap, paint, rgb
from .surfaces import Grid, lathe, mesh, move, plate, prism, smooth, turn
from .textures import noise


def cove() -> Grid:
    """A studio background that rises behind the shoe without an edge."""
    t = np.linspace(0, 1, 120)
    bend = np.clip(t - 0.5, 0, 0.25) * 2 * np.pi
    y = np.where(t < 0.5, -90 + 260 * t, 40 + 60 * np.sin(bend))
    z = np.where(t < 0.5, 0, 60 * (1 - np.cos(bend)) + 480 * np.clip(t - 0.75, 0, 1))
    x = np.linspace(-260, 260, 8)
    return np.stack([x[None, :] + 0 * y[:, None], y[:, None] + 0 * x, z[:, None] + 0 * x], -1)


def blocks() -> dict:
    """Building blocks behind the van."""
    shapes = {}
    places = (
        (-13, 15, 0, 14, (0.70, 0.16, 0.10)),
        (-7, 17, 0, -8, (0.84, 0.60, 0.16)),
        (-10, 16, 5, 24, (0.16, 0.32, 0.42)),
        (15, 16, 0, 30, (0.22, 0.42, 0.30)),
    )
    for i, (x, y, z, angle, tone) in enumerate(places):
        material = paint(rgb(*tone), 0.7)
        cube = prism(5, 5, np.linspace(0, 5, 12), 0.25, 0.0)
        for name, grid in ((f"block{i}", cube), (f"top{i}", plate(4.9, 4.9, 5.0))):
            shapes[name] = mesh(name, move(turn(grid, angle), x, y, z), material)
    return shapes


def scattered(count: int, spread: tuple[float, float], centre: tuple[float, float], seed: int) -> list[Grid]:
    """Roasted beans on the table: a flat side with a furrow, a round one, thrown anyhow."""
    rng = np.random.default_rng(seed)
    beans: list[Grid] = []
    for _ in range(count):
        bean = ball((0.36, 0.52, 0.30), 49)
        furrow = np.exp(-((bean[..., 0] / 0.07) ** 2)) * np.clip(bean[..., 2] / 0.2, 0, 1)
        bean[..., 2] = np.where(bean[..., 2] > 0, 0.55 * bean[..., 2], bean[..., 2]) - 0.10 * furrow
        bean = turn(bean, rng.choice([0, 180, 24, 150]), "y")
        at = rng.normal(0, 1, 2) * spread + centre
        beans.append(move(turn(bean, rng.uniform(0, 360)), *at, 0.27))
    return beans


def espresso() -> dict:
    """A small cup on its saucer."""
    wall = smooth(
        [(0.02, 0.7), (2.0, 0.7), (2.9, 2.0), (3.3, 5.4), (3.1, 5.4), (2.7, 2.2), (1.9, 1.1), (0.02, 1.0)],
        0.05,
        0.3,
    )
    plate_ = smooth(
        [(0.02, 0.3), (2.6, 0.2), (3.2, 0.3), (5.8, 1.1), (5.7, 1.25), (3.0, 0.7), (0.02, 0.7)], 0.05, 0.2
    )
    glaze = paint(rgb(0.045, 0.16, 0.165), 0.18, specular=0.6, clearcoat=0.5)
    drink = lathe(np.stack([np.linspace(3.1, 0.01, 20), np.full(20, 4.6)], -1))
    shapes = {"cup": (lathe(wall), glaze), "saucer": (lathe(plate_), glaze)}
    shapes["drink"] = (drink, paint(rgb(0.25, 0.10, 0.03), 0.3))
    return {name: mesh(name, move(grid, 10.6, -3.4), material) for name, (grid, material) in shapes.items()}


def candle(x: float, y: float) -> dict:
    """A candle that burns on a brass stick."""
    brass = {
        "type": "twosided",
        "bsdf": {
            "type": "roughconductor",
            "material": "Cu",
            "alpha": 0.2,
            "specular_reflectance": rgb(0.86, 0.94, 0.7),
        },
    }
    stick = smooth(
        [(4.2, 0.02), (4.4, 0.3), (3.2, 0.9), (1.0, 1.6), (0.7, 3.0), (1.2, 4.2), (0.6, 5.4), (0.8, 7.4),
         (1.9, 8.2), (1.9, 8.6), (1.2, 8.5)], 0.05, 0.35
    )  # fmt: skip
    wax = smooth([(1.05, 8.4), (1.05, 15.2), (0.95, 15.5), (0.6, 15.3), (0.02, 15.2)], 0.05, 0.15)
    shapes = {
        "stick": mesh("stick", move(lathe(stick), x, y), brass),
        "wax": mesh("wax", move(lathe(wax), x, y), paint(rgb(0.88, 0.80, 0.62), 0.4, specular=0.5)),
    }
    t = np.linspace(0, 1, 28)
    for i, (z, radius) in enumerate(
        zip(15.75 + 1.5 * t, 0.34 * np.sqrt(t + 0.12) * (1 - t) + 0.02, strict=True)
    ):
        shapes[f"flame{i}"] = {
            "type": "sphere",
            "center": [x, y, float(z)],
            "radius": float(radius),
            "emitter": {"type": "area", "radiance": rgb(11, 7.2, 3.0)},
        }
    # The flame as the camera sees it is darker than it shines, so that it keeps its shape.
    shapes["shine"] = {"type": "point", "position": [x, y - 1.0, 16.4], "intensity": rgb(70, 38, 12)}
    return shapes


def apple(x: float, y: float) -> dict:
    """A red apple with its stalk."""
    skin = smooth(
        [(0.02, 0.35), (0.7, 0.1), (1.8, 0.25), (3.1, 1.8), (3.7, 3.8), (3.3, 5.6), (2.0, 6.5), (1.0, 6.3),
         (0.02, 5.6)], 0.05, 0.7
    )  # fmt: skip
    body = lathe(skin)
    streaks = noise(body.shape[:2], (3, 46), 2, 3)
    glow = np.clip(0.5 + 0.35 * streaks + 0.5 * noise(body.shape[:2], (2, 3), 1, 6), 0, 1)[..., None]
    tone = np.array((150, 20, 22)) * (1 - glow) + np.array((214, 96, 44)) * glow
    peel = paint(bitmap(tone[::-1].astype(np.uint8)), 0.28, specular=0.5, clearcoat=0.4)
    stalk = lathe(smooth([(0.12, 5.4), (0.10, 6.6), (0.16, 7.3), (0.02, 7.35)], 0.05, 0.1), 25)
    return {
        "apple": mesh("apple", move(body, x, y), peel),
        "stalk": mesh("stalk", move(turn(stalk, 9, "y"), x - 0.8, y), paint(rgb(0.10, 0.05, 0.02), 0.7)),
    }
