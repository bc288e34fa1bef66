"""A hardback book: boards around a rounded spine, and the edges of its leaves."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .shapes import redrawn
from .studio import LABEL, bitmap, paint
from .surfaces import Grid, mesh, plate, prism, smooth
from .textures import noise

WIDE, TALL, THICK = 14.0, 21.0, 3.2  # [cm]


def cover_path(inset: float) -> NDArray:
    """(N, 2) plan of the boards and the rounded spine: from rear edge to front edge, `inset` cm inside."""
    x, y = WIDE / 2, THICK / 2 - inset
    hinge = [(-x + 1.5, 0.0), (-x + 1.1, 0.16), (-x + 0.7, 0.16), (-x + 0.3, 0.0)]
    angle = np.linspace(np.pi / 2, -np.pi / 2, 9)
    bow = [(-x + 0.1 - (0.62 - inset) * np.cos(a), y * np.sin(a)) for a in angle]
    rear = [(a, y - b) for a, b in hinge]
    front = [(a, b - y) for a, b in hinge[::-1]]
    return smooth([(x, y), *rear, *bow, *front, (x, -y)], 0.05, 0.2)


def raised(path: NDArray, heights: NDArray) -> Grid:
    """A wall over an (N, 2) plan."""
    points = np.empty((len(heights), len(path), 3))
    points[..., :2], points[..., 2] = path, heights[:, None]
    return points


def bound(
    cover: dict, inside: dict, pages: tuple[dict, dict], pose: Callable[[Grid], Grid], shift: float = 0.0
) -> dict:
    """Cover, inside and edges of the boards, pages.

    Args:
        cover: material that carries the artwork.
        inside: material of the boards' edges and insides.
        pages: materials of the leaves' edges, of the sides and of the top.
        pose: puts the surfaces of the standing book in their place.
        shift: of the print, as in `redrawn`.
    """
    outer, inner = cover_path(0.0), cover_path(0.26)
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(outer, axis=0).T))]
    inner = np.stack(
        [np.interp(np.linspace(0, 1, len(outer)), np.linspace(0, 1, len(inner)), v) for v in inner.T], -1
    )
    heights = np.linspace(0, TALL, 120)
    front = raised(outer, heights)
    uv = np.stack(np.broadcast_arrays(length / length[-1], 1 - heights[:, None] / TALL), -1)
    block = prism(WIDE - 0.5, THICK - 0.54, np.linspace(0.3, TALL - 0.3, 8), 0.06, 0.0)
    top = plate(WIDE - 0.5, THICK - 0.54, TALL - 0.3)
    rims = {
        "foot": np.stack([raised(path, np.array([z]))[0] for path, z in ((outer, 0.0), (inner, 0.02))]),
        "head": np.stack(
            [raised(path, np.array([TALL - z]))[0] for path, z in ((outer, 0.0), (inner, 0.02))]
        ),
        "edge": np.stack([raised(path[-1:], heights)[:, 0] for path in (outer, inner)]),
        "rear_edge": np.stack([raised(path[:1], heights)[:, 0] for path in (outer, inner)]),
        "lining": raised(inner, heights),
    }
    shapes = {name: mesh(name, pose(grid), inside) for name, grid in rims.items()}
    shapes["pages"] = mesh("pages", pose(block), pages[0])
    shapes["leaves"] = mesh("leaves", pose(top), pages[1])
    return shapes | {LABEL: mesh(LABEL, pose(front), cover, redrawn(uv, shift, 6, 5))}


def paper() -> tuple[dict, dict]:
    """The edges of many leaves: of the block's sides, and of its top."""
    tones = []
    for shape, cells in (((32, 2048), (2, 700)), ((512, 64), (160, 2))):
        tone = 222 + 16 * noise(shape, cells, 1, 2)
        tones.append(np.clip(tone[..., None] * (1, 0.95, 0.84), 0, 255).astype(np.uint8))
    return paint(bitmap(tones[0]), 0.9), paint(bitmap(tones[1]), 0.9)
