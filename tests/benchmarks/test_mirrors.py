"""Mirrored references: how cases are mirrored, and what is counted."""

from dataclasses import replace
from types import SimpleNamespace

import mirrors
import numpy as np
import pytest
from mirrors import Row, measure, mirrored, summary, told

from artifix.alignment.choice import refusal_of
from artifix.alignment.locate_result import LocateResult
from artifix.evaluation.cases import read_known_case


@pytest.fixture
def known(cases):
    return read_known_case(cases / "known")


class Seeing:
    """A pipeline that finds the true region in the reference and in its mirror image."""

    def __init__(self, known, notices=True, confidence=0.9):
        self.known, self.notices, self.confidence, self.refined = known, notices, confidence, []

    def search(self, case, config):
        is_turned = not np.array_equal(case.reference.rgb, self.known.case.reference.rgb)
        alignment = SimpleNamespace(
            region=self.known.region[:, ::-1] if is_turned else self.known.region,
            mask=case.mask,
            mirrored=is_turned and self.notices,
            symmetric=False,
            confidence=self.confidence if is_turned else 0.9,
            repair_confidence=0.9,
            placed="exact",
            tried="tried attention alone",
        )
        return LocateResult((alignment,), {}, refusal_of((alignment,), config.alignment))

    def refine(self, case, config, located):
        located.check_for_repair(config.alignment)
        self.refined.append(config.alignment.allow_mirror)
        return SimpleNamespace(refined=self.known.truth)


def test_the_reference_and_its_region_are_mirrored_and_nothing_else(known):
    turned = mirrored(known)
    assert np.array_equal(turned.case.reference.rgb, known.case.reference.rgb[:, ::-1])
    assert np.array_equal(turned.case.reference.pixels, known.case.reference.pixels[:, ::-1])
    assert np.array_equal(turned.region, known.region[:, ::-1])
    assert turned.case.image is known.case.image
    assert turned.truth is known.truth
    assert np.array_equal(mirrored(turned).region, known.region)


def test_transparency_is_mirrored_too(known):
    alpha = np.arange(120, dtype=np.uint8)[None].repeat(100, 0)
    clear = replace(known, case=replace(known.case, reference=replace(known.case.reference, alpha=alpha)))
    assert np.array_equal(mirrored(clear).case.reference.alpha, alpha[:, ::-1])
    assert mirrored(replace(known, region=None)).region is None


def test_what_is_noticed_is_refused_and_used_where_it_is_allowed(known):
    pipeline = Seeing(known)
    row = measure(pipeline, known)
    assert row.is_refused_as_mirrored
    assert (row.is_noticed, row.is_used, row.is_right, row.is_mistaken, row.hit) == (True,) * 3 + (False, 1)
    assert row.structure == row.plain_structure == pytest.approx(1, abs=1e-3)
    assert pipeline.refined == [True, False]


def test_what_is_not_noticed_is_used_and_not_right(known):
    row = measure(Seeing(known, notices=False), known)
    assert row.refusal == ""
    assert row.is_used
    assert not row.is_right


def test_what_is_unsure_is_refused_for_that(known):
    row = measure(Seeing(known, confidence=0.2), known)
    assert "confidence 0.20" in row.refusal
    assert (row.is_refused_as_mirrored, row.is_used, row.is_right) == (False,) * 3
    assert np.isnan(row.structure)
    assert row.plain_structure == pytest.approx(1, abs=1e-3)


def test_the_summary_counts(capsys):
    right = Row("a", "shows the part mirrored", True, True, 1.0, 0.8, 0.9, False)
    rows = [
        right,
        replace(right, hit=0.0, structure=0.6),
        replace(right, hit=float("nan"), structure=float("nan"), is_mistaken=True),
        replace(right, refusal="", is_noticed=False, structure=0.1, plain_structure=float("nan")),
        replace(right, refusal="nothing matches", is_used=False, structure=float("nan")),
    ]
    assert summary("mugs", rows) == "| mugs (5) | 3 | 1 | 1 | 2 | 0.700 / 0.900 (2) | 1 |"
    assert mirrors.HEAD.splitlines()[0].count("|") == summary("mugs", rows).count("|")
    assert "refused as mirrored; allowed: right" in told(right)
    assert "AS IT IS TAKEN FOR MIRRORED" in told(rows[2])
    assert "not noticed, and used" in told(rows[3])


def test_what_holds_no_cases_is_refused(tmp_path, capsys):
    assert mirrors.main([str(tmp_path)]) == 3
    assert "holds no cases" in capsys.readouterr().err
