"""What writes to the disk, each in a folder of its own: batches, folders of results, single files."""

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from material import write_manifest, write_stub_weights

from artifix.batch.task import Outcome, Task
from artifix.cli.app import main as artifix_main
from artifix.errors import ArtifixError
from artifix.outputs.save import save_result
from artifix.writing import as_output_error, write_file

ROWS = 3
_FILES = {"refined.png": 300_000, "thumbnail.jpg": 900, "record.json": 50}  # the first one is several writes
_RESULT = {"record.json": b"new" * 20, "refined.png": b"new" * 99_999}


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that writes, in a folder of its own."""

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path], int]  # returns an exit code; run again after the fault
    clears: bool  # whether the next run clears away what the fault left


def made_up(tasks: Iterable[Task], may_go_on: Callable[[], bool]) -> Iterator[Outcome]:
    """An engine without a network: what it makes tells the row and its seed."""
    for task in tasks:
        files = {
            name: f"{task.id} {task.config.seed} {name}\n".encode() * (size // 20)
            for name, size in _FILES.items()
        }
        yield Outcome(task.id, files, {"confidence": 0.5, "source": "sift"})
        if not may_go_on():
            return


def batch(folder: Path, seed: int = 0) -> int:
    """`artifix batch` on the folder's manifest; returns its exit code."""
    given = [folder / "in" / "manifest.csv", "--out", folder / "out", "--weights", folder / "weights"]
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        return artifix_main(["batch", *map(str, given), "--seed", str(seed), "--quiet"])


def _prepare_first(folder: Path) -> None:
    write_manifest(folder / "in", ROWS, 1, (16, 16))
    write_stub_weights(folder / "weights")


def _prepare_again(folder: Path) -> None:
    _prepare_first(folder)
    assert batch(folder, seed=1) == 0


def _prepare_killed(folder: Path) -> None:
    """As a kill leaves it: a line cut short, a folder and files half-written, the rest not begun."""
    _prepare_first(folder)
    manifest = folder / "in" / "manifest.csv"
    whole = manifest.read_text()
    manifest.write_text("".join(whole.splitlines(keepends=True)[:2]))
    assert batch(folder) == 0
    manifest.write_text(whole)
    with (folder / "out" / "journal.jsonl").open("a") as journal:
        journal.write('{"id": "row0001", "fingerp')
    half = folder / "out" / "rows" / ".artifix-0.tmp"
    half.mkdir()
    (half / "refined.png").write_bytes(b"half")
    (folder / "out" / ".artifix-1.tmp").write_bytes(b"half")


def _prepare_result(folder: Path) -> None:
    save_result(folder / "out", {"record.json": b"old", "region.png": b"old"})


def _act_result(folder: Path, under: str = ".") -> int:
    return _code(lambda: save_result(folder / "out" / under, _RESULT, overwrite=True))


def _act_file(folder: Path) -> int:
    path = folder / "out" / "results.csv"

    def write() -> None:
        with as_output_error(path):
            write_file(path, lambda stream: stream.writelines([b"new"] * 9))

    return _code(write)


def _prepare_file(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "results.csv").write_bytes(b"old")


def _code(act: Callable[[], None]) -> int:
    try:
        act()
    except ArtifixError as error:
        return int(error.exit_code)
    return 0


SCENES = (
    Scene("first", _prepare_first, batch, True),
    Scene("again", _prepare_again, batch, True),
    Scene("killed", _prepare_killed, batch, True),
    Scene("result", lambda folder: None, lambda folder: _act_result(folder, "deep/down"), False),
    Scene("replaced", _prepare_result, _act_result, False),
    Scene("file", _prepare_file, _act_file, False),
)
