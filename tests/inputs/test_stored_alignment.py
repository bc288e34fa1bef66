"""The file alignment.json: read, checked against the case, refused."""

import json

import numpy as np
import pytest

from artifix.config import AlignmentConfig
from artifix.errors import InputError
from artifix.inputs.arrays import case_from_arrays
from artifix.inputs.stored_alignment import FORMAT, read_stored_alignment, settings_of


@pytest.fixture
def case(scene):
    mask = np.zeros((40, 50), bool)
    mask[10:20, 10:20] = True
    return case_from_arrays(scene(40, 50), mask, scene(60, 70))


@pytest.fixture
def write(case, tmp_path):
    """Write an alignment.json for the case, with some of its values exchanged or (None) left out."""

    def write(**changed):
        np.save(tmp_path / "map.npy", np.zeros((60, 70), np.float32))
        told = {
            "format": FORMAT,
            "inputs": {kind: {"name": kind, "sha256": digest} for kind, digest in case.digests.items()},
            "settings": {"zoom": False},
            "correspondence": "map.npy",
            "groups": [{"source": "sift"}],
        }
        told = {name: value for name, value in (told | changed).items() if value is not None}
        (tmp_path / "alignment.json").write_text(json.dumps(told))
        return tmp_path / "alignment.json"

    return write


def test_what_was_written_is_read(write, case):
    stored = read_stored_alignment(write(), case)
    assert stored.groups == [{"source": "sift"}]
    assert stored.settings == {"zoom": False}
    assert stored.correspondence.shape == (60, 70)


def test_the_map_may_be_left_out(write, case):
    assert read_stored_alignment(write(correspondence=None), case).correspondence is None


@pytest.mark.parametrize("name", ["format", "inputs", "settings", "groups"])
def test_what_is_missing_is_named(write, case, name):
    with pytest.raises(InputError, match=f"holds no {name}"):
        read_stored_alignment(write(**{name: None}), case)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"groups": 5}', "\x00"])
def test_other_files_are_refused(case, tmp_path, text):
    (tmp_path / "alignment.json").write_text(text)
    with pytest.raises(InputError, match=r"alignment.json: "):
        read_stored_alignment(tmp_path / "alignment.json", case)


def test_a_later_format_is_refused(write, case):
    with pytest.raises(InputError, match=f"format {FORMAT + 1}, this version reads {FORMAT}"):
        read_stored_alignment(write(format=FORMAT + 1), case)


@pytest.mark.parametrize("kind", ["image", "mask", "reference"])
def test_an_alignment_of_other_files_is_refused_by_name(write, case, kind):
    inputs = {k: {"name": "mine.png", "sha256": "0" if k == kind else d} for k, d in case.digests.items()}
    with pytest.raises(InputError, match=rf"made for another {kind} \(mine.png"):
        read_stored_alignment(write(inputs=inputs), case)


@pytest.mark.parametrize("name", ["../map.npy", "/etc/passwd", 7, ""])
def test_a_map_elsewhere_is_not_read(write, case, name):
    with pytest.raises(InputError, match="not the name of a file beside it"):
        read_stored_alignment(write(correspondence=name), case)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((60, 70)),
        np.zeros((9, 9), np.float32),
        np.full((60, 70), 2, np.float32),
        np.full((60, 70), np.nan, np.float32),
        np.array([{}], object),
    ],
    ids=["double", "small", "beyond 1", "nan", "pickle"],
)
def test_a_map_that_is_none_is_refused(write, case, tmp_path, array):
    path = write(correspondence="other.npy")
    np.save(tmp_path / "other.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=r"other.npy: is no"):
        read_stored_alignment(path, case)


def test_a_missing_map_is_refused(write, case):
    with pytest.raises(InputError, match=r"gone.npy: no such file"):
        read_stored_alignment(write(correspondence="gone.npy"), case)


def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path):
    path = tmp_path / "alignment.json"
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="is no JSON"):
        read_stored_alignment(path, None)  # it is refused before the case is asked


def test_how_it_was_found_stays_and_what_is_good_enough_is_what_is_asked_for_now(write, case):
    stored = read_stored_alignment(write(settings={"zoom": False, "min_confidence": 0.25}), case)
    settled = settings_of(stored, AlignmentConfig(strict=True, transform=False))
    assert settled == AlignmentConfig(zoom=False, min_confidence=0.25, strict=True)
