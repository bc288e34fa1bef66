#!/usr/bin/env python3
"""Measure `artifix detect`: proposals against artifacts with known masks, and false alarms on clean photos.

    python benchmarks/detect.py FOLDER... --out RUN [--count 200] [--leave-out NAME ...]

Each FOLDER holds cases (subfolders with image, mask, reference and truth as PNG). A case gives its own image
with its own mask, and further ones are drawn into its truth (detect_artifacts.py), inside the case's mask, so
that they lie where the reference shows the same. All folders give as many. The truths are the clean images,
each once. A true mask is what the artifact changed: the drawn mask without the parts where nothing differs.

RUN/cases.csv has a line for each image, and a run that is repeated goes on with it; RUN/summary.json has the
figures.
"""

import argparse
import csv
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from detect_artifacts import KINDS, LEAST_CHANGE, Spoilt, blob, spoil
from numpy.typing import NDArray
from PIL import Image

from artifix.detection import THRESHOLD
from artifix.detection.detector import detect
from artifix.errors import NoMatchError

COLUMNS = (
    "name", "source", "kind", "share", "first_score", "scores", "ious", "iou_marked", "iou_drawn", "seconds"
)  # fmt: skip
CLEAN, GIVEN = "clean", "given"
SEED = 17


@dataclass(frozen=True, slots=True)
class Asked:
    """One image of the benchmark."""

    name: str
    source: str  # the folder
    case: Path
    kind: str  # `CLEAN`, `GIVEN`, or a kind of detect_artifacts
    draw: int  # its seed


def read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))


def truth_of(case: Path) -> Path:
    """The clean image of a case; the examples call it expected."""
    return next(
        (case / f"{name}.png" for name in ("truth", "expected") if (case / f"{name}.png").is_file()),
        case / "truth.png",
    )


def asked_of(folders: list[Path], count: int, left_out: list[str]) -> list[Asked]:
    """The clean images, and `count` spoilt ones, the folders in turn."""
    cases = {
        folder: [
            path
            for path in sorted(folder.iterdir())
            if truth_of(path).is_file() and not any(name in path.name for name in left_out)
        ]
        for folder in folders
    }
    clean, known = [], set()
    for folder, paths in cases.items():
        for path in paths:
            told = hashlib.sha256(truth_of(path).read_bytes() + (path / "reference.png").read_bytes())
            if told.digest() not in known:
                known.add(told.digest())
                clean.append(Asked(f"{path.name}-clean", folder.name, path, CLEAN, 0))
    turns = [
        _turns(folder, paths, share)
        for (folder, paths), share in zip(cases.items(), _shares(cases, count), strict=True)
    ]
    return clean + [one for turn in turns for one in turn]


def _shares(cases: dict[Path, list[Path]], count: int) -> list[int]:
    each, more = divmod(count, len(cases))
    return [each + (k < more) for k in range(len(cases))]


def _turns(folder: Path, paths: list[Path], count: int) -> list[Asked]:
    """`count` images of a folder's cases: first each with its own artifact, then with drawn ones."""
    random = np.random.default_rng([SEED, *folder.name.encode()])
    order = [paths[k] for k in random.permutation(len(paths))]
    kinds = list(KINDS)
    told = []
    for k in range(count):
        turn, case = k // len(order), order[k % len(order)]
        # A third of the images are those of the cases; all kinds come equally often.
        kind = GIVEN if turn == 0 and k % 3 == 0 else kinds[(k + turn) % len(kinds)]
        told.append(Asked(f"{case.name}-{turn}-{kind}", folder.name, case, kind, k))
    return told


def image_of(one: Asked) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """The image, its true mask and the mask that was drawn; both are empty for a clean image."""
    truth = read(truth_of(one.case))
    nothing = np.zeros(truth.shape[:2], np.bool_)
    if one.kind == CLEAN:
        return truth, nothing, nothing
    given = np.asarray(Image.open(one.case / "mask.png").convert("L")) > 127
    if one.kind == GIVEN:
        image = read(one.case / "image.png")
        return image, _changed(truth, image, given), given
    random = np.random.default_rng([SEED, one.draw, *one.name.encode()])
    spoilt: Spoilt | None = None
    drawn = given
    for _ in range(20):
        rows, columns = np.nonzero(given)
        spot = int(random.integers(len(rows)))
        area = given.sum() * np.exp(random.uniform(np.log(0.4), np.log(1.3)))
        drawn = blob(random, given.shape, (columns[spot], rows[spot]), area) & _around(given)
        spoilt = spoil(random, truth, drawn, one.kind)
        if spoilt is not None:
            return spoilt.image, spoilt.mask, drawn
    spoilt = spoil(random, truth, given)
    if spoilt is None:
        raise SystemExit(f"{one.name}: no artifact shows there")
    return spoilt.image, spoilt.mask, given


