"""What each step from the correspondence map to the region is worth, on cases with known truth.

Usage: python benchmarks/stages.py CASES [--weights NAME|DIR] [--every N] [--device D]

CASES is as in attention.py. The rows add up: the map of one look, cut at half its peak; without its noise;
its largest cluster, which is the region; the same of the map after closer looks; the mask as a transform
fitted to attention lays it onto the reference; and as the best transform does, those of the other matchers
included. Every row goes on where confidence is low. `iou` is the region's overlap with the true one in
pixels, `box` that of their boxes, and `hit` says whether its centroid lies in the true box.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from running import as_script, cases_of, head, parser_of, row, start

from artifix.alignment.alignment import Alignment
from artifix.attention.region import cluster, filter_noise
from artifix.config import AlignmentConfig, RefineConfig
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase
from artifix.pipeline import RefineByAlignPipeline

Region = NDArray[np.bool_]


def steps(alignment: Alignment) -> tuple[Region, Region, Region]:
    """The map cut at half its peak, the map without its noise, and its largest cluster."""
    correspondence = alignment.correspondence
    kept = filter_noise(correspondence)
    raw = correspondence >= correspondence.max() / 2
    return raw, kept, cluster(correspondence, kept).region


def regions(pipeline: RefineByAlignPipeline, known: KnownCase) -> dict[str, Region]:
    """The region after each step, by the step's name; one locate for each configuration."""

    def found(config: AlignmentConfig) -> tuple[Alignment, ...]:
        return pipeline.locate(known.case, RefineConfig(alignment=config)).alignments

    full = AlignmentConfig(force=True)
    alone = replace(full, transform=False)
    first = zip(*(steps(alignment) for alignment in found(replace(alone, zoom=False))), strict=True)
    closer = {
        "+ closer looks": alone,
        "+ transform of attention": replace(full, matchers=("attention",)),
        "+ all matchers": full,
    }
    names = ("map cut at half its peak", "+ noise filter", "+ largest cluster")
    parts = dict(zip(names, first, strict=True))
    parts |= {name: tuple(a.region for a in found(config)) for name, config in closer.items()}
    return {name: np.logical_or.reduce(groups) for name, groups in parts.items()}


def score(region: Region, true: Region) -> tuple[float, float, float]:
    """(pixel IoU, IoU of the boxes, pointing hit)."""
    hit = float(metrics.pointing_hit(region, true))
    return metrics.iou(region, true), metrics.box_iou(region, true), hit


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    options = parser_of(__doc__).parse_args(arguments)
    pipeline = start(options)
    scores: dict[str, list[tuple[float, float, float]]] = {}
    for known in cases_of(options):
        if known.region is not None:
            for name, region in regions(pipeline, known).items():
                scores.setdefault(name, []).append(score(region, known.region))
    print(f"{len(next(iter(scores.values()), []))} cases\n\n{head('step', 'iou', 'box', 'hit')}")
    for name, rows in scores.items():
        print(row(name, *(f"{value:.3f}" for value in np.mean(rows, axis=0))))


if __name__ == "__main__":
    sys.exit(main())
