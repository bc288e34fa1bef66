"""How many threads a network may use: waiting for a core that another program has, all of them wait."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from artifix.control_groups import MOUNTS, PROCESS, groups_of, lines_of

_IDLE = slice(3, 5)  # of the times of a processor: doing nothing, and waiting for a disk
_LEAST_S = 0.2  # shorter, the kernel's ticks say little


class CoreWatch:
    """Watches the processors from its making on; what other programs took of them is not free.

    Args:
        proc: where the kernel tells of processes.
        mounts: where control groups are mounted.
    """

    def __init__(self, proc: Path = PROCESS, mounts: Path = MOUNTS) -> None:
        self._proc, self._mounts = proc, mounts
        self._begun = self._taken()

    def free(self) -> int:
        """Cores that this process may use and that are not taken by others; one at least."""
        allowed = _allowed()
        by_quota = _quota(self._proc, self._mounts)
        return max(1, round(min(len(allowed), by_quota) - self._others()))

    def _others(self) -> float:
        """Cores that other programs took since the beginning, of those that this process may use."""
        ended = self._taken()
        if ended is None or self._begun is None:
            return 0.0
        busy_s, own_s, at_s = (after - before for after, before in zip(ended, self._begun, strict=True))
        return max(0.0, busy_s - own_s) / at_s if at_s >= _LEAST_S else 0.0

    def _taken(self) -> tuple[float, float, float] | None:
        """Seconds: of the allowed processors at work, of this process at work, of the clock."""
        tick_s = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.0
        names = {f"cpu{number}" for number in _allowed()}
        told = [line.split() for line in lines_of(self._proc / "stat")]
        times = [list(map(int, words[1:9])) for words in told if words and words[0] in names]
        if not times or not tick_s:
            return None
        busy = sum(sum(row) - sum(row[_IDLE]) for row in times)
        return busy * tick_s, time.process_time(), time.monotonic()


def threads_of(wanted: int | None, watch: CoreWatch, environment: Mapping[str, str] = os.environ) -> int:
    """How many threads to use.

    Args:
        wanted: by the user; it holds.
        watch: tells what is free.
        environment: of the process; its OMP_NUM_THREADS holds where nothing else was said.
    """
    if wanted is not None:
        return wanted
    told = environment.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(told) if told.isdigit() and int(told) > 0 else watch.free()


def use_threads(count: int) -> None:
    """Bound the threads of torch and OpenCV, of the whole process."""
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)


def _allowed() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _quota(proc: Path, mounts: Path) -> float:
    """Cores that the control groups leave this process; infinite where none limits it."""
    least = float("inf")
    for folder, version in groups_of("cpu", proc, mounts):
        if version == 2:
            told = " ".join(lines_of(folder / "cpu.max")).split()
        else:
            told = [*lines_of(folder / "cpu.cfs_quota_us"), *lines_of(folder / "cpu.cfs_period_us")]
        if len(told) == 2 and all(text.isdigit() for text in told) and int(told[1]):
            least = min(least, int(told[0]) / int(told[1]))
    return least
