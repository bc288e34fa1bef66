"""Pictures in which a part can be found, a visitor who gave them, and the network that finds it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from artifix.config import RunConfig
from artifix.repair.loading import Loaded, load
from artifix.ui.limits import Limits
from artifix.ui.visitor import Visitor, new_visitor

START_S, JOB_S = 60, 120  # allowed on a slow and busy machine
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


class Served:
    """`artifix ui` on a free port.

    Args:
        arguments: of the command.
        temporary: folder for its temporary files.
    """

    def __init__(self, arguments: list[str], temporary: Path) -> None:
        self.log = temporary / "log.txt"
        self.temporary = temporary
        environment = {**os.environ, "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            arguments = [*arguments, "--port", str(free.getsockname()[1])]
        started_s = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "artifix", "ui", *arguments], stderr=log, stdout=log, env=environment
            )
        while (at := re.search(r"the page is at (\S+?)/?\s", self.log.read_text())) is None:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() - started_s < START_S
            time.sleep(0.1)
        self.url = at[1]
        assert httpx2.get(self.url).status_code == 200
        self.start_s = time.monotonic() - started_s

    def end(self) -> int:
        """As Ctrl-C does; returns the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)


class Visit:
    """One visitor."""

    def __init__(self, served: Served) -> None:
        self.http = httpx2.Client(base_url=served.url, timeout=JOB_S)
        self.session = uuid.uuid4().hex
        self.functions = {}
        for dependency in self.http.get("/config").json()["dependencies"]:
            self.functions[dependency["api_name"]] = dependency["id"]
        self.ask("arrive")

    def upload(self, path: Path, name: str | None = None) -> dict[str, Any]:
        """What gradio calls a file."""
        files = {"files": (name or path.name, path.read_bytes())}
        told = self.http.post("/gradio_api/upload", files=files)
        assert told.status_code == 200, told.text
        return {"path": told.json()[0], "orig_name": name or path.name, "meta": {"_type": "gradio.FileData"}}

    def join(self, name: str, *data: Any) -> Any:
        """Click; returns the answer of the queue."""
        asked = {"data": [*data], "fn_index": self.functions[name], "session_hash": self.session}
        return self.http.post("/gradio_api/queue/join", json=asked)

    def answers(self) -> Iterator[dict[str, Any]]:
        """What comes of all that was clicked."""
        with self.http.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as stream:
            for line in stream.iter_lines():
                told = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if told.get("msg") == "process_completed":
                    yield told
                if told.get("msg") == "close_stream":
                    return

    def ask(self, name: str, *data: Any) -> dict[str, Any]:
        """Click, and wait: what is shown, or {"error": sentence}."""
        told = self.join(name, *data)
        assert told.status_code == 200, told.text
        return next(self.answers())["output"]

    def equip(self, image: Path, reference: Path) -> dict[str, Any]:
        """Drop both pictures; returns the editor's value."""
        told = self.ask("image", None, self.upload(image))
        self.ask("references", None, [self.upload(reference)])
        return told["data"][0]["value"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Iterator[Served]:
    """A page with the tiny network and small limits, not yet visited."""
    limits = ["--max-side", "1000", "--max-file-size", "3", "--max-queue", "12"]
    arguments = ["--device", "cpu", "--weights", str(tiny_weights), *limits]
    started = Served(arguments, tmp_path_factory.mktemp("served"))
    yield started
    assert started.end() == 0
    assert not list(started.temporary.glob("artifix-ui-*"))  # nothing that a visitor gave is left


@pytest.fixture
def visit(served: Served) -> Callable[[], Visit]:
    """Opens the page once more."""
    return lambda: Visit(served)
