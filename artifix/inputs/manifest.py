"""The manifest of a batch: which repairs are asked for, all of them checked before any is begun.

Nothing heavy is imported: the first mistake is told at once.
"""

import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
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
    unquoted,
    value_of,
)
from artifix.inputs.csv_lines import csv_entries
from artifix.inputs.json_lines import json_entries
from artifix.inputs.places import AbsentError, Finder, Place, Url, is_url, stem_of
from artifix.inputs.request import IMAGE_ALPHA, Request, check_request
from artifix.inputs.table import Mistake, mistaken, shown

_WORKBOOKS = (".xlsx", ".xls", ".ods", ".numbers")
_JSON_LINES = (".jsonl", ".ndjson")
_UNREAD = f"names a mask, which mask_from {IMAGE_ALPHA} leaves unread"


@dataclass(frozen=True, slots=True)
class Row:
    """One repair of a batch."""

    line: int  # of the manifest
    id: str  # unique, and names the folder of the results
    request: Request  # its paths absolute
    settings: Mapping[str, Any]  # that the row gives, by the field's name in config, "seed" among them
    written: Mapping[str, str]  # the cells by column, without empty ones; references joined by semicolons


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, read."""

    rows: list[Row]
    absent: tuple[
        Mistake, ...
    ] = ()  # files that are not there: their rows will fail, and the others need not
    notes: tuple[str, ...] = ()  # how it was read, where that was not plain


def read_rows(path: Path, allow_outside: bool = False) -> list[Row]:
    """The rows of a manifest whose files are all there; see `read_manifest`.

    Raises:
        InputError: as `read_manifest`, or a file is missing.
    """
    manifest = read_manifest(path, allow_outside)
    if manifest.absent:
        raise mistaken(path, manifest.absent, FORM)
    return manifest.rows


def read_manifest(path: Path, allow_outside: bool = False, without_masks: bool = False) -> Manifest:
    """The rows of a manifest, checked as far as that is possible without opening their files.

    Args:
        path: CSV, or JSON lines if its name ends in .jsonl or .ndjson; `cells.KINDS` names the columns.
        allow_outside: its files need not lie in its folder.
        without_masks: rows need name no mask: where the image is transparent it is repainted.

    Raises:
        InputError: it cannot be read, has no rows, has no row whose files are there, or has mistakes: all
            are told, each with its line.
    """
    mistakes: list[Mistake] = []
    notes: list[str] = []
    suffix = path.suffix.lower()
    if suffix == ".json":
        raise InputError(
            f"{path}: is neither CSV nor JSON lines", "write an object a line, and name it .jsonl"
        )
    if suffix in _WORKBOOKS:
        raise InputError(f"{path}: is a workbook of a spreadsheet program", "save its sheet as CSV (UTF-8)")
    if suffix in _JSON_LINES:
        entries = json_entries(path, mistakes)
    else:
        entries, notes = csv_entries(path, mistakes, without_masks)
    folder = Path(os.path.abspath(path.parent))
    found = manifest_of(path, folder, entries, allow_outside, mistakes, without_masks)
    return replace(found, notes=(*notes, *found.notes))


def manifest_of(
    source: Path,
    folder: Path,
    entries: Sequence[Entry],
    allow_outside: bool = False,
    mistakes: Sequence[Mistake] = (),
    without_masks: bool = False,
) -> Manifest:
    """Check what is written, and make rows of it.

    Args:
        source: what the entries were read from, for messages.
        folder: absolute, that their paths are relative to.
        entries: the rows as written.
        allow_outside: files need not lie in `folder`.
        mistakes: found on the way here, told with those found here.
        without_masks: see `read_manifest`.

    Raises:
        InputError: there are mistakes, or no entries, or the files of none are there.
    """
    found, absent = list(mistakes), list[Mistake]()
    finder = Finder(folder, allow_outside)
    names = _ids_of(entries, found)
    found += [(entry.line, _UNREAD) for entry in entries if _has_unread_mask(entry, without_masks)]
    masked = [_with_mask(entry, without_masks) for entry in entries]
    rows = [_row(entry, name, finder, found, absent) for entry, name in zip(masked, names, strict=True)]
    if found or (rows and {row.line for row in rows if row} <= {line for line, _ in absent}):
        raise mistaken(source, [*found, *absent], FORM)
    if not rows:
        raise InputError(f"{source}: has no rows", FORM)
    return Manifest([row for row in rows if row is not None], tuple(absent), finder.notes)


def _has_unread_mask(entry: Entry, without_masks: bool) -> bool:
    """Whether the entry names a mask, and the image's own transparency is to be one."""
    cells = entry.cells
    said = cells.get("mask_from", IMAGE_ALPHA if without_masks else "")
    return said == IMAGE_ALPHA and cells.get("mask", cells.get("image")) != cells.get("image")


