"""How well attention alone finds the masked part: no classical matches, no transform.

Usage: python benchmarks/attention.py CASES [--weights NAME|DIR] [--layers LAYER ...] [--every N] [--device D]

CASES holds a folder for each case: image.png, mask.png, reference.png and region.png (or a reference_box in
index.json). For every cross-attention layer, or those named, M* is scored against the true region: `miou`
(on the token grid of the whole reference), `iou` of the region cut out of M* with the true one in pixels,
and `hit` (its centroid lies in the true box).
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from running import as_script, cases_of, head, parser_of, row, start

from artifix.config import AlignmentConfig, RefineConfig
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase
from artifix.network.attention import cross_attention_layers
from artifix.pipeline import RefineByAlignPipeline


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


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--layers", nargs="+", metavar="LAYER")
    options = parser.parse_args(arguments)
    pipeline = start(options)
    known = [case for case in cases_of(options) if case.region is not None]
    alone = AlignmentConfig(transform=False, force=True)
    print(f"{len(known)} cases\n\n{head('layer', 'zoom', 'miou', 'iou', 'hit')}", flush=True)
    for layer in options.layers or cross_attention_layers(pipeline.unet):
        for zoom in (False, True):
            config = RefineConfig(alignment=replace(alone, layer=layer, zoom=zoom))
            rows = [score(pipeline, case, config) for case in known]
            figures = (f"{value:.3f}" for value in np.mean(rows, axis=0))
            print(row(layer, "yes" if zoom else "no", *figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())
