"""Views of a flat picture, exact both ways: from a point of the picture to the view's point and back.

Points are (N, 2) float64 of (x, y), pixel centres at integers. A point that has no partner is NaN.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


class Step(Protocol):
    """One part of a view."""

    def forward(self, points: Points) -> Points:
        """Where points of the picture are seen."""

    def backward(self, points: Points) -> Points:
        """Which points of the picture are seen there."""


@dataclass(frozen=True, slots=True)
class View:
    """Steps one after another, the first nearest to the picture."""

    steps: tuple[Step, ...] = ()

    def forward(self, points: Points) -> Points:
        for step in self.steps:
            points = step.forward(points)
        return points

    def backward(self, points: Points) -> Points:
        for step in reversed(self.steps):
            points = step.backward(points)
        return points

    def then(self, *steps: Step) -> "View":
        """This view, seen through further steps; planes in a row become one, which is faster."""
        joined = list(self.steps)
        for step in steps:
            if joined and isinstance(step, Plane) and isinstance(joined[-1], Plane):
                joined[-1] = Plane(step.matrix @ joined[-1].matrix)
            else:
                joined.append(step)
        return View(tuple(joined))

    def scale_at(self, point: Points) -> float:
        """View pixels a picture pixel at one (2,) point, the root of the change in area."""
        around = point + 0.5 * np.array([[-1, 0], [1, 0], [0, -1], [0, 1]], np.float64)
        left, right, above, below = self.forward(around)
        across, down = right - left, below - above
        return float(abs(across[0] * down[1] - across[1] * down[0]) ** 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A homography; points behind the eye are not seen."""

    matrix: NDArray[np.float64]  # (3, 3), picture to view, its third row positive on all that is seen

    def forward(self, points: Points) -> Points:
        return _projected(self.matrix, points)

    def backward(self, points: Points) -> Points:
        return _projected(np.linalg.inv(self.matrix), points)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A picture wrapped around an upright cylinder, seen from far in front and a little above."""

    centre: tuple[float, float]  # the point that faces the eye [picture px]
    radius_px: float
    sag: float  # how far a line across bows, in radii at a quarter turn

    def forward(self, points: Points) -> Points:
        x, y = (points - self.centre).T
        angle = x / self.radius_px
        angle = np.where(np.abs(angle) < math.pi / 2, angle, np.nan)
        bow = self.sag * self.radius_px * (1 - np.cos(angle))
        return np.stack([self.radius_px * np.sin(angle), y + bow], 1) + self.centre

    def backward(self, points: Points) -> Points:
        x, y = (points - self.centre).T
        sine = x / self.radius_px
        angle = np.arcsin(np.where(np.abs(sine) < 1, sine, np.nan))
        bow = self.sag * self.radius_px * (1 - np.cos(angle))
        return np.stack([self.radius_px * angle, y - bow], 1) + self.centre


@dataclass(frozen=True, slots=True)
class Folds:
    """Soft waves as cloth has: rows are pushed sideways, then columns up and down, so it can be undone."""

    period_px: tuple[float, float]
    height_px: tuple[float, float]
    phase_rad: tuple[float, float]

    def forward(self, points: Points) -> Points:
        x, y = points.T
        x = x + self._push(0, y)
        return np.stack([x, y + self._push(1, x)], 1)

    def backward(self, points: Points) -> Points:
        x, y = points.T
        y = y - self._push(1, x)
        return np.stack([x - self._push(0, y), y], 1)

    def _push(self, axis: int, along: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = 2 * math.pi * along / self.period_px[axis] + self.phase_rad[axis]
        return self.height_px[axis] * np.sin(angle)


def shifted(x: float, y: float) -> Plane:
    """A move by (x, y)."""
    return Plane(np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64))


def turned(angle_rad: float, centre: tuple[float, float] = (0, 0)) -> Plane:
    """A turn around `centre`, clockwise on the screen."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return Plane(shifted(*centre).matrix @ turn @ shifted(-centre[0], -centre[1]).matrix)


def scaled(factor: float) -> Plane:
    """Every pixel becomes `factor` wide; the picture's upper left corner stays."""
    edge = (factor - 1) / 2
    return Plane(np.array([[factor, 0, edge], [0, factor, edge], [0, 0, 1]]))


def tilted(angle_rad: float, axis_rad: float, distance_px: float, centre: tuple[float, float]) -> Plane:
    """A flat picture leaned back around an axis through `centre`, seen by an eye so far away."""
    lean = np.array(
        [[1, 0, 0], [0, math.cos(angle_rad), 0], [0, math.sin(angle_rad) / distance_px, 1]], np.float64
    )
    there, back = turned(axis_rad).matrix, turned(-axis_rad).matrix
    at_centre = shifted(-centre[0], -centre[1]).matrix
    return Plane(shifted(*centre).matrix @ there @ lean @ back @ at_centre)


def outline(height: int, width: int, count: int = 40) -> Points:
    """Points around the edge of a picture."""
    t = np.linspace(0, 1, count, endpoint=False)
    right, below = t * (width - 1), t * (height - 1)
    edges = [
        (right, np.zeros(count)),
        (np.full(count, width - 1.0), below),
        (right[::-1], np.full(count, height - 1.0)),
        (np.zeros(count), below[::-1]),
    ]
    return np.concatenate([np.stack(edge, 1) for edge in edges])


def _projected(matrix: NDArray[np.float64], points: Points) -> Points:
    x, y = points.T
    # Row by row: on long, narrow arrays several times faster than a product of matrices.
    across, down, depth = (row[0] * x + row[1] * y + row[2] for row in matrix)
    inverse = 1 / np.where(depth > 1e-9, depth, np.nan)
    seen = np.empty_like(points)
    np.multiply(across, inverse, out=seen[:, 0])
    np.multiply(down, inverse, out=seen[:, 1])
    return seen
