"""Where things stand on a figure."""

import numpy as np
import pytest

from artifix.evaluation.sheets.config import FigureConfig
from artifix.evaluation.sheets.grid import Cell, DrawnRow, grid_of, page_of
from artifix.evaluation.sheets.rows import SheetRow

CONFIG = FigureConfig(width=100, dpi=254)  # 10 pixels a millimetre


def rows(grid, *groups, height=50):
    picture = np.zeros((height, grid.cell, 3), np.uint8)
    cells = [Cell(picture)] * grid.columns
    return [
        DrawnRow(SheetRow(str(number), None, {}, group), height, cells) for number, group in enumerate(groups)
    ]


@pytest.mark.parametrize("across", [1, 2, 3])
@pytest.mark.parametrize(("grouped", "named"), [(False, False), (True, True)])
def test_all_pictures_lie_inside_and_none_on_another(across, grouped, named):
    grid = grid_of(CONFIG, 3, across, grouped, named, False)
    page = page_of(grid, ["a", "b", "c"], rows(grid, "x", "x", "y", "y", "y"), False)
    assert page.width == 1000
    covered = np.zeros((page.height, page.width), int)
    for left, top, picture in page.pictures:
        assert left >= 0
        assert left + picture.shape[1] <= page.width
        assert top + picture.shape[0] <= page.height
        covered[top : top + picture.shape[0], left : left + picture.shape[1]] += 1
    assert len(page.pictures) == 15
    assert covered.max() == 1


def test_a_new_group_begins_a_new_line_under_a_rule_and_is_named_beside_it():
    grid = grid_of(CONFIG, 1, 2, True, False, False)
    page = page_of(grid, ["a"], rows(grid, "x", "x", "x", "y"), False)
    tops = sorted({top for _, top, _ in page.pictures})
    assert len(tops) == 3
    assert len(page.rules) == 1
    assert tops[1] + 50 < page.rules[0] < tops[2]
    named = {text.text: text for text in page.texts if text.bold}
    assert named["x"].y == (tops[0] + tops[1] + 50) / 2
    assert named["y"].y == tops[2] + 25


def test_titles_stand_over_their_columns_for_every_case_of_a_line():
    grid = grid_of(CONFIG, 2, 2, False, False, False)
    page = page_of(grid, ["a", "b"], rows(grid, "", "", ""), False)
    titles = [text.text for text in page.texts]
    assert titles == ["a", "b", "a", "b"]
    alone = page_of(grid, ["a", "b"], rows(grid, ""), False)
    assert [text.text for text in alone.texts] == ["a", "b"]
    left, _, picture = page.pictures[1]
    assert page.texts[1].x == pytest.approx(left + picture.shape[1] / 2, abs=1)


def test_a_gap_is_framed_and_has_its_word():
    grid = grid_of(CONFIG, 2, 1, False, False, False)
    row = DrawnRow(
        SheetRow("a", None), 50, [Cell(None, "refused"), Cell(np.zeros((50, grid.cell, 3), np.uint8))]
    )
    page = page_of(grid, ["a", "b"], [row], False)
    assert len(page.empty) == len(page.pictures) == 1
    assert "refused" in [text.text for text in page.texts]


def test_too_many_columns_have_no_room():
    assert grid_of(CONFIG, 30, 1, False, False, False) is None
    assert grid_of(CONFIG, 10, 1, False, False, False) is not None
