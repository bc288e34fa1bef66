import errno
import os
import shutil
from pathlib import Path

import pytest

from artifix import writing
from artifix.errors import ExitCode, OutputError
from artifix.outputs.save import STAGES, check_output, save_result, stage_file

FILES = {"refined.png": b"new pixels", "record.json": b"{}\n"}
EARLIER = {"refined.png": b"old pixels", "record.json": b"{}\n"}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_result_is_written_with_its_parents(tmp_path):
    save_result(tmp_path / "a" / "b" / "out", FILES)
    assert contents(tmp_path / "a" / "b" / "out") == FILES
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["out"]


def test_an_empty_folder_may_be_filled(out):
    out.mkdir()
    save_result(out, FILES)
    assert contents(out) == FILES


def test_a_relative_folder_is_made_where_the_user_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_result(Path("out"), FILES)
    assert contents(tmp_path / "out") == FILES


def test_files_and_folders_are_synced_before_the_folder_gets_its_name(out, monkeypatch):
    events = []
    sync, rename = os.fsync, Path.rename
    monkeypatch.setattr(os, "fsync", lambda number: (events.append("sync"), sync(number)))
    monkeypatch.setattr(Path, "rename", lambda self, to: (events.append("rename"), rename(self, to))[1])
    save_result(out, FILES)
    assert events == ["sync", "sync", "sync", "rename", "sync"]


def test_an_earlier_result_stays_unless_overwriting(out):
    save_result(out, EARLIER)
    with pytest.raises(OutputError, match="out: exists") as caught:
        save_result(out, FILES)
    assert "pass overwrite=True to" in caught.value.hint
    assert caught.value.exit_code == ExitCode.OUTPUT
    assert contents(out) == EARLIER


def test_overwriting_replaces_the_earlier_result_and_leaves_nothing_beside_it(out, tmp_path):
    save_result(out, {**EARLIER, "overview.png": b"old"})
    save_result(out, FILES, overwrite=True)
    assert contents(out) == FILES
    assert list(tmp_path.iterdir()) == [out]


def test_overwriting_replaces_pictures_of_stages_too_however_many_there_were(out):
    pictures = {stage_file(stage, group): b"old" for stage in STAGES for group in (0, 1, 8, 41)}
    save_result(out, {**EARLIER, **pictures})
    check_output(out, overwrite=True)
    save_result(out, FILES, overwrite=True)
    assert contents(out) == FILES


@pytest.mark.parametrize(
    "name",
    [
        "stage-7-mine.png",
        "stage-1-map-1.png",
        "stage-1-map-02.png",
        "stage-1-map.png.bak",
        "my-stage-1-map.png",
    ],
)
def test_a_file_that_is_only_called_like_a_picture_of_a_stage_is_never_deleted(out, name):
    save_result(out, EARLIER)
    (out / name).write_text("mine")
    with pytest.raises(OutputError, match="which is no result"):
        save_result(out, FILES, overwrite=True)
    assert (out / name).read_text() == "mine"


@pytest.mark.parametrize(
    ("group", "name"),
    [(0, "stage-6-matches.png"), (1, "stage-6-matches-2.png"), (9, "stage-6-matches-10.png")],
)
def test_pictures_of_further_parts_are_numbered(group, name):
    assert stage_file("6-matches", group) == name


def test_a_folder_that_is_no_result_is_never_deleted(out):
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"has no record\.json, so it is no earlier result"):
        save_result(out, FILES, overwrite=True)
    assert (out / "thesis.tex").read_text() == "years of work"


def test_a_users_own_file_among_the_results_is_never_deleted(out):
    save_result(out, EARLIER)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"also holds notes\.txt") as caught:
        save_result(out, FILES, overwrite=True)
    assert "move it away" in caught.value.hint
    assert (out / "notes.txt").exists()


def test_a_file_in_the_folders_place_is_kept(out):
    out.write_text("a file")
    with pytest.raises(OutputError, match="exists and is a file"):
        save_result(out, FILES, overwrite=True)
    assert out.read_text() == "a file"


def test_an_input_is_not_used_as_the_folder(out):
    out.write_text("an image")
    with pytest.raises(OutputError, match="is the input"):
        check_output(out, overwrite=True, inputs=[out])


def test_a_result_used_as_input_is_not_overwritten(out):
    save_result(out, EARLIER)
    with pytest.raises(OutputError, match=r"holds the input .*refined\.png, which would be lost"):
        save_result(out, FILES, overwrite=True, inputs=[out / "refined.png"])
    assert contents(out) == EARLIER


