"""A smooth displacement of the image: where a surface is not flat, no matrix alone maps it.

A cubic B-spline on a coarse grid (Rueckert et al. 1999, "Nonrigid registration using free-form
deformations"), held together by the bending energy of a thin plate (Duchon 1977; Bookstein 1989, "Principal
warps: thin-plate splines and the decomposition of deformations"). Unlike the plate's own basis, the grid's
does not grow with the number of matches, so that matches and the pixels of the context band can vote in the
same small system.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box
from artifix.registration import tuning

CUBIC = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6  # powers of t to weights

# The first coefficient at each of N points, and the four weights from there: (N,) and (N, 4).
_Axis = tuple[NDArray[np.intp], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class SplineWarp:
    """A smooth displacement of image points, before the matrix.

    Attributes:
        box: (left, top, right, bottom) of the spline in pixels of the image; beyond, the edge's value holds.
        coefficients: (rows, columns, 2) float64 of the spline, in pixels of the image.
    """

    box: tuple[float, float, float, float]
    coefficients: NDArray[np.float64]

    @property
    def is_continuous(self) -> bool:
        """Whether neighbouring points stay neighbours: they do."""
        return True

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displaced points (x, y) of (N, 2) image points."""
        (rows, row_weights), (columns, column_weights) = self._weights(points, 0, 0)
        moved = points.astype(np.float64)
        for i in range(4):
            for j in range(4):
                weight = row_weights[:, i] * column_weights[:, j]
                moved = moved + weight[:, None] * self.coefficients[rows + i, columns + j]
        return moved

    def basis(self, points: NDArray[np.float64], right: int = 0, down: int = 0) -> NDArray[np.float64]:
        """(N, rows * columns): derivatives of these orders at (N, 2) points, by each coefficient.

        In sides of the box.
        """
        (rows, row_weights), (columns, column_weights) = self._weights(points, right, down)
        height, width = self.coefficients.shape[:2]
        basis = np.zeros((len(points), height * width))
        at = np.arange(len(points))
        for i in range(4):
            for j in range(4):
                basis[at, (rows + i) * width + columns + j] = row_weights[:, i] * column_weights[:, j]
        return basis

    @property
    def side_px(self) -> float:
        """Longer side of the box."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])

    def _weights(self, points: NDArray[np.float64], right: int, down: int) -> tuple[_Axis, _Axis]:
        height, width = self.coefficients.shape[:2]
        left, top, end, bottom = self.box
        return (
            _axis_weights(points[:, 1], top, bottom, height - 3, down, self.side_px),
            _axis_weights(points[:, 0], left, end, width - 3, right, self.side_px),
        )


def _axis_weights(
    values: NDArray[np.float64], low: float, high: float, cells: int, order: int, unit: float
) -> _Axis:
    """The spline's weights at `values`, differentiated `order` times, in `unit` pixels."""
    position = np.clip((np.nan_to_num(values) - low) / (high - low), 0, 1) * cells
    first = np.minimum(position.astype(np.intp), cells - 1)
    t = position - first
    powers = np.zeros((len(t), 4))
    for power in range(order, 4):
        factor = np.prod(np.arange(power, power - order, -1))
        powers[:, power] = factor * t ** (power - order)
    return first, powers @ CUBIC * (cells * unit / (high - low)) ** order


def still_warp(inner: Box, growth: float, cells: float) -> SplineWarp:
    """A warp that displaces nothing.

    Args:
        inner: that it spans, in pixels of the image.
        growth: how far it reaches beyond, in longer sides of `inner`.
        cells: along its longer side.
    """
    pad = growth * max(inner.width, inner.height)
    sides = np.array([inner.height, inner.width]) + 2 * pad
    rows, columns = np.maximum(2, np.round(cells * sides / sides.max())).astype(int) + 3
    bounds = inner.left - pad, inner.top - pad, inner.right + pad, inner.bottom + pad
    return SplineWarp(bounds, np.zeros((rows, columns, 2)))


def energy(warp: SplineWarp, curvature: float) -> NDArray[np.float64]:
    """(K, K): the cost of bending a plate, by the curvature expected, and a little for any displacement."""
    bending = 1 / curvature**2
    terms = (
        (2, 0, bending),
        (1, 1, 2 * bending),
        (0, 2, bending),
        (0, 0, 1 / tuning.REGISTRATION.warp_shift**2),
    )
    return squared_derivatives(warp, terms) / warp.side_px**2


def squared_derivatives(warp: SplineWarp, terms: Sequence[tuple[int, int, float]]) -> NDArray[np.float64]:
    """(K, K): squared derivatives of a coordinate, integrated over the box, both in its longer sides.

    Args:
        warp: whose coefficients are asked.
        terms: order of the derivative across and down, and weight, of each that is added up.
    """
    left, top, right, bottom = warp.box
    height, width = (3 * (size - 3) for size in warp.coefficients.shape[:2])
    x, y = ((np.arange(n) + 0.5) / n for n in (width, height))
    grid = np.stack(np.meshgrid(left + x * (right - left), top + y * (bottom - top)), -1).reshape(-1, 2)
    area = (right - left) * (bottom - top) / warp.side_px**2 / len(grid)
    total = np.zeros((warp.coefficients[..., 0].size,) * 2)
    for across, down, weight in terms:
        basis = warp.basis(grid, across, down)
        total += weight * area * basis.T @ basis
    return total


def jacobians(warp: SplineWarp, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2, 2) of the displaced point by the point."""
    half = np.array([0.5, 0.0])
    right = warp.points(points + half) - warp.points(points - half)
    down = warp.points(points + half[::-1]) - warp.points(points - half[::-1])
    return np.asarray(np.stack([right, down], -1), np.float64)


def is_smooth(warp: SplineWarp, box: Box) -> bool:
    """Whether the warp neither folds nor tears anywhere in `box` of the image."""
    tuned = tuning.REGISTRATION
    x, y = np.linspace(box.left, box.right, 24), np.linspace(box.top, box.bottom, 24)
    areas = np.linalg.det(jacobians(warp, np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)))
    return bool(areas.min() > tuned.warp_least_area and areas.max() < tuned.warp_most_area)
