"""Base models of random weights, and a crop to paint."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from artifix.base_models import tuning
from artifix.base_models.loading import load_refiner
from artifix.base_models.placing import Placing
from artifix.geometry import Box
from artifix.refinement.refiner import Canvas, Paste
from artifix.weights.model_index import class_of
from artifix.weights.verification import verify_weights
from tests.base_models.tiny import klein_folder, sd_folder, sdxl_folder

MAKERS = {"klein": klein_folder, "sd15-ip": sd_folder, "sdxl-ip": sdxl_folder}
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("base")
    return {name: make(place / name) for name, make in MAKERS.items()}


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch):
    """The models work at sizes that random weights take no time for."""
    sizes = {"klein_least_px": 96, "klein_most_px": 192, "sd_least_px": 96, "sd_most_px": 192, "sdxl_px": 96}
    monkeypatch.setattr(tuning, "BASE_MODELS", replace(tuning.BASE_MODELS, **sizes))


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache of prompts of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(place))
        yield place


@pytest.fixture(scope="session")
def load(cache):
    """Loads a painter as `load_pipeline` does."""

    def loaded(folder: Path, dtype: torch.dtype = torch.float32, **more):
        return load_refiner(folder, class_of(folder), verify_weights(folder), Placing(CPU, dtype, **more))

    return loaded


@pytest.fixture(scope="session")
def painters(folders, load):
    return {name: load(folder) for name, folder in folders.items()}


def canvas(with_paste: bool = True, height: int = 80, width: int = 96) -> Canvas:
    """A grey crop with a red artifact; the reference is blue there."""
    crop = np.full((height, width, 3), 120, np.uint8)
    mask = np.zeros((height, width), bool)
    mask[30:50, 40:70] = True
    crop[mask] = [250, 0, 0]
    reference = np.full((120, 130, 3), [30, 60, 200], np.uint8)
    pixels = np.full((height, width, 3), [30, 60, 200], np.float32)
    paste = Paste(pixels, np.ones((height, width), np.float32)) if with_paste else None
    return Canvas(crop, mask, paste, reference, Box(20, 20, 90, 90))
