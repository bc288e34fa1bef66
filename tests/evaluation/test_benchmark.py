import inspect

import numpy as np
import pytest
import torch

from artifix.alignment.stage import Alignment
from artifix.config import RefineConfig, override
from artifix.errors import NoMatchError
from artifix.evaluation import metrics
from artifix.evaluation.benchmark import mean, run
from artifix.evaluation.cases import read_known_case
from artifix.geometry import box_of, square_around
from artifix.pipeline import RefineByAlignPipeline, RefineResult
from artifix.pretrained import load_pipeline


class Answering:
    """A pipeline that knows the truth, or refuses where it is told none."""

    def __init__(self, refined=None, *regions):
        self.refined, self.regions = refined, regions

    def refine(self, case, config, progress=None, located=None):
        if self.refined is None:
            raise NoMatchError("nothing matches")
        found = tuple(
            Alignment(
                mask=case.mask,
                box=square_around(box_of(case.mask), 1.5, 1, *case.image.size),
                correspondence=region.astype(np.float32),
                region=region,
                hypothesis=None,
                confidence=0.9 - 0.2 * number,
                layer="none",
                timestep=0,
                source="correspondence",
            )
            for number, region in enumerate(self.regions)
        )
        return RefineResult(self.refined, found, (), {"align_s": 1.5, "sample_s": 2.5})


def test_the_stand_in_is_called_as_the_real_pipeline_is():
    real, stand_in = (inspect.signature(kind.refine) for kind in (RefineByAlignPipeline, Answering))
    assert list(stand_in.parameters) == list(real.parameters)


def test_a_pipeline_of_the_real_classes_is_scored(tiny_weights, known):
    pipeline = load_pipeline(str(tiny_weights), torch.device("cpu"), torch.float32)
    score, result = run(pipeline, known, override(RefineConfig(), steps=1, force=True))
    assert score.outside == 0
    assert score.psnr == pytest.approx(metrics.psnr_db(result.refined, known.truth, known.case.mask))
    assert score.iou == pytest.approx(metrics.iou(result.alignments[0].region, known.region))
    assert min(score.align_s, score.sample_s) > 0


@pytest.fixture
def known(cases):
    return read_known_case(cases / "known")


def test_a_perfect_answer_has_perfect_figures(known):
    score, result = run(Answering(known.truth, known.region), known, RefineConfig())
    assert result.refined is known.truth
    assert (score.psnr, score.ssim, score.iou, score.box, score.hit) == (100, pytest.approx(1), 1, 1, 1)
    assert (score.outside, score.confidence, score.align_s, score.sample_s) == (0, 0.9, 1.5, 2.5)


def test_mask_groups_are_scored_together_by_the_least_sure(known):
    left, right = known.region.copy(), known.region.copy()
    left[:, 70:], right[:, :70] = False, False
    score, _ = run(Answering(known.truth, left, right), known, RefineConfig())
    assert score.iou == 1
    assert score.confidence == pytest.approx(0.7)


def test_a_change_outside_the_mask_is_told(known):
    spoiled = known.truth.copy()
    spoiled[0, 0, 0] ^= 64
    score, _ = run(Answering(spoiled, known.region), known, RefineConfig())
    assert score.outside == 64


def test_a_refused_case_is_scored_as_the_image_it_leaves(known):
    score, result = run(Answering(), known, RefineConfig())
    assert result is None
    assert score.psnr < 20
    assert (score.iou, score.hit, score.outside, score.confidence) == (0, 0, 0, 0)


def test_what_is_not_known_is_nan_and_left_out_of_means(known, cases):
    for name in ("truth", "region"):
        (cases / "known" / f"{name}.png").unlink()
    blind, _ = run(Answering(known.truth, known.region), read_known_case(cases / "known"), RefineConfig())
    seen, _ = run(Answering(known.truth, known.region), known, RefineConfig())
    assert np.isnan([blind.psnr, blind.ssim, blind.iou, blind.box, blind.hit]).all()
    assert mean([blind, seen], "psnr") == 100
    assert np.isnan(mean([blind], "psnr"))
