import json

import pytest

from artifix.errors import InputError, OutputError
from artifix.evaluation.bench.methods import Method
from artifix.evaluation.bench.predictions import MadeWith, Shelf, left, mark, require_free, require_same
from artifix.outputs.save import save_result

MADE = MadeWith(
    {"kind": "artifix", "settings": {"refinement": {"steps": 4}, "seed": 0}},
    {"a": {"mask": "1", "image": "2"}, "b": {"mask": "3", "image": "4"}},
)


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path / "run", Method("artifix", "artifix"))
    shelf.open(MADE)
    return shelf


def changed(config=None, inputs=None):
    return MadeWith(config or MADE.config, inputs or MADE.inputs)


def test_predictions_made_alike_are_kept(shelf):
    require_same(shelf, MADE)
    require_same(shelf, changed(inputs={"b": MADE.inputs["b"], "new": {"mask": "5"}}))


def test_another_setting_is_named_with_both_values(shelf):
    other = {"kind": "artifix", "settings": {"refinement": {"steps": 1}, "seed": 0}}
    with pytest.raises(OutputError, match=r"settings\.refinement\.steps was 4 and is 1") as caught:
        require_same(shelf, changed(other))
    assert "overwrite" in caught.value.hint


def test_another_input_is_named_with_its_case(shelf):
    with pytest.raises(OutputError, match="made otherwise: mask of b is another$"):
        require_same(shelf, changed(inputs={**MADE.inputs, "b": {"mask": "9", "image": "4"}}))


def test_a_setting_that_is_new_is_a_difference_too(shelf):
    with pytest.raises(OutputError, match="weights was none and is big"):
        require_same(shelf, changed({**MADE.config, "weights": "big"}))


def test_cases_of_an_earlier_run_stay_known(shelf):
    shelf.open(changed(inputs={"c": {"mask": "7"}}))
    with pytest.raises(OutputError, match="mask of a is another"):
        require_same(shelf, changed(inputs={"a": {"mask": "8"}}))


def test_a_prediction_is_there_when_its_folder_is_whole(shelf, groups):
    assert [group.name for group in left(shelf, groups)] == ["case-0", "case-1", "case-2"]
    files = {"refined.png": b"1", "record.json": b'{"status": "done"}'}
    save_result(shelf.place("case-1"), files)
    (shelf.folder / "case-2").mkdir()
    assert [group.name for group in left(shelf, groups)] == ["case-0", "case-2"]
    assert shelf.record("case-1")["status"] == "done"


def test_fingerprints_follow_picture_and_region(shelf):
    save_result(shelf.place("x"), {"refined.png": b"1", "record.json": b"{}"})
    first = shelf.fingerprint("x")
    (shelf.place("x") / "region.png").write_bytes(b"2")
    second = shelf.fingerprint("x")
    (shelf.place("x") / "refined.png").write_bytes(b"3")
    assert len({first, second, shelf.fingerprint("x")}) == 3


def test_what_somebody_changed_is_told_with_a_remedy(shelf):
    save_result(shelf.place("x"), {"refined.png": b"1", "record.json": b"[]"})
    for tried in (lambda: shelf.record("x"), lambda: shelf.record("y")):
        with pytest.raises(InputError, match="is nothing that bench wrote") as caught:
            tried()
        assert "made anew" in caught.value.hint
    (shelf.folder / "cache.json").write_text(json.dumps({"config": 3}))
    with pytest.raises(InputError, match=r"cache\.json: is nothing that bench wrote"):
        shelf.differences(MADE)
    (shelf.place("x") / "refined.png").unlink()
    with pytest.raises(InputError, match=r"refined\.png: cannot be read"):
        shelf.fingerprint("x")


def test_clearing_takes_scores_along(shelf):
    scores = shelf.out / "scores" / "artifix"
    scores.mkdir(parents=True)
    shelf.clear()
    assert not shelf.folder.exists()
    assert not scores.exists()


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.tex").touch()
    with pytest.raises(OutputError, match="holds no earlier run of bench"):
        require_free(tmp_path / "notes", [])
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="exists and is a file"):
        require_free(tmp_path / "file", [])
    require_free(tmp_path / "new", [])
    mark(tmp_path / "run")
    require_free(tmp_path / "run", [])


def test_a_run_does_not_lie_around_its_inputs(tmp_path):
    mark(tmp_path)
    (tmp_path / "a.png").touch()
    with pytest.raises(OutputError, match="holds inputs"):
        require_free(tmp_path, [tmp_path / "a.png"])
