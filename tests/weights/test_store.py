"""Where pulled weights lie, and how they go."""

import shutil
from pathlib import Path

import pytest

from artifix.errors import OutputError, WeightsError
from artifix.weights.pulling import pull
from artifix.weights.store import is_pulled, place_of, pulled_names, read_origins, remove, staging_of, store

WHEN = "2026-01-02T03:04:05+00:00"


def test_the_store_is_in_the_users_cache_unless_a_variable_names_another(monkeypatch, tmp_path):
    monkeypatch.setenv("ARTIFIX_WEIGHTS_DIR", str(tmp_path))
    assert store() == tmp_path
    monkeypatch.delenv("ARTIFIX_WEIGHTS_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert store().parts[-2:] == ("artifix", "weights")


@pytest.mark.parametrize("name", ["..", "a/b", "", "/etc"])
def test_what_is_no_name_names_no_folder(place, name):
    with pytest.raises(WeightsError, match="is no name of weights"):
        place_of(name)
    with pytest.raises(WeightsError, match="is no name of weights"):
        remove(name)
    assert not is_pulled(name)


def test_pulled_weights_are_removed_and_nothing_else(online, entry, place):
    (place / "other").mkdir(parents=True)
    assert pulled_names() == []
    pull(entry, WHEN)
    assert pulled_names() == ["tiny"]
    assert remove("tiny") == place / "tiny"
    assert pulled_names() == []
    assert (place / "other").is_dir()


def test_what_an_unfinished_pull_left_is_removed_too(place):
    staging_of("tiny").mkdir(parents=True)
    remove("tiny")
    assert not staging_of("tiny").exists()


def test_what_was_not_pulled_cannot_be_removed(place):
    with pytest.raises(WeightsError, match="tiny: is not among the pulled weights") as caught:
        remove("tiny")
    assert "pulled are: none" in caught.value.hint


def test_a_disk_that_does_not_let_go_is_told(place, monkeypatch):
    (place / "tiny").mkdir(parents=True)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(OutputError, match="tiny: cannot be deleted: Permission denied"):
        remove("tiny")


@pytest.mark.parametrize("text", ["", "sources = 3", "[[sources]]\nrepo = 'a'", "\x00"])
def test_a_source_that_tells_nothing_is_refused(tmp_path, text):
    (tmp_path / "source.toml").write_text(text)
    with pytest.raises(WeightsError, match=r"source.toml: cannot be read"):
        read_origins(tmp_path)


def test_pulled_weights_without_their_sums_are_refused(online, entry, place):
    from artifix.weights.verification import verify_weights

    folder = pull(entry, WHEN)
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(WeightsError, match="SHA256SUMS: is missing"):
        verify_weights(folder)
