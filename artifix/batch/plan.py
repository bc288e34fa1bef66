"""Which rows there are, with what settings, and which of them are done already."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from artifix.batch.lock import Shard
from artifix.batch.task import Task, seed_of
from artifix.config import AlignmentConfig, CommandConfig, OutputConfig, RefineConfig, override
from artifix.config_sections import to_dict
from artifix.detection import DETECTOR
from artifix.errors import UsageError
from artifix.inputs.places import Place
from artifix.inputs.request import check_request
from artifix.inputs.rows import Row
from artifix.outputs.save import RECORD

_UNSET = to_dict(AlignmentConfig())
_PNG = OutputConfig()
ROWS = "rows"  # the folder that holds a folder for each row


@dataclass(frozen=True, slots=True)
class Planned:
    """A row and what doing it would mean."""

    row: Row
    task: Task
    fingerprint: str  # of everything that its result depends on

    def folder(self, out: Path) -> Path:
        """Where its results go."""
        return out / ROWS / self.row.id

    def is_done(self, out: Path, entry: Mapping[str, Any] | None) -> bool:
        """Whether the journal's latest entry stands for just this row, and its results are there."""
        if entry is None or entry["status"] != "done" or entry["fingerprint"] != self.fingerprint:
            return False
        return (self.folder(out) / RECORD).is_file()


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all rows of a run, unless a row says otherwise."""

    config: CommandConfig
    weights_sha256: str  # of the weights that will be used
    masks: Mapping[str, Any] = field(default_factory=dict)  # fields of a request: mask_from, invert_mask, ...
    with_metadata: bool = True  # results are marked as made with a model


def plan_rows(rows: Sequence[Row], terms: Terms) -> list[Planned]:
    """What each row of a manifest comes to.

    Raises:
        UsageError: the run's settings contradict what a row knows of the match.
    """
    config = terms.config
    base = RefineConfig(config.alignment, config.refinement, config.seed)
    given = {name for name, value in to_dict(config.alignment).items() if value != _UNSET[name]}
    planned = []
    for row in rows:
        settled = replace(base, seed=seed_of(config.seed, row.id))
        if row.settings:  # most rows have none, and there may be many thousands
            settled = override(settled, **row.settings)
        masks = {name: value for name, value in terms.masks.items() if name not in row.written}
        task = Task(row.id, replace(row.request, **masks), settled, terms.with_metadata, config.output)
        _check(row, settled, given)
        planned.append(Planned(row, task, _fingerprint(row, task, terms.weights_sha256)))
    return planned


def _check(row: Row, settled: RefineConfig, given: set[str]) -> None:
    try:
        check_request(row.request, settled.alignment, given | row.settings.keys())
    except UsageError as error:
        problem, hint = error.marked
        raise UsageError(f"line {row.line}: {problem}", hint) from error


def share_of(planned: Sequence[Planned], shard: Shard) -> list[Planned]:
    """The rows of a shard, in the manifest's order."""
    return [one for position, one in enumerate(planned) if shard.holds(position)]


def _fingerprint(row: Row, task: Task, weights_sha256: str) -> str:
    """Changes with what the row says, the settings, the weights, and the sizes and times of the files.

    It does not with where the manifest lies: a batch may be moved, manifest and all.
    """
    request = task.request
    told = {
        "written": dict(row.written),
        "masks": [request.mask_from, request.invert_mask, request.fit_mask],
        **({"proposed_by": DETECTOR} if request.mask is None else {}),
        "files": [_stamp(place) for place in request.places],
        "settings": {
            "alignment": _told(task.config.alignment),
            "refinement": _told(task.config.refinement),
            "seed": task.config.seed,
            # Left out where it is as ever, so that rows done before there was a choice stay done.
            **({} if task.output == _PNG else {"output": _told(task.output)}),
        },
        "weights": weights_sha256,
        "metadata": task.with_metadata,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


_told = lru_cache(256)(to_dict)  # most rows share their settings


def _stamp(place: Place) -> list[int] | None:
    """Size and time of a local file; reading thousands of them whole would take minutes."""
    if not isinstance(place, Path):
        return None
    try:
        status = place.stat()
    except OSError:  # the row itself will tell
        return None
    return [status.st_size, status.st_mtime_ns]
