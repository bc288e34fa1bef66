"""A whole batch: rows that are not done yet are done, then tables and the report of all are written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from artifix.batch.journal import read_journals
from artifix.batch.lock import Shard
from artifix.batch.plan import Planned, share_of
from artifix.batch.results import results_of, write_results
from artifix.batch.run import Engine, Tally, Tell, do_rows, opened
from artifix.interruption import Stop
from artifix.setting_names import Spelling, as_keyword

# Given the rows of a run and those done before, what is told after every row.
Watch = Callable[[int, int], AbstractContextManager[Tell]]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What is to be done."""

    planned: Sequence[Planned]  # all rows of the manifest
    out: Path  # the folder for the results
    shard: Shard  # which of the rows are those of this run
    title: str  # of the report
    facts: Mapping[str, str]  # told at its top
    spell: Spelling = as_keyword  # how settings are named in what is told

    @property
    def share(self) -> list[Planned]:
        """The rows of this run."""
        return share_of(self.planned, self.shard)

    def left(self) -> list[Planned]:
        """Those of them that are not done.

        Raises:
            OutputError: a journal cannot be read.
        """
        entries = read_journals(self.out)
        return [one for one in self.share if not one.is_done(self.out, entries.get(one.row.id))]


@contextmanager
def unwatched(total: int, before: int) -> Iterator[Tell]:
    """Tells nobody."""
    yield lambda ended, failed: None


def run_batch(
    job: Job,
    engine: Engine,
    *,
    anew: bool = False,
    most_failures: int | None = None,
    stop: Stop | None = None,
    watch: Watch = unwatched,
) -> Tally:
    """Do the rows that are not done, and write results.csv, results.jsonl and report.html of all.

    Args:
        job: what is to be done.
        engine: does the rows.
        anew: do those too that are done already.
        most_failures: the run ends when so many rows have failed; None never.
        stop: the run ends when it asks so.
        watch: is told after every row.

    Returns:
        How the run ended.

    Raises:
        OutputError: another run is at work in the folder, or the disk refuses; nothing is half-written.
        ArtifixError: the engine cannot start.
    """
    with opened(job.out, job.shard, job.spell) as journal:
        share = job.share
        wanted = share if anew else job.left()
        tally = Tally(len(share), len(share) - len(wanted), most_failures=most_failures, stop=stop or Stop())
        with watch(tally.total, tally.done_before) as tell:
            do_rows(wanted, job.out, journal, engine, tally, tell)
        results = results_of(job.planned, read_journals(job.out), job.out)
        write_results(job.out, results, job.title, job.facts)
    return tally
