"""More surfaces: balls, tubes along any path, print drawn anew, shaded weave."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .surfaces import Grid, lathe
from .textures import noise


def places(points: Grid) -> NDArray[np.float64]:
    """(rows, columns, 2) default places on the artwork: right and down over the whole grid."""
    rows, columns = points.shape[:2]
    return np.stack(np.meshgrid(np.linspace(0, 1, columns), np.linspace(1, 0, rows)), -1)


def redrawn(uv: NDArray, shift: float, seed: int, cells: float = 3) -> NDArray[np.float64]:
    """`uv` with smooth random shifts of about `shift`, as print is that was drawn anew from memory."""
    x, y = (np.ascontiguousarray(uv[..., axis] * 255, np.float32) for axis in (0, 1))
    fields = (noise((256, 256), (cells, cells), 1, seed + axis) for axis in (0, 1))
    moved = [cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for field in fields]
    return uv + shift * np.stack(moved, -1)


def ball(radii: tuple[float, float, float], columns: int = 97) -> Grid:
    """An ellipsoid around the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, columns // 2 + 1)
    return lathe(np.stack([np.cos(angle), np.sin(angle)], -1), columns) * np.array(radii)


def sweep(path: NDArray, radius: float | NDArray, columns: int = 20) -> Grid:
    """A round tube along any (N, 3) path; `radius` [cm] may differ along it."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent[0], [0.31, 0.22, 0.93])
    frames = []
    for direction in tangent:
        side = side - direction * (side @ direction)
        side /= np.linalg.norm(side)
        frames.append((side, np.cross(direction, side)))
    first, second = np.array(frames).transpose(1, 0, 2)
    angle = np.linspace(0, 2 * np.pi, columns)[None, :, None]
    reach = np.broadcast_to(np.asarray(radius, float), len(path))[:, None, None]
    return path[:, None] + reach * (np.cos(angle) * first[:, None] + np.sin(angle) * second[:, None])


def shaded(art: NDArray[np.uint8], heights: NDArray, share: float) -> NDArray[np.uint8]:
    """Artwork that is lighter by `share` where the (H, W) `heights` of its weave or grain are 1."""
    fitted = cv2.resize(heights.astype(np.float32), art.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(art * (1 + share * fitted[..., None]), 0, 255).astype(np.uint8)
