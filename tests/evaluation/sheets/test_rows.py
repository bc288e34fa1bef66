"""Which cases a figure is of."""

import json
from pathlib import Path

import pytest

from artifix.errors import InputError, UsageError
from artifix.evaluation.sheets.rows import SheetRow, chosen_rows, rows_of


@pytest.fixture
def save_run(tmp_path):
    """Write a folder of results: save_run(folder, ...) with further entries of its record."""

    def save(name: str, **more) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        inputs = {
            kind: {"name": f"{kind}.png", "sha256": "0" * 64} for kind in ("image", "mask", "reference")
        }
        (folder / "record.json").write_text(json.dumps({"command": "refine", "inputs": inputs, **more}))
        return folder

    return save


def names(*paths: Path) -> list[str]:
    return [row.name for row in rows_of(paths)]


def test_runs_are_found_at_any_depth_in_the_order_of_their_names(tmp_path, save_run):
    for name in ("batch/rows/b", "batch/rows/a", "alone", ".hidden/c"):
        save_run(name)
    save_run("other", command="ablate")
    (tmp_path / "batch" / "notes.txt").write_text("no run")
    assert names(tmp_path) == ["alone", "a", "b"]
    assert names(tmp_path / "batch" / "rows" / "b", tmp_path / "alone") == ["b", "alone"]


def test_results_beside_an_image_have_its_name_and_more_of_it_where_that_is_not_enough(tmp_path, save_run):
    save_run("one/gen-artifix")
    assert names(tmp_path) == ["gen"]
    save_run("two/gen-artifix")
    assert names(tmp_path) == ["one-gen", "two-gen"]


def test_a_run_that_is_named_twice_is_one_row(tmp_path, save_run):
    run = save_run("a")
    assert names(tmp_path, run) == ["a"]


def test_cases_without_runs_are_rows_too(cases):
    rows = rows_of([cases])
    assert [(row.name, row.is_run, row.told) for row in rows] == [("boxed", False, ""), ("known", False, "")]
    assert names(cases / "known") == ["known"]


def test_what_holds_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no results of artifix"):
        rows_of([tmp_path])
    with pytest.raises(InputError, match="nothere: no such folder"):
        rows_of([tmp_path / "nothere"])


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "cannot be read as JSON"), ('{"command": "refine"}', "does not tell name and sha256")],
)
def test_a_broken_record_is_refused_with_its_file(tmp_path, text, said):
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(InputError, match=f"record.json: {said}"):
        rows_of([tmp_path])


def test_the_least_sure_part_speaks_for_a_row():
    groups = [
        {"placed": "exact", "confidence": 1.0, "repair_confidence": 0.9},
        {"placed": "rough", "confidence": 0.7, "repair_confidence": 0.31},
    ]
    said = "placed: rough; confidence 0.70 in the place, 0.31 in the repair"
    assert SheetRow("a", Path(), {"groups": groups}).told == said
    assert SheetRow("a", Path(), {"groups": groups, "refused": "why"}).told == f"refused: {said}"


def rows(*given: str) -> list[SheetRow]:
    return [SheetRow(name, Path(name)) for name in given]


def test_rows_are_chosen_in_the_order_asked_for_and_grouped():
    chosen = chosen_rows(rows("mug", "can", "cup", "clock"), ["Vessels=mug, c?p", "c*k"])
    assert [(row.name, row.group) for row in chosen] == [
        ("mug", "Vessels"),
        ("cup", "Vessels"),
        ("clock", ""),
    ]
    assert len(chosen_rows(rows("a", "b"), [])) == 2


@pytest.mark.parametrize("wanted", [["mug", "cat"], ["Title="], [","]])
def test_rows_that_are_not_there_are_refused(wanted):
    with pytest.raises(UsageError, match="rows"):
        chosen_rows(rows("mug"), wanted)
