"""From answers to figures and tables."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from artifix.evaluation.study.answers import read_answers
from artifix.evaluation.study.files import scored_files, scored_record
from artifix.evaluation.study.raters import raters_of
from artifix.evaluation.study.scoring import scores_of
from tests.evaluation.study.conftest import drawn_study, saved_answers, write_answers


def scored(folder, study, *choosers):
    """The figures of raters who choose so."""
    paths = [
        write_answers(folder, saved_answers(study, f"r{number}", choose))
        for number, choose in enumerate(choosers)
    ]
    return scores_of(study, read_answers(paths, study), 0.95)


def preferring(*methods):
    """A rater for whom methods are the better the earlier they stand."""
    return lambda question: tuple(sorted(question.methods.values(), key=methods.index))


def tied(question):
    return ()


def test_preferences_are_counted_by_method_and_pair(tmp_path):
    study = drawn_study({("a", "b"): 3, ("a", "c"): 2, ("b", "c"): 1})
    ((score),) = scored(tmp_path, study, preferring("a", "b", "c"), preferring("b", "a", "c"))
    by_name = {one.method: one for one in score.methods}
    assert (by_name["a"].preferred.count, by_name["a"].preferred.of) == (3 + 4, 10)
    assert (by_name["b"].preferred.count, by_name["b"].preferred.of) == (3 + 2, 8)
    assert (by_name["c"].preferred.count, by_name["c"].preferred.of) == (0, 6)
    counts = [(p.first, p.second, p.preferred.count, p.preferred.of) for p in score.pairs]
    assert counts == [("a", "b", 3, 6), ("a", "c", 4, 4), ("b", "c", 2, 2)]
    assert score.agreement == pytest.approx(0.5)
    assert score.questions == 6


def test_an_order_gives_every_pair_in_it_and_the_first_of_all(tmp_path):
    study = drawn_study({("a", "b", "c"): 4})
    (score,) = scored(tmp_path, study, *[preferring("b", "a", "c")] * 3, preferring("c", "a", "b"))
    by_name = {one.method: one for one in score.methods}
    assert [(p.preferred.count, p.preferred.of) for p in score.pairs] == [(4, 16), (12, 16), (12, 16)]
    assert (by_name["b"].first.count, by_name["b"].first.of) == (12, 16)
    assert (by_name["a"].first.count, by_name["c"].first.count) == (0, 4)
    assert by_name["b"].rank == 1


def test_no_difference_leaves_shares_alone_and_is_half_a_win_of_each_for_strengths(tmp_path):
    study = drawn_study({("a", "b"): 10}, ties=True)
    (score,) = scored(tmp_path, study, preferring("a", "b"), tied)
    a, b = score.methods
    assert (a.preferred.count, a.preferred.of, a.ties, b.ties) == (10, 10, 10, 10)
    assert a.strength - b.strength == pytest.approx(np.log(3))
    assert (a.rank, b.rank) == (1, 2)


def test_where_a_method_always_wins_there_is_no_strength_and_it_is_said(tmp_path):
    study = drawn_study({("a", "b"): 4, ("b", "c"): 4})
    (score,) = scored(tmp_path, study, preferring("a", "b", "c"), preferring("a", "c", "b"))
    assert all(np.isnan(one.strength) for one in score.methods)
    assert [one.rank for one in score.methods] == [1, 3, 2]  # by share: 1, .25, .5
    assert "some methods always won against some others" in score.notes[0]


def test_where_methods_were_never_compared_it_is_said(tmp_path):
    study = drawn_study({("a", "b"): 4, ("c", "d"): 4})
    (score,) = scored(tmp_path, study, preferring("a", "b", "c", "d"), preferring("b", "a", "d", "c"))
    assert "never compared" in score.notes[0]
    assert "a, b; c, d" in score.notes[0]


def test_one_rater_has_nobody_to_agree_with(tmp_path):
    (score,) = scored(tmp_path, drawn_study({("a", "b"): 4}), preferring("a", "b"))
    assert np.isnan(score.kappa)
    assert "no agreement: it takes two raters" in score.notes


def files_of(folder, study, *choosers):
    paths = [
        write_answers(folder, saved_answers(study, f"r{number}", choose))
        for number, choose in enumerate(choosers)
    ]
    answers = read_answers(paths, study)
    raters = raters_of(study, answers, [], 0)
    scores = scores_of(study, answers, 0.95)
    return scored_files(scores, raters, 0.95, scored_record(study, scores, raters, 0.95, 0))


def test_tables_hold_odd_names_and_what_is_not_known(tmp_path):
    odd = "50%_a|b & <c>"
    study = drawn_study({(odd, "plain"): 3}, parts=("realism", "fidelity"))
    files = files_of(tmp_path, study, preferring(odd, "plain"))
    markdown, latex = files["scores.md"].decode(), files["scores.tex"].decode()
    assert r"| 1 | 50%\_a\|b & \<c\> | 3 | 3 | 0 | 1.000 [0.292, 1.000] | - |" in markdown
    assert r"50\%\_a|b \& <c> & 100.0 [29.2, 100.0] & -- & 100.0 [29.2, 100.0] & -- \\" in latex
    record = json.loads(files["record.json"])
    assert record["parts"][0]["methods"][0]["strength"] is None
    assert record["parts"][0]["methods"][0]["preferred"]["value"] == 1
    first, *rows = files["methods.csv"].decode().splitlines()
    assert first.startswith("part,method,rank,preferred_count,preferred_of,preferred_share")
    assert len(rows) == 4
    assert len(files["pairs.csv"].decode().splitlines()) == 3


def test_the_chart_is_a_picture_of_all_parts(tmp_path):
    study = drawn_study({("a", "b"): 3}, parts=("realism", "fidelity"))
    choosers = [preferring("a", "b"), preferring("b", "a")]
    wide, high = Image.open(io.BytesIO(files_of(tmp_path, study, *choosers)["scores.png"])).size
    assert wide > 1000
    assert high > 400
