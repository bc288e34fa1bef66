"""The rows of a figure: runs of `artifix refine`, `locate` and `batch`, or folders of cases."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from artifix.errors import InputError, UsageError
from artifix.inputs import ids
from artifix.outputs.save import RECORD
from artifix.setting_names import setting

_REPAIRS = ("refine", "locate")
_BESIDE = "-artifix"  # how folders of results are called that nobody named
_CASE = ("image.png", "mask.png", "reference.png")
_KINDS = ("image", "mask", "reference")
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True, eq=False)
class SheetRow:
    """One case, and what was made of it."""

    name: str
    folder: Path  # of the run, or of the case
    record: Mapping[str, Any] = field(default_factory=dict)  # of the run; empty for a case without one
    group: str = ""  # written beside all rows of it

    @property
    def is_run(self) -> bool:
        return bool(self.record)

    @property
    def is_refused(self) -> bool:
        """Whether nothing was repaired because the match was not good enough."""
        return "refused" in self.record

    @property
    def told(self) -> str:
        """How sure the repair is, by the least sure part, in a few words; "" where that is not known."""
        groups = [group for group in self.record.get("groups", ()) if isinstance(group, dict)]
        known = [group for group in groups if isinstance(group.get("repair_confidence"), int | float)]
        if not known:
            return ""
        least = min(known, key=lambda group: group["repair_confidence"])
        place, repair = least.get("confidence", 0), least["repair_confidence"]
        sure = f"confidence {place:.2f} in the place, {repair:.2f} in the repair"
        return f"{'refused: ' * self.is_refused}placed: {least.get('placed', '')}; {sure}"


def rows_of(paths: Sequence[Path]) -> list[SheetRow]:
    """All cases of folders, each with a name of its own.

    Args:
        paths: a folder of results, one that holds such at any depth (as a batch does), a case (a folder of
            image.png, mask.png and reference.png), or a folder of cases.

    Raises:
        InputError: there is none in one of them, or a record cannot be read.
    """
    rows = [row for path in paths for row in _rows_in(path)]
    real = {os.path.realpath(row.folder): row for row in rows}
    rows = list(real.values())
    names = ids.completed([None] * len(rows), [_parts(row) for row in rows])
    return [replace(row, name=name) for row, name in zip(rows, names, strict=True)]


def chosen_rows(rows: Sequence[SheetRow], wanted: Sequence[str]) -> list[SheetRow]:
    """The rows that are asked for, in that order.

    Args:
        rows: all there are.
        wanted: names or patterns with commas between them, each list after TITLE= if its rows form a group;
            of none all rows.

    Raises:
        UsageError: a name is of no row.
    """
    if not wanted:
        return list(rows)
    chosen = []
    for text in wanted:
        title, sign, names = text.rpartition("=")
        for name in filter(None, map(str.strip, names.split(","))):
            found = [row for row in rows if fnmatchcase(row.name, name)]
            if not found:
                known = ", ".join(row.name for row in rows[:_MOST_NAMED])
                raise UsageError(
                    f"{setting('rows')} {name}: there is no such row",
                    f"they are: {known}{', ...' if len(rows) > _MOST_NAMED else ''}",
                )
            chosen += [replace(row, group=title.strip() if sign else "") for row in found]
    if not chosen:
        raise UsageError(f"{setting('rows')} {wanted[0]}: names no row", "name one at least")
    return chosen


def _parts(row: SheetRow) -> tuple[str, ...]:
    """The folders of a row, whose last gives its name; beside an image its name is that of the image."""
    *above, last = Path(os.path.abspath(row.folder)).parts
    return (*above, last.removesuffix(_BESIDE) or last)


def _rows_in(path: Path) -> list[SheetRow]:
    if not path.is_dir():
        what = "is a file" if path.exists() else "no such folder"
        raise InputError(
            f"{path}: {what}", "name folders that artifix refine, locate or batch wrote, or cases"
        )
    if runs := list(_runs_in(path)):
        return runs
    places = [path, *sorted(place for place in path.iterdir() if place.is_dir())]
    cases = [place for place in places if all((place / name).is_file() for name in _CASE)]
    if not cases:
        raise InputError(
            f"{path}: holds no results of artifix refine, locate or batch, and no cases",
            f"a result has a {RECORD}; a case is a folder with {', '.join(_CASE)}",
        )
    return [SheetRow("", place) for place in cases]


def _runs_in(path: Path) -> Iterator[SheetRow]:
    for place, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if RECORD not in names:
            continue
        record = _record(Path(place) / RECORD)
        if record.get("command") in _REPAIRS:
            folders.clear()
            _check_record(Path(place) / RECORD, record)
            yield SheetRow("", Path(place), record)


def _record(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: cannot be read as JSON: {error}", "run the case again, or move it away"
        ) from error
    return told if isinstance(told, dict) else {}


def _check_record(path: Path, record: Mapping[str, Any]) -> None:
    """Raise InputError if a record does not tell which files the run was made of."""
    inputs = record.get("inputs")
    for kind in _KINDS:
        told = inputs.get(kind) if isinstance(inputs, dict) else None
        if not isinstance(told, dict) or not all(
            isinstance(told.get(key), str) for key in ("name", "sha256")
        ):
            raise InputError(f"{path}: does not tell name and sha256 of the {kind}", "run the case again")
