"""What each part of the design is worth, on cases with known truth.

Usage: python benchmarks/parts.py CASES [--weights NAME|DIR] [--only VARIANT ...] [--every N] [--out DIR]
                                  [--device D]

CASES holds a folder for each case: image.png, mask.png, reference.png, and truth.png or expected.png and
region.png where they are known. Every variant runs in one process, one after the other on each case. PSNR
[dB] and SSIM are taken inside the mask, `outside` is the largest change outside it. --out keeps refined.png
and region.png of every variant.
"""

import copy
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from running import as_script, every_nth, head, parser_of, row, start

from artifix.config import RefineConfig
from artifix.evaluation.benchmark import Score, mean, run, score
from artifix.evaluation.cases import KnownCase, read_known_case
from artifix.outputs.encode import encode_png
from artifix.pipeline import RefineByAlignPipeline
from artifix.result import RefineResult

BASELINES = {"as-is": "the artifact left as it is", "telea": "OpenCV inpainting, no reference"}
FIGURES = ("psnr", "ssim", "iou", "box", "hit", "outside", "confidence", "align_s", "sample_s")


def variants() -> dict[str, tuple[str, RefineConfig]]:
    """Name to what it leaves out and its settings; every variant goes on where confidence is low."""
    full = RefineConfig()
    full = replace(full, alignment=replace(full.alignment, force=True))
    align, refine = full.alignment, full.refinement
    paper = replace(
        full, alignment=replace(align, transform=False), refinement=replace(refine, aligned_reference=False)
    )
    return {
        "default": ("nothing: the default settings, refusals left as they are", RefineConfig()),
        "paste": ("the network's repaint: the fitted paste of the aligned reference alone", full),
        "whole-correction": (
            "the restraint: all of the network's correction is applied",
            replace(full, refinement=replace(refine, correction=1.0)),
        ),
        "no-aligned": (
            "the aligned reference: transform for the region only",
            replace(full, refinement=replace(refine, aligned_reference=False)),
        ),
        "attention-only": (
            "all matchers but attention",
            replace(full, alignment=replace(align, matchers=("attention",))),
        ),
        "no-zoom": ("the second look", replace(full, alignment=replace(align, zoom=False))),
        "paper": ("transform, aligned reference, residual and classical matches: the paper's path", paper),
    }


def without_network(pipeline: RefineByAlignPipeline) -> RefineByAlignPipeline:
    """The same pipeline with an output layer of zeros: what remains is the careful paste."""
    silent = copy.deepcopy(pipeline)
    torch.nn.init.zeros_(silent.unet.conv_out.weight)
    torch.nn.init.zeros_(silent.unet.conv_out.bias)
    return silent


def baseline(name: str, known: KnownCase) -> Score:
    """What a user has without this tool: the artifact as it is, or OpenCV's inpainting (Telea 2004)."""
    image, mask = known.case.image.rgb, known.case.mask
    painted = cv2.inpaint(image, mask.astype(np.uint8), 5, cv2.INPAINT_TELEA) if name == "telea" else image
    return score(known, painted, np.zeros(known.case.reference.rgb.shape[:2], bool), float("nan"), {})


def keep(folder: Path, result: RefineResult | None) -> None:
    """Write what the scoring of other tools needs; a refused case leaves nothing."""
    if result is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    region = np.logical_or.reduce([alignment.region for alignment in result.alignments])
    (folder / "refined.png").write_bytes(encode_png(result.refined))
    (folder / "region.png").write_bytes(encode_png(region))


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the variants and print the table."""
    known = variants()
    parser = parser_of(__doc__)
    parser.add_argument("--only", nargs="+", default=[*BASELINES, *known], metavar="VARIANT")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    if unknown := set(options.only) - known.keys() - BASELINES.keys():
        parser.error(
            f"no such variant: {', '.join(sorted(unknown))}; there are: {', '.join([*BASELINES, *known])}"
        )
    pipeline = start(options)
    silent = without_network(pipeline)
    scores: dict[str, list[Score]] = {name: [] for name in options.only}
    for folder in every_nth(options.cases, options.every):
        case = read_known_case(folder)
        for name in options.only:
            if name in BASELINES:
                scores[name].append(baseline(name, case))
                continue
            figures, result = run(silent if name == "paste" else pipeline, case, known[name][1])
            scores[name].append(figures)
            if options.out:
                keep(options.out / name / folder.name, result)
                with (options.out / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(figures)) + "\n")
        print(
            f"{folder.name}: " + "  ".join(f"{n} {scores[n][-1].psnr:.2f}" for n in options.only), flush=True
        )
    print_table(scores, BASELINES | {name: entry[0] for name, entry in known.items()})


def print_table(scores: dict[str, list[Score]], left_out: dict[str, str]) -> None:
    """Print one Markdown row for each variant."""
    print(f"\n{len(next(iter(scores.values())))} cases\n")
    print(head("variant", *FIGURES, "leaves out"))
    for name, rows in scores.items():
        print(row(name, *(f"{mean(rows, figure):.3f}" for figure in FIGURES), left_out[name]))


if __name__ == "__main__":
    sys.exit(main())
