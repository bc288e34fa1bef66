"""The script that repairs the examples."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from artifix.repair.loading import Loaded

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "run.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("examples_run", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def example(files):
    folder = files.folder / "example"
    folder.mkdir()
    for source, name in ((files.image, "image"), (files.mask, "mask"), (files.reference, "reference")):
        shutil.copy(source, folder / f"{name}.png")
    shutil.copy(files.image, folder / "expected.png")
    return folder


def test_an_example_is_repaired_and_compared(script, example, pipeline, tmp_path, capsys):
    assert script.run(example, tmp_path / "demo", Loaded(pipeline, "cpu", "float32"))
    assert (tmp_path / "demo" / "refined.png").is_file()
    assert "PSNR in the mask" in capsys.readouterr().out


def test_an_example_that_fails_is_told(script, example, pipeline, tmp_path, capsys):
    (example / "mask.png").write_bytes(b"no picture")
    assert not script.run(example, tmp_path / "demo", Loaded(pipeline, "cpu", "float32"))
    assert "example: failed" in capsys.readouterr().out
