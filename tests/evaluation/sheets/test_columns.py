"""Columns by their words."""

import pytest

from artifix.errors import UsageError
from artifix.evaluation.sheets.columns import LAYOUTS, Column, check_methods, columns_of


def test_words_become_columns_with_titles_and_views():
    assert columns_of("image, reference:zoom ,ours+zoom", []) == [
        Column("image", "Input and mask"),
        Column("reference", "Reference (detail)", "zoom"),
        Column("ours", "Ours", "inset"),
    ]


def test_others_are_all_methods_in_their_order_but_ours():
    columns = columns_of("others:zoom,ours", ["B", "ours", "A"])
    assert [(one.shows, one.title, one.view) for one in columns] == [
        ("B", "B (detail)", "zoom"),
        ("A", "A (detail)", "zoom"),
        ("ours", "Ours", "whole"),
    ]


def test_titles_are_taken_one_for_each():
    assert [one.title for one in columns_of("image,ours", [], ["Before", "After"])] == ["Before", "After"]
    with pytest.raises(UsageError, match="1 titles for 2 columns"):
        columns_of("image,ours", [], ["Before"])


@pytest.mark.parametrize("text", ["foo", "image,", "image:big", "Telea"])
def test_unknown_words_are_refused_with_what_is_known(text):
    with pytest.raises(UsageError, match="unknown column") as error:
        columns_of(text, ["AnyDoor"])
    assert "correspondence" in error.value.hint


def test_no_column_at_all_is_refused():
    with pytest.raises(UsageError, match="leaves no column"):
        columns_of("others", [])


@pytest.mark.parametrize("names", [["truth"], ["a,b"], [""], ["x:zoom"], ["A", "A"]])
def test_methods_need_a_name_of_their_own(names):
    with pytest.raises(UsageError):
        check_methods(names)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("methods", [[], ["A", "B"]])
def test_every_layout_names_known_columns(name, methods):
    shown = {one.shows for one in columns_of(LAYOUTS[name].columns, methods)}
    assert "image" in shown
    assert "ours" in shown
