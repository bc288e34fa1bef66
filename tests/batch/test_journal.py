"""The journal on the disk."""

import errno
import json
import os

import pytest

from artifix.batch.journal import journal_path, open_journal, read_journals
from artifix.batch.lock import Shard
from artifix.errors import InputError, OutputError

ENTRY = {"id": "a", "status": "done", "fingerprint": "f"}


def written(folder, *entries, shard=Shard()):  # noqa: B008
    with open_journal(folder, shard) as journal:
        for entry in entries:
            journal.append({**ENTRY, **entry})
    return journal_path(folder, shard)


def test_the_latest_entry_of_a_row_counts(tmp_path):
    written(tmp_path, {"status": "failed"}, {"id": "b"}, {"note": "second"})
    entries = read_journals(tmp_path)
    assert set(entries) == {"a", "b"}
    assert entries["a"]["note"] == "second"


def test_the_later_line_counts_where_the_clock_was_set_back(tmp_path, monkeypatch):
    with open_journal(tmp_path, Shard()) as journal:
        for clock, status in ((2000.0, "failed"), (1000.0, "done")):
            monkeypatch.setattr("artifix.batch.journal.time.time", lambda clock=clock: clock)
            journal.append({**ENTRY, "status": status})
    assert read_journals(tmp_path)["a"]["status"] == "done"


def test_later_runs_append(tmp_path):
    written(tmp_path, {"id": "a"})
    written(tmp_path, {"id": "b"})
    assert set(read_journals(tmp_path)) == {"a", "b"}


def test_shards_write_journals_of_their_own_and_all_are_read(tmp_path):
    written(tmp_path, {"status": "failed"})
    path = written(tmp_path, {"note": "later"}, shard=Shard(2, 3))
    assert path.name == "journal-2-of-3.jsonl"
    assert read_journals(tmp_path)["a"]["note"] == "later"


@pytest.mark.parametrize("kept", [0, 1, 17])
def test_a_line_that_a_kill_cut_short_is_no_entry_and_is_taken_away(tmp_path, kept):
    path = written(tmp_path, {"id": "a"}, {"id": "b"})
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(whole[: first + kept])
    assert set(read_journals(tmp_path)) == {"a"}
    written(tmp_path, {"id": "c"})
    assert set(read_journals(tmp_path)) == {"a", "c"}


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"{}",
        b"[" * 100_000,
        b'{"id": 3, "status": "done", "fingerprint": "f", "time": 1.0}',
        b'{"id": "a", "status": "perhaps", "fingerprint": "f", "time": 1.0}',
        b"\xff\xfe",
        b"",
    ],
)
def test_a_strange_line_is_named(tmp_path, line):
    path = written(tmp_path, {"id": "a"})
    with path.open("ab") as stream:
        stream.write(line + b"\n")
    with pytest.raises(InputError, match=r"journal\.jsonl: line 2 is no entry"):
        read_journals(tmp_path)


def test_an_entry_is_on_the_disk_before_append_returns(tmp_path, monkeypatch):
    synced = []
    real, path = os.fsync, journal_path(tmp_path, Shard())
    with open_journal(tmp_path, Shard()) as journal:
        monkeypatch.setattr(
            os, "fsync", lambda descriptor: (real(descriptor), synced.append(path.read_text()))
        )
        journal.append(ENTRY)
        assert synced == [path.read_text()]  # nothing was written after it
    assert ENTRY["id"] in synced[0]


def test_a_disk_that_takes_a_part_of_a_line_gets_the_rest(tmp_path, monkeypatch):
    real = os.write
    with open_journal(tmp_path, Shard()) as journal:
        monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
        journal.append(ENTRY)
    (line,) = journal_path(tmp_path, Shard()).read_text().splitlines()
    assert json.loads(line)["id"] == "a"


def test_a_full_disk_is_an_output_error(tmp_path, monkeypatch):
    def full(descriptor, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_journal(tmp_path, Shard()) as journal:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OutputError, match="No space left") as raised:
            journal.append(ENTRY)
    assert "free some space" in raised.value.hint


def test_a_disk_that_refuses_to_close_takes_nothing_back(tmp_path, monkeypatch):
    close = os.close

    def refuse(descriptor):
        close(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    with open_journal(tmp_path, Shard()) as journal:
        journal.append(ENTRY)
        monkeypatch.setattr(os, "close", refuse)
    monkeypatch.undo()
    assert set(read_journals(tmp_path)) == {"a"}


def test_of_entries_of_one_instant_that_of_the_later_journal_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("artifix.batch.journal.time.time", lambda: 1000.0)
    written(tmp_path, {"note": "first"}, shard=Shard(1, 2))
    written(tmp_path, {"note": "second"}, shard=Shard(2, 2))
    assert read_journals(tmp_path)["a"]["note"] == "second"


def test_only_the_line_that_was_cut_short_is_taken_away(tmp_path):
    path = written(tmp_path, {"id": "a"}, {"id": "b"}, {"id": "c"})
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    written(tmp_path)
    assert path.read_bytes().splitlines(True) == whole.splitlines(True)[:2]


def test_a_new_journal_is_on_the_disk_and_in_its_folder_before_a_row_is_done(tmp_path, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: (synced.append(os.fstat(descriptor).st_ino), real(descriptor))
    )
    with open_journal(tmp_path, Shard()):
        assert synced == [journal_path(tmp_path, Shard()).stat().st_ino, tmp_path.stat().st_ino]


def test_a_journal_is_closed_in_the_end_and_others_may_read_and_none_may_run_it(tmp_path):
    with open_journal(tmp_path, Shard()) as journal:
        descriptor = journal._descriptor
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    mask = os.umask(0)
    os.umask(mask)
    assert journal_path(tmp_path, Shard()).stat().st_mode & 0o777 == 0o666 & ~mask
