"""Fit the one score by which transforms compete, and that of repairs, to real pairs whose place is known.

Usage: python benchmarks/evidence.py collect CASES --out FILE.jsonl [--matcher LIST] [--every N] [--device D]
                                             [--repairs]
       python benchmarks/evidence.py fit FILE.jsonl [FILE.jsonl ...] [--leave-out NAME ...]
       python benchmarks/evidence.py fit-repairs FILE.jsonl [FILE.jsonl ...]

`collect` locates every case in its own reference and in that of another object, and writes what speaks for
every transform that was compared (artifix/registration/evidence.py) with its overlap with the known region. A
stranger's reference that shows the same print (two products of one brand) is left out. `fit` prints
the log-odds to be put there, and how they tell apart what was left out: cases whose names begin with a NAME.
Generated images are unlike photos: neither the context band nor classical matches can be relied on there, so
every hypothesis is shown to the fit with parts of its evidence taken away as well.

With --repairs the image is also repaired by the first transforms of every case; `fit-repairs` prints the
log-odds of artifix/alignment/repair_confidence.py: that such a repair shows four fifths of the structure of
the truth, and more than the artifact does.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from confidence import stranger_of
from numpy.typing import NDArray
from running import add_network_options, as_script, every_nth, head, plain_parser, start
from scipy.optimize import minimize

from artifix.alignment.locate_result import result_of
from artifix.config import AlignmentConfig, RefineConfig
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase, read_known_case
from artifix.geometry import box_of
from artifix.matching.sift import match_features
from artifix.pipeline import RefineByAlignPipeline
from artifix.registration.candidates import propose
from artifix.registration.evidence import NAMES

RIGHT, WRONG = 0.5, 0.2  # overlaps with the known region; what lies between is shown to nobody
SHARED_PRINT = 25  # matches of the unspoiled image that agree: the stranger shows the same print
ABSENT: tuple[tuple[str, ...], ...] = (
    (),
    ("classical", "ring"),
    ("strokes", "classical", "ring"),
    ("classical", "learned", "ring"),
)
RIDGE = 0.1  # on standardised evidence
REPAIRED = 3  # transforms of a case by which the image is repaired
GOOD = 0.8  # structure of a good repair
SAYS_OF_REPAIRS = ("band", "strokes")  # more of the evidence told no more
REPAIRS_RIDGE = 1e-2


def shows_the_same_print(known: KnownCase, reference: NDArray[np.uint8]) -> bool:
    """Whether many matches of the unspoiled image agree on a place in a stranger's reference."""
    if known.truth is None:
        return False
    clear = np.zeros(known.truth.shape[:2], bool)
    matches = match_features(known.truth, clear, reference)
    return any(c.support.inliers >= SHARED_PRINT for c in propose(matches, box_of(known.case.mask)))


def rows_of(
    pipeline: RefineByAlignPipeline, folder: Path, other: Path | None, config: RefineConfig
) -> Iterator[dict[str, Any]]:
    """What speaks for each transform compared, in the case's own reference or in another's."""
    known = read_known_case(folder)
    case = known.case
    if other is not None:
        stranger = read_known_case(other).case.reference
        if shows_the_same_print(known, stranger.rgb):
            return
        case = replace(case, reference=stranger)
    alignment = pipeline.search(case, config).alignments[0]
    for rank, ranked in enumerate(alignment.hypotheses):
        region = ranked.transform.region(case.mask, case.reference.size)
        overlap = 0.0 if other is not None or known.region is None else metrics.iou(region, known.region)
        yield {
            "case": known.name,
            "own": other is None,
            "rank": rank,
            "overlap": overlap,
            **asdict(ranked.evidence),
        }


def repairs_of(
    pipeline: RefineByAlignPipeline, folder: Path, config: RefineConfig
) -> Iterator[dict[str, Any]]:
    """What speaks for the first transforms found, and the structure of the repairs by them."""
    known = read_known_case(folder)
    if known.truth is None:
        return
    case, truth = known.case, known.truth
    alignment = pipeline.search(case, config).alignments[0]
    before, _ = metrics.structure_and_colour(case.image.rgb, truth, case.mask)
    for rank, ranked in enumerate(alignment.hypotheses[:REPAIRED]):
        region = ranked.transform.region(alignment.mask, case.reference.size)
        by_it = replace(alignment, hypothesis=ranked.hypothesis, region=region)
        refined = pipeline.refine(case, config, located=result_of((by_it,), None, {})).refined
        after, _ = metrics.structure_and_colour(refined, truth, case.mask)
        told = {"case": known.name, "rank": rank, "before": before, "structure": after}
        yield told | asdict(ranked.evidence)


