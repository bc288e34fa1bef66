"""No row is done by two runs: a run holds its share of an output folder."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from artifix.errors import OutputError, UsageError
from artifix.setting_names import setting

STATE = ".artifix"  # the folder of the locks, in the output
_GATE_S = 10.0  # longest that another start may take


@dataclass(frozen=True, slots=True)
class Shard:
    """Share `index` (from 1) of `count` of the rows: every count-th one."""

    index: int = 1
    count: int = 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def overlaps(self, other: "Shard") -> bool:
        """Whether both may hold the same row."""
        return self.count != other.count or self.index == other.index

    def holds(self, position: int) -> bool:
        """Whether the row at this place of the manifest, from 0, is of this share."""
        return position % self.count == self.index - 1


def parse_shard(text: str) -> Shard:
    """The shard written i/n.

    Raises:
        UsageError: it is no such thing.
    """
    words = text.split("/")
    if len(words) == 2 and all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        index, count = map(int, words)
        if 1 <= index <= count:
            return Shard(index, count)
    raise UsageError(f"{setting('shard')} {text}: is no share", "write i/n with 1 <= i <= n, such as 2/8")


@contextmanager
def locked(out: Path, shard: Shard) -> Iterator[None]:
    """Hold a shard of `out`, which exists; the lock ends with the process, however that ends.

    Raises:
        OutputError: another run is at work on some of the same rows, or the disk knows no locks.
    """
    folder = out / STATE
    mine = FileLock(folder / f"shard-{shard.index}-of-{shard.count}.lock")
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / "start.lock", timeout=_GATE_S):
            _require_free(folder, shard, out)
            mine.acquire(timeout=0)
    except Timeout as error:
        raise _busy(out, shard) from error
    except (OSError, NotImplementedError) as error:
        raise OutputError(
            f"{out}: cannot be locked: {error}", "choose a folder on a disk that knows file locks"
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):  # it ends with the process at the latest
            mine.release()


def _require_free(folder: Path, shard: Shard, out: Path) -> None:
    for path in folder.glob("shard-*-of-*.lock"):
        index, _, count = path.stem.removeprefix("shard-").partition("-of-")
        other = Shard(int(index), int(count))
        if other != shard and shard.overlaps(other):
            try:
                with FileLock(path, timeout=0):
                    pass
            except Timeout as error:
                raise _busy(out, other) from error


def _busy(out: Path, shard: Shard) -> OutputError:
    what = "another run" if shard.count == 1 else f"another run (shard {shard})"
    return OutputError(
        f"{out}: {what} is at work there", f"wait for its end, or name another folder with {setting('out')}"
    )
