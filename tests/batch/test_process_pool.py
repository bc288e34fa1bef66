"""Workers in processes of their own."""

import inspect
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from artifix.batch.process_pool import ProcessPool, cores_or_gpus
from artifix.batch.worker import Worker
from artifix.errors import DeviceError, WeightsError


def test_every_task_is_done_once_side_by_side(doers, task):
    ids = [f"row{i}" for i in range(12)]
    outcomes = list(ProcessPool(doers.Echo, 3).run(map(task, ids)))
    assert sorted(outcome.id for outcome in outcomes) == sorted(ids)
    assert all(outcome.failure is None for outcome in outcomes)
    assert 1 < len({outcome.told["pid"] for outcome in outcomes}) <= 3


def test_a_worker_computes_on_one_thread_and_the_parent_as_before(doers, task, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    (outcome,) = ProcessPool(doers.Echo, 1).run([task("row")])
    assert outcome.told["threads"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_no_worker_outlives_the_run(doers, task):
    list(ProcessPool(doers.Echo, 2).run([task("a"), task("b")]))
    assert not multiprocessing.active_children()


def test_tasks_are_drawn_as_they_are_needed(doers, task):
    drawn = []

    def source():
        for i in range(20):
            drawn.append(i)
            yield task(f"row{i}")

    run = ProcessPool(doers.Echo, 2).run(source())
    next(run)
    assert len(drawn) <= 5
    run.close()


def test_a_row_whose_worker_died_is_done_by_another(doers, task, tmp_path):
    ids = ["a", f"die_once~{tmp_path / 'died'}", "b"]
    outcomes = list(ProcessPool(doers.Echo, 2).run(map(task, ids)))
    assert sorted(outcome.id for outcome in outcomes) == sorted(ids)
    assert all(outcome.failure is None for outcome in outcomes)


def test_a_row_that_kills_every_worker_fails_alone(doers, task):
    outcomes = {
        outcome.id: outcome for outcome in ProcessPool(doers.Echo, 2).run(map(task, ["a", "die", "b", "c"]))
    }
    assert set(outcomes) == {"a", "die", "b", "c"}
    assert "died over this row, 2 times (signal SIGKILL)" in outcomes["die"].failure.problem
    assert outcomes["die"].failure.exit_code == DeviceError.exit_code
    assert all(outcomes[name].failure is None for name in "abc")


def test_what_a_worker_cannot_load_is_raised(doers, task):
    with pytest.raises(WeightsError, match="are gone") as raised:
        list(ProcessPool(doers.no_weights, 2).run([task("a"), task("b")]))
    assert raised.value.hint == "bring them back"
    assert not multiprocessing.active_children()


def test_workers_that_die_while_they_load_end_the_run(doers, task):
    with pytest.raises(DeviceError, match="died while it loaded"):
        list(ProcessPool(doers.dies_at_once, 1).run([task("a")]))


def test_when_it_may_not_go_on_the_rows_in_hand_are_finished(doers, task):
    ended = []
    pool = ProcessPool(doers.Echo, 2, lambda: len(ended) < 3)
    for outcome in pool.run(task(f"row{i}") for i in range(50)):
        ended.append(outcome)
    assert 3 <= len(ended) <= 6  # two more come with the third, and two are then in hand


def test_workers_do_not_hear_of_an_interruption(doers, task):
    outcomes = list(ProcessPool(doers.Interrupted, 1).run([task("a"), task("b")]))
    assert [outcome.id for outcome in outcomes] == ["a", "b"]


def test_a_run_that_is_left_ends_its_workers_at_once(doers, task):
    run = ProcessPool(doers.Echo, 2).run(map(task, ["a", "sleep~60", "b"]))
    next(run)
    started_s = time.monotonic()
    run.close()
    assert time.monotonic() - started_s < 10
    assert not multiprocessing.active_children()


def test_workers_of_a_killed_parent_end(tmp_path):
    program = """
        import sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        import doers
        from artifix.batch.process_pool import ProcessPool
        from artifix.batch.task import Task
        from artifix.config import RefineConfig
        from artifix.inputs.request import Request
        if __name__ == "__main__":
            request = Request(Path("a"), Path("b"), (Path("c"),))
            tasks = (Task(name, request, RefineConfig()) for name in ("a", "b", "sleep~1", "sleep~1"))
            for outcome in ProcessPool(doers.Echo, 2).run(tasks):
                print(outcome.told["pid"], flush=True)
    """
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(program))
    parent = subprocess.Popen(
        [sys.executable, script, str(Path(__file__).parent)], stdout=subprocess.PIPE, text=True
    )
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until_s = time.monotonic() + 20
    while any(_is_alive(pid) for pid in workers):
        assert time.monotonic() < until_s, "a worker outlived its parent"
        time.sleep(0.05)


def test_there_is_a_worker_for_every_core_of_a_machine_without_a_gpu(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("sys.platform", "linux")
    assert cores_or_gpus("auto") == cores_or_gpus("cpu") >= 1
    assert cores_or_gpus("cuda:1") == 2


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_stand_ins_are_called_as_the_real_worker_is(doers):
    real, stand_in = (inspect.signature(kind.do) for kind in (Worker, doers.Echo))
    assert real == stand_in
