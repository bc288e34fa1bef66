"""A server of the page in a process of its own, and a visitor who talks to it without a browser."""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

START_S, JOB_S = 60, 120  # allowed on a slow and busy machine


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
