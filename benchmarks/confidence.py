"""Is the confidence a probability, and are references of other objects refused?

Usage: python benchmarks/confidence.py CASES [CASES ...] [--weights NAME|DIR] [--every N] [--device D]
                                       [--out FILE.csv] [--fit [--write]]

Every case is located twice: in its own reference, and in that of another case, which shows another object. A
location is right if it hits (its centroid lies in the true box); in another object nothing is right. Printed
are the reliability (how often locations of so much confidence are right) and what is refused. --fit instead
fits the log-odds of artifix/alignment/confidence.py to what attention alone finds: fit on one set of cases,
and look at the reliability on others; --write stores them in the weights.
"""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from running import as_script, every_nth, head, parser_of, row, start

from artifix.alignment.confidence import LogitWeights, Told, fit_logit_weights
from artifix.config import AlignmentConfig, RefineConfig
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase, read_known_case
from artifix.network.stored_calibration import write_calibration
from artifix.pipeline import RefineByAlignPipeline
from artifix.weights.finding import find_weights

EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
STRIDE = 53  # how far away in the list another object is sought


@dataclass(frozen=True, slots=True)
class Row:
    """One location."""

    case: str
    reference: str  # the case whose reference it is
    is_own: bool
    is_right: bool
    confidence: float
    trust: float
    certainty: float
    source: str
    agreement: float


def object_of(folder: Path) -> str:
    """What tells objects apart: the kind of photo a case was made of, or its name without the number."""
    index = folder.parent / "index.json"
    entries = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else []
    sources = {entry["case"]: entry.get("source") for entry in entries}
    source = sources.get(folder.name)
    return source.split("_")[0].replace("test", "train") if source else folder.name.rsplit("-", 1)[0]


def stranger_of(folders: Sequence[Path], index: int) -> Path | None:
    """Another case, of another object; None where all show the same."""
    own = object_of(folders[index])
    others = (folders[(index + step * STRIDE) % len(folders)] for step in range(1, len(folders)))
    return next((other for other in others if object_of(other) != own), None)


def locate(
    pipeline: RefineByAlignPipeline, known: KnownCase, other: KnownCase | None, config: RefineConfig
) -> Row:
    """Locate a case in its own reference, or in that of another one."""
    case = known.case if other is None else replace(known.case, reference=other.case.reference)
    found = pipeline.locate(case, config).alignments[0]
    assert known.region is not None
    return Row(
        case=known.name,
        reference=known.name if other is None else other.name,
        is_own=other is None,
        is_right=other is None and metrics.pointing_hit(found.region, known.region),
        confidence=found.confidence,
        trust=found.trust,
        certainty=found.certainty,
        source=found.source,
        agreement=found.agreement or 0.0,
    )


def rows_of(pipeline: RefineByAlignPipeline, folders: Sequence[Path], config: RefineConfig) -> Iterator[Row]:
    """Two rows for each case whose region is known."""
    for index, folder in enumerate(folders):
        known = read_known_case(folder)
        if known.region is None:
            continue
        print(f"{folder.name} ({index + 1}/{len(folders)})", file=sys.stderr, flush=True)
        yield locate(pipeline, known, None, config)
        stranger = stranger_of(folders, index)
        if stranger is not None:
            yield locate(pipeline, known, read_known_case(stranger), config)


def print_reliability(rows: Sequence[Row]) -> None:
    """How often locations of so much confidence are right."""
    print("\n" + head("confidence", "locations", "mean confidence", "right"))
    for low, high in pairwise(EDGES):
        held = [row for row in rows if low <= row.confidence < high or row.confidence == high == 1]
        if held:
            mean, right = (
                np.mean([getattr(row, name) for row in held]) for name in ("confidence", "is_right")
            )
            print(row(f"{low} to {high}", len(held), f"{mean:.2f}", f"{right:.2f}"))


def print_refusals(rows: Sequence[Row], least: float) -> None:
    """What the least confidence refuses."""
    own, strange = [row for row in rows if row.is_own], [row for row in rows if not row.is_own]
    right, wrong = [row for row in own if row.is_right], [row for row in own if not row.is_right]
    print("\n" + head(f"refused below {least}", "of", "share"))
    for name, held in (
        ("references of another object", strange),
        ("right locations", right),
        ("wrong locations in the right reference", wrong),
    ):
        share = np.mean([row.confidence < least for row in held]) if held else float("nan")
        print(row(name, len(held), f"{share:.3f}"))


def fit(rows: Sequence[Row]) -> LogitWeights:
    """Log-odds of being right by trust, certainty and a bias; see `fit_odds`."""
    return fit_logit_weights([Told(row.trust, row.certainty, row.is_right) for row in rows])


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = parser_of(__doc__, sets=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    pipeline = start(options)
    parts = [every_nth(folder, options.every) for folder in options.cases]
    alignment = AlignmentConfig(force=True)
    config = RefineConfig(replace(alignment, matchers=("attention",)) if options.fit else alignment)
    rows = [row for folders in parts for row in rows_of(pipeline, folders, config)]
    if options.out:
        with options.out.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[f.name for f in fields(Row)], *map(astuple, rows)])
    if options.fit:
        weights = [round(value, 2) for value in fit(rows)]
        print(f"trust, certainty, bias: {weights}, from {len(rows)} locations")
        if options.write:
            write_calibration(find_weights(options.weights), {"confidence_odds": weights})
        return
    print_reliability(rows)
    print_refusals(rows, AlignmentConfig().min_confidence)


if __name__ == "__main__":
    sys.exit(main())
