"""What small pictures show, cell by cell: descriptors that light, style and a slight shift leave alike."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from artifix.config import split_matcher
from artifix.matching import tuning
from artifix.matching.installed import DINOV2, XFEAT, matcher_folder, xfeat_path
from artifix.matching.xfeat import load_xfeat

SIDE_PX = 256  # of the pictures that are described
CELL_PX = 8  # of a cell
CELLS = SIDE_PX // CELL_PX  # along a side
SUBCELLS = 2  # of a cell along a side, in a plain descriptor

# (K, SIDE_PX, SIDE_PX, 3) uint8 RGB pictures to (K, CELLS, CELLS, D) float32 of length 1.
Describe = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]


def describe_by(matchers: Sequence[str], device: torch.device) -> Describe:
    """The learned descriptors where their matcher is wanted and installed, else the plain ones."""
    return describe_learned(device) if XFEAT in matchers and xfeat_path() is not None else describe_plainly


def describe_all_by(matchers: Sequence[str], device: torch.device) -> Describe:
    """Those of `describe_by`, and DINOv2's where that is among the matchers: likeness is the mean of both.

    For what asks how far pictures show the same, and not for the evidence, whose weights were fitted to the
    others.

    Raises:
        WeightsError: DINOv2's folder cannot be used.
    """
    first = describe_by(matchers, device)
    folder = dict(map(split_matcher, matchers)).get(DINOV2)
    if folder is None:
        return first

    from artifix.matching.dinov2 import describe_by_dinov2

    second = describe_by_dinov2(matcher_folder(folder), device, CELLS)

    def describe(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        parts = [first(pictures), second(pictures)]
        return np.asarray(np.concatenate(parts, -1) / np.sqrt(2), np.float32)

    return describe


def describe_learned(device: torch.device) -> Describe:
    """The dense descriptors of XFeat (Potje et al. 2024), which see no colour.

    Raises:
        WeightsError: it is not installed, or its weights are not what they should be.
    """
    network = load_xfeat(device)

    @torch.inference_mode()
    def describe(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        batch = torch.from_numpy(np.stack(pictures)).to(device).float().mean(-1)[:, None] / 255
        descriptors = torch.nn.functional.normalize(network(batch)[0], dim=1)
        return np.asarray(descriptors.permute(0, 2, 3, 1).cpu().numpy(), np.float32)

    return describe


def describe_plainly(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Means of soft features over each quarter of a cell, for where no network is installed."""
    fine = CELLS * SUBCELLS
    small = [cv2.resize(soft_features(p), (fine, fine), interpolation=cv2.INTER_AREA) for p in pictures]
    split = np.stack(small).reshape(len(small), CELLS, SUBCELLS, CELLS, SUBCELLS, -1)
    cells = split.transpose(0, 1, 3, 2, 4, 5).reshape(len(small), CELLS, CELLS, -1)
    return np.asarray(cells / (np.linalg.norm(cells, axis=-1, keepdims=True) + 0.05), np.float32)


def soft_features(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 7) of an (h, w, 3) RGB picture: strokes in four directions, two colours, light on its ground.

    Gradients count over what is usual around them, so that contrast does not matter; they have a direction
    and no sign, so that dark on light equals light on dark.
    """
    tuned = tuning.MATCHING
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 1:] -= 128  # of 8 bits, where grey is 128: a part that all cells share would drown the others
    light = lab[..., 0]
    right, down = (
        cv2.Sobel(
            cv2.GaussianBlur(light, (0, 0), tuned.plain_soft_px / 2),
            cv2.CV_32F,
            *order,
            ksize=3,
            scale=1 / 8,
        )
        for order in ((1, 0), (0, 1))
    )
    strength, angle = np.hypot(right, down), np.arctan2(down, right)
    usual = cv2.GaussianBlur(strength, (0, 0), tuned.plain_ground_px) + 2
    strokes = [2 * strength / usual * np.cos(angle - k * np.pi / 4) ** 4 for k in range(4)]
    colours = [lab[..., 1] / 12, lab[..., 2] / 12]
    above = (light - cv2.GaussianBlur(light, (0, 0), tuned.plain_ground_px)) / 25
    planes = np.stack([*strokes, *colours, above], -1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(planes, (0, 0), tuned.plain_soft_px), np.float32)
