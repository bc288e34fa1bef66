import csv
import io
from pathlib import Path

import numpy as np
import pytest

from artifix.evaluation.bench.scoring import ScoredCase
from artifix.evaluation.bench.summary import summed_up, told_of
from artifix.evaluation.bench.tables import cases_csv, latex, markdown
from artifix.evaluation.scores.scorer import Column
from artifix.outputs.encode import encode_json

NAN = float("nan")
COLUMNS = (
    Column("psnr", "dB", "higher", 1),
    Column("colour", "", "lower", 1),
    Column("nothing", "", "higher", 1),
    Column("refused", "", "lower", 2),
    Column("seconds", "s", "lower", 1),
)


def scored(method, values, colour=1.0, seconds=2.0):
    tasks = ["try-on", "composition"] * len(values)
    return [
        ScoredCase(
            method, f"c{i}", tasks[i], i == 0, seconds, {"psnr": v, "colour": colour, "nothing": NAN}, Path()
        )
        for i, v in enumerate(values)
    ]


@pytest.fixture
def scopes():
    random = np.random.default_rng(0)
    base = random.normal(20, 3, 12)
    all_of = [
        *scored("ours", base + 5),
        *scored("theirs", base, colour=1.0),
        *scored("half", base[:6], 3.0, NAN),
    ]
    return summed_up(all_of, ["ours", "theirs", "half"], COLUMNS, ["composition", "try-on"]), base, all_of


def test_tasks_and_all_are_summed_up(scopes):
    found, base, _ = scopes
    assert [(scope.name, scope.cases) for scope in found] == [("all", 12), ("composition", 6), ("try-on", 6)]
    assert found[0].estimates["theirs"]["psnr"].mean == pytest.approx(base.mean())
    assert found[2].estimates["theirs"]["psnr"].mean == pytest.approx(base[::2].mean())
    assert found[0].estimates["ours"]["refused"].mean == pytest.approx(1 / 12)


def test_columns_without_any_figure_are_left_out(scopes):
    assert [column.name for column in scopes[0][0].columns] == ["psnr", "colour", "refused", "seconds"]


def test_one_task_alone_is_not_told_twice(scopes):
    assert len(summed_up(scopes[2][:12], ["ours"], COLUMNS, ["try-on"])) == 1


def test_the_best_is_so_at_the_digits_shown_and_on_as_many_cases_as_any(scopes):
    whole = scopes[0][0]
    assert whole.best(COLUMNS[0]) == {"ours"}
    assert whole.best(COLUMNS[1]) == {"ours", "theirs"}
    assert whole.best(COLUMNS[4]) == {"ours", "theirs"}  # half has no time


def test_a_difference_of_every_case_is_sure_and_none_is_not(scopes):
    whole = scopes[0][0]
    assert whole.differs("psnr", "theirs", "ours")
    assert whole.differs("psnr", "ours", "theirs")
    assert not whole.differs("colour", "theirs", "ours")
    pairs = [(one.first, one.second) for one in whole.compared if one.column == "psnr"]
    assert pairs == [("ours", "theirs"), ("ours", "half"), ("theirs", "half")]
    smallest = next(one for one in whole.compared if one.column == "psnr")
    assert smallest.corrected_p == pytest.approx(3 * smallest.result.p)


def test_what_is_told_is_json(scopes):
    told = told_of(scopes[0][0])
    encode_json(told)
    assert told["methods"]["half"]["seconds"] == {"mean": None, "low": None, "high": None, "cases": 0}
    assert told["compared"][0]["difference"]["mean"] == pytest.approx(5)


def test_the_csv_has_a_row_for_each_prediction_and_empty_cells(scopes):
    rows = list(csv.DictReader(io.StringIO(cases_csv(scopes[2], COLUMNS).decode())))
    assert len(rows) == 30
    assert rows[0]["method"] == "ours"
    assert float(rows[0]["psnr"]) == pytest.approx(scopes[1][0] + 5, abs=1e-6)
    assert rows[0]["nothing"] == rows[-1]["seconds"] == ""
    assert float(rows[0]["refused"]) == 1


def test_markdown_tells_mean_interval_best_and_difference(scopes):
    text = markdown(scopes[0], ["ours", "theirs", "half"], "a run").decode()
    assert "| method | psnr [dB] ↑ | colour ↓ | refused ↓ | seconds [s] ↓ |" in text
    line = next(line for line in text.splitlines() if line.startswith("| theirs"))
    mean = scopes[1].mean()
    assert f"| {mean:.1f}† [" in line
    assert "| **1.0** [1.0, 1.0] |" in line
    assert "(n=6)" in next(line for line in text.splitlines() if line.startswith("| half"))
    assert text.count("## ") == 3


def test_latex_escapes_and_balances(scopes):
    renamed = [ScoredCase("a_b&c", *[getattr(one, f) for f in one.__slots__[1:]]) for one in scopes[2][:12]]
    text = latex(summed_up(renamed, ["a_b&c"], COLUMNS, []), ["a_b&c"]).decode()
    assert r"a\_b\&c & \textbf{" in text
    assert r"psnr [dB] $\uparrow$" in text
    assert r"95\%" in text
    for word in ("table", "tabular"):
        assert text.count(rf"\begin{{{word}}}") == text.count(rf"\end{{{word}}}") == 1
    assert text.count("{") == text.count("}")
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert body.count("&") - body.count(r"\&") == 4
