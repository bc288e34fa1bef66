"""Workers of this machine: processes that do rows side by side, replaced when they die.

Each row is one process's alone, on one thread, so that nothing depends on how many there are. Only the parent
writes files: a worker whose parent is killed finds its pipe closed, and ends without a trace.

The pools of the standard library do not fit: workers of `concurrent.futures` outlive a killed parent, and one
that dies takes all rows in hand with it, the culprit unknown.
"""

import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

from artifix.batch.attempts import MOST_DEATHS
from artifix.batch.task import Failure, Outcome, Task
from artifix.errors import ArtifixError, DeviceError
from artifix.setting_names import setting

# What says to the libraries how many threads they may use.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_DIED_HINT = f"it may need more memory than there is: use smaller pictures, or fewer {setting('workers')}"


class Doer(Protocol):
    """What does rows in a worker's process."""

    def do(self, task: Task) -> Outcome:
        """One row; raises nothing."""


# Called in the worker's process with its index; it is pickled: a class or function of a module, or a partial.
MakeDoer = Callable[[int], Doer]


@dataclass(slots=True, eq=False)
class _WorkerProcess:
    """One worker, seen from the parent."""

    process: BaseProcess
    tasks: Connection
    answers: Connection
    task: Task | None = None  # in hand
    is_ready: bool = False  # has loaded the network


class ProcessPool:
    """Does tasks with processes of its own.

    Args:
        make: makes the doer of a worker.
        count: of processes, at most.
        may_go_on: asked before every further row is given out.
    """

    def __init__(self, make: MakeDoer, count: int, may_go_on: Callable[[], bool] = lambda: True) -> None:
        self._make, self._count, self._may_go_on = make, count, may_go_on
        self._workers: list[_WorkerProcess] = []
        self._waiting: deque[Task] = deque()  # those whose worker died
        self._deaths: dict[str | None, int] = {}  # of workers, by the row in hand; None while loading
        self._started = 0

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Outcomes in the order they are finished; tasks are drawn as they are needed.

        Raises:
            ArtifixError: no worker can be made, as by wrong weights.
        """
        source = iter(tasks)
        try:
            self._assign_tasks(source)
            while busy := [worker for worker in self._workers if worker.task is not None]:
                answering = connection.wait([worker.answers for worker in busy])
                outcomes = [self._answer(worker) for worker in busy if worker.answers in answering]
                self._assign_tasks(source)  # first, so that no worker waits for the caller
                yield from (outcome for outcome in outcomes if outcome is not None)
        finally:
            self._end_all()

    def _assign_tasks(self, source: Iterator[Task]) -> None:
        """Give every idle worker a row, and start further workers while there are rows left."""
        while self._may_go_on():
            idle = next((worker for worker in self._workers if worker.task is None), None)
            if idle is None and len(self._workers) >= self._count:
                return
            task = self._waiting.popleft() if self._waiting else next(source, None)
            if task is None:
                return
            if idle is None:
                idle = self._start_worker()
            idle.task = task
            with suppress(OSError):  # it has died: its pipe of answers tells
                idle.tasks.send(task)

    def _start_worker(self) -> _WorkerProcess:
        context = get_context("spawn")  # a forked process inherits threads' locks, and CUDA fails in it
        theirs_in, mine_out = context.Pipe(duplex=False)
        mine_in, theirs_out = context.Pipe(duplex=False)
        process = context.Process(
            target=_worker_main, args=(self._make, self._started, theirs_in, theirs_out), daemon=True
        )
        with _interruption_blocked(), _one_thread():
            process.start()
        theirs_in.close()
        theirs_out.close()
        self._started += 1
        self._workers.append(_WorkerProcess(process, mine_out, mine_in))
        return self._workers[-1]

    def _answer(self, worker: _WorkerProcess) -> Outcome | None:
        """Read a worker's answer: an outcome, or None where it is ready or its row will be done again."""
        try:
            answer = worker.answers.recv()
        except (EOFError, OSError):
            return self._after_death(worker)
        if isinstance(answer, ArtifixError):
            raise answer
        if answer is None:
            worker.is_ready = True
            return None
        worker.task = None
        assert isinstance(answer, Outcome)
        return answer

    def _after_death(self, worker: _WorkerProcess) -> Outcome | None:
        """A worker died: its row is done again by another, or given up if it has killed before."""
        task, cause = worker.task, self._end_worker(worker)
        assert task is not None
        key = task.id if worker.is_ready else None
        self._deaths[key] = self._deaths.get(key, 0) + 1
        if self._deaths[key] < MOST_DEATHS:
            self._waiting.append(task)
            return None
        if key is None:
            raise DeviceError(f"a worker died while it loaded the network ({cause})", _DIED_HINT)
        problem = f"the worker died over this row, {MOST_DEATHS} times ({cause})"
        return Outcome(task.id, failure=Failure(problem, _DIED_HINT, int(DeviceError.exit_code)))

    def _end_worker(self, worker: _WorkerProcess) -> str:
        """End a worker's process; returns how it ended, for messages."""
        self._workers.remove(worker)
        worker.tasks.close()
        worker.answers.close()
        worker.process.join(1.0)
        worker.process.kill()
        worker.process.join()
        code = worker.process.exitcode or 0
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _end_all(self) -> None:
        for worker in self._workers:
            if worker.task is not None:
                worker.process.kill()  # what it has in hand is not wanted any more
        for worker in list(self._workers):
            self._end_worker(worker)


def _worker_main(make: MakeDoer, index: int, tasks: Connection, answers: Connection) -> None:
    """What a worker's process does: load the network, then do rows until the parent closes the pipe."""
    try:
        doer = make(index)
    except ArtifixError as error:
        answers.send(error)
        return
    # The parent is gone where the pipe is closed: nobody waits for the row.
    with suppress(EOFError, BrokenPipeError):
        answers.send(None)
        while True:
            answers.send(doer.do(tasks.recv()))


@contextmanager
def _interruption_blocked() -> Iterator[None]:
    """A process started meanwhile never hears of ctrl-C, which a terminal sends to all of them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread() -> Iterator[None]:
    """A process started meanwhile computes on one thread; its libraries ask once, when they are loaded."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def cores_or_gpus(device: str) -> int:
    """How many workers keep a device busy: one a core, or two a GPU: one reads, the other computes.

    Args:
        device: as the settings name it. "auto" is taken for a GPU where there is a sign of one; being sure
            would mean loading the libraries here too.
    """
    has_gpu = shutil.which("nvidia-smi") is not None or sys.platform == "darwin"
    if device == "cpu" or (device == "auto" and not has_gpu):
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2
