"""Which rows there are, with what settings, and which of them are done already."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from artifix.batch.lock import Shard
from artifix.batch.task import Task, seed_of
from artifix.config import CommandConfig, RefineConfig, override, to_dict
from artifix.inputs.manifest import Row
from artifix.inputs.places import Place
from artifix.outputs.save import RECORD

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


def plan_rows(
    rows: Sequence[Row], config: CommandConfig, weights_sha256: str, with_metadata: bool = True
) -> list[Planned]:
    """What each row of a manifest comes to.

    Args:
        rows: of the whole manifest.
        config: of the run; a row's own settings change it.
        weights_sha256: of the weights that will be used.
        with_metadata: whether results are marked as made with a model.
    """
    base = RefineConfig(config.alignment, config.refinement, config.seed)
    planned = []
    for row in rows:
        seed = seed_of(config.seed, row.id)
        settled = replace(base, seed=seed)
        if row.settings:  # most rows have none, and there may be many thousands
            settled = override(settled, **row.settings)
        task = Task(row.id, row.request, settled, with_metadata)
        planned.append(Planned(row, task, _fingerprint(task, weights_sha256)))
    return planned


def share_of(planned: Sequence[Planned], shard: Shard) -> list[Planned]:
    """The rows of a shard, in the manifest's order."""
    return [one for position, one in enumerate(planned) if shard.holds(position)]


def _fingerprint(task: Task, weights_sha256: str) -> str:
    """Changes with the settings, the weights, the names, sizes and times of the files."""
    told = {
        "request": {field.name: str(getattr(task.request, field.name)) for field in fields(task.request)},
        "files": [_stamp(place) for place in task.request.places],
        "settings": {
            "alignment": _told(task.config.alignment),
            "refinement": _told(task.config.refinement),
            "seed": task.config.seed,
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
