"""How many threads are used: what the user says, else what others leave."""

import pytest

from artifix.network import threads
from artifix.network.threads import CoreWatch, threads_of


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Four processors of 100 ticks a second: machine(ticks at work of each, seconds) -> free cores."""
    stat = tmp_path / "proc" / "stat"
    stat.parent.mkdir()
    clock = {"wall": 0.0, "own": 0.0}
    monkeypatch.setattr(threads.os, "sysconf", lambda name: 100)
    monkeypatch.setattr(threads, "_allowed", lambda: {0, 1, 2, 3})
    monkeypatch.setattr(threads.time, "monotonic", lambda: clock["wall"])
    monkeypatch.setattr(threads.time, "process_time", lambda: clock["own"])

    def tell(busy):
        rows = [f"cpu{n} {ticks} 0 0 777 0 0 0 0 0 0" for n, ticks in enumerate(busy)]
        stat.write_text("\n".join(["cpu  1 1 1 1 1 1 1 1 1 1", *rows, "ctxt 5"]))

    def measure(busy, seconds=10.0, own_s=0.0, files=None):
        for name, text in (files or {}).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        tell([0, 0, 0, 0])
        watch = CoreWatch(tmp_path / "proc", tmp_path / "cgroup")
        tell(busy)
        clock.update(wall=clock["wall"] + seconds, own=clock["own"] + own_s)
        return watch.free()

    return measure


def test_an_idle_machine_is_ours(machine):
    assert machine([0, 0, 0, 0]) == 4


def test_our_own_work_does_not_count_as_that_of_others(machine):
    assert machine([1000, 0, 0, 0], own_s=10.0) == 4


@pytest.mark.parametrize(("busy", "left"), [([1000, 0, 0, 0], 3), ([500, 500, 1000, 0], 2), ([1000] * 4, 1)])
def test_cores_that_others_take_are_left_to_them(machine, busy, left):
    assert machine(busy) == left


def test_too_short_a_look_says_nothing(machine):
    assert machine([10] * 4, seconds=0.1) == 4


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"proc/self/cgroup": "0::/box\n", "cgroup/box/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/a/b\n", "cgroup/a/cpu.max": "50000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/box\n", "cgroup/box/cpu.max": "max 100000\n"}, 4),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/box\n",
                "cgroup/cpu/box/cpu.cfs_quota_us": "300000\n",
                "cgroup/cpu/box/cpu.cfs_period_us": "100000\n",
            },
            3,
        ),
        ({"proc/self/cgroup": "3:cpu:/box\n", "cgroup/cpu/box/cpu.cfs_quota_us": "-1\n"}, 4),
    ],
)
def test_the_quota_of_a_control_group_counts(machine, files, cores):
    assert machine([0] * 4, files=files) == cores


def test_a_system_that_tells_nothing_is_taken_for_idle(tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "_allowed", lambda: {0, 1, 2})
    assert CoreWatch(tmp_path, tmp_path).free() == 3


@pytest.mark.parametrize(
    ("wanted", "environment", "count"),
    [
        (3, {"OMP_NUM_THREADS": "2"}, 3),
        (None, {"OMP_NUM_THREADS": "2"}, 2),
        (None, {"OMP_NUM_THREADS": "4,2"}, 4),
        (None, {"OMP_NUM_THREADS": "many"}, 7),
        (None, {}, 7),
    ],
)
def test_the_user_is_heard_first_then_the_environment(wanted, environment, count):
    class Idle:
        def free(self):
            return 7

    assert threads_of(wanted, Idle(), environment) == count
