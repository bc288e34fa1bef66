"""What stage 1 works on: one mask group beside a reference, and points of both that show the same spot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One mask group of an image, and a reference."""

    image: NDArray[np.uint8]  # (H, W, 3)
    mask: NDArray[np.bool_]  # (H, W), True on the part of the artifact to locate
    reference: NDArray[np.uint8]  # (H_ref, W_ref, 3)
    masked: NDArray[np.bool_] | None = None  # (H, W), True on every artifact, where that is more than `mask`
    within: NDArray[np.bool_] | None = None  # (H_ref, W_ref), where the part lies, if that is given by hand
    points: NDArray[np.float64] | None = None  # (N, 4) matches given by hand: x, y, x and y in the reference

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """(H, W) True where the image is not to be trusted."""
        return self.mask if self.masked is None else self.masked | self.mask


@dataclass(frozen=True, eq=False)
class Matches:
    """Pairs of points that show the same spot of the object.

    Attributes:
        image: (N, 2) float64 points (x, y) in pixels of the image.
        reference: (N, 2) float64 points (x, y) in pixels of the reference.
        weights: (N,) float64, at least 0; larger is more trusted.
        source: who found them ("sift", "attention", ...).
        tolerance_px: how far a right match may lie from the truth, in pixels of the image.
    """

    image: NDArray[np.float64]
    reference: NDArray[np.float64]
    weights: NDArray[np.float64]
    source: str
    tolerance_px: float

    def __len__(self) -> int:
        return len(self.image)

    def take(self, index: NDArray) -> "Matches":
        """The matches at `index` (bool mask or integers)."""
        parts = (self.image[index], self.reference[index], self.weights[index])
        return Matches(*parts, self.source, self.tolerance_px)
