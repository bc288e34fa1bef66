"""Packages that no repair uses wait until they are asked for."""

import importlib
import subprocess
import sys

import pytest

from artifix.network import lean
from artifix.network.lean import lean_imports


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that is put off, with one answer for while it is."""
    folder = tmp_path / "heavy_thing"
    folder.mkdir()
    (folder / "__init__.py").write_text("from heavy_thing.part import seven\nmark = seven\n")
    (folder / "part.py").write_text("seven = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(lean, "_PACKAGES", ("heavy_thing", "not_installed.anywhere"))
    monkeypatch.setattr(lean, "_ANSWERS", {"heavy_thing": {"mark": len}})
    yield "heavy_thing"
    for name in ("heavy_thing", "heavy_thing.part"):
        sys.modules.pop(name, None)


def test_a_package_runs_when_a_name_in_it_is_asked_for(package):
    with lean_imports():
        module = importlib.import_module(package)
        assert "heavy_thing.part" not in sys.modules
    assert module.seven == 7


def test_a_part_is_found_without_running_its_package(package):
    with lean_imports():
        part = importlib.import_module("heavy_thing.part")
        assert part.seven == 7
        assert "seven" not in vars(importlib.import_module(package))


def test_answers_last_as_long_as_the_loading(package):
    with lean_imports():
        assert importlib.import_module(package).mark is len
    assert importlib.import_module(package).mark == 7


def test_a_package_that_ran_meanwhile_keeps_its_own_names(package):
    with lean_imports():
        assert importlib.import_module(package).seven == 7
    assert importlib.import_module(package).mark == 7


def test_a_missing_name_is_an_attribute_error(package):
    with lean_imports(), pytest.raises(AttributeError, match="heavy_thing.*nothing"):
        _ = importlib.import_module(package).nothing


def test_a_package_that_is_imported_already_stays(package):
    module = importlib.import_module(package)
    with lean_imports():
        assert importlib.import_module(package) is module
        assert module.mark == 7


def test_loading_the_weights_runs_no_compiler():
    script = (
        "import sys; from artifix.config import RunConfig; from artifix.repair.loading import load;"
        "load(RunConfig(device='cpu')); assert 'torch._dynamo.eval_frame' not in sys.modules;"
        "import torch, transformers, diffusers; assert torch._dynamo.eval_frame.OptimizedModule;"
        "assert torch.compiler.disable(len) is not len;"
        "assert transformers.BertConfig and transformers.models.bert and diffusers.DiTTransformer2DModel;"
        "from scipy.stats import norm; from scipy.optimize import linear_sum_assignment as solve;"
        "assert solve([[1.0]])[0][0] == 0 and norm.cdf(0) == 0.5"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
