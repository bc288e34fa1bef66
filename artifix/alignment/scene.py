"""What is to be aligned."""

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
