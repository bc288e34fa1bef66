"""Run the pipeline over cases with known truth, and score what it made."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.config import RefineConfig
from artifix.errors import NoMatchError
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase
from artifix.pipeline import RefineByAlignPipeline
from artifix.result import RefineResult


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Figures of one case; nan where the truth is not known."""

    name: str
    psnr: float  # inside the mask [dB]
    ssim: float
    iou: float  # of the region with the true one
    box: float  # of their boxes
    hit: float  # 1 if the region's centroid lies in the true box
    outside: float  # largest change outside the mask, in steps of 255
    confidence: float  # the least of the mask groups; 0 where refused
    align_s: float
    sample_s: float


def run(
    pipeline: RefineByAlignPipeline, known: KnownCase, config: RefineConfig
) -> tuple[Score, RefineResult | None]:
    """Refine one case and score it; a refused case is scored as the image it leaves."""
    started = time.perf_counter()
    try:
        result = pipeline.refine(known.case, config)
    except NoMatchError:
        empty = np.zeros(known.case.reference.rgb.shape[:2], bool)
        return score(
            known, known.case.image.pixels, empty, 0.0, {"align_s": time.perf_counter() - started}
        ), None
    region = np.logical_or.reduce([a.region for a in result.alignments])
    confidence = min(a.confidence for a in result.alignments)
    return score(known, result.refined, region, confidence, result.timings), result


def score(
    known: KnownCase,
    refined: NDArray,
    region: NDArray[np.bool_],
    confidence: float,
    timings: dict[str, float],
) -> Score:
    """Score a picture and a region for a case, however they were made.

    Args:
        known: the case and its truth.
        refined: (H, W, 3) in the image's own type.
        region: (H_ref, W_ref), empty where none was found.
        confidence: in [0, 1].
        timings: seconds by stage.
    """
    mask, nan = known.case.mask, float("nan")
    truth, true = known.truth, known.region
    return Score(
        name=known.name,
        psnr=nan if truth is None else metrics.psnr_db(refined, truth, mask),
        ssim=nan if truth is None else metrics.ssim(refined, truth, mask),
        iou=nan if true is None else metrics.iou(region, true),
        box=nan if true is None else metrics.box_iou(region, true),
        hit=nan if true is None else float(metrics.pointing_hit(region, true)),
        outside=float(metrics.largest_change_outside(refined, known.case.image.pixels, mask)),
        confidence=confidence,
        align_s=timings.get("align_s", 0.0),
        sample_s=timings.get("sample_s", 0.0),
    )


def mean(scores: Iterable[Score], name: str) -> float:
    """Mean of one figure; nan where no case has it."""
    values = [value for score in scores if not np.isnan(value := getattr(score, name))]
    return float(np.mean(values)) if values else float("nan")
