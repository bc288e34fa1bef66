"""What the numbers set by hand are worth: each is varied, one at a time, on cases with known truth.

Usage: python benchmarks/sensitivity.py SET [SET ...] --out FILE.csv [--room NAME ...] [--factor 1.25]
                                        [--every N [N ...]] [--resume] [--markdown FILE.md]
                                        [--weights NAME|DIR] [--device D]

A SET holds a folder for each case: image.png, mask.png, reference.png, and truth.png where it is known. Every
number of every room's `tuning.py` is multiplied and divided by the factor (integers change by 1 at least; of
shares and quantiles above a half it is what they lack of 1 that is divided and multiplied; of tuples every
number), and all cases are done again with it, sure or not, with the other settings as they are:

  rooms of stage 1   the shift of the located part's centre, over the root of its area, and how many cases
                     are decided otherwise: refused or not, placed exactly, roughly or not at all
  refinement         the change of PSNR inside the mask against the truth [dB], from one stored search

A number that no step of a case reads cannot move it, and such cases are not run; nor is the network asked
again where its input stays as it was. FILE.csv gets a row for each value tried, at once: --resume goes on.
--markdown writes all numbers of all rooms with their units and sources, and what is known of their effects.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from sensitivity_subject import Subject, moved_by, numbers_of, subject_of
from sensitivity_table import Row, markdown, read_rows, table

from artifix.errors import ArtifixError, InputError
from artifix.evaluation.cases import case_folders, read_known_case
from artifix.network.device import choose_device, choose_dtype
from artifix.pipeline import RefineByAlignPipeline
from artifix.pretrained import load_pipeline
from artifix.tuning import known_of, tuned_rooms

SHARES = ("share", "quantile", "correlation", "agreement")  # how units of numbers up to 1 begin


def varied(value: Any, factor: float, unit: str = "") -> Any:
    """A number, or all of a tuple, times a factor; see the head of this file."""
    if isinstance(value, tuple):
        return tuple(varied(part, factor, unit) for part in value)
    if isinstance(value, int):
        step = round(value * factor) - value
        return value + (step or (1 if factor > 1 else -1))
    is_share = value > 0.5 and unit.startswith(SHARES)
    other = 1 - (1 - value) / factor if is_share else value * factor
    return float(f"{other:.6g}")


def try_value(
    pipeline: RefineByAlignPipeline, subjects: Sequence[Subject], room: str, name: str, value: Any
) -> Row:
    """All cases with another value of one number."""
    numbers = getattr(tuned_rooms()[room], room.upper())
    moves, flips, failed = [], 0, 0
    with numbers_of(room, replace(numbers, **{name: value})):
        for subject in subjects:
            if name not in subject.read[room]:
                moves.append(0.0)
                continue
            try:
                move, flipped = moved_by(pipeline, subject, room)
            except Exception as error:  # of any kind: a value may be nonsense, and that is a finding
                print(f"{room}.{name} = {value}: {subject.known.name}: {error!r}", file=sys.stderr)
                failed += 1
                continue
            moves.append(move)
            flips += flipped
    known = np.array([move for move in moves if np.isfinite(move)])
    return Row(
        *(room, name, str(getattr(numbers, name)), str(value)),
        cases=len(subjects),
        moved=int((known != 0).sum()),
        mean=float(known.mean()) if len(known) else 0.0,
        median=float(np.median(np.abs(known))) if len(known) else 0.0,
        largest=float(np.abs(known).max(initial=0.0)),
        flips=flips,
        failed=failed,
    )


def trials(rooms: Sequence[str], factor: float) -> Iterator[tuple[str, str, Any]]:
    """Room, name and value of all that is tried."""
    for room in rooms:
        numbers = getattr(tuned_rooms()[room], room.upper())
        known = known_of(numbers)
        for each in fields(numbers):
            for by in (1 / factor, factor):
                yield room, each.name, varied(getattr(numbers, each.name), by, known[each.name].unit)


def run(options: argparse.Namespace, done: Sequence[Row]) -> Iterator[Row]:
    """The rows that are not done yet; nothing is loaded where all are."""
    have = {(row.room, row.name, row.tried) for row in done}
    left = [one for one in trials(options.room, options.factor) if (*one[:2], str(one[2])) not in have]
    if not left:
        return
    sets = zip(options.sets, options.every, strict=True)
    folders = [path for one, every in sets for path in case_folders(one)[::every]]
    device = choose_device(options.device)
    pipeline = load_pipeline(options.weights, device, choose_dtype("auto", device))
    subjects = [subject_of(pipeline, read_known_case(folder)) for folder in folders]
    for number, (room, name, value) in enumerate(left, 1):
        row = try_value(pipeline, subjects, room, name, value)
        print(f"{number}/{len(left)} {room}.{name} = {value}: {row.told}", file=sys.stderr, flush=True)
        yield row


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    parser.add_argument("--room", nargs="+", choices=tuned_rooms(), default=[*tuned_rooms()], metavar="NAME")
    parser.add_argument("--factor", type=float, default=1.25)
    parser.add_argument(
        "--every",
        type=int,
        nargs="+",
        default=[1],
        help="take every Nth case, of all sets or of each",
    )
    parser.add_argument("--resume", action="store_true", help="keep the rows that FILE.csv holds")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md")
    parser.add_argument("--weights")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args(arguments)
    if options.factor <= 1:
        parser.error("--factor must be above 1")
    if len(options.every) == 1:
        options.every *= len(options.sets)
    if len(options.every) != len(options.sets):
        parser.error(f"--every has {len(options.every)} numbers for {len(options.sets)} sets")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Vary the numbers, write the rows and print the table; returns an exit status."""
    options = options_of(arguments)
    try:
        if options.out.exists() and not options.resume:
            raise InputError(f"{options.out}: is there already", "go on with --resume, or name another file")
        rows = read_rows(options.out) if options.out.exists() else []
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with options.out.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [each.name for each in fields(Row)])
            if not rows:
                writer.writeheader()
            for row in run(options, rows):
                rows.append(row)
                writer.writerow(asdict(row))
                file.flush()
    except ArtifixError as error:
        print(f"error: {error.problem}\n hint: {error.hint}", file=sys.stderr)
        return int(error.exit_code)
    print(table(rows))
    if options.markdown:
        options.markdown.write_text(markdown(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
