"""Train for some minutes on a bare machine without network: from a pack to weights in small files.

Usage: python benchmarks/train_gpu.py PACK OUT [--minutes 9] [--wheels DIR] [--start WEIGHTS] [--run RUN] ...

A first short part of the run measures how many steps the time is good for, the second goes on to the end of
a schedule of that length. OUT gets weights.tar.00, .01, ... (`cat OUT/weights.tar.* | tar x` makes the folder
`weights`), config.toml, the logs and the last picture sheet; no file has 16 MB. Started again with the same
RUN, it goes on from the newest checkpoint for as many minutes more. Where RUN is lost, go on from those
weights: --start weights.

What is missing on the machine is brought as wheels (`pip download --no-deps --dest DIR diffusers ...`), which
are installed into RUN/site, nowhere else. artifix itself need not be installed: the checkout is run.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PART_BYTES = 15_000_000
MEASURED_SHARE, MOST_MEASURED_S = 0.12, 45.0  # of the time, to see how fast it goes
RESERVE_S = 60.0  # for the last validation, the fit of the confidence and the files
UNKNOWN_STEPS = 10**6  # the schedule while it is measured: no decay yet
KEPT = ("config.toml", "log.jsonl", "validation.jsonl", "sheet.png")
Train = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    step: int
    seconds: float  # of training


def progress(run: Path) -> Progress:
    """That of the newest checkpoint; none is no progress."""
    newest = max((run / "checkpoints").glob("step-*/state.json"), default=None)
    if newest is None:
        return Progress(0, 0.0)
    state = json.loads(newest.read_text(encoding="utf-8"))
    return Progress(state["step"], state["seconds"])


def bundle(run: Path, out: Path) -> list[Path]:
    """Copy the logs and cut the weights into parts, all below 16 MB."""
    out.mkdir(parents=True, exist_ok=True)
    for earlier in out.glob("weights.tar.*"):
        earlier.unlink()
    written = []
    for name in KEPT:
        if (run / name).is_file():
            data = (run / name).read_bytes()[-PART_BYTES:]
            (out / name).write_bytes(data)
            written.append(out / name)
    if (run / "weights").is_dir():
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as archive:
            archive.add(run / "weights", "weights")
        whole = held.getvalue()
        for number, start in enumerate(range(0, len(whole), PART_BYTES)):
            part = out / f"weights.tar.{number:02d}"
            part.write_bytes(whole[start : start + PART_BYTES])
            written.append(part)
    return written


def train_for(
    run: Path, out: Path, minutes: float, common: Sequence[str], train: Train, steps: int | None
) -> None:
    """Both parts of the run; each leaves what it has in `out`.

    Args:
        run: folder of the run; where it holds a checkpoint, this goes on from there.
        out: for the files to keep.
        minutes: for all of it.
        common: arguments of `artifix train` that both parts get.
        train: runs `artifix train` with arguments.
        steps: of the schedule; None measures how many the time is good for.
    """
    ends = time.monotonic() + 60 * minutes
    before, begun = progress(run), time.monotonic()
    if steps is None:
        measured_s = min(MEASURED_SHARE * 60 * minutes, MOST_MEASURED_S)
        train([*common, *_part(run, measured_s, UNKNOWN_STEPS)])
        bundle(run, out)
        now = progress(run)
        trained_s = max(now.seconds - before.seconds, 1e-3)
        start_s = time.monotonic() - begun - trained_s  # the second part starts and ends like the first
        left_s = ends - time.monotonic() - start_s - RESERVE_S
        rate = (now.step - before.step) / trained_s
        steps = now.step + max(int(rate * left_s), 1)
        print(f"{rate:.2f} steps/s; {start_s:.0f} s to start; schedule of {steps} steps", flush=True)
    left_s = max(ends - time.monotonic() - RESERVE_S, 1.0)
    train([*common, *_part(run, left_s, steps)])
    for path in bundle(run, out):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)


def _part(run: Path, seconds: float, steps: int) -> list[str]:
    resume = ["--resume"] if progress(run).step else []
    return ["--minutes", f"{max(seconds, 1.0) / 60:.4f}", "--steps", str(steps), *resume]


def install(wheels: Path, site: Path) -> None:
    """Install wheels into a folder of their own, without an index."""
    files = sorted(str(path) for path in wheels.glob("*.whl"))
    if not files:
        sys.exit(f"{wheels}: holds no wheel")
    options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--upgrade", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *files], check=True)


def in_a_process(site: Path) -> Train:
    """`artifix train` of this checkout, in a process that also sees `site`."""
    paths = [str(CHECKOUT), str(site), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
    }

    def train(arguments: Sequence[str]) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "artifix", "train", *arguments], env=environment, check=False
        )
        if done.returncode:
            sys.exit(done.returncode)

    return train


def main(words: Sequence[str] | None = None, train: Train | None = None) -> None:
    """Install, train, bundle."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=9.0, help="for all of it")
    parser.add_argument("--run", type=Path, default=Path("runs/gpu"))
    parser.add_argument("--config", default="real", help="recipe of one phase; of several: give --steps")
    parser.add_argument("--start", type=Path, help="folder of weights; default: the recipe's")
    parser.add_argument("--steps", type=int, help="of the schedule; default: as many as the time is good for")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--wheels", type=Path, help="folder of wheels to install first")
    asked = parser.parse_args(words)
    site = asked.run / "site"
    if asked.wheels:
        install(asked.wheels, site)
    changes = [*asked.set, *([f"base.pipeline={asked.start}"] if asked.start else [])]
    common = ["--config", asked.config, "--data", str(asked.pack), "--out", str(asked.run)]
    common += ["--device", asked.device, *(word for change in changes for word in ("--set", change))]
    train_for(asked.run, asked.out, asked.minutes, common, train or in_a_process(site.resolve()), asked.steps)


if __name__ == "__main__":
    main()
