"""How much memory is free: of this machine, of the control group that this process is in, or of a GPU."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from artifix.control_groups import MOUNTS, PROCESS, groups_of, lines_of


class _Version(NamedTuple):
    """Where a version of control groups tells of memory."""

    limit: str
    usage: str
    files: tuple[str, str]  # what of the usage are files, which the kernel drops when memory is wanted


_V1 = _Version(
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    ("total_active_file", "total_inactive_file"),
)
_V2 = _Version("memory.max", "memory.current", ("active_file", "inactive_file"))


def free_bytes(device: torch.device) -> int | None:
    """What may still be taken on `device`; None where that cannot be known.

    On a CPU the smaller of what the machine has and what each control group of this process leaves it.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(_gpu_of(device))
        # What torch holds for itself it gives again.
        return int(free) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free_of_machine() if device.type == "cpu" else None


def _gpu_of(device: torch.device) -> torch.device:
    """Of several processes each has the GPU of its rank."""
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if device.index is None else device


def free_of_machine(proc: Path = PROCESS, groups: Path = MOUNTS) -> int | None:
    """Bytes of main memory that may still be taken; None where the system does not tell.

    Args:
        proc: where the kernel tells of processes.
        groups: where control groups are mounted.
    """
    available = _numbers(proc / "meminfo").get("MemAvailable:")
    if available is None:
        return None
    return max(min([available * 1024, *_left_by_groups(proc, groups)]), 0)


def _left_by_groups(proc: Path, mounts: Path) -> Iterator[int]:
    """Limit minus usage of the control groups of this process, and of those they are in."""
    for folder, version in groups_of("memory", proc, mounts):
        if (left := _left_by(folder, _V2 if version == 2 else _V1)) is not None:
            yield left


def _left_by(group: Path, version: _Version) -> int | None:
    told = [next(iter(lines_of(group / name)), "") for name in (version.limit, version.usage)]
    if not all(text.isdigit() for text in told):  # no such group, or "max"
        return None
    most, used = map(int, told)
    stat = _numbers(group / "memory.stat")
    return most - used + sum(stat.get(name, 0) for name in version.files)


def _numbers(path: Path) -> dict[str, int]:
    """The first number of each line by the word before it."""
    words = [line.split() for line in lines_of(path)]
    return {row[0]: int(row[1]) for row in words if len(row) > 1 and row[1].isdigit()}
