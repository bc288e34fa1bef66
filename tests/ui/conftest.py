"""Pictures in which a part can be found, a visitor who gave them, and the network that finds it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artifix.config import RunConfig
from artifix.repair.loading import Loaded, load
from artifix.ui.limits import Limits
from artifix.ui.visitor import Visitor, new_visitor

MASKED = slice(120, 180), slice(130, 200)  # rows and columns of the mask


@dataclass(frozen=True)
class Pictures:
    """Files of one case."""

    image: Path  # 300 px high, 320 px wide
    reference: Path
    mask: np.ndarray  # (300, 320) bool


@pytest.fixture
def pictures(tmp_path: Path, label: Callable[..., np.ndarray]) -> Pictures:
    clean = label(3)
    wrong, mask = clean.copy(), np.zeros(clean.shape[:2], bool)
    mask[MASKED] = True
    wrong[MASKED] = 128
    made = Pictures(tmp_path / "gen.png", tmp_path / "ref.png", mask)
    Image.fromarray(wrong).save(made.image)
    Image.fromarray(np.roll(clean, (6, 9), (0, 1))).save(made.reference)
    return made


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    return new_visitor(tmp_path / "visitors", Limits())


@pytest.fixture
def equipped(visitor: Visitor, pictures: Pictures) -> Visitor:
    """A visitor who has dropped both pictures."""
    visitor.take_image(pictures.image)
    visitor.take_references([pictures.reference])
    return visitor


@pytest.fixture(scope="session")
def loaded(tiny_weights: Path) -> "Future[Loaded]":
    """The tiny network, ready."""
    future: Future[Loaded] = Future()
    future.set_result(load(RunConfig(weights=str(tiny_weights), device="cpu")))
    return future
