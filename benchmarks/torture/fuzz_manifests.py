"""Manifests that someone garbled end in rows or in an answer that names the line.

Usage: python benchmarks/torture/fuzz_manifests.py [--count N] [--seed N]

Mutants of CSV and JSON-lines manifests, cell by cell and byte by byte, go through `read_rows` and, where they
are taken, through `plan_rows`. Violations are exceptions other than ArtifixError, crashes, more than 2 s of
processor time and more than 2 GiB of memory.
"""

import csv
import io
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from guard import Attempt, command
from material import write_manifest

from artifix.batch.plan import Terms, plan_rows
from artifix.config import CommandConfig
from artifix.inputs.cells import KINDS
from artifix.inputs.manifest import read_rows

_COLUMNS = [*KINDS, "reference2", "reference99", "weights", "ref", "", "\ufeffid", "ID", "layer\n"]
_TEXTS = (
    "", " ", "image0.png", "../image0.png", "/etc/passwd", "image0.png;ref0.png", ";;;", "s3://b/k.png",
    "file:///etc/passwd", "zip://a::s3://b", "0,0,10,10", "10,10,0,0", "1e999", "nan", "-0", "9" * 5000,
    "0" * 400, "1_0", "\u0663", "true", "YES", "1.8,3", ",", "=1+1", "\x1b[2J", "a\nb", 'a"b', "\u202e",
    "con", ".", "..", "a" * 3000, "\U0001f600" * 60, "\0", "image0.png\0", "./././image0.png", "C:\\x.png",
    "luminance", "1e-400", "0x10", "4294967296", "-1", "1.0e5", "//host/x",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e308, 10**400, [], {}, [[]], ["image0.png"], ["a", 1], [0, 0, 9, 9], [1.5, 3],
    {"image": 1}, "\ud800", [None], [True, 1, 2, 3], 1.5,
)  # fmt: skip


def csv_manifest(draw: random.Random) -> bytes:
    """A CSV manifest of which a few cells, names or forms are changed."""
    header = ["id", "image", "mask", "reference"]
    extra = draw.sample(_COLUMNS, draw.choice((0, 0, 1, 2, 5)))
    rows = [
        [f"r{n}", "image0.png", "mask0.png", "ref0.png", *draw.choices(_TEXTS, k=len(extra))]
        for n in range(6)
    ]
    table = [[*header, *extra], *rows]
    for _ in range(draw.choice((0, 0, 1, 1, 2, 6))):
        row = draw.choice(table)
        place = draw.randrange(len(row) + 1)
        row[place : place + draw.randrange(2)] = [draw.choice(_TEXTS)] if draw.random() < 0.8 else []
    text = io.StringIO(newline="")
    form = {"delimiter": draw.choice(",,,,,,;\t"), "lineterminator": draw.choice(("\n", "\r\n", "\r"))}
    csv.writer(text, **form, quoting=draw.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))).writerows(table)
    return text.getvalue().encode(draw.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16")), "replace")


def json_manifest(draw: random.Random) -> bytes:
    """A manifest of JSON lines of which a few values or lines are changed."""
    lines = []
    sound = draw.random() < 0.4
    for number in range(6):
        row: dict[str, Any] = {"id": f"r{number}", "image": "image0.png", "mask": "mask0.png"}
        row["reference"] = draw.choice(("ref0.png", ["ref0.png", "image0.png"]))
        for _ in range(0 if sound else draw.choice((0, 0, 1, 3))):
            row[draw.choice(_COLUMNS)] = draw.choice(_VALUES if draw.random() < 0.6 else _TEXTS)
        lines.append(json.dumps(row, ensure_ascii=draw.random() < 0.8))
    if draw.random() < 0.3:
        nested = draw.choice(("[" * 5000, '{"id":' * 3000, "[]", "NaN", '"', "{}", "1" * 5000, '{"id": NaN}'))
        lines.insert(draw.randrange(6), nested)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def garbled(data: bytes, draw: random.Random) -> bytes:
    """Some bytes changed, cut, doubled or many times there."""
    for _ in range(draw.choice((0, 0, 1, 2, 4))):
        place = draw.randrange(len(data) + 1)
        match draw.randrange(5):
            case 0:
                data = data[:place] + bytes([draw.randrange(256)]) + data[place + 1 :]
            case 1:
                data = data[:place]
            case 2:
                data = (
                    data[:place]
                    + draw.choice((b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"{", b"\\"))
                    + data[place:]
                )
            case 3:
                data = data[:place] + data[draw.randrange(len(data) + 1) :]
            case _:
                data = data[:place] + data[place : place + 40] * draw.choice((2, 50, 3000)) + data[place:]
    return data


def grown(draw: random.Random) -> bytes:
    """As long or as wide as what is worth an attack."""
    match draw.randrange(5):
        case 0:
            return b"image,mask,reference\n" + b"image0.png,mask0.png,ref0.png\n" * 10_000
        case 1:
            return b",".join([b"c"] * 100_000) + b"\n"
        case 2:
            return b"image,mask,reference\n" + b"\n" * 300_000
        case 3:
            return b'image,mask,reference\n"' + b"a" * 3_000_000
        case _:
            return b"image,mask,reference\n" + b"x.png,x.png," + b"image0.png;" * 100_000


def attempts(folder: Path) -> Attempt:
    """Read the mutant of a number."""
    write_manifest(folder, 1, 1)

    def attempt(number: int) -> str:
        draw = random.Random(number)
        lines = draw.random() < 0.5
        path = folder / f"mutant.{'jsonl' if lines else 'csv'}"
        data = garbled((json_manifest if lines else csv_manifest)(draw), draw)
        path.write_bytes(grown(draw) if draw.random() < 0.003 else data)
        plan_rows(read_rows(path, draw.random() < 0.2), Terms(CommandConfig(), "0" * 64))
        return path.suffix

    return attempt


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the mutants; returns an exit status."""
    return command(__doc__, "manifests", 5000, attempts, arguments)


if __name__ == "__main__":
    sys.exit(main())