def _around(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reach = max(1, int(0.25 * np.sqrt(mask.sum())))
    return cv2.dilate(mask.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0


def _changed(
    truth: NDArray[np.uint8], image: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """What differs inside the mask, its gaps closed, as `detect_artifacts.spoil` gives it."""
    differs = (np.abs(image.astype(int) - truth).max(-1) >= LEAST_CHANGE).astype(np.uint8)
    side = 2 * max(1, round(0.06 * np.sqrt(mask.sum()))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return (cv2.morphologyEx(differs, cv2.MORPH_CLOSE, disc) > 0) & mask


def iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    union = int((first | second).sum())
    return float((first & second).sum() / union) if union else 0.0


def measured(one: Asked) -> dict[str, object]:
    image, mask, drawn = image_of(one)
    started_s = time.perf_counter()
    told: dict[str, object] = {"name": one.name, "source": one.source, "kind": one.kind}
    told |= {"share": round(float(mask.mean()), 5)}
    try:
        found = detect(image, read(one.case / "reference.png"))
    except NoMatchError:
        empty = {"first_score": "", "scores": "", "ious": "", "iou_marked": 0.0, "iou_drawn": 0.0}
        return told | empty | {"seconds": round(time.perf_counter() - started_s, 2)}
    scores = [proposal.score for proposal in found.proposals]
    ious = [iou(proposal.mask, mask) for proposal in found.proposals]
    return told | {
        "first_score": f"{scores[0]:.4f}" if scores else "0",
        "scores": " ".join(f"{score:.4f}" for score in scores),
        "ious": " ".join(f"{value:.4f}" for value in ious),
        "iou_marked": round(iou(found.marked(), mask), 4),
        "iou_drawn": round(max((iou(p.mask, drawn) for p in found.proposals[:1]), default=0.0), 4),
        "seconds": round(time.perf_counter() - started_s, 2),
    }


def figures(rows: list[dict[str, str]], threshold: float) -> dict[str, object]:
    """What the table says at a threshold."""
    clean = [row for row in rows if row["kind"] == CLEAN]
    spoilt = [row for row in rows if row["kind"] != CLEAN]

    def kept(row: dict[str, str]) -> list[float]:
        pairs = zip(row["scores"].split(), row["ious"].split(), strict=True)
        return [float(value) for score, value in pairs if float(score) >= threshold]

    def mean(values: Iterator[float] | list[float]) -> float:
        values = list(values)
        return round(float(np.mean(values)), 4) if values else float("nan")

    def first(chosen: list[dict[str, str]]) -> float:
        return mean([(kept(row) or [0.0])[0] for row in chosen])

    return {
        "threshold": threshold,
        "spoilt": len(spoilt),
        "clean": len(clean),
        "iou_first": first(spoilt),
        "iou_best_of_three_unthresholded": mean(
            [max(map(float, row["ious"].split()), default=0.0) for row in spoilt]
        ),
        "found": mean([(kept(row) or [0.0])[0] > 0.1 for row in spoilt]),
        "false_alarms": mean([bool(kept(row)) for row in clean]),
        "no_match": mean([row["first_score"] == "" for row in rows]),
        "iou_by_source": {
            s: first([r for r in spoilt if r["source"] == s]) for s in sorted({r["source"] for r in rows})
        },
        "false_alarms_by_source": {
            s: mean([bool(kept(r)) for r in clean if r["source"] == s])
            for s in sorted({r["source"] for r in clean})
        },
        "iou_by_kind": {
            k: first([r for r in spoilt if r["kind"] == k]) for k in sorted({r["kind"] for r in spoilt})
        },
        "median_s": round(float(np.median([float(row["seconds"]) for row in rows])), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--leave-out", nargs="*", default=[], help="cases whose names hold one of these")
    parser.add_argument("--every", type=int, default=1, help="measure only each N-th image")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    table = args.out / "cases.csv"
    done = {row["name"] for row in csv.DictReader(table.open())} if table.exists() else set()
    asked = asked_of(args.folders, args.count, args.leave_out)[:: args.every]
    with table.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        if not done:
            writer.writeheader()
        for number, one in enumerate(asked):
            if one.name in done:
                continue
            writer.writerow(measured(one))
            stream.flush()
            print(f"\r{number + 1}/{len(asked)}", end="", flush=True)
    rows = list(csv.DictReader(table.open()))
    told = [figures(rows, threshold) for threshold in (THRESHOLD, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9)]
    (args.out / "summary.json").write_text(json.dumps(told, indent=1))
    print("\n" + json.dumps(told[0], indent=1))


if __name__ == "__main__":
    main()
