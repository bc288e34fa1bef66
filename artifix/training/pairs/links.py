"""Images of one thing whose geometry is known: real pairs of a pack, and scenes drawn in two styles."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from artifix.training.pairs.warps import look, rows_of

CELLS = 32  # a side of the map that says where in an image the other's geometry holds
LEAST_COVER = 0.5
NEAR = 0.08  # of the side: how far from a match its map is believed


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """From each image to others that show the same; every pair is here in both directions."""

    first: Tensor  # (L,) int64, place of an image among the sources
    second: Tensor  # (L,) int64, the other
    maps: Tensor  # (L, 3, 3) float, the frame of the first to that of the second, both [-1, 1]
    cover: Tensor  # (L, 1, CELLS, CELLS) float, 1 in the first where the map holds

    def __len__(self) -> int:
        return len(self.first)

    def has(self, images: Tensor) -> Tensor:
        """(B,) bool, whether each of the images (B,) leads to another."""
        return torch.isin(images, self.first)

    def draw(self, images: Tensor, focus: Tensor, random: Generator) -> "Drawn":
        """For each of the `images` (B,) with links one of those that hold at `focus` (B, 2), if any does."""
        rows = rows_of(self.has(images))
        if not len(rows):
            return Drawn(len(images), rows, self.at(rows))
        cell = ((focus[rows] + 1) / 2 * CELLS).long().clamp_(0, CELLS - 1)
        holds = self.cover.flatten(1)[:, cell[:, 1] * CELLS + cell[:, 0]].T  # (K, L)
        weights = (self.first == images[rows].unsqueeze(1)) * (holds + 1e-4)
        chosen = torch.multinomial(weights, 1, generator=random).squeeze(1)
        return Drawn(len(images), rows, self.at(chosen))

    def at(self, places: Tensor) -> "Links":
        """The links at `places`, int64 or bool."""
        return Links(self.first[places], self.second[places], self.maps[places], self.cover[places])

    def to(self, device: torch.device) -> "Links":
        """The same on a device."""
        return Links(*(part.to(device) for part in (self.first, self.second, self.maps, self.cover)))

    def among(self, chosen: Tensor) -> "Links":
        """The links between the images that are `chosen` (N,) bool, which are numbered anew."""
        number = chosen.long().cumsum(0) - 1
        kept = self.at(chosen[self.first] & chosen[self.second])
        return Links(number[kept.first], number[kept.second], kept.maps, kept.cover)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The links of some rows of a batch."""

    count: int  # rows of the batch
    rows: Tensor  # (K,) int64
    links: Links  # of K

    @property
    def maps(self) -> Tensor:
        """(B, 3, 3); the unit where there is no link."""
        maps = torch.eye(3, device=self.rows.device).repeat(self.count, 1, 1)
        return maps.index_copy(0, self.rows, self.links.maps)

    def hide(self, matchable: Tensor, points: Tensor) -> None:
        """Set (B, 1, H, W) to 0 in place where no map holds at `points` (B, 2, H, W) of the images."""
        if len(self.rows):
            cover = look(self.links.cover, points[self.rows], padding="zeros")
            matchable[self.rows] *= cover > LEAST_COVER


def no_links(device: torch.device) -> Links:
    """Links of images that are all alone."""
    return Links(
        torch.zeros(0, dtype=torch.int64, device=device),
        torch.zeros(0, dtype=torch.int64, device=device),
        torch.zeros(0, 3, 3, device=device),
        torch.zeros(0, 1, CELLS, CELLS, device=device),
    )


def make_links(rows: Sequence[tuple[int, int, NDArray[np.float64], NDArray[np.float32]]]) -> Links:
    """Links both ways of pairs: first, second, (3, 3) map, (CELLS, CELLS) cover in the first."""
    if not rows:
        return no_links(torch.device("cpu"))
    both = []
    for first, second, matrix, cover in rows:
        back = np.linalg.inv(matrix)
        both += [(first, second, matrix, cover), (second, first, back / back[2, 2], carried(cover, matrix))]
    firsts, seconds, maps, covers = zip(*both, strict=True)
    return Links(
        torch.tensor(firsts),
        torch.tensor(seconds),
        torch.from_numpy(np.stack(maps)).float(),
        torch.from_numpy(np.stack(covers)).float().unsqueeze(1),
    )


def cover_around(points: NDArray[np.float64], side_px: int) -> NDArray[np.float32]:
    """(CELLS, CELLS) share of each cell that lies within the outline of (K, 2) matches and near one of them.

    A hand before the object lies in the outline too, but nothing matches on it. Points are pixels of a square
    picture.
    """
    fine = 4
    side = CELLS * fine
    at = np.round((points + 0.5) / side_px * side - 0.5).astype(np.int32)
    inside, near = np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(at), 1)
    for x, y in at.tolist():
        cv2.circle(near, (x, y), round(NEAR * side), 1, -1)
    return (inside & near).reshape(CELLS, fine, CELLS, fine).mean((1, 3), dtype=np.float32)


def carried(cover: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """A cover of one image in the frame of the other, through a map between frames [-1, 1]."""
    to_cells = np.array([[CELLS / 2, 0, (CELLS - 1) / 2], [0, CELLS / 2, (CELLS - 1) / 2], [0, 0, 1.0]])
    warp = to_cells @ matrix @ np.linalg.inv(to_cells)
    laid = cv2.warpPerspective(np.ascontiguousarray(cover), warp, (CELLS, CELLS), flags=cv2.INTER_LINEAR)
    return laid.astype(np.float32)
