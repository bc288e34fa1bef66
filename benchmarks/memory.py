"""How the memory of a batch grows from row to row.

Usage: python benchmarks/memory.py [--count N] [--from N] [--workers N] [--seed N] [--made-up]

Runs `artifix batch` over --count (1000) small pictures with tiny random weights, and reads the resident
memory of the driver and of each worker every time a row ends. Prints the curve, and the growth from row
--from (100) to the last; more than 50 MB in any process is a failure. With --made-up the workers make files
up instead of using the network: many rows in little time, for the driver's part. Linux only.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "torture"))

from made_up_batch import engine_of
from material import write_manifest, write_stub_weights, write_tiny_weights

import artifix.cli.batch
from artifix.batch.engine import EngineChoice
from artifix.batch.run import Engine
from artifix.batch.task import Outcome, Task
from artifix.cli.app import main as artifix_main
from artifix.config import CommandConfig

MOST_MB = 50.0


def resident_mb(process: int | str) -> float:
    """Memory of a process by its id, or of "self"."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


class Curve:
    """Memory by row: of the driver, and of the largest worker."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []

    def watching(self, make: Callable[..., Engine]) -> Callable[..., Engine]:
        """An engine that is measured whenever a row ends."""

        def engine_of(config: CommandConfig, choice: EngineChoice) -> Engine:
            engine = make(config, choice)

            def run(tasks: Iterable[Task], may_go_on: Callable[[], bool]) -> Iterator[Outcome]:
                for outcome in engine(tasks, may_go_on):
                    self._note()
                    yield outcome

            return run

        return engine_of

    def _note(self) -> None:
        ids = [child.pid for child in multiprocessing.active_children()]
        workers = [resident_mb(child) for child in ids if child is not None]
        self.points.append((resident_mb("self"), max(workers, default=0.0)))

    def growth_mb(self, first: int) -> tuple[float, float]:
        """From row `first` to the last, of the driver and of a worker; means of ten rows at either end."""
        before, after = self.points[first : first + 10], self.points[-10:]
        return tuple(_mean(after, part) - _mean(before, part) for part in (0, 1))  # type: ignore[return-value]


def _mean(points: Sequence[tuple[float, float]], part: int) -> float:
    return sum(point[part] for point in points) / max(len(points), 1)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="rows")
    parser.add_argument("--from", type=int, default=100, dest="first", help="row from which growth counts")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--made-up", action="store_true")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the curve and the growth; returns an exit status."""
    options, curve = parse(arguments), Curve()
    plain = artifix.cli.batch.engine_of
    artifix.cli.batch.engine_of = curve.watching(engine_of if options.made_up else plain)
    with tempfile.TemporaryDirectory(prefix="memory-") as place:
        write = write_stub_weights if options.made_up else write_tiny_weights
        manifest, weights = write_manifest(Path(place) / "in", options.count), write(Path(place) / "weights")
        asked = [manifest, "--out", Path(place) / "out", "--weights", weights, "--force", "--device", "cpu"]
        asked += ["--workers", options.workers, "--seed", options.seed, "--quiet"]
        code = artifix_main(["batch", *map(str, asked)])
    artifix.cli.batch.engine_of = plain
    for row in range(0, len(curve.points), max(options.count // 20, 1)):
        print(f"row {row:5}: driver {curve.points[row][0]:6.1f} MB, worker {curve.points[row][1]:6.1f} MB")
    driver, worker = curve.growth_mb(options.first)
    said = {"rows": len(curve.points), "driver_mb": round(driver, 1), "worker_mb": round(worker, 1)}
    print(json.dumps(said))
    return int(code != 0 or max(driver, worker) > MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
