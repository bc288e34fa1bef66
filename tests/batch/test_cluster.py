"""Workers of a Ray cluster of this machine, two of them."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from artifix.batch.cluster import run_on_ray
from artifix.batch.connection import Cluster, connected
from artifix.batch.process_pool import ProcessPool
from artifix.errors import DeviceError, WeightsError

pytestmark = pytest.mark.ray

TWO = Cluster(workers=2)
PATIENCE_S = 120  # a slow machine starts a cluster


@pytest.fixture(scope="module")
def cluster():
    """A cluster that serves all tests; its workers find `doers.py`, which a spawned process would too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
        with connected(TWO):
            yield TWO


@pytest.fixture
def run(cluster, task):
    """All outcomes of rows of these ids."""

    def run(make, ids, may_go_on=lambda: True):
        return list(run_on_ray(cluster, make, map(task, ids), may_go_on))

    return run


def test_every_task_is_done_once_side_by_side_on_one_thread(run, doers):
    ids = [f"row{i}" for i in range(6)] + [f"sleep~0.{i}" for i in range(1, 5)]
    outcomes = run(doers.Echo, ids)
    assert sorted(outcome.id for outcome in outcomes) == sorted(ids)
    assert len({outcome.told["pid"] for outcome in outcomes}) == 2
    assert {outcome.told["threads"] for outcome in outcomes} == {"1"}


def test_outcomes_come_as_they_are_finished(cluster, doers, task):
    ids = ["sleep~20", "a", "b", "c"]
    outcomes = run_on_ray(cluster, doers.Echo, map(task, ids), lambda: True)
    assert {next(outcomes).id for _ in range(3)} == {"a", "b", "c"}
    started_s = time.monotonic()
    outcomes.close()
    assert time.monotonic() - started_s < 10


def test_the_files_are_those_of_the_local_engine(run, doers, task):
    ids = ["a", "b", "fail~", "c"]

    def kept(outcomes):
        return {outcome.id: (outcome.files, outcome.failure) for outcome in outcomes}

    assert kept(run(doers.Echo, ids)) == kept(ProcessPool(doers.Echo, 2).run(map(task, ids)))


def test_a_row_whose_worker_died_is_done_by_another(run, doers, tmp_path):
    ids = ["a", f"die_once~{tmp_path / 'died'}", *(f"row{i}" for i in range(6))]
    outcomes = run(doers.Echo, ids)
    assert sorted(outcome.id for outcome in outcomes) == sorted(ids)
    assert all(outcome.failure is None for outcome in outcomes)


def test_no_row_is_lost_or_doubled_when_a_worker_is_killed_from_outside(cluster, doers, task):
    ids = [f"sleep~{0.3 + i / 1000}" for i in range(12)]
    outcomes = []
    for outcome in run_on_ray(cluster, doers.Echo, map(task, ids), lambda: True):
        outcomes.append(outcome)
        if len(outcomes) in (2, 6):
            os.kill(outcome.told["pid"], signal.SIGKILL)
    assert sorted(outcome.id for outcome in outcomes) == ids
    assert all(outcome.failure is None for outcome in outcomes)


def test_a_row_that_kills_every_worker_fails_alone(run, doers):
    outcomes = {outcome.id: outcome for outcome in run(doers.Echo, ["a", "die", "b", "c"])}
    assert set(outcomes) == {"a", "die", "b", "c"}
    assert outcomes["die"].failure.problem == "the worker died over this row, 2 times"
    assert outcomes["die"].failure.exit_code == DeviceError.exit_code
    assert all(outcomes[name].failure is None for name in "abc")


def test_what_a_worker_cannot_load_is_raised(run, doers):
    with pytest.raises(WeightsError, match="are gone") as raised:
        run(doers.no_weights, ["a", "b"])
    assert raised.value.hint == "bring them back"


def test_workers_that_die_while_they_load_end_the_run(run, doers):
    with pytest.raises(DeviceError, match="died while it loaded the network, 2 times"):
        run(doers.dies_at_once, ["a", "b", "c"])


def test_a_worker_of_another_version_is_refused(run, doers, monkeypatch):
    monkeypatch.setattr("artifix.batch.cluster.__version__", "0.0.1")
    with pytest.raises(DeviceError, match="and this machine 0.0.1"):
        run(doers.Echo, ["a"])


def test_when_it_may_not_go_on_the_rows_in_hand_are_finished(cluster, doers, task):
    ended = []
    ids = [f"sleep~{0.5 + i / 1000}" for i in range(200)]
    started_s = time.monotonic()
    for outcome in run_on_ray(cluster, doers.Echo, map(task, ids), lambda: len(ended) < 3):
        ended.append(outcome)
    assert 3 <= len(ended) <= 7
    assert time.monotonic() - started_s < 40


def test_without_rows_nothing_is_started(monkeypatch):
    monkeypatch.setattr("artifix.batch.cluster.connected", lambda cluster: pytest.fail("it was"))
    assert not list(run_on_ray(TWO, None, [], lambda: True))
