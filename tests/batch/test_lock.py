"""Two runs on one folder."""

import errno
import os
import subprocess
import sys
from itertools import product

import pytest

from artifix.batch.lock import Shard, locked, parse_shard
from artifix.errors import OutputError, UsageError

HOLD = """
import sys
from pathlib import Path
from artifix.batch.lock import locked, parse_shard
with locked(Path(sys.argv[1]), parse_shard(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    """Hold a shard in another process."""
    holders = []

    def hold(shard):
        command = [sys.executable, "-c", HOLD, tmp_path, shard]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert holder.stdout.readline() == "held\n"
        holders.append(holder)
        return holder

    yield hold
    for holder in holders:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize(("theirs", "mine"), [("1/1", "1/1"), ("2/3", "2/3"), ("1/1", "2/2"), ("1/2", "1/3")])
def test_a_second_run_over_the_same_rows_is_refused(held, tmp_path, theirs, mine):
    held(theirs)
    with pytest.raises(OutputError, match="is at work there"), locked(tmp_path, parse_shard(mine)):
        pytest.fail("it was let in")


def test_other_shards_of_as_many_work_side_by_side(held, tmp_path):
    held("1/3")
    held("3/3")
    with locked(tmp_path, Shard(2, 3)):
        pass


def test_a_killed_run_holds_nothing(held, tmp_path):
    holder = held("1/1")
    holder.kill()
    holder.wait()
    with locked(tmp_path, Shard()):
        pass


def test_the_lock_ends_with_the_run(tmp_path):
    for _ in range(2):
        with pytest.raises(RuntimeError), locked(tmp_path, Shard()):
            raise RuntimeError


def test_a_disk_without_locks_is_told(tmp_path, monkeypatch):
    def refuse(*arguments, **named):
        raise OSError("no locks available")

    monkeypatch.setattr("artifix.batch.lock.FileLock.acquire", refuse)
    with pytest.raises(OutputError, match="cannot be locked: no locks"), locked(tmp_path, Shard()):
        pytest.fail("it was let in")


@pytest.mark.parametrize(
    "text", ["", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/2", "1.0/2", "²/3", "9" * 5000]
)
def test_what_is_no_share_is_refused(text):
    with pytest.raises(UsageError, match="is no share"):
        parse_shard(text)


def test_shares_hold_every_row_once():
    for count, position in product(range(1, 6), range(20)):
        assert sum(Shard(index, count).holds(position) for index in range(1, count + 1)) == 1


def test_a_lock_that_cannot_be_given_back_ends_with_the_process(tmp_path, monkeypatch):
    close = os.close

    def refuse(descriptor):
        close(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    with locked(tmp_path, Shard()):
        monkeypatch.setattr(os, "close", refuse)
    monkeypatch.undo()
    with locked(tmp_path, Shard()):
        pass
