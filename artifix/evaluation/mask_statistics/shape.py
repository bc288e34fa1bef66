"""How large and how irregular a mask is."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, box_of


@dataclass(frozen=True, slots=True)
class Shape:
    """The figures of one mask. Those of its form are 0 where it marks nothing."""

    height: int  # of the picture [px]
    width: int  # [px]
    area_px: int  # marked pixels
    box: Box  # around them, in pixels of the picture; empty where nothing is marked
    parts: int  # 8-connected
    holes: int  # unmarked, 4-connected, and enclosed
    largest_share: float  # of the marked area that the outline of the largest part encloses, in [0, 1]
    compactness: float  # 4 pi A / P^2 of all parts together, in [0, 1]
    solidity: float  # marked area over that of the convex hulls of its parts, in [0, 1]

    @property
    def is_empty(self) -> bool:
        return self.area_px == 0

    @property
    def share(self) -> float:
        """Of the picture that is marked, in [0, 1]."""
        return self.area_px / (self.height * self.width)

    @property
    def box_share(self) -> float:
        """Of the picture that the box around the marked pixels covers, in [0, 1]."""
        return self.box.width * self.box.height / (self.height * self.width) if self.area_px else 0.0

    @property
    def reaches_border(self) -> bool:
        """Whether a marked pixel lies at the border of the picture."""
        left, top, right, bottom = self.box.as_tuple()
        return not self.is_empty and (left == 0 or top == 0 or right == self.width or bottom == self.height)


def shape_of(mask: NDArray[np.bool_]) -> Shape:
    """The figures of (H, W) `mask`."""
    height, width = mask.shape
    box = box_of(mask)
    if box.is_empty():
        return Shape(height, width, 0, box, 0, 0, 0.0, 0.0, 0.0)
    inside = np.ascontiguousarray(mask[box.slices()])
    area_px = int(np.count_nonzero(inside))
    contours, levels = cv2.findContours(inside.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outer = [contour for contour, level in zip(contours, levels[0], strict=True) if level[3] < 0]
    enclosed = [_enclosed_px(contour) for contour in outer]
    perimeter_px = perimeter_of(inside)
    return Shape(
        height=height,
        width=width,
        area_px=area_px,
        box=box,
        parts=len(outer),
        holes=len(contours) - len(outer),
        largest_share=max(enclosed) / sum(enclosed),
        # The perimeter of a few pixels is underestimated: a single one would come out as 1.7.
        compactness=min(1.0, 4 * math.pi * area_px / perimeter_px**2),
        solidity=area_px / sum(map(_hull_px, outer)),
    )


def perimeter_of(mask: NDArray[np.bool_]) -> float:
    """Length of all borders of (H, W) `mask`, those of holes and of the picture among them [px].

    By the formula of Cauchy and Crofton with lines in four directions: right for discs, at most 5 % too
    short or too long for straight edges, depending on how they are turned.
    """
    inside = np.pad(mask, 1)
    straight = np.count_nonzero(inside[1:] != inside[:-1]) + np.count_nonzero(inside[:, 1:] != inside[:, :-1])
    falling = np.count_nonzero(inside[1:, 1:] != inside[:-1, :-1])
    rising = np.count_nonzero(inside[1:, :-1] != inside[:-1, 1:])
    return math.pi / 8 * (int(straight) + int(falling + rising) / math.sqrt(2))


def _hull_px(contour: NDArray) -> float:
    """Area of the convex hull of the squares of a part's pixels.

    That of their centres, and what a square of one pixel adds when it is led along the hull.
    """
    hull = cv2.convexHull(contour)
    _, _, width, height = cv2.boundingRect(hull)
    return cv2.contourArea(hull) + (width - 1) + (height - 1) + 1


def _enclosed_px(contour: NDArray) -> float:
    """Pixels that the outline of a part encloses, itself among them, by Pick's theorem."""
    return 1.0 if len(contour) == 1 else cv2.contourArea(contour) + len(contour) / 2 + 1
