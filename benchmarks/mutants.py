"""How many small mistakes do the tests notice? A seeded sample of them, each put into a copy of the package.

Usage: python benchmarks/mutants.py ROOM OUT.csv [--seed 1] [--count 100] [--jobs 2]

ROOM is a room of artifix or a module of one: `registration`, `batch/journal.py`. The tests of the room run
once, and of each is noted which functions it enters; a mutant (mutations.py) runs those that enter its
function, of its own module first, until one fails or takes far too long: then it is killed. OUT.csv gets a
row for each; started anew, the run goes on where it was. Mutants that change nothing anybody could observe
are listed with reasons in mutants_equivalent.csv, and left out of the share.
"""

import argparse
import compileall
import csv
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic  # tests set the clock of the module

import pytest
from mutations import mutants_of

ROOT, HERE = Path(__file__).resolve().parents[1], Path(__file__).resolve().parent
COLUMNS = ("module", "line", "function", "change", "outcome", "seconds", "test")
SLACK, LEAST_S = 10, 10  # with a mutant a test may take so many times its time, and so long more


class Watch:
    """Notes of each test its seconds, and what functions of the package it or its file's fixtures enter."""

    def __init__(self) -> None:
        self.calls: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        yield from self._noted(item.nodeid.split("::")[0], item.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        yield from self._noted(item.nodeid, item.nodeid)

    def _noted(self, key: str, test: str) -> Iterator[None]:
        codes, start = set(), monotonic()
        sys.setprofile(lambda frame, event, _: codes.add(frame.f_code) if event == "call" else None)
        yield
        sys.setprofile(None)
        own = [code for code in codes if "/artifix/" in code.co_filename]
        names = {f"{c.co_filename.split('/artifix/')[-1]}:{n}" for c in own for n in c.co_qualname.split(".")}
        self.calls.setdefault(key, set()).update(names)
        self.seconds[test] = self.seconds.get(test, 0) + monotonic() - start


class Choose:
    """Runs only some tests, in the order given, each for a limited time, and notes which failed."""

    def __init__(self, order: list[str], seconds: dict[str, float]) -> None:
        self.order, self.seconds = {name: place for place, name in enumerate(order)}, seconds
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda i: self.order[i.nodeid])

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        signal.alarm(int(LEAST_S + SLACK * self.seconds[item.nodeid]))  # ends the process

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or (report.nodeid if report.failed else "")


def fork(package: Path, files: list[str], plugin: Watch | Choose) -> dict:
    """What the plugin noted when pytest ran in a child process on the package, and pytest's exit code."""
    answer = package / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        sink = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(sink, stream)
        sys.path.insert(0, str(package))
        os.environ.update(PYTHONPATH=str(package), HYPOTHESIS_STORAGE_DIRECTORY=str(package / "examples"))
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files], plugins=[plugin])
        told = {k: sorted(v) for k, v in getattr(plugin, "calls", {}).items()}
        told = {"calls": told, "seconds": plugin.seconds, "failed": getattr(plugin, "failed", "")}
        answer.write_text(json.dumps({"code": int(code), **told}))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    took_too_long = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
    ended = {"code": 1, "failed": "too long" if took_too_long else "crash"}
    return json.loads(answer.read_text()) if answer.exists() else ended


def work(package: Path, todo: list, noted: dict, out: Path) -> None:
    """Try mutants one after the other, and append a row for each."""
    for row, source in todo:
        path = package / "artifix" / row["module"]
        original, start = path.read_bytes(), monotonic()
        path.write_text(source, encoding="utf-8")
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
            compiled.unlink()
        own, asked = f"/test_{path.stem}.py", f"{row['module']}:{row['function']}"
        calls, seconds = noted["calls"], noted["seconds"]
        order = [t for t in seconds if asked in {*calls.get(t, ()), *calls.get(t.split("::")[0], ())}]
        order = sorted(order or seconds, key=lambda test: (own not in test, seconds[test]))
        files = sorted({test.split("::")[0] for test in order})
        found = fork(package, files, Choose(order, seconds))
        path.write_bytes(original)
        took = round(monotonic() - start, 1)
        told = {
            "outcome": "killed" if found["code"] else "survived",
            "seconds": took,
            "test": found["failed"],
        }
        with out.open("a", newline="", encoding="utf-8") as stream:
            csv.DictWriter(stream, COLUMNS).writerow(row | told | {"test": found["failed"]})


