"""A whole run: what is asked for is checked, predictions are exported, then scored, then summed up."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from artifix import __version__
from artifix.batch.lock import STATE, Shard, locked
from artifix.batch.task import Failure
from artifix.config import CommandConfig
from artifix.errors import UsageError
from artifix.evaluation.bench.case_sheet import case_sheet, picked, ranked_by
from artifix.evaluation.bench.export import Wanted, export, inputs_of, made_with
from artifix.evaluation.bench.groups import MASKS, Group, named_for_folders, read_groups, tasks_of
from artifix.evaluation.bench.methods import FOLDER, TRUE_REGION, Method
from artifix.evaluation.bench.others import OtherResult, results_of
from artifix.evaluation.bench.predictions import (
    PREDICTIONS,
    SCORES,
    Shelf,
    mark,
    require_free,
    require_same,
)
from artifix.evaluation.bench.scorers import ScorerChoice
from artifix.evaluation.bench.scoring import ScoredCase, score_all
from artifix.evaluation.bench.summary import Scope, summed_up, told_of
from artifix.evaluation.bench.tables import cases_csv, latex, markdown
from artifix.evaluation.cases import CaseFiles
from artifix.evaluation.manifest import require_regions
from artifix.outputs.encode import encode_json, encode_png
from artifix.progress import Progress
from artifix.setting_names import in_python, setting
from artifix.writing import UNFINISHED, as_output_error, write_file

RESULTS, CASES_CSV, TABLES_MD, TABLES_TEX, SHEET = (
    "results.json", "cases.csv", "tables.md", "tables.tex", "sheet.png",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked for."""

    cases: Sequence[CaseFiles]
    methods: Sequence[Method]
    out: Path
    config: CommandConfig
    scorers: ScorerChoice
    workers: int
    allow_missing: bool = False  # cases that a folder of results lacks are left out
    cut_masks: bool = False  # masks with greys are cut at half
    overwrite: bool = False  # predictions that were made otherwise are made anew


@dataclass(frozen=True, slots=True)
class Plan:
    """The same, checked."""

    asked: Asked
    groups: list[Group]
    wanted: list[Wanted]


@dataclass(slots=True)
class Ended:
    """How a run ended; without scopes nothing was summed up."""

    predictions: int = 0  # made in this run
    failures: dict[str, Failure] = field(default_factory=dict)  # by METHOD/CASE
    scopes: list[Scope] = field(default_factory=list)


def plan(asked: Asked, progress: Progress, is_dry: bool = False) -> Plan:
    """Everything that can be refused before work begins.

    Args:
        asked: what is to be done.
        progress: told of every case that was read.
        is_dry: nothing is written, and masks that would be cut are taken as they are.

    Raises:
        UsageError: no method, or an unknown scorer.
        InputError: a case, or a result of another tool, cannot be used.
        WeightsError: weights are not there, or were changed.
        OutputError: the folder of the run holds something else, or predictions that were made otherwise.
    """
    if not asked.methods:
        raise UsageError("there is no method to compare", f"name one by {setting('method', 'NAME')}")
    cases = named_for_folders(asked.cases)
    if any(method.kind == TRUE_REGION for method in asked.methods):
        require_regions(cases)
    _ = asked.scorers.named  # told now if one is not installed
    require_free(asked.out, [path for case in cases for path in case.paths])
    if asked.cut_masks and not is_dry:
        mark(asked.out)
    groups = read_groups(cases, None if is_dry else asked.out, asked.cut_masks, progress)
    wanted = [_wanted(asked, method, groups) for method in asked.methods]
    require_free(asked.out, [path for path in inputs_of(wanted, groups) if not _is_own(asked.out, path)])
    for one in wanted:
        if not asked.overwrite:
            require_same(one.shelf, one.made)
    return Plan(asked, groups, wanted)


