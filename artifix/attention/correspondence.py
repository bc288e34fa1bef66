"""The correspondence map M*: the cross-attention that the masked part pays to the reference.

Algorithm 1 of Refine-by-Align (Song et al. 2025), with three additions: the image is seen at several sizes
around the mask, it is noised with its artifact in place (a garbled logo still says where it belongs), and the
attention of every query is also read as a point match.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from artifix.attention import tuning
from artifix.attention.probe import Cut, Probe, cut_out
from artifix.geometry import Box, Crop, resize, transform_points
from artifix.scene import Matches, Scene


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One look of the network at image and reference."""

    crop: Crop  # of the image
    reference_crop: Crop  # of the reference
    mask: NDArray[np.bool_]  # (S, S) of the crop
    probabilities: NDArray[np.float32]  # (queries, tokens), rows sum to 1, both raster order of square grids

    @property
    def query_grid(self) -> int:
        return round(self.probabilities.shape[0] ** 0.5)

    @property
    def token_grid(self) -> int:
        return round(self.probabilities.shape[1] ** 0.5)

    def query_weights(self) -> NDArray[np.float32]:
        """(queries,) share of the mask in each query cell; at least one is positive."""
        grid = self.query_grid
        share = resize(self.mask.astype(np.float32), (grid, grid)).clip(0, 1)
        is_thin = share.max() <= tuning.ATTENTION.masked_share
        return (share / max(share.max(), 1e-6) if is_thin else share).ravel()

    def certainty(self) -> float:
        """The share of their attention that the masked queries pay to the 3 x 3 tokens around its peak."""
        maps = self.probabilities.reshape(-1, self.token_grid, self.token_grid)
        gathered = ndimage.uniform_filter(maps, (0, 3, 3), mode="constant") * 9
        return float(np.average(gathered.max((1, 2)), weights=self.query_weights()))

    def correspondence(self) -> NDArray[np.float32]:
        """M* on the token grid (tokens, tokens), sums to 1."""
        weights = self.query_weights()
        total = weights @ self.probabilities
        return (total / max(float(total.sum()), 1e-12)).reshape(self.token_grid, self.token_grid)


def look(probe: Probe, scene: Scene, boxes: Sequence[Box], reference_box: Box) -> list[View]:
    """Record where each crop of the image attends to in one part of the reference; one pass for all crops.

    Arguments as for `cut_out`, of whose network the probe is.
    """
    cut = cut_out(probe.network, scene, boxes, reference_box)
    return views_of(cut, probe.attend(probe.prepare(cut)))


def views_of(cut: Cut, attention: Tensor) -> list[View]:
    """The views of a cut's crops, from the attention (B, queries, tokens) that they pay."""
    return [
        View(crop, cut.reference_crop, mask, probabilities)
        for crop, mask, probabilities in zip(cut.crops, cut.masks, attention.cpu().numpy(), strict=True)
    ]


def merged(views: Sequence[View], reference_shape: Sequence[int]) -> NDArray[np.float32]:
    """The mean correspondence of views of one part of the reference, at the reference's size.

    Returns:
        (H_ref, W_ref) float32 in [0, 1], its peak 1; 0 outside the part looked at.
    """
    return laid_out(mean_of(views), views[0].reference_crop.box, reference_shape)


def mean_of(views: Sequence[View]) -> NDArray[np.float32]:
    """The mean correspondence of views of one part of the reference: (tokens, tokens), sums to 1.

    Views count by their certainty: a crop of another scale than the reference's scatters its attention.
    """
    trust = [view.certainty() ** tuning.ATTENTION.certainty_power for view in views]
    mean = np.average([view.correspondence() for view in views], axis=0, weights=trust)
    return np.asarray(mean, np.float32)


def laid_out(mean: NDArray[np.float32], box: Box, reference_shape: Sequence[int]) -> NDArray[np.float32]:
    """A correspondence on the tokens of a part of the reference, at the reference's size.

    Args:
        mean: (tokens, tokens), at least 0.
        box: the part, a square that may reach beyond the reference.
        reference_shape: (H_ref, W_ref, ...).

    Returns:
        (H_ref, W_ref) float32 in [0, 1], its peak 1; 0 outside the part.
    """
    height, width = reference_shape[:2]
    inside = box.clip(height, width)
    full = np.zeros((height, width), np.float32)
    # Bilinear: cubic interpolation would ring below 0 beside a sharp peak.
    large = _bilinear(mean, (box.height, box.width))
    within = Box(*np.subtract(inside.as_tuple(), (box.left, box.top) * 2).tolist())
    full[inside.slices()] = large[within.slices()]
    return np.asarray(np.clip(full / max(float(full.max()), 1e-12), 0, 1), np.float32)


def _bilinear(grid: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    grid = np.ascontiguousarray(grid, dtype=np.float32)
    return np.asarray(cv2.resize(grid, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def matches_of(view: View) -> Matches:
    """Each query's attention as a point match: the centre of mass of the 3 x 3 tokens around its peak."""
    queries, tokens = view.query_grid, view.token_grid
    maps = view.probabilities.reshape(-1, tokens, tokens)
    peak_y, peak_x = np.unravel_index(maps.reshape(len(maps), -1).argmax(1), (tokens, tokens))
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
    rows = np.arange(len(maps))
    window = np.stack(
        [padded[rows, peak_y + dy, peak_x + dx] for dy in range(3) for dx in range(3)], axis=1
    )  # (queries, 9)
    mass = window.sum(1)
    share = window / np.maximum(mass, 1e-12)[:, None]
    offset_y, offset_x = share @ np.repeat([-1, 0, 1], 3), share @ np.tile([-1, 0, 1], 3)
    in_tokens = np.column_stack([peak_x + offset_x, peak_y + offset_y])
    side_px = max(view.crop.box.width, view.crop.box.height)
    return Matches(
        in_picture(cell_centres(queries), view.crop),
        in_picture((in_tokens + 0.5) / tokens * 2 - 1, view.reference_crop),
        mass.astype(np.float64),
        "attention",
        tuning.ATTENTION.tolerance_cells * side_px / queries,
    )


def cell_centres(grid: int) -> NDArray[np.float64]:
    """(grid * grid, 2) centres (x, y) of the cells of a square grid over [-1, 1], raster order."""
    line = (np.arange(grid) + 0.5) / grid * 2 - 1
    return np.column_stack([np.tile(line, grid), np.repeat(line, grid)])


def in_picture(points: NDArray[np.float64], crop: Crop) -> NDArray[np.float64]:
    """Points (N, 2) of a crop that is [-1, 1] in points of the whole picture, in pixels."""
    working = (points + 1) / 2 * np.array(crop.size[::-1]) - 0.5
    return transform_points(np.linalg.inv(crop.matrix()), working)
