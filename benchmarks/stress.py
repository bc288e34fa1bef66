"""Where artifix finds the masked part, kind by kind, beside plain SIFT.

Usage: python benchmarks/stress.py CASES [--weights NAME|DIR] [--every N] [--device D] [--out FILE.csv]

CASES holds a folder <kind>-<nn> for each case, as make_stress.py makes them: image.png, mask.png,
reference.png and region.png. artifix locates with its default settings; a refusal counts as a miss. SIFT is
what a user has without it: 4000 features outside the mask, ratio test, a MAGSAC homography with at least 6
inliers, the mask warped by it; no homography is its refusal. Seconds are those of locating, all else loaded.
"""

import csv
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from running import as_script, cases_of, head, parser_of, row, start

from artifix.config import RefineConfig
from artifix.errors import NoMatchError
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase
from artifix.inputs.case import Case
from artifix.pipeline import RefineByAlignPipeline

FEATURES = 4000
RATIO = 0.8  # of the distances to the nearest and the second nearest descriptor (Lowe 2004)
TOLERANCE_PX = 4.0
LEAST_INLIERS = 6
GUARD_PX = 4  # descriptors so near the mask still see the artifact
FIGURES = ("hit", "iou", "box", "refused", "seconds")

Locator = Callable[[Case], NDArray[np.bool_] | None]  # the region in the reference; None = refused


@dataclass(frozen=True, slots=True)
class Finding:
    """One case, located one way."""

    case: str
    kind: str
    method: str
    hit: float
    iou: float
    box: float
    refused: float
    seconds: float


def locate_artifix(pipeline: RefineByAlignPipeline, case: Case) -> NDArray[np.bool_] | None:
    """The region that the default settings find."""
    try:
        found = pipeline.locate(case, RefineConfig()).alignments
    except NoMatchError:
        return None
    return np.logical_or.reduce([alignment.region for alignment in found])


def locate_sift(case: Case) -> NDArray[np.bool_] | None:
    """The mask warped by the homography that SIFT matches of the rest of the image agree on."""
    mask, reference = case.mask.astype(np.uint8), case.reference.rgb
    beside = 1 - cv2.dilate(mask, np.ones((2 * GUARD_PX + 1,) * 2))
    here, there = _sift_matches(case.image.rgb, beside, reference)
    if len(here) < LEAST_INLIERS:
        return None
    matrix, inliers = cv2.findHomography(here, there, cv2.USAC_MAGSAC, TOLERANCE_PX)
    if matrix is None or inliers.sum() < LEAST_INLIERS:
        return None
    return cv2.warpPerspective(mask, matrix, reference.shape[1::-1], flags=cv2.INTER_NEAREST) > 0


def measure(known: KnownCase, method: str, locate: Locator) -> Finding:
    """Locate one case whose region is known, and score it."""
    true = known.region
    assert true is not None
    started = time.perf_counter()
    found = locate(known.case)
    seconds = time.perf_counter() - started
    region = np.zeros_like(true) if found is None else found
    return Finding(
        case=known.name,
        kind=kind_of(known.name),
        method=method,
        hit=float(metrics.pointing_hit(region, true)),
        iou=metrics.iou(region, true),
        box=metrics.box_iou(region, true),
        refused=float(found is None),
        seconds=seconds,
    )


def kind_of(name: str) -> str:
    """The kind of the case in folder <kind>-<nn>."""
    return name.rpartition("-")[0] or name


def print_table(findings: Sequence[Finding]) -> None:
    """Print one Markdown row for each kind and one for all, the methods side by side."""
    methods = list(dict.fromkeys(finding.method for finding in findings))
    heads = [f"{figure} {method}" for figure in FIGURES for method in methods]
    print(head("kind", "cases", *heads))
    for kind in [*sorted({finding.kind for finding in findings}), "all"]:
        rows = [finding for finding in findings if kind in (finding.kind, "all")]
        means = [
            _mean((row for row in rows if row.method == method), figure)
            for figure in FIGURES
            for method in methods
        ]
        cases = len({row.case for row in rows})
        print(row(kind, cases, *(f"{value:.2f}" for value in means)))


def write_rows(path: Path, findings: Sequence[Finding]) -> None:
    """Write one CSV row for each case and method."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, Finding.__slots__, lineterminator="\n")
        rows.writeheader()
        rows.writerows(asdict(finding) for finding in findings)


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write a row for each case and method")
    options = parser.parse_args(arguments)
    known = [case for case in cases_of(options) if case.region is not None]
    pipeline = start(options)
    locators: dict[str, Locator] = {"artifix": partial(locate_artifix, pipeline), "sift": locate_sift}
    for locate in locators.values():
        locate(known[0].case)  # warm up: the first pass is slower
    findings = []
    for case in known:
        findings += [measure(case, method, locate) for method, locate in locators.items()]
        told = "  ".join(f"{finding.method} {finding.iou:.2f}" for finding in findings[-len(locators) :])
        print(f"{case.name}: iou {told}", file=sys.stderr, flush=True)
    print_table(findings)
    if options.out:
        write_rows(options.out, findings)


def _sift_matches(
    image: NDArray[np.uint8], beside: NDArray[np.uint8], reference: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points (N, 2) of the image where `beside` is not 0, and their matches in the reference."""
    detector = cv2.SIFT_create(FEATURES)
    greys = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (image, reference)]
    points, features = detector.detectAndCompute(greys[0], beside)
    others, other_features = detector.detectAndCompute(greys[1], None)
    none = np.zeros((0, 2), np.float32)
    if features is None or other_features is None or len(others) < 2:
        return none, none
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(features, other_features, k=2)
    good = [first for first, second in pairs if first.distance < RATIO * second.distance]
    here = np.array([points[match.queryIdx].pt for match in good], np.float32)
    there = np.array([others[match.trainIdx].pt for match in good], np.float32)
    return here.reshape(-1, 2), there.reshape(-1, 2)


def _mean(findings: Iterable[Finding], figure: str) -> float:
    return float(np.mean([getattr(finding, figure) for finding in findings]))


if __name__ == "__main__":
    sys.exit(main())