def _wanted(asked: Asked, method: Method, groups: Sequence[Group]) -> Wanted:
    results: dict[str, OtherResult] = {}
    if method.kind == FOLDER:
        results = results_of(method, groups, asked.allow_missing)
        groups = [group for group in groups if group.name in results]
    made = made_with(method, groups, asked.config, results)
    return Wanted(Shelf(asked.out, method), groups, made, results)


def _is_own(out: Path, path: Path) -> bool:
    """Whether a mask was cut by the run itself."""
    return path.parent == out / MASKS


def run(ready: Plan, progress: Progress, may_go_on: Callable[[], bool]) -> Ended:
    """Export what is missing, score what is there, and write the tables.

    Args:
        ready: from `plan`.
        progress: told of every prediction and score.
        may_go_on: asked before every further one; where it says no, nothing is summed up.

    Raises:
        OutputError: another run is at work in the folder, or the disk refuses; nothing is half-written.
        ArtifixError: no worker can be made.
    """
    asked, ended = ready.asked, Ended()
    with _opened(asked.out):
        for one in ready.wanted:
            if asked.overwrite and one.shelf.differences(one.made):
                one.shelf.clear()
            one.shelf.open(one.made)
        exported = export(ready.wanted, asked.config, asked.workers, progress, may_go_on)
        ended.predictions, ended.failures = exported.made, exported.failures
        if not may_go_on():
            return ended
        scored, failures = score_all(ready.wanted, asked.scorers, asked.workers, progress, may_go_on)
        ended.failures |= failures
        if may_go_on():
            ended.scopes = _write(ready, scored, ended.failures)
    return ended


@contextmanager
def _opened(out: Path) -> Iterator[None]:
    """The folder of a run, made if it is not there, held, and rid of what killed runs left half-written."""
    mark(out)
    with as_output_error(out):
        (out / STATE).mkdir(exist_ok=True)
    with locked(out, Shard()):
        with as_output_error(out):
            for pattern in (UNFINISHED, f"{PREDICTIONS}/*/{UNFINISHED}", f"{SCORES}/*/{UNFINISHED}"):
                for path in [*out.glob(pattern)]:
                    if path.is_dir():
                        shutil.rmtree(path)
                    else:
                        path.unlink()
        yield


def _write(ready: Plan, scored: Sequence[ScoredCase], failures: dict[str, Failure]) -> list[Scope]:
    """Write the files that sum up, each whole or not at all; returns what they hold."""
    asked, names = ready.asked, [method.name for method in ready.asked.methods]
    columns = asked.scorers.columns()
    scopes = summed_up(scored, names, columns, tasks_of(ready.groups))
    title = f"{', '.join(names)}: {len(ready.groups)} cases"
    files = {
        RESULTS: encode_json(_told(ready, scopes, failures)),
        CASES_CSV: cases_csv(scored, columns),
        TABLES_MD: markdown(scopes, names, title),
        TABLES_TEX: latex(scopes, names),
    }
    by = ranked_by(scored, names[0], columns)
    if by is not None:
        groups = {group.name: group for group in ready.groups}
        places = {(one.method, one.case): one.place for one in scored}
        files[SHEET] = encode_png(case_sheet(picked(scored, names[0], by), by, names, groups, places))
    for name, data in files.items():
        with as_output_error(asked.out / name):
            write_file(asked.out / name, lambda stream, data=data: stream.write(data))  # type: ignore[misc]
    return scopes


def _told(ready: Plan, scopes: Sequence[Scope], failures: dict[str, Failure]) -> dict[str, Any]:
    return {
        "artifix": __version__,
        "command": "bench",
        "seed": ready.asked.config.seed,
        "scorers": [scorer.name for scorer in ready.asked.scorers.named],
        "methods": {one.method.name: dict(one.made.config) for one in ready.wanted},
        "tasks": {task: _count(ready.groups, task) for task in tasks_of(ready.groups)},
        "scopes": {scope.name: told_of(scope) for scope in scopes},
        "failed": {name: in_python(failure.problem) for name, failure in sorted(failures.items())},
    }


def _count(groups: Sequence[Group], task: str) -> int:
    return sum(group.files.task == task for group in groups)
