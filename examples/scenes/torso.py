"""A display torso and a T-shirt worn on it: silhouettes blown up to bodies, cloth that folds over them."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from .surfaces import Grid, cut_out
from .textures import noise

SPAN = 84.0  # of the square that the silhouettes are drawn in [cm]
FLOOR = -14.0  # height of its lower edge; the hem of the shirt is at 0 [cm]
FINE = 1260  # its pixels each way
POINTS = 560  # points of a mesh each way
Outline = list[tuple[float, float]]

# Right halves of silhouettes: (cm from the middle, cm over the hem), from the neck to the floor.
BODY: Outline = [
    (0, 75),
    (5.2, 75),
    (5.0, 71),
    (5.4, 66),
    (8.0, 62.6),
    (14.0, 60.4),
    (18.6, 58.2),
    (21.4, 54.5),
    (23.2, 48),
    (26.6, 31),
    (27.4, 22),
    (22.8, 21),
    (21.4, 30),
    (17.0, 43.4),
    (16.2, 36),
    (15.2, 26),
    (16.4, 12),
    (17.8, 0),
    (18.2, -14),
    (0, -14),
]
CLOTH: Outline = [
    (0, 76),
    (5.6, 76),
    (5.4, 71),
    (5.9, 66.2),
    (8.6, 63.2),
    (14.6, 61.2),
    (19.8, 59.0),
    (23.2, 55.2),
    (25.4, 48),
    (29.9, 33),
    (34, 19.5),
    (23.5, 17.5),
    (21.2, 31),
    (18.9, 42.6),
    (18.6, 36),
    (18.3, 26),
    (18.9, 12),
    (19.8, 0),
    (20.6, -14),
    (0, -14),
]


def pixels_of(points: NDArray) -> NDArray:
    """(N, 2) pixels (column, row) of (N, 2) places [cm]."""
    x, z = points[:, 0], points[:, 1]
    return np.stack([x + SPAN / 2, SPAN + FLOOR - z], -1) / SPAN * FINE


def rounded(half: Outline, radius: float = 9) -> NDArray:
    """(N, 2) closed outline through a right half and its mirror image, smoothed."""
    corners = np.concatenate([half, np.array(half[::-1]) * (-1, 1)])
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T))]
    along = np.linspace(0, length[-1], 1600)
    path = np.stack([np.interp(along, length, corners[:, axis]) for axis in (0, 1)], -1)
    return ndimage.gaussian_filter1d(path, radius, axis=0, mode="nearest")


def filled(path: NDArray) -> NDArray[np.bool_]:
    """(FINE, FINE), True inside a path of places [cm]."""
    picture = np.zeros((FINE, FINE), np.uint8)
    cv2.fillPoly(picture, [(pixels_of(path) * 16).round().astype(np.int32)], 255, cv2.LINE_AA, 4)
    return picture > 127


def blown(inside: NDArray[np.bool_], side: int = 420) -> NDArray:
    """(FINE, FINE) depth [cm] of the front: an inflated silhouette, about half as deep as it is wide.

    The root of Poisson's equation makes a cylinder of a strip and a tube of each limb.
    """
    step = SPAN / side
    coarse = cv2.resize(inside.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > 0.5
    number = np.full((side, side), -1)
    number[coarse] = np.arange(coarse.sum())
    rows, columns, degree = [], [], np.full(int(coarse.sum()), 4.0)
    for axis, way in ((0, 1), (0, -1), (1, 1), (1, -1)):
        other = np.roll(number, way, axis)
        # Where the sheet ends (neck, hips) the body goes on.
        edge = [slice(None), slice(None)]
        edge[axis] = 0 if way == 1 else side - 1
        other[tuple(edge)] = -2
        beside = other[coarse]
        rows.append(np.flatnonzero(beside >= 0))
        columns.append(beside[beside >= 0])
        degree[beside == -2] -= 1
    row, column = np.concatenate(rows), np.concatenate(columns)
    links = sparse.coo_matrix((np.full(len(row), -1.0), (row, column)), shape=(len(degree),) * 2)
    height = np.zeros((side, side), np.float32)
    height[coarse] = spsolve((links + sparse.diags(degree)).tocsc(), np.full(len(degree), step**2))
    smooth = cv2.resize(ndimage.gaussian_filter(height, 1.2), (FINE, FINE), interpolation=cv2.INTER_CUBIC)
    # On the outline itself front and back meet.
    within = ndimage.binary_erosion(inside, border_value=1)
    return 0.86 * np.sqrt(np.maximum(smooth, 0) * within)


def ridges(seed: int) -> NDArray:
    """(FINE, FINE) folds [cm]: from the armpits to the middle, and bunched over the waist."""
    rng = np.random.default_rng(seed)
    place = np.linspace(-SPAN / 2, SPAN / 2, FINE)
    x, z = place[None, :], (SPAN + FLOOR - np.linspace(0, SPAN, FINE))[:, None]
    height = np.zeros((FINE, FINE), np.float32)

    def fold(cx: float, cz: float, angle_deg: float, width: float, length: float, rise: float) -> None:
        angle = np.radians(angle_deg)
        along = (x - cx) * np.cos(angle) + (z - cz) * np.sin(angle)
        aside = (z - cz) * np.cos(angle) - (x - cx) * np.sin(angle) + 0.06 * along**2 / length
        reach = np.exp(-((aside / width) ** 2) - (along / length) ** 2)
        nonlocal height
        height = height + rise * reach

    for side in (-1, 1):
        for _ in range(6):
            fold(side * rng.uniform(11, 16), rng.uniform(36, 47), side * rng.uniform(28, 75), 0.8, 6.5, 0.5)
        for _ in range(8):
            fold(
                side * rng.uniform(4, 15),
                rng.uniform(5, 27),
                side * rng.uniform(-40, 30),
                rng.uniform(0.7, 1.2),
                rng.uniform(5, 9),
                rng.uniform(0.3, 0.65),
            )
        for _ in range(6):
            fold(side * rng.uniform(21, 27), rng.uniform(35, 50), side * rng.uniform(-25, 50), 0.7, 3.6, 0.4)
    for _ in range(5):
        fold(rng.uniform(-11, 11), rng.uniform(8, 30), rng.uniform(70, 110), 1.2, 10, 0.35)
    return height


def grooves(path: NDArray, depth_cm: float) -> NDArray:
    """(FINE, FINE) seam [cm] along an open path of places."""
    line = np.full((FINE, FINE), 255, np.uint8)
    cv2.polylines(line, [(pixels_of(path) * 16).round().astype(np.int32)], False, 0, 1, cv2.LINE_8, 4)
    distance = ndimage.distance_transform_edt(line) * SPAN / FINE
    return -depth_cm * np.exp(-((distance / 0.16) ** 2))


def hems() -> NDArray:
    """(FINE, FINE) seams [cm]: hem, sleeves and armholes."""
    t = np.linspace(0, 1, 40)
    total = grooves(np.stack([np.linspace(-30, 30, 60), np.full(60, 1.9)], -1), 0.16)
    for side in (-1, 1):
        cuff = np.stack([18.55 + 13 * t, 33.1 + 5.0 * t], -1)
        arm = np.stack([19.2 - 2.6 * np.sin(np.pi * t) ** 0.8 - 0.4 * t, 59.5 - 16.5 * t], -1)
        total = total + grooves(cuff * (side, 1), 0.16) + grooves(arm * (side, 1), 0.2)
    return total


def neckline(drop_cm: float) -> NDArray:
    """(N, 2) edge of the neck of the shirt, from the left to the right."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 120)
    return np.stack([9.0 * np.sin(t), 63.1 - drop_cm * np.cos(t) ** 0.85], -1)


