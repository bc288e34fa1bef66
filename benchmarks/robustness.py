"""How far image and reference may differ: both stages on cases that are degraded step by step.

Usage: python benchmarks/robustness.py CASES [--every N] [--only NAME ...] [--degrade reference|image]
                                             [--out DIR] [--weights NAME|DIR] [--device D] [--seed N]

The reference (or the image, and the truth alike) is changed in hue, brightness, blur, noise, style, shape
(warp) and background, each in five strengths (degradations.py); CASES hold truth.png and region.png. Settings
are the defaults; a refused case counts as no region and an unrepaired image. Prints a Markdown table:
location IoU, pointing hit and refused share, PSNR and SSIM inside the mask. With --out, DIR/robustness.csv
holds a row for each case, degradation and strength, and DIR/robustness.png the curves (needs matplotlib).
"""

import argparse
import csv
import sys
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from degradations import DEGRADATIONS, Subject
from numpy.typing import NDArray
from running import as_script, every_nth, head, parser_of, row, start

from artifix.config import RefineConfig
from artifix.errors import InputError
from artifix.evaluation.benchmark import run
from artifix.evaluation.cases import KnownCase, read_known_case
from artifix.inputs.arrays import case_from_arrays
from artifix.pipeline import RefineByAlignPipeline
from artifix.training.optional_packages import require_installed

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
UNCHANGED = "none"  # strength 0, the same for every degradation
FIGURES = ("iou", "hit", "refused", "psnr", "ssim")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One case under one degradation."""

    case: str
    degradation: str
    strength: float
    iou: float
    hit: float
    refused: float
    psnr: float  # inside the mask [dB]
    ssim: float


def degrade(
    known: KnownCase, side: str, name: str, strength: float, backdrop: NDArray[np.uint8], seed: int
) -> KnownCase:
    """The case with its reference or its image degraded, and the truth that goes with it.

    Args:
        known: a case whose truth and region are known.
        side: "reference" or "image"; with the image go its mask and its truth.
        name: of `DEGRADATIONS`.
        strength: in [0, 1].
        backdrop: (h, w, 3), what a replaced background shows.
        seed: the same one draws the same change at every strength.
    """
    case, change = known.case, DEGRADATIONS[name]
    random = np.random.default_rng([seed, zlib.crc32(f"{known.name} {name}".encode())])
    truth, region = known.truth, known.region
    assert truth is not None
    assert region is not None
    if side == "reference":
        changed = change(Subject((case.reference.rgb,), region, backdrop), strength, random)
        case = case_from_arrays(case.image.rgb, case.mask, changed.pictures[0])
        return KnownCase(known.name, case, truth, changed.part)
    changed = change(Subject((case.image.rgb, truth), case.mask, backdrop), strength, random)
    image, truth = changed.pictures
    case = case_from_arrays(image, changed.part, case.reference.rgb)
    return KnownCase(known.name, case, truth, region)


def measure(
    pipeline: RefineByAlignPipeline, known: KnownCase, degradation: str, strength: float
) -> Measurement:
    """Refine one degraded case and score it."""
    figures, result = run(pipeline, known, RefineConfig())
    return Measurement(
        case=known.name,
        degradation=degradation,
        strength=strength,
        iou=figures.iou,
        hit=figures.hit,
        refused=float(result is None),
        psnr=figures.psnr,
        ssim=figures.ssim,
    )


def measure_all(
    pipeline: RefineByAlignPipeline, cases: Sequence[KnownCase], side: str, names: Sequence[str], seed: int
) -> list[Measurement]:
    """Every case unchanged, then under every degradation and strength."""
    rows = []
    for i, known in enumerate(cases):
        # Half the list away: neighbours may be parts of one photo.
        backdrop = cases[(i + len(cases) // 2) % len(cases)].case.reference.rgb
        rows.append(measure(pipeline, known, UNCHANGED, 0.0))
        for name in names:
            for strength in STRENGTHS:
                changed = degrade(known, side, name, strength, backdrop, seed)
                rows.append(measure(pipeline, changed, name, strength))
        print(f"{known.name}: {i + 1} of {len(cases)}", file=sys.stderr, flush=True)
    return rows


def print_table(rows: Sequence[Measurement], names: Sequence[str]) -> None:
    """Print one Markdown row for each degradation and strength."""
    print(head("degradation", "strength", "cases", *FIGURES))
    for name, strength in [(UNCHANGED, 0.0), *((name, strength) for name in names for strength in STRENGTHS)]:
        members = [row for row in rows if (row.degradation, row.strength) == (name, strength)]
        means = (f"{mean(members, figure):.3f}" for figure in FIGURES)
        print(row(name, f"{strength:g}", len(members), *means))


def write_rows(path: Path, rows: Sequence[Measurement]) -> None:
    """Write one CSV row for each case, degradation and strength."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, Measurement.__slots__, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def plot(path: Path, rows: Sequence[Measurement], names: Sequence[str], side: str) -> None:
    """Draw location IoU and PSNR against strength, one line for each degradation.

    Raises:
        UsageError: matplotlib is not installed.
    """
    require_installed("matplotlib", "the plot of --out")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    panels = figure.subplots(1, 2)
    for panel, name, title in zip(
        panels, ("iou", "psnr"), ("location IoU", "PSNR in the mask [dB]"), strict=True
    ):
        for degradation in names:
            panel.plot([0.0, *STRENGTHS], curve(rows, degradation, name), marker="o", label=degradation)
        panel.set(xlabel=f"strength of what is done to the {side}", ylabel=title)
        panel.grid(alpha=0.3)
    panels[0].set_ylim(0, 1)
    panels[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(path, dpi=150)


def curve(rows: Sequence[Measurement], degradation: str, figure: str) -> list[float]:
    """Means of one figure at strength 0 and at every other."""
    points = [(UNCHANGED, 0.0), *((degradation, strength) for strength in STRENGTHS)]
    return [mean([row for row in rows if (row.degradation, row.strength) == p], figure) for p in points]


def mean(rows: Sequence[Measurement], figure: str) -> float:
    """Mean of one figure; nan of no rows."""
    return float(np.mean([getattr(row, figure) for row in rows])) if rows else float("nan")


def read_cases(folder: Path, every: int) -> list[KnownCase]:
    """Every Nth case below a folder.

    Raises:
        InputError: there are fewer than two, or the answer of one is not known.
    """
    cases = [read_known_case(path) for path in every_nth(folder, every)]
    for case in cases:
        if case.truth is None or case.region is None:
            raise InputError(
                f"{folder / case.name}: its answer is not known", "a case needs truth.png and region.png"
            )
    if len(cases) < 2:
        raise InputError(
            f"{folder}: one case is too few", "a replaced background is taken from another case; take two"
        )
    return cases


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--only", nargs="+", choices=DEGRADATIONS, default=[*DEGRADATIONS], metavar="NAME")
    parser.add_argument("--degrade", choices=("reference", "image"), default="reference")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="DIR")
    return parser.parse_args(arguments)


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and plot."""
    options = parse(arguments)
    if options.out:
        require_installed("matplotlib", "the plot of --out")  # before the long part
    cases, pipeline = read_cases(options.cases, options.every), start(options)
    rows = measure_all(pipeline, cases, options.degrade, options.only, options.seed)
    print_table(rows, options.only)
    if options.out:
        write_rows(options.out / "robustness.csv", rows)
        plot(options.out / "robustness.png", rows, options.only, options.degrade)


if __name__ == "__main__":
    sys.exit(main())
