"""Is the confidence a probability: who is a stranger, what is fitted, what is printed."""

import json

import confidence
import numpy as np
import pytest


def row(is_right: bool, trust: float, certainty: float, sure: float = 0.5, is_own: bool = True):
    return confidence.Row("a", "b", is_own, is_right, sure, trust, certainty, "attention", 0.0)


@pytest.fixture
def folders(tmp_path):
    """Cases of two objects, told apart by what they were made of."""
    sources = {"a-0": "train_shoe_1.jpg", "a-1": "test_shirt_2.jpg", "b-0": "dataset_milk.jpg"}
    entries = [{"case": name, "source": source} for name, source in sources.items()]
    (tmp_path / "index.json").write_text(json.dumps(entries))
    return [tmp_path / name for name in sources]


def test_another_object_is_one_of_another_source(folders):
    assert [confidence.stranger_of(folders, i).name for i in range(2)] == ["b-0", "b-0"]
    assert confidence.stranger_of(folders, 2).name in ("a-0", "a-1")


def test_without_an_index_names_tell_objects_apart(tmp_path):
    folders = [tmp_path / name for name in ("cover-1-0", "cover-1-1", "cover-2-0")]
    assert confidence.stranger_of(folders, 0).name == "cover-2-0"
    assert confidence.stranger_of(folders[:2], 0) is None


def test_odds_tell_right_from_wrong_whatever_their_numbers():
    rng = np.random.default_rng(0)
    right = [row(True, trust, 0.9) for trust in rng.uniform(0.5, 0.9, 60)]
    wrong = [row(False, trust, 0.6) for trust in rng.uniform(0.1, 0.4, 15)]
    by_trust, by_certainty, bias = confidence.fit([*right, *wrong, *wrong[:5]])
    assert min(by_trust, by_certainty) > 0
    assert by_trust * 0.7 + by_certainty * 0.9 + bias > 0 > by_trust * 0.25 + by_certainty * 0.6 + bias


def test_a_field_that_leads_nowhere_teaches_nothing():
    rows = [row(True, 0.8, 0.9), row(False, 0.2, 0.5)]
    assert confidence.fit([*rows, *[row(True, 0.0, 0.2)] * 50]) == pytest.approx(confidence.fit(rows))


def test_reliability_and_refusals_are_counted(capsys):
    rows = [row(True, 0.9, 0.9, 0.97), row(True, 0.3, 0.6, 0.3), row(False, 0.2, 0.5, 0.1, is_own=False)]
    confidence.print_reliability(rows)
    confidence.print_refusals(rows, 0.5)
    said = capsys.readouterr().out
    assert "| 0.2 to 0.4 | 1 | 0.30 | 1.00 |" in said
    assert "| references of another object | 1 | 1.000 |" in said
    assert "| right locations | 2 | 0.500 |" in said
    assert "| wrong locations in the right reference | 0 | nan |" in said