def _with_mask(entry: Entry, without_masks: bool) -> Entry:
    """The entry, whose mask is its image where it names none and that may be."""
    said = entry.cells.get("mask_from", IMAGE_ALPHA if without_masks else "")
    if said != IMAGE_ALPHA or "mask" in entry.cells or "image" not in entry.cells:
        return entry
    return replace(entry, cells={**entry.cells, "mask": entry.cells["image"]})


def _ids_of(entries: Sequence[Entry], mistakes: list[Mistake]) -> list[str]:
    given = [entry.cells.get("id") for entry in entries]
    names = ids.completed(given, [_parts(entry) for entry in entries])
    first: dict[str, tuple[str, int]] = {}
    for entry, name in zip(entries, names, strict=True):
        if fault := ids.fault_of(name):
            mistakes.append((entry.line, f"id {shown(name)}: {fault}, so it cannot name a folder"))
        other, line = first.setdefault(ids.folded(name), (name, entry.line))
        if line != entry.line:
            alike = "is" if other == name else "may on some disks be"
            mistakes.append((entry.line, f"id {shown(name)}: {alike} that of line {line}, {shown(other)}"))
    return names


def _parts(entry: Entry) -> tuple[str, ...]:
    """The folders of the image and its name without suffix."""
    image = unquoted(entry.cells.get("image", "")).replace("\\", "/")
    if is_url(image):
        return (stem_of(Url(image)),)
    path = Path(unicodedata.normalize("NFC", image))
    return (*path.parts[:-1], stem_of(path))


def _row(
    entry: Entry, name: str, finder: Finder, mistakes: list[Mistake], absent: list[Mistake]
) -> Row | None:
    """None where something is wrong, which is added to `mistakes`; files that are missing to `absent`."""
    told = len(mistakes)
    lacking = [column for column in NEEDED if not _texts(entry, column)]
    mistakes += [(entry.line, f"has no {column}") for column in lacking]
    broken = [column for column in (*entry.cells, "reference") if any(map(_is_broken, _texts(entry, column)))]
    mistakes += [(entry.line, f"{column}: holds a NUL or half a character") for column in broken]
    if broken:
        return None
    values = _values(entry, mistakes)
    _find_files(entry, values, finder, mistakes, absent)
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
            mistakes.append((entry.line, "; ".join(error.marked)))
    return values


_value_of = lru_cache(1024)(value_of)  # most rows say the same


def _find_files(
    entry: Entry,
    values: dict[str, Any],
    finder: Finder,
    mistakes: list[Mistake],
    absent: list[Mistake],
) -> None:
    """Put the places of the files in for their texts, or tell why there is none."""

    def find(column: str, text: str) -> Place:
        try:
            return finder.find(text)
        except AbsentError as error:
            absent.append((entry.line, f"{column}: {error.marked[0]}"))
            return finder.folder / text
        except InputError as error:
            mistakes.append((entry.line, f"{column}: {error.marked[0]}"))
            return Path(text)

    for column in ("image", "mask", *MAYBE_FILES):
        if column in values:
            values[column] = find(column, values[column])
    values["reference"] = tuple(find("reference", text) for text in entry.references)


def _check_hints(line: int, request: Request, settings: Mapping[str, Any], mistakes: list[Mistake]) -> None:
    known = {name: value for name, value in settings.items() if name in AlignmentConfig.__dataclass_fields__}
    try:
        check_request(request, AlignmentConfig(**known), known)
    except ArtifixError as error:
        mistakes.append((line, error.told(_as_column)[0]))


def _as_column(name: str, value: str | None) -> str:
    """How a manifest spells a setting."""
    column = "reference" if name == "ref" else name
    return column if value is None else f"{column} {value.lower()}"