def test_an_input_reached_by_a_link_is_recognised(out, tmp_path):
    save_result(out, EARLIER)
    (tmp_path / "link.png").symlink_to(out / "refined.png")
    with pytest.raises(OutputError, match="holds the input"):
        check_output(out, overwrite=True, inputs=[tmp_path / "link.png"])


def test_overwriting_through_a_link_keeps_the_link(out, tmp_path):
    save_result(out, EARLIER)
    (tmp_path / "link").symlink_to(out)
    save_result(tmp_path / "link", FILES, overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert contents(out) == FILES


def test_the_current_folder_is_not_exchanged_under_the_users_feet(out, monkeypatch):
    out.mkdir()
    monkeypatch.chdir(out)
    with pytest.raises(OutputError, match="is the current folder") as caught:
        check_output(Path())
    assert "inside it" in caught.value.hint


def test_a_mounted_disk_is_refused_before_the_work():
    with pytest.raises(OutputError, match="or a mounted disk"):
        check_output(Path("/proc"))


def test_a_parent_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file is a file, not a folder"):
        check_output(tmp_path / "file" / "out")


def test_an_unwritable_parent_is_refused_before_the_work(out, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(OutputError, match="is not writable") as caught:
        check_output(out)
    assert "with out" in caught.value.hint


def test_a_name_too_long_for_the_disk_is_refused(tmp_path):
    with pytest.raises(OutputError, match="cannot be written: File name too long"):
        check_output(tmp_path / ("a" * 300))


def test_checking_writes_nothing(out, tmp_path):
    check_output(out / "deep")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_or_ctrl_c_while_writing_leaves_no_trace(out, tmp_path, monkeypatch, failure, overwrite):
    if overwrite:
        save_result(out, EARLIER)
    before = sorted(tmp_path.rglob("*"))

    def fail(number):
        raise failure

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((OutputError, KeyboardInterrupt)) as caught:
        save_result(out if overwrite else out / "new" / "deep", FILES, overwrite=overwrite)
    if isinstance(failure, OSError):
        assert "No space left on device" in caught.value.problem
        assert "free some space" in caught.value.hint
    assert sorted(tmp_path.rglob("*")) == before
    assert not overwrite or contents(out) == EARLIER


@pytest.mark.parametrize("failure", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_an_earlier_result_is_put_back_if_the_exchange_fails(out, tmp_path, monkeypatch, failure):
    save_result(out, EARLIER)
    rename = Path.rename

    def fail_for_the_new(self, to):
        if self.suffix == ".tmp":
            raise failure
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        save_result(out, FILES, overwrite=True)
    assert contents(out) == EARLIER
    assert list(tmp_path.iterdir()) == [out]


def test_ctrl_c_after_the_exchange_keeps_the_new_result_only(out, tmp_path, monkeypatch):
    save_result(out, EARLIER)
    rename = Path.rename

    def interrupt_after(self, to):
        rename(self, to)
        if self.suffix == ".tmp":
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupt_after)
    with pytest.raises(KeyboardInterrupt):
        save_result(out, FILES, overwrite=True)
    assert contents(out) == FILES
    assert list(tmp_path.iterdir()) == [out]


def test_a_replaced_result_that_cannot_be_deleted_is_reported_not_fatal(out, monkeypatch, caplog):
    save_result(out, EARLIER)

    def refuse(path, **options):
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(writing.shutil, "rmtree", refuse)
    save_result(out, FILES, overwrite=True)
    assert contents(out) == FILES
    assert "could not be deleted" in caplog.text
    monkeypatch.undo()
    assert shutil.rmtree is not refuse


def test_a_replaced_result_goes_even_where_the_folder_cannot_be_synced(out, tmp_path, monkeypatch):
    save_result(out, {"record.json": b"old"})
    plain = writing.sync_folder

    def refuse(folder):
        if folder == out.parent:
            raise OSError(errno.EIO, "Input/output error")
        plain(folder)

    monkeypatch.setattr(writing, "sync_folder", refuse)
    with pytest.raises(OutputError, match="Input/output error"):
        save_result(out, {"record.json": b"new"}, overwrite=True)
    assert (out / "record.json").read_bytes() == b"new"
    assert list(tmp_path.rglob(".artifix-*")) == []
