"""Exported predictions are scored, from their files alone; what was scored before is not scored again."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from artifix import __version__
from artifix.batch.process_pool import ProcessPool
from artifix.batch.task import Failure, Outcome, Task, failure_of
from artifix.config import RefineConfig
from artifix.evaluation.bench.export import Wanted
from artifix.evaluation.bench.groups import Group
from artifix.evaluation.bench.predictions import REFINED_PNG, REFUSED, REGION_PNG, SCORES, Shelf
from artifix.evaluation.bench.scorers import ScorerChoice
from artifix.evaluation.cases import CaseFiles, read_known_case
from artifix.evaluation.scores.repaired import Repaired
from artifix.inputs.images import read_picture
from artifix.inputs.request import Request
from artifix.outputs.encode import encode_json
from artifix.progress import Progress
from artifix.writing import as_output_error, write_file


@dataclass(frozen=True, slots=True)
class Prediction:
    """One exported prediction beside its case."""

    files: CaseFiles
    place: Path  # the folder of the prediction
    locates: bool  # the method says where it looked: without a region it found nothing
    lacking: frozenset[str]  # keys of the scorers that have not scored it yet


@dataclass(frozen=True, slots=True)
class ScoredCase:
    """The figures of one prediction."""

    method: str
    case: str
    task: str
    refused: bool
    seconds: float  # on one core; nan for results of other tools
    scores: Mapping[str, float]  # by the names of the columns; nan where nothing can be said
    place: Path  # of the prediction

    def value(self, column: str) -> float:
        """A figure by the name of its column, of `scores` or one of the two that come with the prediction."""
        if column == "refused":
            return float(self.refused)
        return self.seconds if column == "seconds" else self.scores.get(column, float("nan"))


class ScoreWorker:
    """Scores predictions in a process of its own.

    Args:
        choice: by what.
        predictions: by the id of the task.
        index: of this worker among all.
    """

    def __init__(self, choice: ScorerChoice, predictions: Mapping[str, Prediction], index: int = 0) -> None:
        self._choice, self._scorers, self._predictions = choice, choice.scorers(), predictions

    def do(self, task: Task) -> Outcome:
        """The figures of one prediction, or why there are none; raises nothing."""
        try:
            prediction = self._predictions[task.id]
            one, lacking = read_repaired(prediction, task.id), prediction.lacking
            keyed = {self._choice.key(scorer.name): scorer for scorer in self._scorers}
            told = {key: dict(scorer.score(one)) for key, scorer in keyed.items() if key in lacking}
        except Exception as error:  # the boundary of a case: the others go on
            return Outcome(task.id, failure=failure_of(error))
        return Outcome(task.id, told={"scores": told})


def read_repaired(prediction: Prediction, name: str) -> Repaired:
    """An exported prediction beside its inputs, read from their files.

    Raises:
        InputError: a file cannot be used, or sizes differ.
    """
    known = read_known_case(prediction.files)
    path, found = prediction.place / REGION_PNG, None
    if path.is_file():
        found = read_picture(path, least_side_px=1).rgb.mean(axis=-1) > 127
    elif prediction.locates:
        found = np.zeros(known.case.reference.size, bool)
    return Repaired(
        name=name,
        image=known.case.image.rgb,
        mask=known.case.mask,
        reference=known.case.reference.rgb,
        refined=read_picture(prediction.place / REFINED_PNG, least_side_px=1).rgb,
        region=known.region,
        found=found,
        truth=known.truth,
    )


def score_all(
    wanted: Sequence[Wanted],
    choice: ScorerChoice,
    workers: int,
    progress: Progress,
    may_go_on: Callable[[], bool],
) -> tuple[list[ScoredCase], dict[str, Failure]]:
    """Score every prediction that is there.

    Args:
        wanted: of all methods.
        choice: by what.
        workers: cases scored side by side.
        progress: told of every prediction.
        may_go_on: asked before every further one.

    Returns:
        The figures in the order of methods and cases, and what could not be scored, by METHOD/CASE.

    Raises:
        OutputError: the disk refuses.
        InputError: a prediction was changed in a way that it cannot be read any more.
    """
    predictions, known, prints = {}, {}, {}
    keys = frozenset(choice.key(scorer.name) for scorer in choice.named)
    places = {(one.method.name, group.name): (one, group) for one in wanted for group in one.groups}
    there = {key: pair for key, pair in places.items() if pair[0].shelf.is_there(key[1])}
    for (method, case), (one, group) in there.items():
        name = f"{method}/{case}"
        prints[name] = _fingerprint(one.shelf, group)
        known[name] = _read_scores(_path(one.shelf, case), prints[name])
        if lacking := keys - known[name].keys():
            predictions[name] = Prediction(group.files, one.shelf.place(case), _locates(one), lacking)
    # All methods of a case in a row: scorers remember what they have seen of its reference.
    by_case = sorted(predictions.items(), key=lambda item: _key(item[0])[1])
    tasks = [_task(name, one.files) for name, one in by_case]
    failures, ended = dict[str, Failure](), len(there) - len(tasks)
    if tasks:
        progress("score", ended, len(there))
    for outcome in ProcessPool(partial(ScoreWorker, replace(choice), predictions), workers, may_go_on).run(
        tasks
    ):
        if outcome.failure is not None:
            failures[outcome.id] = outcome.failure
        else:
            one, group = there[_key(outcome.id)]
            known[outcome.id] |= outcome.told["scores"]
            _write_scores(_path(one.shelf, group.name), prints[outcome.id], known[outcome.id])
            del predictions[outcome.id]
        ended += 1
        progress("score", ended, len(there))
    names = [(f"{method}/{case}", pair) for (method, case), pair in there.items()]
    return [_scored(*pair, known[name], choice) for name, pair in names if name not in predictions], failures


def _key(name: str) -> tuple[str, str]:
    method, _, case = name.partition("/")
    return method, case


def _task(name: str, files: CaseFiles) -> Task:
    return Task(name, Request(files.image, files.mask, (files.reference,)), RefineConfig())


def _locates(one: Wanted) -> bool:
    """A folder of results locates if any of its results says where."""
    return one.method.locates or any(result.region is not None for result in one.results.values())


def _scored(
    one: Wanted, group: Group, told: Mapping[str, Mapping[str, float]], choice: ScorerChoice
) -> ScoredCase:
    record = one.shelf.record(group.name)
    seconds = record.get("told", {}).get("seconds")
    return ScoredCase(
        method=one.method.name,
        case=group.name,
        task=group.files.task,
        refused=record["status"] == REFUSED,
        seconds=float("nan") if seconds is None else float(seconds),
        scores={k: v for scorer in choice.named for k, v in told[choice.key(scorer.name)].items()},
        place=one.shelf.place(group.name),
    )


def _fingerprint(shelf: Shelf, group: Group) -> str:
    """Changes with the files that are scored, and those that they are scored beside."""
    told = [__version__, shelf.fingerprint(group.name), dict(group.digests)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _path(shelf: Shelf, case: str) -> Path:
    return shelf.out / SCORES / shelf.method.name / f"{case}.json"


def _read_scores(path: Path, fingerprint: str) -> dict[str, dict[str, float]]:
    """Figures by scorer, none where there are none of just these files. What is damaged is scored anew."""
    try:
        told = json.loads(path.read_bytes())
        if told["fingerprint"] != fingerprint:
            return {}
        return {
            scorer: {name: float("nan") if value is None else float(value) for name, value in values.items()}
            for scorer, values in told["scores"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_scores(path: Path, fingerprint: str, scores: Mapping[str, Mapping[str, float]]) -> None:
    plain = {s: {k: None if isnan(v) else v for k, v in values.items()} for s, values in scores.items()}
    told: dict[str, Any] = {"fingerprint": fingerprint, "scores": plain}
    with as_output_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, lambda stream: stream.write(encode_json(told)))
