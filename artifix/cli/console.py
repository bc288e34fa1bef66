"""What a command says: results on stdout, everything else on stderr."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any

from artifix.cli.options import as_option
from artifix.progress import Progress
from artifix.setting_names import spelled

_STAGES = {
    "load": "load weights",
    "align": "find the match",
    "sample": "repaint",
    "check": "check the cases",
    "ablate": "read the layers",
    "predict": "make predictions",
    "score": "score them",
    "pull": "fetch, MB",
    "measure": "measure the masks",
    "draw": "draw the rows",
}
_SPARSE_S = 5.0  # at least between two lines of progress where there is no terminal


@dataclass(frozen=True, slots=True)
class Console:
    """The two streams of a command."""

    quiet: bool = False  # nothing but errors, and the JSON if asked for
    json: bool = False  # the result as a record instead of a sentence
    pictures: bool = False  # stdout is for a picture: the result is told on stderr

    def note(self, text: str) -> None:
        """Tell something worth knowing, on stderr."""
        if not self.quiet:
            print(spelled(text, as_option), file=sys.stderr, flush=True)

    def result(self, sentence: str, record: Mapping[str, Any]) -> None:
        """Tell the result on stdout."""
        if self.pictures:
            self.note(sentence)
        elif self.json:
            print(json.dumps(record, sort_keys=True), flush=True)
        elif not self.quiet:
            print(sentence, flush=True)

    def text(self, text: str) -> None:
        """Tell a result that is a text of its own on stdout."""
        if self.quiet:
            return
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        if text.encode(encoding, "replace").decode(encoding) != text:
            self.note(f"{encoding} cannot show all of it: the rest is escaped")
        sys.stdout.write(text)
        sys.stdout.flush()

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A callable (stage, done, total): a bar on a terminal, now and then a line elsewhere."""
        if self.quiet:
            yield lambda stage, done, total: None
        elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            with _bars() as show:
                yield show
        else:
            yield _lines()


@contextmanager
def escaping() -> Iterator[None]:
    """What a stream cannot show is written as escapes meanwhile.

    The code page of a console or of a redirection, and bytes of odd file names, are no reason to fail.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, TextIOWrapper)]
    before = [stream.errors for stream in streams]
    for stream in streams:
        stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        for stream, errors in zip(streams, before, strict=True):
            stream.reconfigure(errors=errors)


def tell_error(problem: str, hint: str) -> None:
    """The two lines every failure ends with, on stderr."""
    print(f"error: {problem}", file=sys.stderr)
    if hint:
        print(f" hint: {hint}", file=sys.stderr)


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    tasks: dict[str, TaskID] = {}
    with Bars(*columns, console=Terminal(stderr=True), transient=True) as bars:

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def _lines() -> Progress:
    told: dict[str, float] = {}  # when each stage was last told of [s]

    def show(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total or now - told.setdefault(stage, now) >= _SPARSE_S:
            told[stage] = now
            print(f"{_STAGES.get(stage, stage)} {done}/{total}", file=sys.stderr, flush=True)

    return show
