"""A rectangle of pixels. Apart from geometry, so that naming one loads nothing."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Nine digits hold any picture, and keep Python from refusing or sweating over longer ones.
_BOX = re.compile(r"\s*,\s*".join([r"([+-]?[0-9]{1,9})"] * 4))


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open rectangle in pixels of one named image: `right` and `bottom` are excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) in pixels, pixel centres at integers plus a half."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def is_empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def clip(self, height: int, width: int) -> "Box":
        """The part of the box that lies inside an image of (height, width)."""
        return Box(max(self.left, 0), max(self.top, 0), min(self.right, width), min(self.bottom, height))

    def slices(self) -> tuple[slice, slice]:
        """Index of the box in an array (H, W, ...); the box must lie inside it."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def filled(self, height: int, width: int) -> "NDArray[np.bool_]":
        """(height, width) True in the box, which must lie inside."""
        import numpy as np

        mask = np.zeros((height, width), bool)
        mask[self.slices()] = True
        return mask

    def as_tuple(self) -> tuple[int, int, int, int]:
        return self.left, self.top, self.right, self.bottom


def box_of_text(text: str, anywhere: bool = False) -> Box | None:
    """The box that is written x0,y0,x1,y1 in whole pixels.

    Args:
        text: spaces beside the numbers do not matter.
        anywhere: the box may be empty, or begin left of or above any picture: for callers that tell so.

    Returns:
        None where the text is no such box.
    """
    found = _BOX.fullmatch(text.strip())
    if found is None:
        return None
    box = Box(*map(int, found.groups()))
    return box if anywhere or not (box.is_empty() or box.left < 0 or box.top < 0) else None