def key_of(row: dict) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("module", "function", "change"))


def report(rows: list[dict], equivalent: set[tuple[str, ...]]) -> None:
    counted = [row for row in rows if row["outcome"] != "survived" or key_of(row) not in equivalent]
    for row in counted:
        if row["outcome"] == "survived":
            print(f"artifix/{row['module']}:{row['line']} {row['function']}: {row['change']}")
    for module in [*sorted({row["module"] for row in counted}), "all"]:
        of = Counter(row["outcome"] != "survived" for row in counted if module in (row["module"], "all"))
        print(f"{module}: {of[True]} of {of.total()} killed, {100 * of[True] / of.total():.0f} %")
    print(f"{len(rows) - len(counted)} equivalent ones are left out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("room")
    parser.add_argument("out", type=Path)
    for name, default in (("--seed", 1), ("--count", 100), ("--jobs", 2)):
        parser.add_argument(name, type=int, default=default)
    asked = parser.parse_args()
    os.chdir(ROOT)
    there = ROOT / "artifix" / asked.room
    modules = [there] if there.suffix else sorted(there.rglob("*.py"))
    names = [path.relative_to(ROOT / "artifix").as_posix() for path in modules if path.stem != "tuning"]
    everything = [mutant for name in names for mutant in mutants_of(ROOT / "artifix", name)]
    sample = random.Random(asked.seed).sample(everything, min(asked.count, len(everything)))
    if not asked.out.exists():
        asked.out.write_text(",".join(COLUMNS) + "\n")
    done = {(int(row["line"]), *key_of(row)) for row in csv.DictReader(asked.out.open(encoding="utf-8"))}
    todo = [mutant for mutant in sample if (mutant[0]["line"], *key_of(mutant[0])) not in done]
    print(f"{len(everything)} mutants, {len(sample)} of them drawn, {len(todo)} to do", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if todo:
            run(Path(folder), todo, f"tests/{asked.room.split('/')[0]}", asked)
    rows = list(csv.DictReader(asked.out.open(encoding="utf-8")))
    known = csv.DictReader((HERE / "mutants_equivalent.csv").open(encoding="utf-8"))
    report(rows, {key_of(row) for row in known})


def run(folder: Path, todo: list, tests: str, asked: argparse.Namespace) -> None:
    """Share the mutants among processes that have loaded what the tests need, but not the package."""
    for name in (
        "artifix.cli.app",
        "artifix.pipeline",
        "artifix.training.pairs.packing",
        "kornia",
        "hypothesis",
    ):
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.split(".")[0] == "artifix"]:
        del sys.modules[name]
    sys.dont_write_bytecode = True
    packages = [folder / str(job) for job in range(asked.jobs)]
    for package in packages:
        shutil.copytree("artifix", package / "artifix", ignore=shutil.ignore_patterns("__pycache__"))
        (package / "weights").symlink_to(ROOT / "weights")
        compileall.compile_dir(package, quiet=1)
    noted = fork(packages[0], [tests], Watch())
    if noted["code"]:
        raise SystemExit(f"the tests of {tests} do not pass as they are: {noted['failed']}")
    print(f"{tests}: {len(noted['seconds'])} tests, {sum(noted['seconds'].values()):.0f} s", flush=True)
    children = []
    for job, package in enumerate(packages):
        children.append(os.fork())
        if not children[-1]:
            work(package, todo[job :: asked.jobs], noted, asked.out)
            os._exit(0)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
