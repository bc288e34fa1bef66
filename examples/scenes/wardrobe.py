"""What clothes hang on: a hanger, a rail in a shop, a wall behind."""

import numpy as np
from numpy.typing import NDArray

from .artifacts import Art
from .studio import bitmap, paint, rgb
from .surfaces import lathe, mesh, move, prism, smooth, tube, turn
from .textures import noise


def hanger(top_cm: float) -> dict:
    """A wooden hanger on a peg; its shoulders are some 8 cm under `top_cm`."""
    parts = {}
    t = np.linspace(0, 1, 60)
    beech = paint(rgb(0.50, 0.28, 0.13), 0.35)
    for side in (-1, 1):
        arm = np.stack([side * 15 * t, 0 * t - 1.9, top_cm - 8.3 - 4.2 * t**1.4], -1)
        parts[f"arm{side}"] = mesh(f"arm{side}", tube(arm, np.full((60, 2), 0.8)), beech)
    bend = np.linspace(-0.5 * np.pi, 1.05 * np.pi, 60)
    hook = np.concatenate(
        [
            [[0, -1.9, top_cm - 8]],
            np.stack([1.9 * np.cos(bend), 0 * bend - 1.9, top_cm + 1.5 + 1.9 * np.sin(bend)], -1),
        ]
    )
    steel = paint(rgb(0.7, 0.7, 0.72), 0.25, metallic=1.0)
    parts["hook"] = mesh("hook", tube(hook, np.full((61, 2), 0.2)), steel)
    peg = turn(
        lathe(smooth([(0.02, 0), (1.1, 0), (0.9, 0.6), (0.55, 1.2), (0.5, 4.6), (0.02, 4.7)])), 90, "x"
    )
    parts["peg"] = mesh("peg", move(peg, 0, 1.5, top_cm + 2.6), beech)
    return parts


def rack() -> dict:
    """Clothes on a rail, well behind the torso."""
    rng = np.random.default_rng(12)
    tones = (
        (0.5, 0.16, 0.09),
        (0.72, 0.66, 0.54),
        (0.06, 0.10, 0.16),
        (0.55, 0.34, 0.10),
        (0.32, 0.34, 0.36),
    )
    rail = tube(
        np.stack([np.linspace(-90, -14, 20), np.full(20, 95.0), np.full(20, 66.0)], -1), np.full((20, 2), 1.1)
    )
    shapes, x = {"rail": mesh("rail", rail, paint(rgb(0.6, 0.45, 0.25), 0.3, metallic=1.0))}, -84.0
    for i in range(13):
        thick, low = rng.uniform(3.2, 5.6), rng.uniform(-30, 6)
        slab = move(prism(thick, 30, np.linspace(low, 62.5, 60), 1.2, 0.0), x + thick / 2, 95)
        slab[..., 0] += 0.8 * np.sin(slab[..., 2] / 9 + i) * np.clip((62 - slab[..., 2]) / 30, 0, 1)
        shapes[f"coat{i}"] = mesh(f"coat{i}", slab, paint(rgb(*tones[i % 5]), 0.9))
        x += thick + 0.3
    return shapes


def wall(texture: NDArray, y_cm: float, **material: float) -> dict:
    """An upright wall behind everything, `y_cm` away."""
    x, z = np.meshgrid(np.linspace(-200, 200, 3), np.linspace(-120, 220, 3))
    return {"wall": mesh("wall", np.stack([x, 0 * x + y_cm, z], -1), paint(bitmap(texture), **material))}


def knitted(art: Art, count: float, depth: float, seed: int) -> Art:
    """The artwork on knitted cloth with uneven loops: `count` rows of them, `depth` lighter or darker."""
    loops = 1 + depth * noise(art.shape[:2], (count, count / 4), 2, seed)
    return np.clip(art * loops[..., None], 0, 255).astype(np.uint8)
