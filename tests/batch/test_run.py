"""A batch from plan to results, without a network."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from artifix.batch.job import Job, run_batch
from artifix.batch.journal import read_journals
from artifix.batch.lock import Shard
from artifix.batch.results import COLUMNS, results_of, safe_cell, write_results
from artifix.batch.run import Tally, do_rows, opened, require_batch_folder
from artifix.batch.task import Failure, Outcome, Task
from artifix.errors import InputError, OutputError
from artifix.interruption import Stop


def engine(tasks: Iterable[Task], may_go_on: Callable[[], bool]) -> Iterator[Outcome]:
    """Does every row in the parent; those called bad fail."""
    for task in tasks:
        if task.id.startswith("bad"):
            yield Outcome(task.id, failure=Failure("=it failed", "mend it", 3))
        else:
            files = {"record.json": b"{}\n", "refined.png": task.id.encode()}
            yield Outcome(task.id, files, {"confidence": 0.75, "source": "sift", "seconds": 1.5})
        if not may_go_on():
            return


def run(rows, out, engine=engine, shard=Shard(), **terms):  # noqa: B008
    told = []

    @contextmanager
    def watch(total, before):
        yield lambda ended, failed: told.append((ended, failed))

    tally = run_batch(Job(rows, out, shard, "title", {"seed": "0"}), engine, watch=watch, **terms)
    return tally, told


def files_of(out):
    """Everything but the journals and the locks."""
    kept = [path for path in out.rglob("*") if path.is_file() and ".artifix" not in path.parts]
    return {str(p.relative_to(out)): p.read_bytes() for p in kept if not p.name.startswith("journal")}


def test_every_row_gets_a_folder_and_a_line_in_the_results(planned, tmp_path):
    out = tmp_path / "out"
    tally, told = run(planned("a", "bad", "c"), out)
    assert (tally.done, tally.failed) == (2, 1)
    assert told == [(1, 0), (2, 1), (3, 1)]
    assert (out / "rows" / "c" / "refined.png").read_bytes() == b"c"
    assert not (out / "rows" / "bad").exists()
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [(line["id"], line["status"]) for line in lines] == [
        ("a", "done"),
        ("bad", "failed"),
        ("c", "done"),
    ]
    assert lines[1]["problem"] == "=it failed"
    header, *cells = (out / "results.csv").read_text().splitlines()
    assert header == ",".join(COLUMNS)
    assert cells[1].startswith("bad,failed,")
    assert ",'=it failed,mend it," in cells[1]
    assert b"=it failed" in (out / "report.html").read_bytes()


def test_a_second_run_repeats_only_what_failed(planned, tmp_path):
    rows, out, seen = planned("a", "bad", "c"), tmp_path / "out", []
    run(rows, out)

    def mended(tasks, may_go_on):
        for task in tasks:
            seen.append(task.id)
            yield Outcome(task.id, {"record.json": b"{}\n"})

    run(rows, out, mended)
    assert seen == ["bad"]
    assert "failed" not in (out / "results.csv").read_text()


def test_a_row_is_done_anew_when_its_folder_is_gone_or_its_settings_changed(planned, tmp_path):
    rows, out = planned("a", "b"), tmp_path / "out"
    run(rows, out)
    (out / "rows" / "a" / "record.json").unlink()
    entries = read_journals(out)
    assert [row.is_done(out, entries[row.row.id]) for row in rows] == [False, True]
    changed = planned("a", "b", columns=",steps", cells=",2")
    assert not changed[1].is_done(out, entries["b"])
    statuses = [result.status for result in results_of(changed, entries, out)]
    assert statuses == ["pending", "pending"]


def test_results_do_not_depend_on_order_or_shards(planned, tmp_path):
    rows = planned(*"abcdef", "bad1", "bad2")
    run(rows, tmp_path / "whole")
    for index in (2, 3, 1):
        share = [row for position, row in enumerate(rows) if Shard(index, 3).holds(position)]
        out = tmp_path / "shards"
        with opened(out, Shard(index, 3)) as journal:
            do_rows(share[::-1], out, journal, engine, Tally(len(share)))
            write_results(out, results_of(rows, read_journals(out), out), "title", {"seed": "0"})
    assert files_of(tmp_path / "shards") == files_of(tmp_path / "whole")


def test_what_a_killed_run_left_is_cleared_away(planned, tmp_path):
    rows, out = planned("a"), tmp_path / "out"
    run(rows, out)
    (out / "rows" / ".artifix-0123.tmp").mkdir()
    (out / "rows" / ".artifix-0123.tmp" / "refined.png").touch()
    (out / ".artifix-4567.tmp").touch()
    run(rows, out)
    assert not list(out.rglob(".artifix-*"))


def test_the_run_ends_at_so_many_failures(planned, tmp_path):
    tally, _ = run(planned("a", "bad1", "bad2", "bad3"), tmp_path / "out", most_failures=2)
    assert (tally.done, tally.failed) == (1, 2)
    assert (tmp_path / "out" / "results.csv").read_text().count("pending") == 1


def test_an_interrupted_run_begins_no_more_rows(planned, tmp_path):
    tally, _ = run(planned("a", "b"), tmp_path / "out", stop=Stop(asked=True))
    assert tally.done == 1


def test_a_row_whose_folder_holds_something_else_fails_alone(planned, tmp_path):
    out = tmp_path / "out"
    run(planned("a"), out)
    (out / "rows" / "b").mkdir()
    (out / "rows" / "b" / "notes.txt").write_text("mine")
    tally, _ = run(planned("a", "b", "c"), out)
    assert (tally.done, tally.failed) == (1, 1)
    assert (out / "rows" / "b" / "notes.txt").read_text() == "mine"


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(OutputError, match="holds no earlier batch"):
        require_batch_folder(tmp_path)
    with pytest.raises(OutputError, match="is a file"):
        require_batch_folder(tmp_path / "thesis.txt")
    require_batch_folder(tmp_path / "new")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\tx", "\rx"])
def test_no_cell_is_a_formula(text):
    assert safe_cell(text) == f"'{text}"


def test_numbers_and_words_are_left_as_they_are():
    assert [safe_cell(value) for value in (0.5, -1, None, "it's", "a=b", True)] == [
        "0.5",
        "-1",
        "",
        "it's",
        "a=b",
        "true",
    ]


def test_a_journal_that_is_none_stops_the_run(planned, tmp_path):
    rows, out = planned("a"), tmp_path / "out"
    run(rows, out)
    (out / "journal.jsonl").write_text("mine\n")
    with pytest.raises(InputError, match="line 1 is no entry"):
        run(rows, out)
