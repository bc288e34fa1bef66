"""The manifest of a batch: which repairs are asked for, all of them checked before any is begun.

Nothing heavy is imported: the first mistake is told at once.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from artifix.config import AlignmentConfig
from artifix.errors import ArtifixError, InputError
from artifix.inputs import ids
from artifix.inputs.cells import (
    CROPS,
    FORM,
    MAYBE_FILES,
    NEEDED,
    SETTINGS,
    Entry,
    column_of,
    references_of,
    value_of,
    why_unknown,
)
from artifix.inputs.json_lines import json_entries
from artifix.inputs.places import Finder, Place, Url, is_url, stem_of
from artifix.inputs.request import Request, check_request
from artifix.inputs.table import MOST_TOLD, Mistake, counted, mistaken, read_table, shown

MOST_COLUMNS = 1000
_JSON_LINES = (".jsonl", ".ndjson")
_SPELLED = {"ref": "reference", "no_transform": "transform false"}


@dataclass(frozen=True, slots=True)
class Row:
    """One repair of a batch."""

    line: int  # of the manifest
    id: str  # unique, and names the folder of the results
    request: Request  # its paths absolute
    settings: Mapping[str, Any]  # that the row gives, by the field's name in config, "seed" among them
    written: Mapping[str, str]  # the cells by column, without empty ones; references joined by semicolons


def read_rows(path: Path, allow_outside: bool = False) -> list[Row]:
    """The rows of a manifest, checked as far as that is possible without opening their files.

    Args:
        path: CSV, or JSON lines if its name ends in .jsonl or .ndjson; `cells.KINDS` names the columns.
        allow_outside: its files need not lie in its folder.

    Raises:
        InputError: it cannot be read, has no rows, or has mistakes: all are told, each with its line.
    """
    mistakes: list[Mistake] = []
    suffix = path.suffix.lower()
    if suffix == ".json":
        raise InputError(
            f"{path}: is neither CSV nor JSON lines", "write an object a line, and name it .jsonl"
        )
    read = json_entries if suffix in _JSON_LINES else _csv_entries
    entries = read(path, mistakes)
    folder = Path(os.path.abspath(path.parent))
    return rows_of(path, folder, entries, allow_outside, mistakes)


def rows_of(
    source: Path,
    folder: Path,
    entries: Sequence[Entry],
    allow_outside: bool = False,
    mistakes: Sequence[Mistake] = (),
) -> list[Row]:
    """Check what is written, and make rows of it.

    Args:
        source: what the entries were read from, for messages.
        folder: absolute, that their paths are relative to.
        entries: the rows as written.
        allow_outside: files need not lie in `folder`.
        mistakes: found on the way here, told with those found here.

    Raises:
        InputError: there are mistakes, or no entries.
    """
    found = list(mistakes)
    finder = Finder(folder, allow_outside)
    names = _ids_of(entries, found)
    rows = [_row(entry, name, finder, found) for entry, name in zip(entries, names, strict=True)]
    if found:
        raise mistaken(source, found, FORM)
    if not rows:
        raise InputError(f"{source}: has no rows", FORM)
    return [row for row in rows if row is not None]


def _csv_entries(path: Path, mistakes: list[Mistake]) -> list[Entry]:
    header, rows = read_table(path, FORM)
    if len(header) > MOST_COLUMNS:
        raise InputError(f"{path}: line 1: has {len(header)} columns, {MOST_COLUMNS} at most", FORM)
    mistakes += [(1, what) for what in _column_mistakes(header)]
    columns = [column_of(name) for name in header]
    lacking = not {*NEEDED} <= {*columns}
    entries = []
    for line, cells in rows:
        if not any(cells):
            mistakes.append((line, "is empty"))
        elif len(cells) != len(header):
            mistakes.append((line, f"has {counted(len(cells), 'cell')}, not {len(header)}"))
        elif not lacking:  # or else every row would tell what the first line has told
            entries.append(_csv_entry(line, columns, cells))
    return entries


def _column_mistakes(header: Sequence[str]) -> list[str]:
    if not any(header):
        return ["names no columns"]
    if len(header) == 1 and (sign := next((sign for sign in ";\t|" if sign in header[0]), "")):
        return [f"columns are separated by {shown(sign)!r}: save it with commas"]
    unknown = [name for name in header if column_of(name) is None]
    found = [why_unknown(name, suggest=index < MOST_TOLD) for index, name in enumerate(unknown)]
    again = {name for name in header if header.count(name) > 1 and column_of(name) and name != "reference"}
    found += [f"column {name} is there {header.count(name)} times" for name in sorted(again)]
    known = {column_of(name) for name in header}
    return found + [f"no column {name}" for name in NEEDED if name not in known]


def _csv_entry(line: int, columns: Sequence[str | None], cells: Sequence[str]) -> Entry:
    written: dict[str, str] = {}
    references: list[str] = []
    for column, text in zip(columns, cells, strict=True):
        if column == "reference":
            references += references_of(text)
        elif column is not None and text:
            written[column] = text
    return Entry(line, written, tuple(references))


def _ids_of(entries: Sequence[Entry], mistakes: list[Mistake]) -> list[str]:
    given = [entry.cells.get("id") for entry in entries]
    names = ids.completed(given, [_stem(entry) for entry in entries], [entry.line for entry in entries])
    first: dict[str, tuple[str, int]] = {}
    for entry, name in zip(entries, names, strict=True):
        if fault := ids.fault_of(name):
            mistakes.append((entry.line, f"id {shown(name)}: {fault}, so it cannot name a folder"))
        other, line = first.setdefault(ids.folded(name), (name, entry.line))
        if line != entry.line:
            alike = "is" if other == name else "may on some disks be"
            mistakes.append((entry.line, f"id {shown(name)}: {alike} that of line {line}, {shown(other)}"))
    return names


def _stem(entry: Entry) -> str:
    image = entry.cells.get("image", "")
    return stem_of(Url(image) if is_url(image) else Path(image))


def _row(entry: Entry, name: str, finder: Finder, mistakes: list[Mistake]) -> Row | None:
    """None where something is wrong, which is added to `mistakes`."""
    told = len(mistakes)
    lacking = [column for column in NEEDED if not _texts(entry, column)]
    mistakes += [(entry.line, f"has no {column}") for column in lacking]
    broken = [column for column in (*entry.cells, "reference") if any(map(_is_broken, _texts(entry, column)))]
    mistakes += [(entry.line, f"{column}: holds a NUL or half a character") for column in broken]
    if broken:
        return None
    values = _values(entry, mistakes)
    _find_files(entry, values, finder, mistakes)
    if lacking:
        return None
    request = _request(values)
    settings = {key: value for key, value in values.items() if key in SETTINGS}
    _check_hints(entry.line, request, settings, mistakes)
    if len(mistakes) > told:
        return None
    written = {**entry.cells, "reference": ";".join(entry.references)}
    return Row(entry.line, name, request, settings, written)


def _texts(entry: Entry, column: str) -> Sequence[str]:
    if column == "reference":
        return entry.references
    return (entry.cells[column],) if column in entry.cells else ()


def _is_broken(text: str) -> bool:
    """Whether it holds what JSON can write, and no path or result can hold."""
    try:
        return b"\0" in text.encode()
    except UnicodeEncodeError:
        return True


def _request(values: Mapping[str, Any]) -> Request:
    crops = {of: values[column] for column, of in CROPS.items() if column in values}
    known = {f.name for f in fields(Request)} - {"references", "crops"}
    given = {name: value for name, value in values.items() if name in known}
    return Request(**given, references=values["reference"], crops=crops)


def _values(entry: Entry, mistakes: list[Mistake]) -> dict[str, Any]:
    values = {}
    for column, text in entry.cells.items():
        try:
            values[column] = _value_of(column, text)
        except ArtifixError as error:
            mistakes.append((entry.line, f"{error.problem}; {error.hint}"))
    return values


_value_of = lru_cache(1024)(value_of)  # most rows say the same


def _find_files(entry: Entry, values: dict[str, Any], finder: Finder, mistakes: list[Mistake]) -> None:
    """Put the places of the files in for their texts, or tell why there is none."""

    def find(column: str, text: str) -> Place:
        try:
            return finder.find(text)
        except InputError as error:
            mistakes.append((entry.line, f"{column}: {error.problem}"))
            return Path(text)

    for column in ("image", "mask", *MAYBE_FILES):
        if column in values:
            values[column] = find(column, values[column])
    values["reference"] = tuple(find("reference", text) for text in entry.references)


def _check_hints(line: int, request: Request, settings: Mapping[str, Any], mistakes: list[Mistake]) -> None:
    known = {name: value for name, value in settings.items() if name in AlignmentConfig.__dataclass_fields__}
    try:
        check_request(request, AlignmentConfig(**known), set(known), lambda name: _SPELLED.get(name, name))
    except ArtifixError as error:
        mistakes.append((line, error.problem))
