"""What is scored: one exported result beside what it was made from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """One exported result beside its inputs.

    Attributes:
        name: of the case, for messages.
        image: (H, W, 3) uint8 RGB, the generated image.
        mask: (H, W), True where the image was to be repainted; at least one pixel is.
        reference: (H_ref, W_ref, 3) uint8 RGB.
        refined: (H, W, 3) uint8 RGB, what the method made.
        region: (H_ref, W_ref), True where the masked part lies in truth; None where nobody knows.
        found: (H_ref, W_ref), True where the method says that it looked; None where it says nothing.
        truth: (H, W, 3) uint8 RGB, the image without its artifact; None where nobody knows.

    Raises:
        InputError: sizes differ, or the mask is empty.
    """

    name: str
    image: NDArray
    mask: NDArray[np.bool_]
    reference: NDArray
    refined: NDArray
    region: NDArray[np.bool_] | None
    found: NDArray[np.bool_] | None
    truth: NDArray | None

    def __post_init__(self) -> None:
        size, other = self.image.shape[:2], self.reference.shape[:2]
        _require_size(self.name, "mask", self.mask, "image", size)
        _require_size(self.name, "result", self.refined, "image", size)
        _require_size(self.name, "truth", self.truth, "image", size)
        _require_size(self.name, "true region", self.region, "reference", other)
        _require_size(self.name, "region found", self.found, "reference", other)
        if not self.mask.any():
            raise InputError(f"{self.name}: the mask is empty", "mark the artifact, or leave this case out")

    @property
    def place(self) -> NDArray[np.bool_] | None:
        """(H_ref, W_ref) matched region: the true one, else the one found; None where nothing is known."""
        for known in (self.region, self.found):
            if known is not None and known.any():
                return known
        return None


def _require_size(name: str, what: str, picture: NDArray | None, of: str, size: tuple[int, ...]) -> None:
    if picture is None or picture.shape[:2] == size:
        return
    (height, width), (rows, columns) = size, picture.shape[:2]
    raise InputError(
        f"{name}: the {what} is {columns}x{rows} px but the {of} is {width}x{height} px",
        f"give a {what} as large as the {of}",
    )
