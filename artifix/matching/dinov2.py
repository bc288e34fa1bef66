"""What DINOv2 sees in patches of pictures, for those who have its folder: coarse matches, and descriptors."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import Dinov2Model

from artifix.geometry import Box, Crop, crop_around, transform_points
from artifix.matching import tuning
from artifix.matching.installed import DINOV2
from artifix.matching.pictures import Pictures
from artifix.network.base import load_image_encoder
from artifix.network.encoder import patch_tokens
from artifix.scene import Matches

MOST_REMEMBERED = 8  # parts of pictures: of a case with a few mask groups


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """What DINOv2 sees in a part of a picture.

    Attributes:
        crop: the part, and the size at which it was read [px].
        grid: (rows, columns) of patches.
        features: (rows * columns, D) float32 in raster order.
    """

    crop: Crop
    grid: tuple[int, int]
    features: Tensor

    @property
    def cell_px(self) -> float:
        """Longer side of a patch, in pixels of the picture."""
        box = self.crop.box
        return max(box.height / self.grid[0], box.width / self.grid[1])

    def places(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) points (x, y) of the picture of (N, 2) places (column, row) in the grid."""
        per_cell = np.array([self.crop.size[1] / self.grid[1], self.crop.size[0] / self.grid[0]])
        read = (cells + 0.5) * per_cell - 0.5
        return transform_points(np.linalg.inv(self.crop.matrix()), read)


@functools.cache
def load_dinov2(folder: Path, device: torch.device) -> Dinov2Model:
    """The encoder in `folder` on `device`, fp32, loaded once a process; nothing is downloaded.

    Source: Oquab et al. 2023, "DINOv2: Learning Robust Visual Features without Supervision".

    Raises:
        WeightsError: it is missing, of another class, pickled, damaged or incomplete.
    """
    return load_image_encoder(folder).eval().requires_grad_(False).to(device)


@torch.inference_mode()
def match_dinov2(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    folder: Path,
    device: torch.device | str = "cpu",
) -> list[Matches]:
    """Matches of patches around the mask, and under it, with those of all of the reference.

    Args:
        image: (H, W, 3) RGB.
        mask: (H, W), True on the artifact; at least one pixel is. What it covers is matched as well.
        reference: (Hr, Wr, 3) RGB.
        folder: of the weights.
        device: torch's, that the network runs on.

    Returns:
        The matches of each crop, with little and with more of what surrounds the mask, perhaps none; weights
        in (0, 1] are likenesses. They are as coarse as a patch.

    Raises:
        WeightsError: as `load_dinov2`.
    """
    read = functools.partial(_read, folder, torch.device(device))
    others = read(reference, Box(0, 0, reference.shape[1], reference.shape[0]))
    boxes = [crop_around(mask, context) for context in tuning.MATCHING.dinov2_contexts]
    return [match_patches(read(image, box), others) for box in dict.fromkeys(boxes)]


