import errno
import os
import stat

import pytest

from artifix.errors import OutputError
from artifix.writing import UNFINISHED, as_output_error, new_folder, sync_tree, write_file

FULL = OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_new_or_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "results.csv"
    for content in (b"old", b"new"):
        write_file(path, lambda stream, content=content: stream.write(content))
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [FULL, KeyboardInterrupt()])
def test_a_file_stays_as_it_was_if_its_writer_fails_or_is_interrupted(tmp_path, failure):
    path = tmp_path / "results.csv"
    path.write_bytes(b"old")

    def fail(stream):
        stream.write(b"half")
        assert len(list(tmp_path.glob(UNFINISHED))) == 1
        raise failure

    with pytest.raises(type(failure)):
        write_file(path, fail)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_mode_of_the_one_it_replaces_only_where_that_is_asked_for(tmp_path):
    path = tmp_path / "index.toml"
    path.touch()
    path.chmod(0o640)
    write_file(path, lambda stream: stream.write(b"new"), keeps_mode=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    (tmp_path / "plain").touch()
    write_file(path, lambda stream: stream.write(b"newer"))
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_appears_with_its_parents_when_it_is_complete(tmp_path):
    place = tmp_path / "deep" / "pack"
    with new_folder(place) as unfinished:
        (unfinished / "pictures").mkdir()
        (unfinished / "pictures" / "0.jpg").write_bytes(b"new")
        assert not place.exists()
    assert (place / "pictures" / "0.jpg").read_bytes() == b"new"
    assert list(place.parent.iterdir()) == [place]


def half_filled(place, failure):
    with new_folder(place) as unfinished:
        (unfinished / "index.json").write_bytes(b"half")
        raise failure


@pytest.mark.parametrize("failure", [FULL, KeyboardInterrupt()])
def test_a_folder_that_fails_leaves_the_earlier_one_and_no_new_parents(tmp_path, failure):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "index.json").write_bytes(b"old")
    for place in (tmp_path / "pack", tmp_path / "deep" / "down" / "pack"):
        with pytest.raises(type(failure)):
            half_filled(place, failure)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "pack", tmp_path / "pack" / "index.json"]
    assert (tmp_path / "pack" / "index.json").read_bytes() == b"old"


def test_every_file_and_folder_of_a_tree_is_synced(tmp_path, monkeypatch):
    (tmp_path / "unet").mkdir()
    for name in ("model_index.json", "unet/a.safetensors"):
        (tmp_path / name).touch()
    synced, sync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (synced.append(os.fstat(number).st_ino), sync(number)))
    sync_tree(tmp_path)
    assert sorted(synced) == sorted(path.stat().st_ino for path in (tmp_path, *tmp_path.rglob("*")))


@pytest.mark.parametrize(
    ("error", "said", "hint"),
    [
        (FULL, "No space left on device", "free some space, or choose another disk with out"),
        (OSError(errno.EACCES, "Permission denied"), "Permission denied", "choose another folder with out"),
    ],
)
def test_what_the_disk_refuses_is_told_with_the_place_and_a_remedy(tmp_path, error, said, hint):
    refused = pytest.raises(OutputError, match=f"out: cannot be written: {said}")
    with refused as caught, as_output_error(tmp_path / "out"):
        raise error
    assert caught.value.hint == hint


def test_errors_of_a_library_count_as_the_disks_only_where_they_are_named(tmp_path):
    place, cut = tmp_path / "run", RuntimeError("cut")
    refused = pytest.raises(OutputError, match="run: cannot be written: cut")
    with refused as caught, as_output_error(place, "free some", (RuntimeError,)):
        raise cut
    assert caught.value.hint == "free some"
    with pytest.raises(RuntimeError, match="cut"), as_output_error(place):
        raise cut