def worn(seed: int) -> tuple[NDArray, NDArray[np.bool_]]:
    """(FINE, FINE) depth of the shirt's front [cm], and where there is cloth."""
    outline = filled(rounded(CLOTH))
    depth = blown(outline)
    relax = noise((FINE, FINE), (9, 9), 2, seed)
    edge = np.clip(ndimage.distance_transform_edt(outline) * SPAN / FINE / 3, 0, 1)
    depth = depth + edge * (0.75 * ridges(seed) + 0.12 * relax + hems()) + 0.35 * np.clip(8 * edge, 0, 1)
    column, row = np.meshgrid(np.arange(FINE), np.arange(FINE))
    x, z = column / FINE * SPAN - SPAN / 2, SPAN + FLOOR - row / FINE * SPAN
    sleeve_end = 31.3 + (np.abs(x) - 19) * 5.0 / 13 + 0.25 * np.sin(x)
    arms = (np.abs(x) > 18.9 + np.clip(14 - z, 0, 20) * 0.16) & (z < 44)
    hem = z > 0.35 * np.sin(0.31 * x + 1) + 0.2 * np.sin(0.8 * x)
    cloth = outline & hem & ~(arms & (z < sleeve_end) & (z > 0))
    collar = np.concatenate([neckline(6.9), [[11, 90], [-11, 90]]])
    return depth, cloth & ~filled(collar)


def front(depth: NDArray, kept: NDArray[np.bool_], behind: bool = False) -> tuple[Grid, NDArray, NDArray]:
    """Points of the front, or of the back, their (row, column) in the silhouette, and the cells to keep."""
    row, column, keep = cut_out(kept, POINTS)
    y = depth[row, column] * (0.8 if behind else -1.0)
    points = np.stack([column / FINE * SPAN - SPAN / 2, y, SPAN + FLOOR - row / FINE * SPAN], -1)
    place, way = np.stack([row, column], -1), -1 if behind else 1
    return points[::-1, ::way], place[::-1, ::way], keep[::-1, ::way]


def unrolled(depth: NDArray, chest_cm: float) -> tuple[NDArray, NDArray]:
    """Length of cloth [cm] from the middle and, downwards, from the height `chest_cm`, at each pixel."""
    step = SPAN / FINE
    calm = ndimage.gaussian_filter(depth, 3)
    across = np.hypot(1, np.gradient(calm, step, axis=1)).clip(1, 4) * step
    down = np.hypot(1, np.gradient(calm, step, axis=0)).clip(1, 1.5) * step
    middle, chest = FINE // 2, round((SPAN + FLOOR - chest_cm) / SPAN * FINE)
    along, fall = np.cumsum(across, 1), np.cumsum(down, 0)
    return along - along[:, middle : middle + 1], fall - fall[chest : chest + 1]
