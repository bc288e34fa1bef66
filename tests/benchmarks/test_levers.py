"""What each lever is worth: what is replaced, what is shared, what is counted and printed."""

import inspect
import json
from types import SimpleNamespace

import leaving_out
import levers
import numpy as np
import pytest
from leaving_out import LEVERS
from levers import Row, row_of, table, untouched, worth

from artifix.alignment.locate_result import LocateResult
from artifix.evaluation.cases import read_known_case
from artifix.matching.descriptors import describe_plainly
from artifix.refinement import stage as repainting
from artifix.registration import search as searching
from artifix.registration.content import content_of
from artifix.registration.context_band import BandScore
from artifix.registration.evidence import PLAIN, Evidence
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.search import RankedHypothesis
from artifix.registration.transform import Transform
from artifix.scene import Scene


def found(region=None, confidence=0.9, mirrored=False) -> LocateResult:
    alignment = SimpleNamespace(
        mask=np.zeros((8, 8), bool),
        region=region,
        confidence=confidence,
        repair_confidence=confidence,
        mirrored=mirrored,
        symmetric=False,
        placed="exact",
        tried="tried attention alone",
    )
    return LocateResult((alignment,), {})


class Counting:
    """A pipeline that tells what it was asked."""

    def __init__(self):
        self.asked = []

    def search(self, case, config):
        score = searching.logit_of, searching.verified_logit, searching.ordered
        self.asked.append((searching.register, score, config.alignment.matchers))
        return found()

    def refine(self, case, config, located):
        assert config.alignment.force
        return repainting.match_light_roughly, repainting.foreground, config.refinement.grain, located


@pytest.fixture
def known(cases):
    return read_known_case(cases / "known")


def row(variant: str, structure: float, case: str = "a", **figures) -> Row:
    return Row("mugs", case, variant, structure, 10.0, 20.0, **figures)


def test_what_stands_in_takes_what_it_stands_in_for():
    stand_ins = {
        leaving_out.stay: searching.register,
        leaving_out.logit_of_band: searching.logit_of,
        leaving_out.unverified: searching.verified_logit,
        leaving_out.by_logit: searching.ordered,
        leaving_out.uncorrected: searching.meeting_at_edge,
        leaving_out.shift_means: repainting.match_light_roughly,
        leaving_out.own_all: repainting.foreground,
    }
    for stand_in, original in stand_ins.items():
        assert list(inspect.signature(stand_in).parameters) == list(inspect.signature(original).parameters)


def test_variants_differ_by_one_lever_and_share_the_search_they_leave_alone(known):
    pipeline = Counting()
    results = {name: result for name, _, result in levers.measure(pipeline, known, LEVERS)}
    default, learned, registration, score, edge = pipeline.asked  # five searches for eight variants
    assert learned == (*default[:2], ("sift", "attention"))
    assert registration == (leaving_out.stay, *default[1:])
    assert score == (
        default[0],
        (leaving_out.logit_of_band, leaving_out.unverified, leaving_out.by_logit),
        default[2],
    )
    assert edge == default  # which corrections are made is not counted here
    full = results["default"]
    assert results["no-light"] == (leaving_out.shift_means, *full[1:])
    assert results["no-ownership"] == (full[0], leaving_out.own_all, *full[2:])
    assert results["no-grain"] == (*full[:2], False, full[3])
    assert results["no-score"][:3] == full[:3]


def test_everything_is_put_back(known):
    def replaceable():
        score = searching.logit_of, searching.verified_logit, searching.ordered
        return (
            searching.register,
            searching.meeting_at_edge,
            score,
            repainting.match_light_roughly,
            repainting.foreground,
        )

    before = replaceable()
    for _ in levers.measure(Counting(), known, LEVERS):
        assert replaceable() == before


def test_without_registration_transforms_stay_and_are_told_by_their_likeness(scene):
    picture, mask = scene(120, 120), np.zeros((120, 120), bool)
    mask[50:70, 50:70] = True
    shift = np.array([[1.0, 0, 9], [0, 1, 0], [0, 0, 1]])
    starts = [Transform(matrix) for matrix in (np.eye(3), shift)]
    content = content_of(Scene(picture, mask, picture), describe_plainly)
    (alike, same), (less_alike, other) = leaving_out.stay(content, picture, starts)
    assert same is starts[0]
    assert other is starts[1]
    assert alike > less_alike


def test_without_the_logit_the_band_is_the_probability():
    evidence = Evidence(0.8, *[1.0] * 6, 0.0)
    assert 1 / (1 + np.exp(-leaving_out.logit_of_band(evidence, PLAIN))) == pytest.approx(0.8)
    assert np.isfinite(leaving_out.logit_of_band(Evidence(0.0, *[1.0] * 7), PLAIN))
    support = Support("sift", "similarity", 500, 3.0)
    guess = Hypothesis(Transform(np.eye(3)), support, BandScore(0.9))
    likely, unlikely = (RankedHypothesis(guess, evidence, logit) for logit in (0.2, 0.1))
    assert leaving_out.by_logit([unlikely, likely]) == [likely, unlikely]
    assert leaving_out.unverified(guess, unlikely.evidence) < unlikely.logit


