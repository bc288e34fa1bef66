"""`artifix batch` with a doer that makes files up, in the processes that would hold the network.

Usage: python benchmarks/torture/made_up_batch.py batch MANIFEST --out DIR --weights DIR ...
"""

import sys
import time
from functools import partial

import artifix.cli.batch
from artifix.batch.engine import EngineChoice
from artifix.batch.process_pool import ProcessPool
from artifix.batch.run import Engine
from artifix.batch.task import Outcome, Task
from artifix.cli.app import main
from artifix.config import CommandConfig

FILES = {"refined.png": 150_000, "correspondence.npy": 60_000, "thumbnail.jpg": 3000, "record.json": 700}


class MadeUp:
    """Takes a moment for each row; what it makes tells the row and its seed."""

    def __init__(self, index: int, seconds: float) -> None:
        self._seconds = seconds

    def do(self, task: Task) -> Outcome:
        """The row's files."""
        time.sleep(self._seconds)
        files = {
            name: f"{task.id} {task.config.seed} {name}\n".encode() * (size // 30)
            for name, size in FILES.items()
        }
        return Outcome(task.id, files, {"confidence": 0.5, "source": "sift"})


def engine_of(config: CommandConfig, choice: EngineChoice) -> Engine:
    """Workers as ever, but for what they do."""
    make, count = partial(MadeUp, seconds=0.02), choice.workers or 1
    return lambda tasks, may_go_on: ProcessPool(make, count, may_go_on).run(tasks)


if __name__ == "__main__":
    artifix.cli.batch.engine_of = engine_of
    sys.exit(main())
