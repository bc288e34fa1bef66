"""How well attention alone finds the masked part: no classical matches, no transform.

Usage: python benchmarks/attention.py CASES [--weights NAME|DIR] [--layers LAYER ...] [--every N] [--device D]

CASES holds a folder for each case: image.png, mask.png, reference.png and region.png (or a reference_box in
index.json). For every cross-attention layer, or those named, M* is scored against the true region: `miou`
(on the token grid of the whole reference), `iou` of the region cut out of M* with the true one in pixels,
and `hit` (its centroid lies in the true box).
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from artifix.config import AlignmentConfig, RefineConfig
from artifix.errors import ArtifixError
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase, case_folders, read_known_case
from artifix.network.attention import cross_attention_layers
from artifix.network.device import choose_device, choose_dtype
from artifix.pipeline import RefineByAlignPipeline
from artifix.pretrained import load_pipeline


def score(pipeline: RefineByAlignPipeline, known: KnownCase, config: RefineConfig) -> tuple[float, ...]:
    """(token IoU, pixel IoU, pointing hit) of one case whose region is known."""
    found = pipeline.locate(known.case, config).alignments
    correspondence = np.maximum.reduce([alignment.correspondence for alignment in found])
    region = np.logical_or.reduce([alignment.region for alignment in found])
    true = known.region
    assert true is not None
    return (
        metrics.token_iou(correspondence, true),
        metrics.iou(region, true),
        float(metrics.pointing_hit(region, true)),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns an exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path)
    parser.add_argument("--weights")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--layers", nargs="+", metavar="LAYER")
    parser.add_argument("--every", type=int, default=1, help="take every Nth case")
    options = parser.parse_args(arguments)
    device = choose_device(options.device)
    try:
        pipeline = load_pipeline(options.weights, device, choose_dtype("auto", device))
        cases = [read_known_case(folder) for folder in case_folders(options.cases)[:: options.every]]
    except ArtifixError as error:
        print(f"error: {error.problem}\n hint: {error.hint}", file=sys.stderr)
        return int(error.exit_code)
    known = [case for case in cases if case.region is not None]
    alone = AlignmentConfig(transform=False, force=True)
    print(f"{len(known)} cases\n\n| layer | zoom | miou | iou | hit |\n|---|---|---|---|---|", flush=True)
    for layer in options.layers or cross_attention_layers(pipeline.unet):
        for zoom in (False, True):
            config = RefineConfig(alignment=replace(alone, layer=layer, zoom=zoom))
            rows = [score(pipeline, case, config) for case in known]
            figures = " | ".join(f"{value:.3f}" for value in np.mean(rows, axis=0))
            print(f"| {layer} | {'yes' if zoom else 'no'} | {figures} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