def describe_by_dinov2(
    folder: Path, device: torch.device, cells: int
) -> Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]:
    """Describes square pictures by (K, cells, cells, D) float32 of length 1, one patch a cell.

    What all patches of a picture share is left out, so that 0 is no likeness.

    Raises:
        WeightsError: as `load_dinov2`.
    """
    encoder = load_dinov2(folder, device)
    side = cells * encoder.config.patch_size

    @torch.inference_mode()
    def describe(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        seen = []
        for picture in pictures:
            box = Box(0, 0, picture.shape[1], picture.shape[0])
            tokens = _tokens(encoder, Crop(box, (side, side)).cut(picture))
            centred = torch.nn.functional.normalize(tokens - tokens.mean(0), dim=1)
            seen.append(centred.view(cells, cells, -1).cpu().numpy())
        return np.asarray(np.stack(seen), np.float32)

    return describe


def match_patches(patches: Patches, others: Patches) -> Matches:
    """Pairs of patches each the other's nearest, by more than any patch beyond the neighbours of it.

    What all patches of both share is left out. In the second picture the place is refined below a patch.
    """
    tuned = tuning.MATCHING
    shared = torch.cat([patches.features, others.features]).mean(0)
    first, second = (
        torch.nn.functional.normalize(seen.features - shared, dim=1) for seen in (patches, others)
    )
    likeness = first @ second.T
    nearest, back = likeness.argmax(1), likeness.argmax(0)
    mine = torch.nonzero(back[nearest] == torch.arange(len(nearest), device=nearest.device))[:, 0]
    found = likeness[mine].view(-1, *others.grid).cpu().numpy().astype(np.float64)
    rows, columns = np.divmod(nearest[mine].cpu().numpy(), others.grid[1])
    best = found[np.arange(len(found)), rows, columns]
    margin = best - _best_beyond(found, rows, columns)
    kept = (best >= tuned.dinov2_least_likeness) & (margin >= tuned.dinov2_least_margin)
    here = np.column_stack(np.divmod(mine.cpu().numpy(), patches.grid[1])[::-1])[kept]
    there = _refined(found[kept], rows[kept], columns[kept])
    return Matches(
        patches.places(here.astype(np.float64)),
        others.places(there),
        np.minimum(best[kept], 1.0),
        DINOV2,
        tuned.dinov2_tolerance_cells * patches.cell_px,
    )


def _read(folder: Path, device: torch.device, picture: NDArray[np.uint8], box: Box) -> Patches:
    """What is seen in `box` of a picture, looked at once for all questions."""
    pictures = Pictures(picture)
    try:
        return _seen(folder, device, pictures, box, tuning.MATCHING.dinov2_cells)
    finally:
        pictures.parts = ()  # of what is remembered, only the features take memory


@functools.lru_cache(MOST_REMEMBERED)
def _seen(folder: Path, device: torch.device, pictures: Pictures, box: Box, cells: int) -> Patches:
    """The part of a picture in `box`, its longer side of `cells` patches."""
    encoder = load_dinov2(folder, device)
    patch_px, longer = encoder.config.patch_size, max(box.width, box.height)
    rows, columns = (max(1, round(cells * side / longer)) for side in (box.height, box.width))
    crop = Crop(box, (rows * patch_px, columns * patch_px))
    return Patches(crop, (rows, columns), _tokens(encoder, crop.cut(pictures.parts[0])))


def _tokens(encoder: Dinov2Model, picture: NDArray[np.uint8]) -> Tensor:
    """(patches, D) float32 of an (h, w, 3) picture whose sides are multiples of the patch."""
    read = torch.from_numpy(np.ascontiguousarray(picture)).to(encoder.device).permute(2, 0, 1)[None]
    return patch_tokens(encoder, read.float() / 127.5 - 1)[0].float()


def _best_beyond(
    found: NDArray[np.float64], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(N,) the most in each of (N, h, w) maps that does not touch a place; -1 where all does."""
    down, right = np.arange(found.shape[1]), np.arange(found.shape[2])
    near_rows = np.abs(down - rows[:, None]) <= 1
    near_columns = np.abs(right - columns[:, None]) <= 1
    is_near = near_rows[:, :, None] & near_columns[:, None, :]
    return np.asarray(np.where(is_near, -1.0, found).max((1, 2), initial=-1.0))


def _refined(
    found: NDArray[np.float64], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(N, 2) places (column, row) of the peaks of (N, h, w) maps; a parabola along each side refines them."""
    padded = np.pad(found, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    at, down, right = np.arange(len(found)), rows + 1, columns + 1
    peak = padded[at, down, right]
    steps = [
        _vertex(padded[at, down, right - 1], peak, padded[at, down, right + 1]),
        _vertex(padded[at, down - 1, right], peak, padded[at, down + 1, right]),
    ]
    return np.asarray(np.column_stack([columns, rows]) + np.column_stack(steps), np.float64)


def _vertex(
    before: NDArray[np.float64], peak: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N,) where a parabola through three neighbours is highest, in [-0.5, 0.5] from the middle one."""
    bend = np.minimum(before + after - 2 * peak, -1e-9)
    return np.asarray(np.clip((before - after) / (2 * bend), -0.5, 0.5))
