"""Where a network's descriptors of image and reference differ."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from artifix.detection.laying import Laid
from artifix.detection.plane import Plane, grey_of, shifted, shifts
from artifix.matching.installed import xfeat_path
from artifix.matching.xfeat import MULTIPLE_PX, load_xfeat

_SCALES = {"near": 1.0, "far": 0.5}  # of the frame


def learned_planes(laid: Laid, size: tuple[int, int]) -> dict[str, Plane]:
    """1 - cosine of XFeat's dense descriptors at the best neighbouring cell, at two scales.

    Args:
        laid: both pictures.
        size: of the planes (rows, columns).

    Returns:
        `learned_near` and `learned_far`; nothing where XFeat is not installed.
    """
    if xfeat_path() is None:
        return {}
    told = {}
    for name, scale in _SCALES.items():
        first, second = (_descriptors(picture, scale) for picture in (laid.image, laid.reference))
        best = np.full(first.shape[:2], -1, np.float32)
        for down, right in shifts(1):
            best = np.maximum(best, (first * shifted(second, down, right)).sum(-1))
        grown = cv2.resize(1 - best, size[::-1], interpolation=cv2.INTER_LINEAR)
        told[f"learned_{name}"] = np.asarray(grown, np.float32)
    return told


@torch.inference_mode()
def _descriptors(picture: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    """(rows, columns, 64) of length 1."""
    size = [max(MULTIPLE_PX, round(side * scale / MULTIPLE_PX) * MULTIPLE_PX) for side in picture.shape[:2]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(grey_of(picture), size[::-1], interpolation=method)
    network = load_xfeat(torch.device("cpu"))
    found = network(torch.from_numpy(grey)[None, None] / 255)[0]
    unit = torch.nn.functional.normalize(found, dim=1)[0].permute(1, 2, 0)
    return np.asarray(unit.numpy(), np.float32)