def test_without_light_the_mean_around_the_mask_is_the_images(scene):
    image, mask = scene(60, 60) // 2 + 40, np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    warped, anywhere = image - np.float32([10, 0, -5]), np.ones((60, 60), bool)
    lit = leaving_out.shift_means(warped, anywhere, image, mask, np.ones((60, 60), np.float32))
    assert lit == pytest.approx(image, abs=1e-3)
    hidden = leaving_out.shift_means(warped, mask, image, mask, np.ones((60, 60), np.float32))
    assert np.array_equal(hidden, warped)  # there is nothing to compare


def test_without_ownership_all_that_is_shown_is_pasted(scene):
    valid = np.arange(400).reshape(20, 20) % 3 > 0
    owned = leaving_out.own_all(scene(20, 20), valid, scene(20, 20), ~valid, valid)
    assert owned.dtype == np.float32
    assert np.array_equal(owned, valid)


def test_a_repair_is_compared_with_the_image_as_it_was(known):
    before = untouched(known, "mugs")
    after = row_of(known, before, "default", found(known.region), known.truth)
    assert (before.variant, before.set, before.case) == ("as-is", "mugs", "known")
    assert before.structure < after.structure == pytest.approx(1, abs=1e-3)
    assert (after.colour, after.psnr, after.hit, after.refused, after.repaired) == (0, 100, 1, 0, 1)
    same = row_of(known, before, "default", found(known.region), known.case.image.pixels)
    assert same.repaired == 0


def test_a_reference_box_stands_for_a_region(cases):
    boxed = read_known_case(cases / "boxed")
    inside, outside = (np.zeros((100, 120), bool) for _ in range(2))
    inside[45:50, 65:70], outside[5:10, 5:10] = True, True
    before = untouched(boxed, "mugs")
    hits = [row_of(boxed, before, "default", found(r), boxed.truth).hit for r in (inside, outside)]
    assert hits == [1, 0]


def test_what_is_not_known_is_nan(cases):
    for name in ("truth", "region"):
        (cases / "known" / f"{name}.png").unlink()
    blind = read_known_case(cases / "known")
    picture = blind.case.image.pixels
    scored = row_of(blind, untouched(blind, "mugs"), "default", found(np.ones((100, 120), bool)), picture)
    assert np.isnan([scored.structure, scored.colour, scored.psnr, scored.hit, scored.repaired]).all()
    assert scored.refused == 0


def test_what_would_be_refused_is_counted_though_it_is_repaired():
    assert not levers.is_refused(found())
    assert levers.is_refused(found(confidence=0.49))
    assert levers.is_refused(found(mirrored=True))


def test_worth_is_what_is_lost_case_by_case():
    default = [row("default", s, case) for s, case in ((0.9, "a"), (0.8, "b"), (np.nan, "c"))]
    without = [row("no-score", s, case) for s, case in ((0.5, "b"), (0.8, "a"), (0.3, "c"))]
    assert worth(default, without) == "+0.200 ± 0.100"
    assert worth(default, without[:1]) == "+0.300"
    assert worth(default, []) == ""


def test_the_table_has_a_row_for_each_set_and_variant():
    rows = [
        row("as-is", 0.4),
        row("default", 0.9, hit=1.0, refused=0.0, repaired=1.0),
        row("no-score", 0.6, hit=0.0, refused=1.0, repaired=np.nan),
    ]
    lines = table(rows).splitlines()
    assert lines[2] == "| mugs (1) | as-is | 0.400 | 10.0 | 20.00 |  |  |  |  |"
    assert lines[3] == "| mugs (1) | default | 0.900 | 10.0 | 20.00 | 1.00 | 0.00 | 1.00 |  |"
    assert lines[4] == "| mugs (1) | no-score | 0.600 | 10.0 | 20.00 | 0.00 | 1.00 |  | +0.300 |"
    assert {line.count("|") for line in lines} == {10}


def test_cases_run_through_and_leave_pictures_and_rows(cases, tiny_weights, monkeypatch, capsys):
    monkeypatch.setattr(levers, "check_matchers", lambda *_, **__: [])
    out = cases / "out"
    asked = ["--only", "default", "no-grain", "--weights", tiny_weights, "--device", "cpu", "--out", out]
    assert levers.main(list(map(str, [cases, "--every", 2, *asked]))) == 0
    said = capsys.readouterr().out
    assert f"| {cases.name} (1) | no-grain |" in said
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]
    assert [r["variant"] for r in rows] == ["as-is", "default", "no-grain"]
    assert {r["case"] for r in rows} == {"boxed"}
    assert (out / cases.name / "no-grain" / "boxed" / "refined.png").is_file()


def test_what_cannot_be_measured_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(levers, "check_matchers", lambda *_, **__: [])
    assert levers.main([str(tmp_path)]) == 3
    assert "holds no cases" in capsys.readouterr().err
    for wrong in ([str(tmp_path), "--only", "no-such"], [str(tmp_path)] * 2):
        with pytest.raises(SystemExit):
            levers.main(wrong)
    said = capsys.readouterr().err
    assert "no-such" in said
    assert "two sets have one name" in said
