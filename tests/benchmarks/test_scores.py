"""What the scores say of results known to be good and bad."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def scores(benchmark_script):
    return benchmark_script("scores")


def test_the_table_has_a_row_for_each_column_and_tells_truth_from_artifact(scores, cases, capsys):
    assert scores.main([str(cases), "--scores", "seam", "outside"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == ["seam", "outside_max", "outside_mean"]
    assert lines[2].endswith("| 2 / 0 / 0 |")  # the drawn artifacts are black
    assert lines[3].endswith("| 0 / 2 / 0 |")


def test_medians_leave_out_what_is_not_said(scores):
    figures = np.array([[0.0] * 5 + [1.0], [0.2] * 5 + [0.2], [np.nan] * 6])
    assert scores.summary("lower", figures) == [*["0.1"] * 5, "0.6", "1 / 1 / 1"]
    assert scores.summary("higher", figures)[-1] == "0 / 1 / 1"
