"""Point matches of EfficientLoFTR, for those who have its folder."""

import functools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.errors import WeightsError
from artifix.matching import tuning
from artifix.matching.installed import LOFTR, require_matcher
from artifix.matching.sift import sees
from artifix.scene import Matches

MULTIPLE_PX = 32  # of the sides of what the network reads


@functools.cache
def load_loftr(folder: Path, device: torch.device) -> Any:
    """The network in `folder` on `device`, fp32, loaded once a process; nothing is downloaded.

    Source: Wang et al. 2024, "Efficient LoFTR: Semi-Dense Local Feature Matching with Sparse-Like Speed".

    Raises:
        WeightsError: it is missing, of another class, pickled, damaged or incomplete.
    """
    require_matcher(LOFTR, folder)
    from transformers import EfficientLoFTRForKeypointMatching

    try:
        network, found = EfficientLoFTRForKeypointMatching.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # transformers builds whatever the files say; its errors have no common class
        raise WeightsError(f"{folder}: cannot be loaded: {error}", "copy the whole folder again") from error
    if missing := sorted(found["missing_keys"]):
        raise WeightsError(
            f"{folder}: lacks {len(missing)} weights, {missing[0]} among them", "copy the whole folder again"
        )
    return network.eval().requires_grad_(False).to(device)


@torch.inference_mode()
def match_loftr(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    folder: Path,
    device: torch.device | str = "cpu",
) -> Matches:
    """Semi-dense matches of the unmasked image with the reference.

    Args:
        image: (H, W, 3) RGB.
        mask: (H, W), True on the artifact; no match is taken there.
        reference: (Hr, Wr, 3) RGB.
        folder: of the weights.
        device: torch's, that the network runs on.

    Returns:
        The matches, perhaps none; weights in (0, 1] are the network's confidence.

    Raises:
        WeightsError: as `load_loftr`.
    """
    network = load_loftr(folder, torch.device(device))
    pictures = [_shrunk(picture) for picture in (image, reference)]
    pair = torch.from_numpy(_padded(pictures)).to(device)
    cells, weights, windows = _coarse(network, pair)
    points = _refined(network, cells, windows, pair.shape[-1])
    shown = np.ones(len(weights), np.bool_)
    for place, picture in zip(points, pictures, strict=True):  # what was added around them matches too
        shown &= ((place > -0.5) & (place < np.array(picture.shape[::-1]) - 0.5)).all(1)
    sizes = [
        np.array(whole.shape[1::-1]) / picture.shape[::-1]
        for whole, picture in zip((image, reference), pictures, strict=True)
    ]
    here, there = ((place + 0.5) * size - 0.5 for place, size in zip(points, sizes, strict=True))
    kept = shown & ~sees(here, mask)
    tolerance_px = tuning.MATCHING.loftr_tolerance_px * float(sizes[0].max())
    return Matches(here[kept], there[kept], weights[kept], LOFTR, tolerance_px)


def _shrunk(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey in [0, 1], its longer side at most `loftr_side_px`."""
    scale = min(1.0, tuning.MATCHING.loftr_side_px / max(picture.shape[:2]))
    if scale < 1:
        size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)


def _padded(pictures: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(1, 2, 1, H, W): both from the same corner, black beyond them."""
    most = [max(picture.shape[axis] for picture in pictures) for axis in (0, 1)]
    height, width = (-(-side // MULTIPLE_PX) * MULTIPLE_PX for side in most)
    pair = np.zeros((1, 2, 1, height, width), np.float32)
    for place, picture in zip(pair[0, :, 0], pictures, strict=True):
        place[: picture.shape[0], : picture.shape[1]] = picture
    return pair


def _coarse(network: Any, pair: Tensor) -> tuple[list[Tensor], NDArray[np.float64], list[Tensor]]:
    """Cells that match, of both pictures; their confidence; and the fine features around each.

    The points of the output are left alone: transformers (5.23) refines a cell of one picture with the
    window of another match, as it lists the matches of the two in different orders.
    """
    seen: list[tuple[Tensor, Tensor]] = []
    hook = network.refinement_layer.register_forward_hook(lambda module, given, out: seen.append(out))
    try:
        output = network(pair)
    finally:
        hook.remove()
    second = output.matches[0, 1]  # by the first picture's cell: the second's, or -1
    first = torch.nonzero(second >= 0)[:, 0]
    cells = [first, second[first]]
    weights = output.matching_scores[0, 1][first].cpu().numpy().astype(np.float64)
    return cells, weights, [window[0, cell] for window, cell in zip(seen[0], cells, strict=True)]


def _refined(
    network: Any, cells: list[Tensor], windows: list[Tensor], width: int
) -> list[NDArray[np.float64]]:
    """(N, 2) working points (x, y) of both pictures: of the pixels of two cells, the two most alike.

    Args:
        network: whose settings are read.
        cells: (N,) of each picture, raster order.
        windows: (N, s * s, C) features of the pixels of each cell, of the second with a rim of one.
        width: of what the network read, in pixels.
    """
    side = int(windows[0].shape[1] ** 0.5)
    depth = (
        windows[0].shape[2] - network.config.fine_matching_slice_dim
    )  # the rest is for steps below a pixel
    here = windows[0][..., :depth] / depth**0.5
    there = (
        windows[1].unflatten(1, (side + 2, side + 2))[:, 1:-1, 1:-1].flatten(1, 2)[..., :depth] / depth**0.5
    )
    likeness = here @ there.transpose(1, 2)
    both = (likeness.softmax(1) * likeness.softmax(2)).flatten(1)
    best = both.argmax(1) if len(both) else both.new_zeros(0, dtype=torch.long)
    columns = width // side
    points = []
    for cell, pixel in zip(cells, (best // side**2, best % side**2), strict=True):
        x, y = cell % columns * side + pixel % side, cell // columns * side + pixel // side
        points.append(torch.stack([x, y], 1).cpu().numpy().astype(np.float64))
    return points
