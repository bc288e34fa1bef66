"""Tasks without pictures, and doers that worker processes can import."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from artifix.batch.task import Task
from artifix.config import RefineConfig
from artifix.inputs.request import Request


@pytest.fixture
def doers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of `doers.py`, which spawned processes find on their path."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    module = importlib.import_module("doers")
    yield module
    del sys.modules["doers"]


@pytest.fixture
def task(tmp_path: Path) -> Callable[[str], Task]:
    """A task of a given id."""

    def make(row_id: str) -> Task:
        places = (tmp_path / f"{name}.png" for name in ("image", "mask", "reference"))
        image, mask, reference = places
        return Task(row_id, Request(image, mask, (reference,)), RefineConfig())

    return make
