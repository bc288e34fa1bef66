"""Point matches of a learned matcher: XFeat*, where SIFT finds too little."""

import functools
import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from artifix.errors import WeightsError
from artifix.matching import tuning
from artifix.matching.installed import INSTALL, XFEAT, read_xfeat
from artifix.matching.sift import with_margin
from artifix.scene import Matches

CELL_PX, MULTIPLE_PX = 8, 32  # of a picture that the network reads: per descriptor, of its sides


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What XFeat sees in a picture.

    Attributes:
        points: (N, 2) float64 centres (x, y) of cells, in pixels of the picture.
        steps: (N, 2) float64 pixels of the picture per pixel that the network read, along x and y.
        descriptors: (N, 64) float32.
        scale: working pixels per pixel of the picture.
    """

    points: NDArray[np.float64]
    steps: NDArray[np.float64]
    descriptors: torch.Tensor
    scale: float

    def __len__(self) -> int:
        return len(self.points)


@functools.cache
def load_xfeat(device: torch.device) -> Any:
    """XFeat's network on `device`, fp32, loaded once a process.

    Source: Potje et al. 2024, "XFeat: Accelerated Features for Lightweight Image Matching".

    Raises:
        WeightsError: it is not installed, or its weights were changed, cannot be read or do not fit.
    """
    parts = torch.load(io.BytesIO(read_xfeat()), map_location="cpu", weights_only=True)
    try:
        from kornia.feature import XFeat  # takes 1.5 s

        network = XFeat().net
        network.load_state_dict(parts, strict=True)
    except (ImportError, RuntimeError) as error:
        raise WeightsError(
            f"matcher {XFEAT}: kornia has no network for its weights: {error}", INSTALL
        ) from error
    return network.eval().requires_grad_(False).to(device, torch.float32)


def match_xfeat(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: "NDArray[np.uint8] | Features",
    device: torch.device | str = "cpu",
) -> Matches:
    """Semi-dense matches (XFeat*) of the unmasked image with the reference.

    Args:
        image: (H, W, 3) RGB.
        mask: (H, W), True on the artifact; no match is taken there.
        reference: (Hr, Wr, 3) RGB, or what `describe` saw in it.
        device: torch's, that the network runs on.

    Returns:
        The matches, perhaps none; weights in (0, 1] are the network's certainty of the place in a cell.

    Raises:
        WeightsError: as `load_xfeat`.
    """
    usable = ~with_margin(mask)
    features = describe(image, device, usable)
    others = reference if isinstance(reference, Features) else describe(reference, device)
    return match_described(features, others, usable)


@torch.inference_mode()
def describe(
    picture: NDArray[np.uint8],
    device: torch.device | str = "cpu",
    usable: NDArray[np.bool_] | None = None,
) -> Features:
    """XFeat's most reliable cells of a picture at two scales.

    Args:
        picture: (H, W, 3) RGB.
        device: torch's, that the network runs on.
        usable: (H, W), False where no cell may have its centre.

    Returns:
        The features, none of a picture of one colour.

    Raises:
        WeightsError: as `load_xfeat`.
    """
    tuned = tuning.MATCHING
    network = load_xfeat(torch.device(device))
    scale = min(tuned.xfeat_most_enlarged, tuned.xfeat_side_px / max(picture.shape[:2]))
    parts = [
        _read(network, picture, scale * s, most, usable)
        for s, most in zip(tuned.xfeat_scales, tuned.xfeat_most_cells, strict=True)
    ]
    points, steps, descriptors = zip(*parts, strict=True)
    return Features(np.concatenate(points), np.concatenate(steps), torch.cat(descriptors), scale)


def _read(
    network: Any, picture: NDArray[np.uint8], scale: float, most: int, usable: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], torch.Tensor]:
    """Points, steps and descriptors of the `most` reliable usable cells at one scale."""
    tuned = tuning.MATCHING
    size = [max(MULTIPLE_PX, round(side * scale / MULTIPLE_PX) * MULTIPLE_PX) for side in picture.shape[:2]]
    device = next(network.parameters()).device
    shrinks = size[0] < picture.shape[0]
    read = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    grey = torch.from_numpy(read).to(device).float().mean(-1)[None, None] / 255
    descriptors, _, reliability = network(grey)
    rows, columns = descriptors.shape[-2:]
    step = np.array([picture.shape[1] / size[1], picture.shape[0] / size[0]])
    cells = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2)
    points = (cells * CELL_PX + tuned.xfeat_centre_px + 0.5) * step - 0.5
    score = reliability.reshape(-1).clone()
    score[torch.from_numpy(~_allowed(points, usable)).to(device)] = -1
    if float(read.std()) < tuned.xfeat_least_deviation:
        score[:] = -1
    best = score.topk(min(most, len(score)))
    chosen = best.indices[best.values >= 0]
    index = chosen.cpu().numpy()
    return points[index], np.tile(step, (len(index), 1)), descriptors.flatten(2)[0].T[chosen]


def _allowed(points: NDArray[np.float64], usable: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """(N,) whether the pixels nearest to (N, 2) `points` are usable."""
    if usable is None:
        return np.ones(len(points), np.bool_)
    column, row = np.round(points).astype(np.intp).T
    height, width = usable.shape
    return usable[row.clip(0, height - 1), column.clip(0, width - 1)]


@torch.inference_mode()
def match_described(features: Features, others: Features, usable: NDArray[np.bool_] | None = None) -> Matches:
    """Matches of two pictures' features, each the other's nearest, refined inside the first picture's cells.

    Args:
        features: of the image.
        others: of the reference, on the same device.
        usable: (H, W) of the image, False where no match may lie.
    """
    tuned = tuning.MATCHING
    tolerance_px = tuned.xfeat_tolerance_px / features.scale
    if not len(features) or not len(others):
        return Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), XFEAT, tolerance_px)
    similarity = features.descriptors @ others.descriptors.T
    nearest, back = similarity.argmax(1), similarity.argmax(0)
    first = torch.nonzero(back[nearest] == torch.arange(len(nearest), device=nearest.device))[:, 0]
    second = nearest[first]
    pairs = torch.cat([features.descriptors[first], others.descriptors[second]], 1)
    network = load_xfeat(features.descriptors.device)
    places = (
        torch.softmax(tuned.xfeat_sharpness * network.fine_matcher(pairs), 1).cpu().numpy().astype(np.float64)
    )
    index, other = first.cpu().numpy(), second.cpu().numpy()
    line = np.arange(CELL_PX) + tuned.xfeat_refined_px - CELL_PX / 2  # from a cell's point to its places
    offset = places @ np.column_stack([np.tile(line, CELL_PX), np.repeat(line, CELL_PX)])
    image = features.points[index] + offset * features.steps[index]
    certainty = places.max(1)
    kept = (certainty > tuned.xfeat_least_certainty) & _allowed(image, usable)
    return Matches(image[kept], others.points[other[kept]], certainty[kept], XFEAT, tolerance_px)
