"""What each lever behind a repair is worth, on sets of cases with known truth.

Usage: python benchmarks/levers.py CASES [CASES ...] [--every N] [--only NAME ...] [--out DIR]
                                   [--weights NAME|DIR] [--device D]

Every set is a folder with a folder for each case: image.png, mask.png, reference.png, and truth.png or
expected.png and region.png (or a reference_box in the set's index.json) where they are known. On each case
one lever after the other is left out, all in one process. The table is Markdown:

  structure, colour, PSNR   inside the mask, against the truth (artifix/evaluation/metrics.py)
  hit        share of cases whose region has its centroid in the true box
  refused    share that the default settings would refuse; here all are repaired, sure or not
  repaired   share whose structure is nearer the truth than that of the image as it was
  worth      structure that is lost without the lever, the mean over cases and its standard error

--out keeps refined.png and region.png of every variant, and rows.jsonl, a line for each case and variant.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import running
from leaving_out import DEFAULT, FULL, LEVERS, UNTOUCHED, Lever
from numpy.typing import NDArray
from parts import keep
from running import as_script, every_nth, parser_of, start

from artifix.alignment.choice import refusal_of, refusal_to_repair
from artifix.alignment.locate_result import LocateResult
from artifix.config import AlignmentConfig
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase, read_known_case
from artifix.matching.installed import check_matchers
from artifix.pipeline import RefineByAlignPipeline
from artifix.result import RefineResult

COLUMNS = (
    "set (cases)", "variant", "structure", "colour", "PSNR [dB]", "hit", "refused", "repaired", "worth",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one variant on one case; nan where the truth is not known, or there is nothing to tell."""

    set: str
    case: str
    variant: str  # `UNTOUCHED`, or of `LEVERS`
    structure: float
    colour: float
    psnr: float
    hit: float = float("nan")
    refused: float = float("nan")
    repaired: float = float("nan")


def is_refused(located: LocateResult) -> bool:
    """Whether the default settings would refuse to repair after this match."""
    found, shipped = located.alignments, AlignmentConfig()
    return (refusal_of(found, shipped) or refusal_to_repair(found, shipped)) is not None


def untouched(known: KnownCase, name: str) -> Row:
    """The image with its artifact."""
    return Row(name, known.name, UNTOUCHED, *_likeness(known, known.case.image.pixels))


def row_of(known: KnownCase, before: Row, variant: str, located: LocateResult, refined: NDArray) -> Row:
    """The figures of a repair; `before` are those of the image as it was."""
    structure, colour, psnr = _likeness(known, refined)
    nan, region = float("nan"), np.logical_or.reduce([a.region for a in located.alignments])
    return Row(
        *(before.set, known.name, variant, structure, colour, psnr),
        hit=nan if known.region is None else float(metrics.pointing_hit(region, known.region)),
        refused=float(is_refused(located)),
        repaired=nan if known.truth is None else float(structure > before.structure),
    )


def _likeness(known: KnownCase, refined: NDArray) -> tuple[float, float, float]:
    """Structure, colour and PSNR [dB]; nan where the truth is not known."""
    if known.truth is None:
        return (float("nan"),) * 3
    pair = metrics.structure_and_colour(refined, known.truth, known.case.mask)
    return *pair, metrics.psnr_db(refined, known.truth, known.case.mask)


def measure(
    pipeline: RefineByAlignPipeline, known: KnownCase, levers: Mapping[str, Lever]
) -> Iterator[tuple[str, LocateResult, RefineResult]]:
    """Repair a case by each variant; those that leave stage 1 as it is share one search."""
    shared = None
    for name, lever in levers.items():
        with lever.replaced():
            if lever.searches:
                located = pipeline.search(known.case, lever.config)
            else:
                located = shared = shared or pipeline.search(known.case, lever.config)
            result = pipeline.refine(known.case, lever.config, located=located)
        yield name, located, result


def run_set(
    pipeline: RefineByAlignPipeline, folders: Sequence[Path], levers: Mapping[str, Lever], out: Path | None
) -> Iterator[Row]:
    """The rows of one set, case by case."""
    for number, folder in enumerate(folders, 1):
        known, name = read_known_case(folder), folder.parent.resolve().name
        yield (before := untouched(known, name))
        told = []
        for variant, located, result in measure(pipeline, known, levers):
            if out is not None:
                keep(out / name / variant / folder.name, result)
            yield (row := row_of(known, before, variant, located, result.refined))
            told.append(f"{variant} {row.structure:.3f}")
        print(f"{name} {number}/{len(folders)} {folder.name}: {'  '.join(told)}", file=sys.stderr, flush=True)


def mean(rows: Sequence[Row], figure: str) -> float:
    """Mean of one figure; nan where no row has it."""
    values = np.array([getattr(row, figure) for row in rows])
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def worth(default: Sequence[Row], without: Sequence[Row]) -> str:
    """Structure that is lost from `default` to `without`, case by case; empty where it is not known."""
    known = {row.case: row.structure for row in without}
    lost = np.array([row.structure - known[row.case] for row in default if row.case in known])
    lost = lost[np.isfinite(lost)]
    if len(lost) < 2:
        return "" if not len(lost) else f"{lost[0]:+.3f}"
    return f"{lost.mean():+.3f} ± {lost.std(ddof=1) / np.sqrt(len(lost)):.3f}"


def table(rows: Sequence[Row]) -> str:
    """One Markdown row for each set and variant, in the order in which they come."""
    lines = [running.head(*COLUMNS)]
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.set, row.variant), []).append(row)
    for (name, variant), held in groups.items():
        shares = (f"{mean(held, figure):.2f}".replace("nan", "") for figure in ("hit", "refused", "repaired"))
        default = groups.get((name, DEFAULT), [])
        cells = [
            f"{name} ({len(held)})",
            variant,
            f"{mean(held, 'structure'):.3f}",
            f"{mean(held, 'colour'):.1f}",
            f"{mean(held, 'psnr'):.2f}",
            *shares,
            "" if variant in (UNTOUCHED, DEFAULT) else worth(default, held),
        ]
        lines.append(running.row(*cells))
    return "\n".join(lines)


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the variants and print the table."""
    parser = parser_of(__doc__, sets=True)
    parser.add_argument("--only", nargs="+", choices=LEVERS, default=[*LEVERS], metavar="NAME")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    names = [folder.resolve().name for folder in options.cases]
    if len(set(names)) < len(names):
        parser.error(f"two sets have one name: {', '.join(names)}")
    levers, rows = {name: LEVERS[name] for name in LEVERS if name in options.only}, []
    check_matchers(FULL.alignment.matchers, asked_for=True)  # without them a lever would be worth nothing
    parts = [every_nth(folder, options.every) for folder in options.cases]
    pipeline = start(options)
    for folders in parts:
        for row in run_set(pipeline, folders, levers, options.out):
            rows.append(row)
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                lines = "".join(json.dumps(asdict(done)) + "\n" for done in rows)
                (options.out / "rows.jsonl").write_text(lines, encoding="utf-8")
    print(table(rows))
    print("\n" + "\n".join(f"- {name} leaves out {lever.leaves_out}" for name, lever in levers.items()))


if __name__ == "__main__":
    sys.exit(main())
