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


def test_pulled_weights_come_after_bundled_ones_of_the_same_name(bundled, monkeypatch, tmp_path):
    monkeypatch.setenv("ARTIFIX_WEIGHTS_DIR", str(tmp_path / "store"))
    for name in ("small", "dinov2-small"):
        (tmp_path / "store" / name).mkdir(parents=True)
        (tmp_path / "store" / name / "source.toml").write_text("")
    assert find_weights("small") == bundled
    assert find_weights("dinov2-small") == tmp_path / "store" / "dinov2-small"
    monkeypatch.setenv("ARTIFIX_WEIGHTS", "dinov2-small")
    assert find_weights(None) == tmp_path / "store" / "dinov2-small"


@pytest.mark.usefixtures("bundled")
def test_known_weights_that_are_not_here_are_told_with_size_licence_and_how_to_get_them():
    with pytest.raises(WeightsError, match="klein-4b: is not here yet: 16.0 GB under Apache-2.0") as caught:
        find_weights("klein-4b")
    assert caught.value.hint == "get it by: artifix weights pull klein-4b"


@pytest.mark.usefixtures("bundled")
@pytest.mark.parametrize(("asked", "near"), [("smal", "small"), ("klein4b", "klein-4b")])
def test_a_slip_in_a_name_is_answered_with_those_that_are_near(asked, near):
    with pytest.raises(WeightsError) as caught:
        find_weights(asked)
    assert f"did you mean {near}" in caught.value.hint


@pytest.mark.parametrize("name", ["../small", "./small/../small", "small/"])
def test_a_name_leads_nowhere_but_to_its_folder(bundled, monkeypatch, tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(WeightsError, match="no such weights"):
        find_weights(name)
