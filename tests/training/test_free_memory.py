"""What is free, by the files that Linux tells it in."""

import pytest
import torch

from artifix.training import free_memory
from artifix.training.free_memory import free_bytes, free_of_machine

GIB = 2**30


@pytest.fixture
def linux(tmp_path):
    """A machine of which 8 GiB are free: linux({file: text}) writes files, and reads it."""

    def make(files, available_kib=8 * 2**20):
        told = {"proc/meminfo": f"MemTotal: {2**25} kB\nMemAvailable:    {available_kib} kB\n"}
        for name, text in (told | files).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return free_of_machine(tmp_path / "proc", tmp_path / "cgroup")

    return make


def v2(group, limit, used, files=0):
    return {
        f"cgroup/{group}memory.max": f"{limit}\n",
        f"cgroup/{group}memory.current": f"{used}\n",
        f"cgroup/{group}memory.stat": f"anon 1\ninactive_file {files}\nactive_file 0\n",
    }


def test_without_a_limit_it_is_what_the_machine_has(linux):
    assert linux({}) == 8 * GIB
    assert linux({"proc/self/cgroup": "0::/user.slice\n", **v2("user.slice/", "max", GIB)}) == 8 * GIB


def test_a_limit_of_the_control_group_counts_and_files_that_can_be_dropped_do_not(linux):
    group = {"proc/self/cgroup": "0::/box\n", **v2("box/", 4 * GIB, 3 * GIB, files=2 * GIB)}
    assert linux(group) == 3 * GIB


def test_a_limit_of_a_group_further_out_counts(linux):
    groups = v2("outer/", 3 * GIB, GIB) | v2("outer/inner/", "max", GIB)
    assert linux({"proc/self/cgroup": "0::/outer/inner\n", **groups}) == 2 * GIB


def test_in_a_container_its_own_group_is_the_mount(linux):
    assert linux({"proc/self/cgroup": "0::/docker/abc\n", **v2("", 2 * GIB, GIB)}) == GIB


def test_the_first_version_of_control_groups_counts(linux):
    files = {
        "proc/self/cgroup": "5:cpu:/\n4:memory:/box\n0::/\n",
        "cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "cgroup/memory/memory.usage_in_bytes": "1\n",
        "cgroup/memory/box/memory.limit_in_bytes": f"{2 * GIB}\n",
        "cgroup/memory/box/memory.usage_in_bytes": f"{GIB}\n",
        "cgroup/memory/box/memory.stat": f"cache 5\ntotal_inactive_file {GIB // 2}\n",
    }
    assert linux(files) == 1.5 * GIB


def test_a_group_over_its_limit_leaves_nothing(linux):
    assert linux({"proc/self/cgroup": "0::/box\n", **v2("box/", GIB, 2 * GIB)}) == 0


def test_a_machine_that_does_not_tell_is_not_guessed(tmp_path, monkeypatch):
    assert free_of_machine(tmp_path / "proc", tmp_path / "cgroup") is None
    monkeypatch.setattr(free_memory, "free_of_machine", lambda: None)
    assert free_bytes(torch.device("cpu")) is None
    assert free_bytes(torch.device("mps")) is None


def test_of_a_gpu_what_torch_holds_unused_is_free_too(monkeypatch):
    asked = []
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: asked.append(device) or (3 * GIB, 9 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 2 * GIB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: GIB)
    assert free_bytes(torch.device("cuda")) == 4 * GIB
    assert free_bytes(torch.device("cuda:1")) == 4 * GIB
    assert asked == [torch.device("cuda:2"), torch.device("cuda:1")]
