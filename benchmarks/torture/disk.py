"""A disk that refuses: the k-th call of one kind below a folder fails, or that one and all after it.

What writes half of its bytes before it fails does so here too, and a close that fails has closed.
"""

import builtins
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KINDS = ("open", "write", "fsync", "rename", "replace", "mkdir", "unlink", "rmdir", "ftruncate", "close")
_PATH_CALLS = ("rename", "replace", "mkdir", "unlink", "rmdir")


@dataclass(slots=True)
class Disk:
    """Counts the calls below `root`, and lets some of them fail."""

    root: Path
    kind: str = ""  # of `KINDS`
    first: int = -1  # the call that fails, from 0; -1 is none
    errno: int = 0
    stays: bool = False  # all calls after it fail too
    calls: Counter[str] = field(default_factory=Counter)
    descriptors: set[int] = field(default_factory=set)

    def refuses(self, kind: str) -> bool:
        """Count one call; whether it is one that fails."""
        number = self.calls[kind]
        self.calls[kind] += 1
        hit = number == self.first or (self.stays and number > self.first)
        return kind == self.kind and self.first >= 0 and hit

    def error(self) -> OSError:
        """What the system says."""
        return OSError(self.errno, os.strerror(self.errno))

    def holds(self, path: Any, dir_fd: int | None = None) -> bool:
        """Whether a path, or a descriptor, is of the folder."""
        if dir_fd is not None:
            return dir_fd in self.descriptors
        if isinstance(path, int):
            return path in self.descriptors
        return os.path.abspath(os.fsdecode(path)).startswith(str(self.root))


class _Raw(io.FileIO):
    """A file that is written through to the disk."""

    disk: Disk

    def write(self, data: Any) -> int:
        if self.disk.refuses("write"):
            super().write(bytes(data)[: len(data) // 2])
            raise self.disk.error()
        return super().write(data)

    def close(self) -> None:
        refused = not self.closed and self.disk.refuses("close")
        self.disk.descriptors.discard(-1 if self.closed else self.fileno())
        super().close()
        if refused:
            raise self.disk.error()


@contextmanager
def refusing(disk: Disk) -> Iterator[None]:
    """Every call of this process goes to `disk` meanwhile."""
    before = {
        name: getattr(os, name) for name in (*_PATH_CALLS, "open", "write", "fsync", "ftruncate", "close")
    }
    plain = io.open
    for name in _PATH_CALLS:
        setattr(os, name, _of_path(disk, name, before[name]))
    for name in ("fsync", "ftruncate"):
        setattr(os, name, _of_descriptor(disk, name, before[name]))
    os.open = _opening(disk, before["open"])  # type: ignore[assignment]
    os.write = _writing(disk, before["write"])  # type: ignore[assignment]
    os.close = _closing(disk, before["close"])  # type: ignore[assignment]
    io.open = builtins.open = _opening_file(disk, plain)  # type: ignore[assignment]
    try:
        yield
    finally:
        io.open = builtins.open = plain
        for name, call in before.items():
            setattr(os, name, call)


def _of_path(disk: Disk, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def on_path(path: Any, *arguments: Any, **named: Any) -> Any:
        if disk.holds(path, named.get("dir_fd")) and disk.refuses(kind):
            raise disk.error()
        return call(path, *arguments, **named)

    return on_path


def _of_descriptor(disk: Disk, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def on_descriptor(descriptor: int, *arguments: Any) -> Any:
        if descriptor in disk.descriptors and disk.refuses(kind):
            raise disk.error()
        return call(descriptor, *arguments)

    return on_descriptor


def _opening(disk: Disk, call: Callable[..., int]) -> Callable[..., int]:
    def open_descriptor(path: Any, *arguments: Any, **named: Any) -> int:
        known = disk.holds(path, named.get("dir_fd"))
        if known and disk.refuses("open"):
            raise disk.error()
        descriptor = call(path, *arguments, **named)
        if known:
            disk.descriptors.add(descriptor)
        return descriptor

    return open_descriptor


def _writing(disk: Disk, call: Callable[..., int]) -> Callable[..., int]:
    def write(descriptor: int, data: Any) -> int:
        if descriptor in disk.descriptors and disk.refuses("write"):
            call(descriptor, bytes(data)[: len(data) // 2])
            raise disk.error()
        return call(descriptor, data)

    return write


def _closing(disk: Disk, call: Callable[[int], None]) -> Callable[[int], None]:
    def close(descriptor: int) -> None:
        refused = descriptor in disk.descriptors and disk.refuses("close")
        disk.descriptors.discard(descriptor)
        call(descriptor)
        if refused:
            raise disk.error()

    return close


def _opening_file(disk: Disk, call: Callable[..., Any]) -> Callable[..., Any]:
    def open_file(path: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if isinstance(path, int) or not disk.holds(path):
            return call(path, mode, *arguments, **named)
        if disk.refuses("open"):
            raise disk.error()
        if "b" not in mode or not set(mode) & set("wxa"):
            return call(path, mode, *arguments, **named)
        raw = _Raw(path, mode.replace("b", ""))
        raw.disk = disk
        disk.descriptors.add(raw.fileno())
        return io.BufferedWriter(raw)

    return open_file
