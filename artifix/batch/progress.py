"""A bar over the rows of a batch: how many, how fast, how long still, how many failed."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SPARSE_S = 30.0  # between two lines where there is no terminal

Show = Callable[[int, int], None]  # rows that ended in this run, and how many of them failed


@contextmanager
def row_progress(total: int, before: int, quiet: bool) -> Iterator[Show]:
    """A callable that shows how a batch stands.

    Args:
        total: rows of the run.
        before: of them done by earlier runs.
        quiet: show nothing.
    """
    if quiet or total == before:
        yield lambda ended, failed: None
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _bar(total, before) as show:
            yield show
    else:
        yield _lines(total, before)


@contextmanager
def _bar(total: int, before: int) -> Iterator[Show]:
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[said]}")
    started_s = time.monotonic()
    with Progress(*columns, console=Terminal(stderr=True), transient=True) as bars:
        task = bars.add_task("rows", total=total, completed=before, said="starting")

        def show(ended: int, failed: int) -> None:
            said = pace(ended, failed, total - before, time.monotonic() - started_s)
            bars.update(task, completed=before + ended, said=said)

        yield show


def _lines(total: int, before: int) -> Show:
    started_s = told_s = time.monotonic()

    def show(ended: int, failed: int) -> None:
        nonlocal told_s
        now_s = time.monotonic()
        if before + ended >= total or now_s - told_s >= _SPARSE_S:
            told_s = now_s
            said = pace(ended, failed, total - before, now_s - started_s)
            sys.stderr.write(f"row {before + ended}/{total}, {said}\n")
            sys.stderr.flush()

    return show


def pace(ended: int, failed: int, wanted: int, seconds: float) -> str:
    """Rate, time left and failures in words.

    Args:
        ended: rows done or failed so far.
        failed: of them.
        wanted: rows to do in all.
        seconds: since the start.
    """
    rate = ended / max(seconds, 1e-9)
    left_s = int((wanted - ended) / rate) if ended else 0
    hours, minutes, rest_s = left_s // 3600, left_s // 60 % 60, left_s % 60
    left = f"{hours}:{minutes:02}:{rest_s:02}" if hours else f"{minutes}:{rest_s:02}"
    told = f"{rate:.2f} rows/s, {left} left" if ended < wanted else f"{rate:.2f} rows/s"
    return f"{told}, {failed} failed" if failed else told
