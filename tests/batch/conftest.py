"""Tasks without pictures, and doers that worker processes can import."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from artifix.batch.plan import Planned, Terms, plan_rows
from artifix.batch.task import Task
from artifix.config import CommandConfig, RefineConfig
from artifix.inputs.manifest import read_rows
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


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., list[Planned]]:
    """Plan a manifest of rows of the given ids, whose files lie in a folder."""

    def make(*ids: str, columns: str = "", cells: str = "", **terms: Any) -> list[Planned]:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        for name in ("image", "mask", "reference"):
            if not (folder / f"{name}.png").exists():
                (folder / f"{name}.png").write_bytes(name.encode())
        lines = [f"id,image,mask,reference{columns}"]
        lines += [f"{row_id},image.png,mask.png,reference.png{cells}" for row_id in ids]
        (folder / "manifest.csv").write_text("\n".join(lines))
        settled = {"config": CommandConfig(), "weights_sha256": "0" * 64} | terms
        return plan_rows(read_rows(folder / "manifest.csv"), Terms(**settled))

    return make
