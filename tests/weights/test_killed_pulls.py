"""A pull that is killed anywhere goes on, and gives whole weights that were checked."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import huggingface_hub
import pytest

from artifix.weights.catalogue import Entry
from artifix.weights.pulling import pull
from artifix.weights.verification import verify_weights

WHEN = "2026-01-02T03:04:05+00:00"
POINTS = 20  # of each kind
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"}


def start(work: Callable[[], object]) -> int:
    """Begin `work` in a process of its own; returns its id."""
    huggingface_hub.close_session()  # two processes cannot share a connection
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def watched_pull(entry: Entry, store: Path, die_at: int = 0) -> int:
    """Pull, and die at the `die_at`-th touch of something in the store; returns how many there were."""
    seen = 0

    def watch(event: str, arguments: tuple) -> None:
        nonlocal seen
        if event in EVENTS and str(store) in str(arguments[0]):
            seen += 1
            if seen == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    pull(entry, WHEN)
    return seen


def require_finished(entry: Entry, store: Path, expected: dict, contents: Callable) -> None:
    """The same command goes on, and what it gives is whole; the store is empty afterwards."""
    folder = pull(entry, WHEN)
    assert contents(folder) == expected
    assert verify_weights(folder)
    shutil.rmtree(store)


def check_touches(entry: Entry, store: Path, expected: dict, contents: Callable, points: int) -> int:
    """Killed before it touches something, at moments spread over all; returns how many there are."""
    told = store.with_name("touches")
    os.waitpid(start(lambda: told.write_text(str(watched_pull(entry, store)))), 0)
    shutil.rmtree(store)
    count = int(told.read_text())
    for point in range(points):
        number = 1 + point * (count - 1) // (points - 1)
        ended = os.waitpid(start(partial(watched_pull, entry, store, number)), 0)[1]
        assert os.WTERMSIG(ended) == signal.SIGKILL, f"touch {number} of {count}"
        require_finished(entry, store, expected, contents)
    return count


def check_bytes(online, entry: Entry, store: Path, expected: dict, contents: Callable, points: int) -> None:
    """Killed when the Hub has sent a part of it; the rest is fetched, and hardly anything twice."""
    total = sum(map(len, expected.values()))
    for point in range(points):
        online.sent.clear()
        online.halt_at = total * (2 * point + 1) // (2 * points)
        online.halted.clear()
        online.go_on.clear()
        child = start(partial(pull, entry, WHEN))
        assert online.halted.wait(20)
        time.sleep(0.05)  # what was sent arrives
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        online.halt_at = None
        online.go_on.set()
        require_finished(entry, store, expected, contents)
        assert sum(online.sent.values()) <= total + 64 * 1024  # what was under way when it was killed


def test_a_pull_killed_at_three_of_its_steps_goes_on(online, entry, place, expected, contents):
    assert check_touches(entry, place, expected, contents, 3) > 20


def test_a_pull_killed_in_the_middle_of_a_file_goes_on(online, entry, place, expected, contents):
    check_bytes(online, entry, place, expected, contents, 2)


@pytest.mark.slow
def test_a_pull_killed_anywhere_goes_on(online, entry, place, expected, contents):
    check_touches(entry, place, expected, contents, POINTS)
    check_bytes(online, entry, place, expected, contents, POINTS)
