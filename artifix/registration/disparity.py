"""A torn displacement of the image: where the masked part spans several depths, nothing smooth maps it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, transform_points

STEPS = 16  # in a pixel of the image


@dataclass(frozen=True, eq=False)
class DisparityMap:
    """A displacement of image points along one direction, before the matrix; it may jump between pixels.

    Attributes:
        box: of the image, in its pixels; beyond, the edge's value holds.
        direction: unit vector (x, y).
        steps: (h, w) int16, along it, at the pixels of the box's working picture, in `STEPS` a pixel.
    """

    box: Box
    direction: tuple[float, float]
    steps: NDArray[np.int16]

    @property
    def is_continuous(self) -> bool:
        """Whether neighbouring points stay neighbours: where two sheets meet they do not."""
        return False

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displaced points (x, y) of (N, 2) image points."""
        height, width = size = self.steps.shape[0], self.steps.shape[1]
        at = np.round(transform_points(Crop(self.box, size).matrix(), np.nan_to_num(points)))
        # No blending: between two sheets lies nothing.
        columns, rows = np.clip(at, 0, [width - 1, height - 1]).astype(np.intp).T
        moved = self.steps[rows, columns, None] / STEPS * np.array(self.direction)
        return np.asarray(points + moved, np.float64)
