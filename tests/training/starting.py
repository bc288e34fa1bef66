"""Two processes that run two_processes.py together, started by a launcher."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from artifix.training.config import TrainingConfig

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("two_processes.py")


def start_two(
    launcher: Sequence[str], port_option: str, folder: Path, recipe: TrainingConfig, scenes: Path
) -> None:
    """Run both to their end on the images of `scenes`; `folder` then holds what they found.

    Args:
        launcher: a module of Python with its options.
        port_option: of the launcher, for the port over which the processes meet.
        folder: of the runs.
        recipe: that they train by.
        scenes: a folder of images, which is copied.
    """
    shutil.copytree(scenes, folder / "images")
    (folder / "config.json").write_text(json.dumps(asdict(recipe)))
    done = subprocess.run(
        [sys.executable, "-m", *launcher, port_option, str(_free_port()), str(PROGRAM), str(folder)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def found_by_each(folder: Path) -> list[dict]:
    """What the two processes wrote down."""
    return [json.loads((folder / f"found-{rank}.json").read_text()) for rank in (0, 1)]


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]
