"""Rows are done by an engine, and what comes of each is written before the next: folder, then journal."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from artifix.batch.journal import Journal, open_journal
from artifix.batch.lock import STATE, Shard, locked
from artifix.batch.plan import ROWS, Planned
from artifix.batch.task import Failure, Outcome, Task, failure_of
from artifix.errors import OutputError
from artifix.interruption import Stop
from artifix.outputs.save import check_output, require_run_folder, save_result
from artifix.setting_names import Spelling, as_keyword
from artifix.writing import UNFINISHED, as_output_error

# Does tasks in any order, and asks before every further one whether to go on.
Engine = Callable[[Iterable[Task], Callable[[], bool]], Iterator[Outcome]]
Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Tally:
    """How a run stands."""

    total: int  # rows of this run's share
    done_before: int = 0
    done: int = 0
    failed: int = 0
    most_failures: int | None = None  # the run ends when there are so many
    stop: Stop = field(default_factory=Stop)

    def may_go_on(self) -> bool:
        """Whether a further row may be begun."""
        return not self.stop.asked and (self.most_failures is None or self.failed < self.most_failures)

    def sentence(self, seconds: float) -> str:
        """How the run ended after so many seconds, for a person."""
        rate = (self.done + self.failed) / max(seconds, 1e-9)
        before = f", {self.done_before} were done before" if self.done_before else ""
        pace = f"{seconds:.0f} s, {rate:.2f} rows/s"
        return f"{self.done} rows done{before}, {self.failed} failed ({pace})"

    def told(self) -> dict[str, int]:
        """The counts, for a record."""
        counts = {"rows": self.total, "done": self.done, "done_before": self.done_before}
        return {**counts, "failed": self.failed}


def require_batch_folder(out: Path) -> None:
    """Refuse a folder that holds something else than an earlier run of a batch.

    Raises:
        OutputError: it does, or is a file.
    """
    require_run_folder(out, STATE, "batch")


@contextmanager
def opened(out: Path, shard: Shard, spell: Spelling = as_keyword) -> Iterator[Journal]:
    """The folder of a batch, made if it is not there, held and ready to be written.

    Raises:
        OutputError: another run is at work there, or the disk refuses.
    """
    require_batch_folder(out)
    with as_output_error(out):
        (out / STATE).mkdir(parents=True, exist_ok=True)  # first: it marks the folder as a batch
        (out / ROWS).mkdir(exist_ok=True)
    with locked(out, shard), open_journal(out, shard, spell) as journal:
        if shard.count == 1:  # what others are writing now looks just the same
            _clear_away(out)
        yield journal


def _clear_away(out: Path) -> None:
    """What killed runs left half-written."""
    with as_output_error(out):
        for path in [*out.glob(UNFINISHED), *(out / ROWS).glob(UNFINISHED)]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def do_rows(
    wanted: Sequence[Planned],
    out: Path,
    journal: Journal,
    engine: Engine,
    tally: Tally,
    tell: Tell = lambda ended, failed: None,
) -> None:
    """Do rows, and keep what comes of each: its folder first, then its line in the journal.

    Args:
        wanted: the rows to do.
        out: the batch's folder, opened.
        journal: of this run.
        engine: does them.
        tally: is kept up to date.
        tell: called after every row with how many have ended in this run, and how many of them failed.

    Raises:
        OutputError: a result or the journal cannot be written; nothing is half-written.
        ArtifixError: the engine cannot start.
    """
    by_id = {one.row.id: one for one in wanted}
    for outcome in engine(_tasks(wanted, out, journal, tally, tell), tally.may_go_on):
        _keep(by_id[outcome.id], outcome, out, journal, tally)
        tell(tally.done + tally.failed, tally.failed)


def _tasks(
    wanted: Sequence[Planned], out: Path, journal: Journal, tally: Tally, tell: Tell
) -> Iterator[Task]:
    """The tasks of the rows whose folders could be written; the others fail here, before any work."""
    for one in wanted:
        try:
            check_output(one.folder(out), overwrite=True, inputs=_inputs(one.task))
        except OutputError as error:
            _keep(one, Outcome(one.row.id, failure=failure_of(error)), out, journal, tally)
            tell(tally.done + tally.failed, tally.failed)
        else:
            yield one.task


def _inputs(task: Task) -> list[Path]:
    return [place for place in task.request.places if isinstance(place, Path)]


def _keep(one: Planned, outcome: Outcome, out: Path, journal: Journal, tally: Tally) -> None:
    entry: dict[str, Any] = {"id": one.row.id, "line": one.row.line, "fingerprint": one.fingerprint}
    if outcome.failure is None:
        save_result(one.folder(out), outcome.files, overwrite=True, inputs=_inputs(one.task))
        tally.done += 1
        entry["status"] = "done"
    else:
        tally.failed += 1
        entry["status"] = "failed"
        entry |= _told(outcome.failure)
    journal.append({**entry, **outcome.told})


def _told(failure: Failure) -> dict[str, Any]:
    return {name: value for name, value in asdict(failure).items() if value != ""}
