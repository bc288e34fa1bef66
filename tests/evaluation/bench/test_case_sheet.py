from pathlib import Path

import numpy as np
import pytest

from artifix.evaluation.bench.case_sheet import PANEL_PX, Picked, case_sheet, picked, ranked_by
from artifix.evaluation.bench.scoring import ScoredCase
from artifix.evaluation.bench.truth_scores import Likeness, Location
from artifix.outputs.encode import encode_png

COLUMNS = [*Likeness.columns, *Location.columns]
NAN = float("nan")


def scored(values, name="psnr"):
    return [
        ScoredCase("m", f"c{i:02d}", "try-on", False, 1.0, {name: value}, Path())
        for i, value in enumerate(values)
    ]


def test_cases_are_ranked_by_the_first_figure_that_is_known():
    assert ranked_by(scored([1.0]), "m", COLUMNS).name == "psnr"
    assert ranked_by(scored([NAN, 3.0], "structure"), "m", COLUMNS).name == "structure"
    assert ranked_by(scored([1.0], "hit"), "m", COLUMNS).name == "hit"
    assert ranked_by(scored([NAN]), "m", COLUMNS) is None


def test_best_median_and_worst_are_picked():
    chosen = picked(scored([*range(20), NAN]), "m", COLUMNS[0])
    assert [one.value for one in chosen] == [19, 18, 17, 11, 10, 9, 2, 1, 0]
    assert [one.rank for one in chosen] == ["best"] * 3 + ["median"] * 3 + ["worst"] * 3
    lowest = picked(scored(range(20), "colour"), "m", COLUMNS[3])
    assert [one.value for one in lowest][:3] == [0, 1, 2]


@pytest.mark.parametrize(("count", "ranks"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_few_cases_are_picked_once(count, ranks):
    chosen = picked(scored(range(count)), "m", COLUMNS[0])
    assert len(chosen) == len({one.case for one in chosen}) == ranks


def test_a_sheet_shows_what_every_method_made(groups, tmp_path):
    green = np.zeros((160, 180, 3), np.uint8)
    green[..., 1] = 200
    (tmp_path / "refined.png").write_bytes(encode_png(green))
    by_name = {group.name: group for group in groups}
    chosen = [Picked("best", "case-0", 0.9), Picked("worst", "case-1", 0.1)]
    sheet = case_sheet(chosen, COLUMNS[2], ["m", "none"], by_name, {("m", "case-0"): tmp_path})
    assert sheet.shape[1] > 5 * PANEL_PX
    is_green = (sheet == (0, 200, 0)).all(-1)
    assert is_green.sum() > 0.9 * PANEL_PX**2
    assert is_green[: len(sheet) // 2].sum() == is_green.sum()