def fit_repairs(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Log-odds that a repair is good, by what speaks for its transform, and a bias."""
    evidence = np.array([[row[name] for name in SAYS_OF_REPAIRS] for row in rows])
    good = np.array([row["structure"] >= GOOD and row["structure"] > row["before"] for row in rows])
    mean, spread = evidence.mean(0), evidence.std(0) + 1e-9
    design = np.column_stack([(evidence - mean) / spread, np.ones(len(evidence))])

    def loss(logit: NDArray[np.float64]) -> float:
        misses = np.logaddexp(0, np.where(good, -1, 1) * (design @ logit))
        return float(misses.mean() + REPAIRS_RIDGE * (logit[:-1] ** 2).sum())

    logit = minimize(loss, np.zeros(design.shape[1])).x
    by_name = logit[:-1] / spread
    told = {name: round(float(value), 2) for name, value in zip(SAYS_OF_REPAIRS, by_name, strict=True)}
    return told | {"bias": round(float(logit[-1] - by_name @ mean), 2)}


def fit(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Log-odds by name, and a bias; right and wrong transforms weigh the same."""
    rows = [row for row in rows if row["overlap"] >= RIGHT or row["overlap"] < WRONG]
    shown = [{**row, **dict.fromkeys(absent, 0.0)} for row in rows for absent in ABSENT]
    evidence = np.array([[row[name] for name in NAMES] for row in shown])
    right = np.array([row["overlap"] >= RIGHT for row in shown])
    weight = np.where(right, 0.5 / max(right.sum(), 1), 0.5 / max((~right).sum(), 1))
    mean, spread = evidence.mean(0), evidence.std(0) + 1e-9
    design = np.column_stack([(evidence - mean) / spread, np.ones(len(evidence))])

    def loss(logit: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = design @ logit
        misses = np.logaddexp(0, np.where(right, -score, score))
        slope = design.T @ (weight * (1 / (1 + np.exp(-score)) - right))
        slope[:-1] += 2 * RIDGE / len(NAMES) * logit[:-1]
        return float(weight @ misses + RIDGE / len(NAMES) * (logit[:-1] ** 2).sum()), slope

    # Nothing that speaks for a transform may be counted against it.
    bounds = [(None, 0) if name == "stretch" else (0, None) for name in NAMES] + [(None, None)]
    logit = minimize(loss, np.zeros(len(NAMES) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    by_name = logit[:-1] / spread
    told = {name: round(float(value), 2) for name, value in zip(NAMES, by_name, strict=True)}
    return told | {"bias": round(float(logit[-1] - by_name @ mean), 2)}


def choices(rows: Sequence[dict[str, Any]], weights: dict[str, float]) -> list[tuple[dict[str, Any], float]]:
    """The most probable row of each search, and the probability that they mean."""
    searches: dict[tuple[str, bool], list[tuple[float, dict[str, Any]]]] = {}
    for row in rows:
        score = sum(weights[name] * row[name] for name in NAMES) + weights["bias"]
        searches.setdefault((row["case"], row["own"]), []).append((score, row))
    best = [max(found, key=lambda pair: pair[0]) for found in searches.values()]
    return [(row, float(1 / (1 + np.exp(-score)))) for score, row in best]


def print_choices(rows: Sequence[dict[str, Any]], weights: dict[str, float]) -> None:
    """What is chosen and refused by these weights."""
    best = choices(rows, weights)
    own, strange = [b for b in best if b[0]["own"]], [b for b in best if not b[0]["own"]]
    right = [sure for row, sure in own if row["overlap"] >= RIGHT]
    print(head("searches", "", "refused below .5"))
    print(f"| right transform chosen | {len(right)} of {len(own)} | {np.mean(np.array(right) < 0.5):.3f} |")
    print(
        f"| reference of another object | {len(strange)} | "
        f"{np.mean([sure < 0.5 for _, sure in strange]):.3f} |"
    )


def collect(options: argparse.Namespace) -> None:
    """Write the rows of all cases."""
    pipeline = start(options)
    config = RefineConfig(AlignmentConfig(force=True, matchers=tuple(options.matcher.split(","))))
    folders = every_nth(options.cases, options.every)
    with options.out.open("w", encoding="utf-8") as file:
        for index, folder in enumerate(folders):
            print(f"{folder.name} ({index + 1}/{len(folders)})", file=sys.stderr, flush=True)
            if options.repairs:
                file.writelines(json.dumps(row) + "\n" for row in repairs_of(pipeline, folder, config))
                continue
            for other in (None, stranger_of(folders, index)):
                if other is None or other != folder:
                    file.writelines(
                        json.dumps(row) + "\n" for row in rows_of(pipeline, folder, other, config)
                    )


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, or fit."""
    parser = plain_parser(__doc__)
    parts = parser.add_subparsers(dest="command", required=True)
    collecting = parts.add_parser("collect")
    collecting.add_argument("cases", type=Path)
    collecting.add_argument("--out", type=Path, required=True)
    collecting.add_argument("--matcher", default=",".join(AlignmentConfig().matchers))
    add_network_options(collecting)
    collecting.add_argument("--every", type=int, default=1, help="take every Nth case")
    collecting.add_argument("--repairs", action="store_true")
    of_repairs = parts.add_parser("fit-repairs")
    of_repairs.add_argument("rows", type=Path, nargs="+")
    fitting = parts.add_parser("fit")
    fitting.add_argument("rows", type=Path, nargs="+")
    fitting.add_argument("--leave-out", nargs="*", default=[], metavar="NAME")
    options = parser.parse_args(arguments)
    if options.command == "collect":
        collect(options)
        return
    rows = [
        json.loads(line) for path in options.rows for line in path.read_text(encoding="utf-8").splitlines()
    ]
    if options.command == "fit-repairs":
        print(json.dumps(fit_repairs(rows)))
        return
    left = [row for row in rows if row["case"].startswith(tuple(options.leave_out))]
    weights = fit([row for row in rows if row not in left])
    print(json.dumps(weights))
    print_choices(left or rows, weights)


if __name__ == "__main__":
    sys.exit(main())
