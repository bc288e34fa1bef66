"""The surfaces of a low shoe, its heel at x = 0, its toe at x = 29 cm: upper, collar, tongue, laces, sole."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from .shapes import sweep
from .surfaces import Grid

COLUMNS, ROWS = 320, 90
# Half outlines of the upper where it meets the sole, from the heel to the toe, (x, y) cm.
OUTER = (
    (0.0, 0.0), (0.35, -1.5), (1.6, -2.8), (4.5, -3.4), (9, -3.35), (14, -3.7), (19, -4.5), (23, -4.7),
    (26.3, -3.9), (28.3, -2.0), (28.9, 0.3),
)  # fmt: skip
INNER = (
    (0.0, 0.0), (0.35, 1.5), (1.6, 2.6), (4.5, 3.1), (9, 2.9), (14, 3.2), (19, 4.3), (23, 4.9),
    (26.3, 4.4), (28.3, 2.6), (28.9, 0.3),
)  # fmt: skip
# Edge of the opening, for shares of the half outline: x, half width, height over the table [cm].
TOPLINE = (
    (0.00, 0.9, 0.0, 9.9), (0.05, 1.2, 1.45, 9.75), (0.12, 3.0, 2.5, 8.6), (0.22, 6.2, 2.85, 7.7),
    (0.32, 9.3, 2.6, 8.5), (0.385, 10.9, 2.15, 9.6), (0.60, 16.9, 1.6, 7.6), (0.72, 19.5, 1.2, 6.75),
    (0.82, 20.3, 0.8, 6.5), (1.00, 20.7, 0.0, 6.4),
)  # fmt: skip
OPEN = 0.385  # share at which the collar ends and the lacing begins


def floor_height(x: NDArray) -> NDArray:
    """How far the underside of the sole is off the table: the toe springs up."""
    return 1.3 * np.clip((x - 18) / 11, 0, 1) ** 2 + 0.25 * np.clip((3 - x) / 3, 0, 1) ** 2


def sole_height(x: NDArray) -> NDArray:
    """Height of the edge between sole and upper over the table."""
    return floor_height(x) + 2.3 + 0.5 * np.clip((10 - x) / 10, 0, 1)


def half_outline(knots: tuple[tuple[float, float], ...]) -> NDArray:
    """(COLUMNS, 2) outline through `knots`, evenly spaced."""
    points = np.array(knots)
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    start, end = np.array([0.0, np.sign(points[1, 1])]), np.array([0.0, -np.sign(points[1, 1])])
    dense = CubicSpline(length, points, bc_type=((1, start), (1, end)))(np.linspace(0, length[-1], 2000))
    walked = np.r_[0, np.cumsum(np.hypot(*np.diff(dense, axis=0).T))]
    even = np.linspace(0, walked[-1], COLUMNS)
    return np.stack([np.interp(even, walked, dense[:, axis]) for axis in (0, 1)], -1)


def topline(side: int) -> NDArray:
    """(COLUMNS, 3) edge of the opening on one side, -1 or 1."""
    table = np.array(TOPLINE)
    x, y, z = PchipInterpolator(table[:, 0], table[:, 1:])(np.linspace(0, 1, COLUMNS)).T
    return np.stack([x, side * y, z], -1)


def upper(side: int) -> Grid:
    """(ROWS, COLUMNS, 3) one side of the upper: from the sole to the opening, from the heel to the toe."""
    plan = half_outline(OUTER if side < 0 else INNER)
    base = np.concatenate([plan, sole_height(plan[:, 0])[:, None]], 1)
    top = topline(side)
    share = np.linspace(0, 1, COLUMNS)[:, None]
    out = (base - top) * (1, 1, 0)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    toe = np.clip((share - 0.45) / 0.4, 0, 1)
    toe = toe**2 * (3 - 2 * toe)
    slope = np.radians(66 - 48 * toe)
    fall = out * np.cos(slope) - np.array([0, 0, 1.0]) * np.sin(slope)
    span = np.linalg.norm(base - top, axis=1, keepdims=True)
    heel = np.clip(1 - share / 0.1, 0, 1)
    first = base + np.array([0, 0, 1.0]) * span * (0.36 + 0.03 * toe) + out * (0.25 + 0.35 * heel)
    second = top + fall * span * (0.36 + 0.16 * toe)
    t = np.linspace(0, 1, ROWS)[:, None, None]
    return (1 - t) ** 3 * base + 3 * t * (1 - t) ** 2 * first + 3 * t**2 * (1 - t) * second + t**3 * top


def heights(grid: Grid) -> NDArray:
    """(ROWS, COLUMNS) way along the surface from the sole [cm]."""
    steps = np.linalg.norm(np.diff(grid, axis=0), axis=-1)
    return np.concatenate([np.zeros((1, grid.shape[1])), np.cumsum(steps, 0)])


def lengths(grid: Grid) -> NDArray:
    """(COLUMNS,) way along the sole from the heel [cm]."""
    return np.r_[0, np.cumsum(np.linalg.norm(np.diff(grid[0], axis=0), axis=-1))]


def binding(radius: float) -> Grid:
    """A padded edge around the opening, thicker at the collar than along the laces."""
    path = np.concatenate([topline(-1), topline(1)[-2::-1]])
    share = np.r_[np.linspace(0, 1, COLUMNS), np.linspace(1, 0, COLUMNS)[1:]]
    padded = 0.55 + 0.45 * np.clip((OPEN + 0.05 - share) / 0.1, 0, 1)
    return sweep(path, radius * padded)


def lining(side: int) -> Grid:
    """The inside of one half, from the opening down to the foot bed."""
    top = topline(side)
    deep = top * (1, 0.86, 0) + np.array([0, 0, 3.4])
    deep[:, 0] += 1.6 * np.clip(1 - np.linspace(0, 1, COLUMNS) / 0.12, 0, 1)
    t = np.linspace(0, 1, 30)[:, None, None]
    bow = 0.5 * np.sin(np.pi * t)
    return top * (1 - t) + deep * t - bow * np.array([0, side * 0.4, 0])


def foot_bed() -> Grid:
    """The insole, as far as it is seen through the opening."""
    left, right = (topline(side) * (1, 0.95, 0) + np.array([0, 0, 3.6]) for side in (-1, 1))
    t = np.linspace(0, 1, 12)[:, None, None]
    return left * (1 - t) + right * t


TONGUE = CubicSpline(
    [0, 0.35, 0.7, 0.92, 1], [(20.9, 6.0), (16.4, 8.0), (12.2, 9.9), (10.4, 11.2), (10.0, 11.7)]
)


def tongue() -> tuple[Grid, Grid]:
    """The tongue under the laces, and its rolled edge."""
    t = np.linspace(0, 1, 90)
    x, z = TONGUE(t).T
    half = np.interp(t, [0, 0.4, 0.85, 0.95, 1], [1.1, 1.9, 2.5, 2.4, 1.7])
    v = np.linspace(-1, 1, 41)
    grid = np.stack(
        [x[:, None] + 0 * v, half[:, None] * v, z[:, None] - 0.30 * half[:, None] ** 1.3 * v**2], -1
    )
    rim = np.concatenate([grid[20:, 0], grid[-1, 1:-1], grid[20:, -1][::-1]])
    return grid, sweep(rim, 0.2)


def laces(radius: float, rows: int = 6) -> list[Grid]:
    """Rows of lace from eyelet to eyelet over the tongue."""
    sides = [upper(side) for side in (-1, 1)]
    row = round(0.90 * (ROWS - 1))
    tubes = []
    for share in np.linspace(OPEN + 0.025, 0.655, rows):
        column = round(share * (COLUMNS - 1))
        left, right = (grid[row, column] for grid in sides)
        edge = [topline(side)[column] for side in (-1, 1)]
        x = (left[0] + right[0]) / 2 + 0.25
        t = (20.9 - x) / 11.7
        middle = np.array([x, 0, float(TONGUE(t)[1]) + radius + 0.18])
        lift = np.array([0, 0, radius + 0.16])
        knots = [left - 2.2 * lift, left + 0.4 * lift, edge[0] + 1.6 * lift, middle]
        knots += [edge[1] + 1.6 * lift, right + 0.4 * lift, right - 2.2 * lift]
        path = CubicSpline(np.linspace(0, 1, len(knots)), knots)(np.linspace(0, 1, 80))
        tubes.append(sweep(path, radius))
    return tubes


def sole(thick: float) -> Grid:
    """The side of the sole, once around: from under it up to the upper; `thick` cm wider than the upper."""
    plan = np.concatenate([half_outline(OUTER), half_outline(INNER)[-2::-1]])
    along = np.gradient(plan, axis=0)
    along[[0, -1]] = (0, -1)
    out = np.stack([-along[:, 1], along[:, 0]], -1) * -1
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    x = plan[:, 0]
    low, high = floor_height(x), sole_height(x)
    profile = ((-1.2, 0.0), (-0.25, 0.02), (0.62, 0.10), (0.9, 0.24), (1.0, 0.5), (0.95, 0.72), (0.88, 0.76),
               (0.9, 0.80), (0.8, 0.96), (0.5, 1.02), (-0.9, 1.02))  # fmt: skip
    knots = np.array(profile)
    dense = np.linspace(0, len(knots) - 1, 70)
    reach, rise = PchipInterpolator(np.arange(len(knots)), knots)(dense).T
    points = np.empty((len(dense), len(plan), 3))
    points[..., :2] = plan + thick * reach[:, None, None] * out
    points[..., 2] = low + rise[:, None] * (high - low)
    return points
