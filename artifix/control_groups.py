"""Control groups of Linux: which ones this process is in, and what their files say."""

from collections.abc import Iterator
from pathlib import Path

MOUNTS, PROCESS = Path("/sys/fs/cgroup"), Path("/proc")


def groups_of(controller: str, proc: Path = PROCESS, mounts: Path = MOUNTS) -> Iterator[tuple[Path, int]]:
    """The groups of this process that may limit something, from its own outwards.

    Args:
        controller: "memory" or "cpu".
        proc: where the kernel tells of processes.
        mounts: where control groups are mounted.

    Returns:
        The folder of each, which may be missing, and the version of control groups it is of: 1 or 2.
    """
    for line in lines_of(proc / "self" / "cgroup"):
        _, controllers, name = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        place = mounts / controller if controllers else mounts
        # In a container the name may be one of the host's, which is not seen here: its own is at the mount.
        inside = place / name.lstrip("/")
        for folder in (inside, *inside.parents):
            yield folder, 1 if controllers else 2
            if folder == place:
                break


def lines_of(path: Path) -> list[str]:
    """Of a file of the kernel's; none where it is not there."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
