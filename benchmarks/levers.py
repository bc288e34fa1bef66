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

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray
from parts import keep

from artifix.alignment.choice import refusal_of, refusal_to_repair
from artifix.alignment.located import LocateResult
from artifix.config import AlignmentConfig, RefineConfig, override
from artifix.errors import ArtifixError
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase, case_folders, read_known_case
from artifix.matching.installed import check_matchers
from artifix.network.device import choose_device, choose_dtype
from artifix.pipeline import RefineByAlignPipeline
from artifix.pretrained import load_pipeline
from artifix.refinement import stage as repainting
from artifix.registration import search as searching
from artifix.registration.content import Content, likeness_of
from artifix.registration.evidence import Evidence
from artifix.registration.transform import Transform
from artifix.result import RefineResult

FULL = override(RefineConfig(), force=True)
UNTOUCHED, DEFAULT = "as-is", "default"
RING_GUARD_PX, RING_REACH = 1.5, 0.5  # from the mask, and around it in extents (root of its area)
LEAST_RING_PX = 64
NEVER = 1e-6  # agreement of a ring that agrees nowhere, as a probability


def stay(
    content: Content, reference: NDArray[np.uint8], transforms: Sequence[Transform]
) -> list[tuple[float, Transform]]:
    """In place of `content.register`: every transform stays where it starts."""
    return list(zip(likeness_of(content, reference, transforms), transforms, strict=True))


def odds_of_ring(evidence: Evidence, weights: Mapping[str, float]) -> float:
    """In place of `evidence.odds_of`: the agreement of the ring is the probability."""
    share = float(np.clip(evidence.ring, NEVER, 1 - NEVER))
    return float(np.log(share / (1 - share)))


def unproved(transform: Transform, evidence: Evidence) -> float:
    """In place of `search._proof`: exact matches prove nothing."""
    return -np.inf


def by_odds(found: Sequence[searching.Hypothesis]) -> list[searching.Hypothesis]:
    """In place of `search.ordered`: nothing but the odds decides."""
    return sorted(found, key=lambda h: -h.odds)


def shift_means(
    warped: NDArray[np.float32],
    valid: NDArray[np.bool_],
    image: NDArray,
    mask: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.float32]:
    """In place of `relight.match_roughly`: only the mean of each channel around the mask is the image's."""
    away_px = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    ring = (away_px > RING_GUARD_PX) & (away_px < RING_REACH * np.sqrt(mask.sum())) & valid
    if ring.sum() < LEAST_RING_PX:
        return warped
    shift = image[ring].mean(0, dtype=np.float64) - warped[ring].mean(0, dtype=np.float64)
    return np.asarray(np.clip(warped + shift, 0, 255), np.float32)


def own_all(
    paste: NDArray[np.float32],
    valid: NDArray[np.bool_],
    image: NDArray,
    mask: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.float32]:
    """In place of `ownership.owned`: whatever the reference shows belongs."""
    return valid.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Lever:
    """One variant: the default with something left out."""

    leaves_out: str
    config: RefineConfig = FULL
    replaced: Callable[[], AbstractContextManager] = nullcontext
    searches: bool = False  # stage 1 is another than the default's


# The one place where anything of artifix is replaced; it is put back after each case.
LEVERS = {
    DEFAULT: Lever("nothing"),
    "no-learned": Lever(
        "the learned matcher, and the descriptors it lends",
        override(FULL, matchers=("sift", "attention")),
        searches=True,
    ),
    "no-registration": Lever(
        "registration on content: transforms stay where they start",
        replaced=partial(patch.object, searching, "register", stay),
        searches=True,
    ),
    "no-score": Lever(
        "the fitted score: the ring's agreement alone decides",
        replaced=partial(patch.multiple, searching, odds_of=odds_of_ring, _proof=unproved, ordered=by_odds),
        searches=True,
    ),
    "no-light": Lever(
        "the light of rough pastes: only their mean is shifted",
        replaced=partial(patch.object, repainting, "match_roughly", shift_means),
    ),
    "no-ownership": Lever(
        "ownership: all that the reference shows is pasted",
        replaced=partial(patch.object, repainting, "owned", own_all),
    ),
    "no-grain": Lever("grain", override(FULL, grain=False)),
}


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
    lines = ["| set (cases) | variant | structure | colour | PSNR [dB] | hit | refused | repaired | worth |"]
    lines.append("|---" * 9 + "|")
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
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the variants and print the table; returns an exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="take every Nth case")
    parser.add_argument("--only", nargs="+", choices=LEVERS, default=[*LEVERS], metavar="NAME")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--weights")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args(arguments)
    names = [folder.resolve().name for folder in options.cases]
    if len(set(names)) < len(names):
        parser.error(f"two sets have one name: {', '.join(names)}")
    levers, rows = {name: LEVERS[name] for name in LEVERS if name in options.only}, []
    try:
        check_matchers(FULL.alignment.matchers, asked_for=True)  # without them a lever would be worth nothing
        parts = [case_folders(folder)[:: options.every] for folder in options.cases]
        device = choose_device(options.device)
        pipeline = load_pipeline(options.weights, device, choose_dtype("auto", device))
        for folders in parts:
            for row in run_set(pipeline, folders, levers, options.out):
                rows.append(row)
                if options.out:
                    options.out.mkdir(parents=True, exist_ok=True)
                    lines = "".join(json.dumps(asdict(done)) + "\n" for done in rows)
                    (options.out / "rows.jsonl").write_text(lines, encoding="utf-8")
    except ArtifixError as error:
        print(f"error: {error.problem}\n hint: {error.hint}", file=sys.stderr)
        return int(error.exit_code)
    print(table(rows))
    print("\n" + "\n".join(f"- {name} leaves out {lever.leaves_out}" for name, lever in levers.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
