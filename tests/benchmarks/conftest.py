"""Where the benchmarks lie: they are scripts beside the package, not a part of it."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # as `python benchmarks/NAME.py` has it


@pytest.fixture(scope="session")
def benchmark_script() -> Callable[[str], ModuleType]:
    """Load one of the scripts by name, without running it."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look themselves up there
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory, scene: Callable[..., np.ndarray]) -> Path:
    """A folder of drawn photos, each with a smooth quarter, and one decal, in sub-folders."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "photos").mkdir()
    (folder / "logos").mkdir()
    for seed in range(4):
        picture = scene(320, 400, seed)
        y, x = np.mgrid[:320, :400]
        plain = (110 + x / 20 + y / 16).astype(np.uint8)[..., None].repeat(3, 2)
        picture[:220, :240] = plain[:220, :240]
        Image.fromarray(picture).save(folder / "photos" / f"{seed}.png")
    alpha = np.zeros((90, 100, 1), np.uint8)
    alpha[10:80, 10:90] = 255
    logo = np.concatenate([scene(90, 100, 9), alpha], axis=2)
    Image.fromarray(logo).save(folder / "logos" / "logo.png")
    return folder
