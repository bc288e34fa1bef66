"""Nothing is lost or torn when the disk refuses anything that a batch asks of it.

Usage: python benchmarks/torture/faults.py [--count N] [--seed N] [--scenes NAME ...]

Every open, write, fsync, rename, replace, mkdir, unlink, rmdir, ftruncate and close below the working
folder is refused in turn (ENOSPC, EIO, EACCES), alone or with all that follow, while `artifix batch` (its
network replaced by files made up) or `save_result` or `write_file` runs. Afterwards only errors meant for
the user were raised, every file in place is the old or the new one, the journal can be read, and the same
command without faults comes to what it would have without them. --count draws so many of the faults; the
default is all.
"""

import argparse
import errno
import json
import logging
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from disk import KINDS, Disk, refusing
from material import cleared, contents
from scenes import SCENES, Scene, made_up

import artifix.cli.batch
from artifix.batch.journal import read_journals
from artifix.errors import ArtifixError, ExitCode

ERRNOS = (errno.ENOSPC, errno.EIO, errno.EACCES)
# Refusing these may keep what cleans up from its work.
_CLEANS = ("unlink", "rmdir", "open", "close")


@dataclass(frozen=True, slots=True)
class Fault:
    """What the disk refuses."""

    kind: str
    first: int
    errno: int
    stays: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.first}{'+' if self.stays else ''} {errno.errorcode[self.errno]}"


def faults_of(scene: Scene, folder: Path) -> list[Fault]:
    """Every fault that can be met."""
    scene.prepare(cleared(folder))
    disk = Disk(folder)
    with refusing(disk):
        assert scene.act(folder) == 0
    return [
        Fault(kind, number, code, stays)
        for kind in KINDS
        for number in range(disk.calls[kind])
        for code in ERRNOS
        for stays in (False, True)
    ]


def violations_of(scene: Scene, fault: Fault, folder: Path, old: dict, new: dict) -> list[str]:
    """What is wrong after a run with the fault, and after one without it."""
    scene.prepare(cleared(folder))
    disk = Disk(folder, fault.kind, fault.first, fault.errno, fault.stays)
    with refusing(disk):
        try:
            code = scene.act(folder)
        except Exception as error:
            return [f"raised {error!r}"]
    found = [*_of_code(code), *_torn(folder / "out", old, new)]
    if code == 0 and contents(folder / "out") != new:
        found.append("it said that all is done, which it is not")
    if not scene.clears and not fault.stays and fault.kind not in _CLEANS:
        found += [f"left {path.name}" for path in folder.rglob(".artifix-*")]
    if (code := scene.act(folder)) != 0:
        return [*found, f"then ended with {code}"]
    if contents(folder / "out") != new and scene.clears:
        found.append("then came to something else")
    found += [f"then left {path.name}" for path in folder.rglob(".artifix-*") if scene.clears]
    return found


def _of_code(code: int) -> list[str]:
    meant = (ExitCode.OK, ExitCode.INPUT, ExitCode.WEIGHTS, ExitCode.OUTPUT, ExitCode.SOME_ROWS_FAILED)
    return [] if code in meant else [f"ended with {code}"]


def _torn(out: Path, old: dict, new: dict) -> Iterator[str]:
    """Files that are neither the old nor the new one, folders of which a part is missing."""
    there = contents(out) if out.is_dir() else {}
    for name, digest in there.items():
        if digest not in (old.get(name), new.get(name)):
            yield f"{name} is neither old nor new"
    for folder in {name.rpartition("/")[0] for name in there if name.startswith("rows/")}:
        mine = {name: digest for name, digest in there.items() if name.startswith(f"{folder}/")}
        versions = [{n: d for n, d in of.items() if n.startswith(f"{folder}/")} for of in (old, new)]
        if mine not in versions:
            yield f"{folder} is torn"
    try:
        read_journals(out)
    except ArtifixError as error:
        yield f"the journal cannot be read: {error}"


def check(scene: Scene, folder: Path, chosen: Callable[[list[Fault]], list[Fault]]) -> tuple[int, list[str]]:
    """How many faults were tried in a scene, and what they broke."""
    scene.prepare(cleared(folder))
    old = contents(folder / "out") if (folder / "out").is_dir() else {}
    assert scene.act(folder) == 0
    new = contents(folder / "out")
    faults = chosen(faults_of(scene, folder))
    found = []
    for fault in faults:
        found += [f"{scene.name}: {fault}: {what}" for what in violations_of(scene, fault, folder, old, new)]
    return len(faults), found


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the faults; returns an exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, help="of faults in each scene; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenes", nargs="+", choices=[scene.name for scene in SCENES])
    options = parser.parse_args(arguments)
    draw = random.Random(options.seed)
    logging.disable(logging.WARNING)  # it warns, as it should, of what could not be deleted

    def chosen(faults: list[Fault]) -> list[Fault]:
        return faults if options.count is None else draw.sample(faults, min(options.count, len(faults)))

    artifix.cli.batch.engine_of = lambda config, choice: made_up  # type: ignore[assignment]
    tried, found = {}, []
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        for scene in SCENES:
            if options.scenes is None or scene.name in options.scenes:
                tried[scene.name], broken = check(scene, Path(place).resolve() / "work", chosen)
                found += broken
    for line in found:
        print(line)
    print(json.dumps({"faults": sum(tried.values()), "by_scene": tried, "violations": len(found)}))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
