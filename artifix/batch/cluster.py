"""Workers of a Ray cluster: actors of Ray Data do the rows, and this machine alone writes files.

Every row is a block of its own, so that a worker that dies costs its row's time and no other's. Ray Data
starts a new worker and repeats the row, without end: it knows neither what killed the worker nor that a run
should stop. `Attempts` says both; every worker asks it before every row.

Outcomes come in the order they are finished, and the object store holds a few of them at a time.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from artifix import __version__
from artifix.batch.attempts import MOST_DEATHS, Attempts
from artifix.batch.connection import Cluster, connected, worker_count
from artifix.batch.process_pool import THREADS, Doer, MakeDoer
from artifix.batch.task import Failure, Outcome, Task
from artifix.errors import ArtifixError, DeviceError
from artifix.setting_names import setting

_LOOK_S = 0.2  # between two looks whether to go on
_THREADS_S = 30.0  # for the threads of Ray Data to end
_PARKED = "Prefetcher"  # the one of them that sleeps for ever where answers are not read to their end
_DIED_HINT = f"it may need more memory than there is: use smaller pictures, or fewer {setting('num_workers')}"
_CLUSTER_HINT = "see that every node is up, and has the same artifix and the same weights installed"


def run_on_ray(
    cluster: Cluster, make: MakeDoer, tasks: Iterable[Task], may_go_on: Callable[[], bool]
) -> Iterator[Outcome]:
    """Outcomes in the order they are finished.

    Args:
        cluster: where, and with how many workers.
        make: makes the doer of a worker; it is pickled.
        tasks: what to do; all are drawn before the first is begun.
        may_go_on: asked several times a second; once it says no, no further row is begun.

    Raises:
        ArtifixError: no worker can be made, as by wrong weights.
        DeviceError: there is no such cluster, or it failed.
    """
    drawn = list(takewhile(lambda task: may_go_on(), tasks))
    if not drawn or not may_go_on():
        return
    with _silent(), connected(cluster):
        import ray

        try:
            yield from _outcomes(cluster, make, drawn, may_go_on)
        except ray.exceptions.RayTaskError:
            raise  # a bug
        except ray.exceptions.RayError as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise DeviceError(f"the Ray cluster failed: {said[0]}", _CLUSTER_HINT) from error


def _outcomes(
    cluster: Cluster, make: MakeDoer, tasks: list[Task], may_go_on: Callable[[], bool]
) -> Iterator[Outcome]:
    attempts = _start_attempts()
    ended: set[str] = set()
    answering = closing(_answers(cluster, make, tasks, attempts))
    with _threads_ended(), _watched(attempts, may_go_on) as watch, answering as answers:
        for answer in answers:
            if isinstance(answer, ArtifixError):
                raise answer
            if isinstance(answer, Outcome) and answer.id not in ended:
                ended.add(answer.id)
                yield answer
            if watch.in_hand is not None and watch.in_hand <= ended:
                return  # the rest would only say that it was not begun


def _start_attempts() -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": here}
    return ray.remote(**options)(Attempts).remote()


def _answers(
    cluster: Cluster, make: MakeDoer, tasks: list[Task], attempts: Any
) -> Generator[Any, None, None]:
    """What the workers say, as it comes."""
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    count = min(worker_count(cluster), len(tasks))
    rows = ray.data.from_items([{"task": task} for task in tasks], override_num_blocks=len(tasks))
    # Dead workers are replaced and their rows repeated without end: that is Ray Data's default, and the
    # arguments that would say so (max_restarts, max_task_retries) are about to be taken away.
    said = rows.map(
        RowActor,
        fn_constructor_args=(make, attempts, __version__),
        # One row in hand: none waits behind another's while a second worker is idle.
        compute=ray.data.ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=1),
        num_cpus=1,
        num_gpus=cluster.gpus_per_worker or None,
        runtime_env={"env_vars": dict.fromkeys(THREADS, "1")},
    )
    # Nothing is fetched ahead: a finished row would wait here for the next one.
    for block in said.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
        yield from block["answer"].to_pylist()


class RowActor:
    """Does rows in a worker's process; the network is loaded with the first one.

    Loading is no part of the constructor: Ray would wrap its errors, and count its deaths by other rules.

    Args:
        make: makes the doer.
        attempts: the handle of the `Attempts` that all workers ask.
        version: of artifix on the driver's machine.
    """

    def __init__(self, make: MakeDoer, attempts: Any, version: str) -> None:
        self._make, self._attempts, self._version = make, attempts, version
        self._doer: Doer | None = None

    def __call__(self, row: dict[str, Task]) -> dict[str, object]:
        """What came of the row: an outcome, an error that ends the run, or None where it was not begun."""
        try:
            return {"answer": self._answer(row["task"])}
        except ArtifixError as error:
            return {"answer": error}

    def _answer(self, task: Task) -> Outcome | None:
        import ray

        doer = self._doer or self._load()
        times = ray.get(self._attempts.begin.remote(task.id))
        if times > MOST_DEATHS:
            problem = f"the worker died over this row, {MOST_DEATHS} times"
            return Outcome(task.id, failure=Failure(problem, _DIED_HINT, int(DeviceError.exit_code)))
        return doer.do(task) if times else None

    def _load(self) -> Doer:
        import ray

        if self._version != __version__:
            raise DeviceError(
                f"a node has artifix {__version__}, and this machine {self._version}",
                "install the same version everywhere",
            )
        worker = ray.get_runtime_context().get_actor_id()  # stays when it is started again
        index, is_hopeless = ray.get(self._attempts.load.remote(worker))
        if is_hopeless:
            problem = f"a worker died while it loaded the network, {MOST_DEATHS} times"
            raise DeviceError(problem, _DIED_HINT)
        self._doer = self._make(index)
        ray.get(self._attempts.loaded.remote(worker))
        return self._doer


@dataclass(slots=True)
class _Watch:
    """Closes `Attempts` when the run shall stop; the driver itself is waiting for rows then."""

    attempts: Any
    may_go_on: Callable[[], bool]
    in_hand: set[str] | None = None  # rows begun, once no further ones may be
    ended: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Until the run has ended."""
        import ray

        while not self.ended.wait(_LOOK_S):
            if not self.may_go_on():
                try:
                    begun = ray.get(self.attempts.close.remote())
                except ray.exceptions.RayError:
                    return  # the cluster is gone, which the driver tells
                self.in_hand = {*begun, *(self.in_hand or ())}


@contextmanager
def _watched(attempts: Any, may_go_on: Callable[[], bool]) -> Iterator[_Watch]:
    watch = _Watch(attempts, may_go_on)
    thread = threading.Thread(target=watch.look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        thread.join()


@contextmanager
def _threads_ended() -> Iterator[None]:
    """Wait for the threads of Ray Data, which still ask the cluster when its answers are wanted no more.

    Ray ends the whole process, without a word, where one of them asks after the connection is closed.
    """
    before = set(threading.enumerate())
    try:
        yield
    finally:
        until_s = time.monotonic() + _THREADS_S
        while time.monotonic() < until_s and any(
            thread.name != _PARKED for thread in set(threading.enumerate()) - before
        ):
            time.sleep(_LOOK_S / 10)


@contextmanager
def _silent() -> Iterator[None]:
    """Ray tells of workers' deaths on stdout, which is for results, and warns of what is as it should be."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nothing, redirect_stdout(nothing):
            yield
    finally:
        logging.disable(before)
