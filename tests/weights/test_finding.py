import pytest

from artifix.errors import WeightsError
from artifix.weights import finding
from artifix.weights.finding import bundled_names, find_weights


@pytest.fixture
def bundled(weights_folder, monkeypatch):
    monkeypatch.setattr(finding, "SEARCHED", (weights_folder.parent,))
    return weights_folder


def test_weights_are_found_by_name_by_folder_and_by_environment(bundled, tmp_path, monkeypatch):
    assert find_weights("small") == bundled
    assert find_weights(str(bundled)) == bundled
    monkeypatch.setenv("ARTIFIX_WEIGHTS", "small")
    assert find_weights(None) == bundled
    assert bundled_names() == ["small"]


def test_an_unknown_name_is_answered_with_those_there_are(bundled):
    with pytest.raises(WeightsError, match="large: no such weights; bundled are: small"):
        find_weights("large")


def test_without_any_weights_the_answer_says_so(bundled, monkeypatch):
    monkeypatch.setattr(finding, "SEARCHED", ())
    with pytest.raises(WeightsError, match="bundled are: none"):
        find_weights(None)


def test_a_folder_of_something_else_is_refused(bundled, tmp_path):
    with pytest.raises(WeightsError, match="holds no model_index.json"):
        find_weights(str(tmp_path))
