"""Rows a second of `artifix batch`, against a shell loop over `artifix refine` and a plain loop in Python.

Usage: python benchmarks/throughput.py CASES [--rows N] [--alone N] [--workers N] [--weights NAME|DIR]

CASES holds a folder for each case: image.png, mask.png, reference.png; N of them are taken, evenly spread.
The shell loop does only --alone of them, for each of its rows costs the start of the program. All three run
in turn, on the same rows, in one call; that is the only fair way on a machine that others use.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from running import as_script, plain_parser

from artifix.config import RefineConfig, RunConfig, override
from artifix.evaluation.cases import case_folders
from artifix.inputs.reading import read_inputs
from artifix.inputs.request import Request
from artifix.outputs.save import save_result
from artifix.repair.case import repair_case
from artifix.repair.loading import load

NAMES = ("image", "mask", "reference")


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = plain_parser(__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--rows", type=int, default=42, help="default: %(default)s")
    parser.add_argument("--alone", type=int, default=6, help="rows of the shell loop; default: %(default)s")
    parser.add_argument("--workers", type=int, help="default: as batch chooses")
    parser.add_argument("--weights", help="default: the bundled ones")
    options = parser.parse_args(arguments)
    folders = case_folders(options.cases)
    rows = folders[:: max(1, len(folders) // options.rows)][: options.rows]
    with tempfile.TemporaryDirectory() as place:
        measure(rows, options, Path(place))


def measure(rows: Sequence[Path], options: argparse.Namespace, place: Path) -> None:
    """Time the three ways and print their rates."""
    chosen = [] if options.weights is None else ["--weights", options.weights]
    alone = rows[:: max(1, len(rows) // options.alone)][: options.alone]
    shell = len(alone) / shell_loop(alone, place / "shell", chosen)
    plain = len(rows) / plain_loop(rows, place / "plain", options.weights)
    workers = [] if options.workers is None else ["--workers", str(options.workers)]
    batch = len(rows) / batch_run(rows, place, [*chosen, *workers])
    print(f"\n| {len(rows)} rows | rows/s | batch is faster by |\n|---|---|---|")
    for name, rate in (("shell loop over artifix refine", shell), ("plain Python loop", plain)):
        print(f"| {name} | {rate:.3f} | {batch / rate:.2f} |")
    print(f"| artifix batch | {batch:.3f} | |")


def shell_loop(rows: Sequence[Path], out: Path, chosen: Sequence[str]) -> float:
    """Seconds of the program started anew for every row."""
    started_s = time.perf_counter()
    for row in rows:
        image, mask, reference = (row / f"{name}.png" for name in NAMES)
        files = [image, "--mask", mask, "--ref", reference, "--out", out / row.name]
        _artifix("refine", *files, "--force", "--quiet", *chosen)
    return time.perf_counter() - started_s


def plain_loop(rows: Sequence[Path], out: Path, weights: str | None) -> float:
    """Seconds of the same pipeline called row after row, loading it included."""
    started_s = time.perf_counter()
    loaded, config = load(RunConfig(weights=weights)), override(RefineConfig(), force=True)
    for row in rows:
        image, mask, reference = (row / f"{name}.png" for name in NAMES)
        inputs = read_inputs(Request(image, mask, (reference,)))
        save_result(out / row.name, repair_case(loaded, inputs, config).files)
    return time.perf_counter() - started_s


def batch_run(rows: Sequence[Path], place: Path, chosen: Sequence[str]) -> float:
    """Seconds of `artifix batch`, from its start to its end."""
    manifest = place / "manifest.csv"
    with manifest.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", *NAMES))
        writer.writerows([row.name, *(str(row.resolve() / f"{name}.png") for name in NAMES)] for row in rows)
    started_s = time.perf_counter()
    _artifix("batch", manifest, "--out", place / "batch", "--allow-outside", "--force", "--quiet", *chosen)
    return time.perf_counter() - started_s


def _artifix(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "artifix", *map(str, arguments)], check=True)


if __name__ == "__main__":
    sys.exit(main())
