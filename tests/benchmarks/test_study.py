"""Planted preferences of many raters, found again."""

import numpy as np
import pytest

from artifix.cli.app import main
from artifix.evaluation.study.raters import raters_of
from artifix.evaluation.study.scoring import scores_of

LEVEL = 0.95


@pytest.fixture(scope="module")
def script(benchmark_script):
    return benchmark_script("study")


@pytest.mark.parametrize(("form", "questions"), [("pairs", 50), ("rank", 10)])
def test_planted_preferences_of_a_thousand_raters_are_found_within_the_intervals(script, form, questions):
    study = script.simulated_study(form, questions, 0)
    answers = script.simulated_raters(study, 1000, np.random.default_rng((0, 0)))
    raters = raters_of(study, answers, [], 0)
    out = {one.rater for one in raters if one.left_out}
    assert 80 <= len(out) <= 100  # chance passes all four checks of one blind rater in sixteen
    assert all(name.startswith("blind") for name in out)
    kept = [one for one in answers if not one.rater.startswith("blind")]
    found = {"shares": [], "pairs": [], "strengths": [], "ranking": []}
    for score in scores_of(study, kept, LEVEL):
        for name, values in script.held(study, score).items():
            found[name] += values
    assert all(found["ranking"])
    # Of 8, 12 and 8 intervals of .95 so few may miss that less happens once in a thousand studies.
    assert len(found["shares"]) - sum(found["shares"]) <= 3
    assert len(found["pairs"]) - sum(found["pairs"]) <= 4
    assert len(found["strengths"]) - sum(found["strengths"]) <= 3


@pytest.mark.parametrize(("form", "questions"), [("pairs", 12), ("rank", 4)])
def test_intervals_hold_what_was_planted_as_often_as_they_say(script, form, questions):
    found = {"shares": [], "pairs": [], "strengths": []}
    for number in range(15):
        study = script.simulated_study(form, questions, number)
        answers = script.simulated_raters(study, 20, np.random.default_rng(number))
        kept = [one for one in answers if not one.rater.startswith("blind")]
        for score in scores_of(study, kept, LEVEL):
            held = script.held(study, score)
            for name, values in found.items():
                values += held[name]
    assert np.mean(found["shares"]) > 0.91
    assert np.mean(found["pairs"]) > 0.91
    assert 0.88 < np.mean(found["strengths"]) < 0.99


def test_simulated_files_are_taken_as_those_of_the_page(script, tmp_path, capsys):
    study = script.simulated_study("pairs", 10, 1)
    answers = script.simulated_raters(study, 20, np.random.default_rng(1))
    script.write(tmp_path / "sim", study, answers)
    key, out = tmp_path / "sim" / "key.json", tmp_path / "out"
    arguments = ["study", "score", str(tmp_path / "sim" / "answers"), "--key", str(key), "--out", str(out)]
    assert main(arguments) == 0
    assert "ours first" in capsys.readouterr().out
