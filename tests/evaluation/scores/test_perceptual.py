"""LPIPS and DISTS, on stand-ins of their packages: what they compare by is read from a folder."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from artifix.errors import WeightsError
from artifix.evaluation.scores import perceptual
from artifix.evaluation.scores.perceptual import dists_scorer, lpips_scorer


class Stages(torch.nn.Module):
    """Two stages of convolutions, numbered as torchvision numbers its layers."""

    def __init__(self):
        super().__init__()
        self.slice1, self.slice2 = torch.nn.Sequential(), torch.nn.Sequential()
        self.slice1.add_module("0", torch.nn.Conv2d(3, 2, 1))
        self.slice2.add_module("1", torch.nn.ReLU())
        self.slice2.add_module("3", torch.nn.Conv2d(2, 2, 1))

    def forward(self, mine, other):
        seen = [self.slice2(self.slice1(picture)) for picture in (mine, other)]
        return (seen[0] - seen[1]).abs().mean()


class FakeLpips(torch.nn.Module):
    """What lpips.LPIPS is called with and holds."""

    def __init__(self, net, pnet_rand, verbose):
        super().__init__()
        assert (net, pnet_rand, verbose) == ("alex", True, False)  # or it would fetch AlexNet
        self.net = Stages()

    def forward(self, mine, other, normalize):
        assert normalize  # pictures are in [0, 1]
        return self.net(mine, other)


@pytest.fixture
def packages(monkeypatch):
    """Both packages, and torchvision, whose VGG-16 must not ask for weights."""

    class FakeDists(Stages):
        def __init__(self):
            super().__init__()
            module.models.vgg16(pretrained=True)

    def vgg16(weights):
        assert weights is None

    lpips, package = ModuleType("lpips"), ModuleType("DISTS_pytorch")
    lpips.LPIPS = FakeLpips
    module = ModuleType("DISTS_pytorch.DISTS_pt")
    module.models, module.DISTS = SimpleNamespace(vgg16=vgg16), FakeDists
    package.DISTS_pt = module
    for name, made in (("lpips", lpips), ("DISTS_pytorch", package), ("DISTS_pytorch.DISTS_pt", module)):
        monkeypatch.setitem(sys.modules, name, made)
    monkeypatch.setattr(perceptual.importlib.util, "find_spec", lambda name: name)
    return module


def weights(scale=1.0):
    ones = {"0.weight": torch.ones(2, 3, 1, 1), "0.bias": torch.zeros(2)}
    ones |= {"3.weight": torch.ones(2, 2, 1, 1), "3.bias": torch.zeros(2)}
    return {f"features.{name}": value * scale for name, value in ones.items()} | {
        "classifier.1.weight": torch.ones(1)
    }


@pytest.fixture(params=["lpips", "dists"])
def make(request, packages, tmp_path):
    """make(weights): the scorer of a folder with these weights."""
    stem, maker = {"lpips": ("alexnet", lpips_scorer), "dists": ("vgg16", dists_scorer)}[request.param]

    def made(tensors):
        save_file(tensors, tmp_path / f"{stem}.safetensors")
        return maker(tmp_path)

    return made


def test_the_distance_is_that_of_the_weights_in_the_folder(make, repaired):
    black = repaired(
        refined=np.zeros((100, 120, 3), np.uint8), reference=np.full((120, 160, 3), 51, np.uint8)
    )
    # 51 is 0.2: three channels, then two, add up to 1.2.
    for scale in (1.0, 0.5):
        scorer = make(weights(scale))
        assert scorer.score(black)[scorer.name] == pytest.approx(1.2 * scale**2, rel=1e-5)
        assert scorer.columns[0].better == "lower"


def test_equal_parts_have_no_distance_and_without_a_region_nothing_is_said(make, repaired):
    scorer = make(weights())
    assert scorer.score(repaired())[scorer.name] == 0
    assert np.isnan(scorer.score(repaired(region=None))[scorer.name])


def test_weights_of_another_network_are_refused(make):
    lacking = weights()
    del lacking["features.3.bias"]
    with pytest.raises(WeightsError, match=r"has nothing as features.3.bias, expected \(2,\)"):
        make(lacking)
    with pytest.raises(WeightsError, match=r"has \(5,\) as features.0.bias, expected \(2,\)"):
        make(weights() | {"features.0.bias": torch.ones(5)})


def test_missing_and_damaged_weights_are_refused(packages, tmp_path):
    with pytest.raises(WeightsError, match=r"alexnet.safetensors: is missing"):
        lpips_scorer(tmp_path)
    (tmp_path / "vgg16.safetensors").write_bytes(b"no tensors")
    with pytest.raises(WeightsError, match="is no whole safetensors file"):
        dists_scorer(tmp_path)


def test_the_package_is_left_as_it_was(packages, tmp_path):
    before = packages.models
    save_file(weights(), tmp_path / "vgg16.safetensors")
    dists_scorer(tmp_path)
    assert packages.models is before
