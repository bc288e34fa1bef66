"""Stand in for the network in a worker's process; what a row's id says is done."""

import os
import signal
import time
from pathlib import Path

from artifix.batch.task import Failure, Outcome, Task
from artifix.errors import WeightsError


class Echo:
    """Files that tell the row, its worker and its threads."""

    def __init__(self, index: int) -> None:
        self.index = index

    def do(self, task: Task) -> Outcome:
        word, _, rest = task.id.partition("~")
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "die_once" and not Path(rest).exists():
            Path(rest).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "sleep":
            time.sleep(float(rest))
        if word == "fail":
            return Outcome(task.id, told={"seconds": 0.0}, failure=Failure("it failed", "mend it", 3))
        told = {"pid": os.getpid(), "threads": os.environ.get("OMP_NUM_THREADS")}
        files = {"record.json": b"{}\n", "refined.png": task.id.encode() * 50_000}
        return Outcome(task.id, files, {"confidence": 0.75, "source": "sift", **told})


class Interrupted(Echo):
    """Is interrupted in every row, as by ctrl-C on a terminal."""

    def do(self, task: Task) -> Outcome:
        os.kill(os.getpid(), signal.SIGINT)
        return super().do(task)


def no_weights(index: int) -> Echo:
    """There are none."""
    raise WeightsError("weights: are gone", "bring them back")


def dies_at_once(index: int) -> Echo:
    """As a process that the system kills for its memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Echo(index)
