"""A transform: where an image's pixels lie in the reference. What speaks for it: `hypothesis`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, some_points, transform_points
from artifix.registration import tuning
from artifix.registration.sampling import outlined, points_on, sample, scattered
from artifix.scene import Matches, Scene


class Displacement(Protocol):
    """What moves image points before a matrix maps them: a smooth warp, or a disparity that jumps."""

    @property
    def is_continuous(self) -> bool:
        """Whether neighbouring points stay neighbours."""

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displaced points (x, y) of (N, 2) image points, in pixels of the image."""


@dataclass(frozen=True, eq=False)
class Transform:
    """Where the image's pixels lie in the reference.

    Attributes:
        matrix: (3, 3) float64, image points (x, y, 1) to reference points, full-resolution pixels.
        displacement: moves image points before the matrix maps them, where the surface is not flat, or torn.
        correction: moves them before that, by little, so that print meets itself at the mask's edge.
    """

    matrix: NDArray[np.float64]
    displacement: Displacement | None = None
    correction: Displacement | None = None

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Reference points (x, y) of (N, 2) image points."""
        for moves in self._moves:
            points = moves.points(points)
        with np.errstate(divide="ignore", invalid="ignore"):  # points on the horizon are far away: inf
            return transform_points(self.matrix, points)

    @property
    def flat(self) -> "Transform":
        """The same without its displacement, and what was corrected on top of it."""
        return replace(self, displacement=None, correction=None)

    @property
    def _moves(self) -> list[Displacement]:
        """What moves image points, in turn."""
        return [moves for moves in (self.correction, self.displacement) if moves is not None]

    def explains(self, matches: Matches, slack: float = 1.0) -> NDArray[np.bool_]:
        """(N,) True where a match agrees with the transform, to within `slack` times its tolerance."""
        half = np.array([0.5, 0.0])
        with np.errstate(invalid="ignore"):  # beyond the horizon lies nothing: nan is not within
            error_px = np.linalg.norm(self.points(matches.image) - matches.reference, axis=1)
            right, down = (
                self.points(matches.image + step) - self.points(matches.image - step)
                for step in (half, half[::-1])
            )
            area = np.abs(right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0])
            return np.asarray(error_px <= slack * matches.tolerance_px * np.sqrt(area), np.bool_)

    def region(self, mask: NDArray[np.bool_], reference_shape: Sequence[int]) -> NDArray[np.bool_]:
        """(H, W) `mask` of the image, in the reference, corrections aside: (Hr, Wr) bool."""
        if self.correction is not None:
            return replace(self, correction=None).region(mask, reference_shape)
        if self.displacement is not None and not self.displacement.is_continuous:
            fine = int(np.ceil(2 * np.sqrt(abs(np.linalg.det(self.matrix[:2, :2])))))
            return scattered(mask, self.points, reference_shape, fine)
        if self.displacement is not None and mask.any():
            return outlined(mask, self.points, reference_shape)
        size = reference_shape[1], reference_shape[0]
        return cv2.warpPerspective(mask.astype(np.uint8), self.matrix, size, flags=cv2.INTER_NEAREST) > 0

    def warp_reference(
        self, reference: NDArray, box: Box, out_size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The reference in the frame of a crop of the image, sampled once, at its own resolution.

        Args:
            reference: (Hr, Wr, C) uint8, uint16 or float32.
            box: of the image, in its pixels.
            out_size: (height, width) the crop is resized to.

        Returns:
            (h, w, C) float32 in the reference's range, and (h, w) bool: True where the reference shows.
        """
        crop = Crop(box, out_size)
        # Matrices cost little, and what is torn cannot be interpolated.
        is_smooth = bool(self._moves) and all(moves.is_continuous for moves in self._moves)
        return sample(
            reference,
            points_on(crop, self.points, tuning.REGISTRATION.fine_pixels if is_smooth else None),
            out_size,
        )


def sampled(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(N, 2) some pixels (x, y) of an (H, W) mask, which stand for all."""
    return some_points(mask, tuning.REGISTRATION.most_points)


def lands(transform: Transform, scene: Scene) -> bool:
    """Whether the masked part lies inside the reference, and in the part given by hand, if one was."""
    tuned = tuning.REGISTRATION
    points = transform.points(sampled(scene.mask))
    height, width = scene.reference.shape[:2]
    x, y = points.T
    shown = (x > -0.5) & (y > -0.5) & (x < width - 0.5) & (y < height - 0.5)
    if shown.mean() < tuned.least_inside or scene.within is None:
        return bool(shown.mean() >= tuned.least_inside)
    column, row = np.round(points[shown]).astype(np.intp).T
    return bool(scene.within[row, column].mean() >= tuned.least_within)
