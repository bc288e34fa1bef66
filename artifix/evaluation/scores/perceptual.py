"""Learned distances of the repaired part from the matched region: LPIPS and DISTS, packages of their own.

Both packages fetch the network that they compare by when they are used. Here it is read from a folder.
"""

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from artifix.errors import InputError, WeightsError
from artifix.evaluation.scores.embeddings import as_tensor
from artifix.evaluation.scores.parts import both_parts
from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorer import Column
from artifix.weights.headers import require_sound_header

SIDE_PX = 256  # of both parts; DISTS was trained at this side
INSTALL = 'pip install "artifix[perceptual]"'
ALEXNET, VGG16 = "alexnet.safetensors", "vgg16.safetensors"  # weights of torchvision's networks, by its names


class PerceptualScorer:
    """Distance of two squares, the repaired part and the matched region, as a network sees them.

    The squares are as wide as the longer sides of the boxes around mask and region, read at `SIDE_PX`. No
    unit, 0 is best; nan where no region is known. Both distances ask that the parts be alike place by place,
    LPIPS more than DISTS: where the object is seen from another side, likeness by `dino` says more.

    Args:
        name: of the scorer and of its column.
        distance: a network of two (1, 3, SIDE_PX, SIDE_PX) pictures in [0, 1].
        device: torch's, that it runs on.
    """

    def __init__(self, name: str, distance: Any, device: str) -> None:
        self.name = name
        self.columns = (Column(name, "", "lower", 3),)
        self._distance, self._device = distance, device

    @torch.inference_mode()
    def score(self, one: Repaired) -> dict[str, float]:
        """The column of one case."""
        parts = both_parts(one, SIDE_PX)
        if parts is None:
            return {self.name: float("nan")}
        mine, other = as_tensor(np.stack(parts), self._device).split(1)
        return {self.name: float(self._distance(mine, other))}


def lpips_scorer(folder: Path, device: str = "cpu") -> PerceptualScorer:
    """LPIPS 0.1 (Zhang et al. 2018) on AlexNet; its own linear weights come with the package.

    Args:
        folder: holds `ALEXNET`.
        device: torch's.

    Raises:
        InputError: the package is not installed.
        WeightsError: AlexNet's weights are missing, damaged or of another network.
    """
    _require_installed("lpips", "lpips")
    weights = _features(folder / ALEXNET)
    from lpips import LPIPS

    network = LPIPS(net="alex", pnet_rand=True, verbose=False)
    _fill(network.net, weights, folder / ALEXNET)
    network = network.eval().requires_grad_(False).to(device)
    return PerceptualScorer("lpips", lambda mine, other: network(mine, other, normalize=True), device)


def dists_scorer(folder: Path, device: str = "cpu") -> PerceptualScorer:
    """DISTS (Ding et al. 2020) on VGG-16; its own weights come with the package.

    Args:
        folder: holds `VGG16`.
        device: torch's.

    Raises:
        InputError: the package is not installed.
        WeightsError: VGG-16's weights are missing, damaged or of another network.
    """
    _require_installed("dists", "DISTS_pytorch")
    weights = _features(folder / VGG16)
    from DISTS_pytorch import DISTS_pt

    torchvision_models = DISTS_pt.models
    # It has no way to be built without fetching VGG-16; so it is handed an empty one while it is built.
    DISTS_pt.models = SimpleNamespace(vgg16=lambda pretrained: torchvision_models.vgg16(weights=None))
    try:
        network = DISTS_pt.DISTS()
    except OSError as error:
        raise InputError(f"dists: {error.filename}: cannot be read: {error.strerror}", INSTALL) from error
    finally:
        DISTS_pt.models = torchvision_models
    _fill(network, weights, folder / VGG16)
    return PerceptualScorer("dists", network.eval().requires_grad_(False).to(device), device)


def _require_installed(name: str, package: str) -> None:
    if any(importlib.util.find_spec(needed) is None for needed in (package, "torchvision")):
        raise InputError(f"{name}: needs {package} and torchvision, which are not installed", INSTALL)


def _features(path: Path) -> dict[str, Tensor]:
    """The convolutions in a file of torchvision's weights: "features.0.weight" is told as "0.weight"."""
    hint = f"save torchvision's {path.stem} there: safetensors.torch.save_file(network.state_dict(), path)"
    if not path.is_file():
        raise WeightsError(f"{path}: is missing", hint)
    require_sound_header(path)
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}", hint) from error
    start = "features."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}


def _fill(network: torch.nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Give each convolution its weights: both packages keep torchvision's numbers of the layers.

    Raises:
        WeightsError: there are none for one, or of another shape.
    """
    for stage in network.children():
        for number, layer in stage.named_children():
            if not isinstance(layer, torch.nn.Conv2d):
                continue
            mine = {name: weights.get(f"{number}.{name}") for name in ("weight", "bias")}
            for name, found in mine.items():
                wanted = getattr(layer, name).shape
                if found is None or found.shape != wanted:
                    has = "nothing" if found is None else tuple(found.shape)
                    raise WeightsError(
                        f"{path}: has {has} as features.{number}.{name}, expected {tuple(wanted)}",
                        f"take the weights of torchvision's {path.stem}",
                    )
            layer.load_state_dict(mine)
