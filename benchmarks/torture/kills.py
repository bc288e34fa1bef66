"""A batch that is killed anywhere loses, doubles and tears nothing.

Usage: python benchmarks/torture/kills.py [--count N] [--real N] [--rows N] [--real-rows N] [--seed N]

Runs `artifix batch` in a process of its own, kills it with SIGKILL at a random moment of a run (its start and
the writing of its results included), and runs it again to its end. Then every row is there once, the journal
can be read, and all files but the journal are byte for byte those of a run that nobody disturbed. So that
--count points (100) take minutes, all but --real (10) of them have a doer that makes files up instead of the
network, in workers of their own as ever; the others run the command line as it is, with tiny random weights,
over --real-rows (16) instead of --rows (100).
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from material import contents, write_manifest, write_stub_weights, write_tiny_weights

from artifix.batch.journal import read_journals
from artifix.errors import ArtifixError

HERE = Path(__file__).resolve().parent
WORKERS = 2


@dataclass(slots=True)
class Batch:
    """A command, what it leaves when nobody disturbs it, and how long it takes."""

    name: str
    command: list[str]  # without --out
    rows: int
    place: Path
    expected: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def start(self, out: Path) -> subprocess.Popen:
        """The command in a session of its own, as from another terminal."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(HERE)])}
        return subprocess.Popen(
            [*self.command, "--out", str(out)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def learn(self) -> None:
        """Run once in peace."""
        started_s = time.monotonic()
        process = self.start(self.place / "peace")
        _, told = process.communicate()
        assert process.returncode == 0, told.decode()
        self.seconds = time.monotonic() - started_s
        self.expected = contents(self.place / "peace")


def killed_after(batch: Batch, delay_s: float, out: Path, whole_group: bool) -> bool:
    """Start it and kill it; whether it was still at work. Its workers are killed too, or left to notice."""
    started_s = time.monotonic()
    process = batch.start(out)
    try:
        process.communicate(timeout=delay_s)
    except subprocess.TimeoutExpired:
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
        return True
    batch.seconds = time.monotonic() - started_s  # so long it takes now; the next kill comes sooner
    return False


def violations_of(batch: Batch, delay_s: float, out: Path, whole_group: bool) -> tuple[bool, list[str]]:
    """Whether the kill hit, and what is wrong after the kill and after the run that goes on."""
    hit = killed_after(batch, delay_s, out, whole_group)
    found = list(_torn(batch, out)) if out.is_dir() else []
    process = batch.start(out)
    _, told = process.communicate()
    if process.returncode != 0:
        return hit, [*found, f"then ended with {process.returncode}: {told.decode()[-300:]}"]
    there = contents(out)
    found += [
        f"{name} differs or is missing"
        for name, digest in batch.expected.items()
        if there.get(name) != digest
    ]
    found += [f"{name} should not be there" for name in there.keys() - batch.expected.keys()]
    found += [f"{path.name} is left" for path in (*out.glob(".artifix-*"), *out.glob("rows/.artifix-*"))]
    done = [entry for entry in read_journals(out).values() if entry["status"] == "done"]
    if len(done) != batch.rows:
        found.append(f"the journal tells of {len(done)} rows")
    with (out / "results.csv").open(encoding="utf-8") as file:
        ids = [line.split(",")[0] for line in file][1:]
    if len(ids) != batch.rows or len(set(ids)) != batch.rows:
        found.append(f"results.csv has {len(ids)} rows, {len(set(ids))} different ones")
    return hit, found


def _torn(batch: Batch, out: Path) -> list[str]:
    """What of the finished files is not as it will be."""
    found = []
    there = contents(out)
    for name in there:
        if there[name] != batch.expected.get(name):
            found.append(f"{name} is torn")
    for folder in {name.rpartition("/")[0] for name in there if name.startswith("rows/")}:
        whole = {name for name in batch.expected if name.startswith(f"{folder}/")}
        if not whole <= there.keys():
            found.append(f"{folder} is not whole")
    try:
        entries = read_journals(out)
    except ArtifixError as error:
        return [*found, f"the journal cannot be read: {error}"]
    lost = [one for one in entries if f"rows/{one}/record.json" not in there]
    return found + [f"{one} is in the journal and not on the disk" for one in lost]


def made_up_batch(place: Path, rows: int) -> Batch:
    """With files made up in the workers."""
    manifest = write_manifest(place / "in", rows)
    weights = write_stub_weights(place / "stub")
    script = str(HERE / "made_up_batch.py")
    command = [sys.executable, script, "batch", str(manifest), "--weights", str(weights), "--quiet"]
    return Batch("made up", [*command, "--workers", str(WORKERS), "--device", "cpu"], rows, place)


def real_batch(place: Path, rows: int) -> Batch:
    """The command line as it is, with tiny random weights."""
    manifest = write_manifest(place / "in", rows)
    weights = write_tiny_weights(place / "tiny")
    command = [sys.executable, "-m", "artifix", "batch", str(manifest), "--weights", str(weights), "--force"]
    return Batch("real", [*command, "--quiet", "--workers", str(WORKERS), "--device", "cpu"], rows, place)


def check(batch: Batch, points: int, draw: random.Random) -> tuple[int, list[str]]:
    """Kill it at so many points of its run; how many kills came too late, and what was broken."""
    batch.place.mkdir(parents=True, exist_ok=True)
    batch.learn()
    late, found = 0, []
    for point in range(points):
        hit = False
        while not hit:  # runs differ in length: a kill that came after the end is drawn anew
            # Every tenth point lies in the last part of a run, where the results are written.
            share = draw.uniform(0.85, 1.0) if point % 10 == 9 else draw.random()
            delay_s = share * batch.seconds
            out = batch.place / f"out{point}-{late}"
            hit, broken = violations_of(batch, delay_s, out, draw.random() < 0.5)
            late += not hit
            found += [f"{batch.name}: point {point} at {delay_s:.2f} s: {what}" for what in broken]
            shutil.rmtree(out, ignore_errors=True)
    return late, found


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill and go on; returns an exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="points at which it is killed")
    parser.add_argument("--real", type=int, default=10, help="of them with the network")
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--real-rows", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    draw, figures, found = random.Random(options.seed), {}, []
    plans = (
        (made_up_batch, options.rows, options.count - options.real),
        (real_batch, options.real_rows, options.real),
    )
    with tempfile.TemporaryDirectory(prefix="kills-") as place:
        for make, rows, points in plans:
            if points > 0:
                batch = make(Path(place) / make.__name__, rows)
                late, broken = check(batch, points, draw)
                found += broken
                said = {"points": points, "too late": late, "rows": rows, "run_s": round(batch.seconds, 1)}
                figures[batch.name] = said
    for line in found:
        print(line)
    print(json.dumps({**figures, "violations": len(found)}))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
