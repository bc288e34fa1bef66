"""The manifest of a batch: which repairs are asked for, all of them checked before any is begun.

Nothing heavy is imported: the first mistake is told at once.
"""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs import ids
from artifix.inputs.cells import (
    FORM,
    NEEDED,
    Entry,
    unquoted,
)
from artifix.inputs.csv_lines import csv_entries
from artifix.inputs.json_lines import json_entries
from artifix.inputs.places import Finder, Url, is_url, stem_of
from artifix.inputs.request import IMAGE_ALPHA
from artifix.inputs.rows import Row, row_of
from artifix.inputs.table import Mistake, mistaken, shown

_WORKBOOKS = (".xlsx", ".xls", ".ods", ".numbers")
_JSON_LINES = (".jsonl", ".ndjson")
_UNREAD = f"names a mask, which mask_from {IMAGE_ALPHA} leaves unread"


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


def read_manifest(
    path: Path, allow_outside: bool = False, without_masks: bool = False, auto_mask: bool = False
) -> Manifest:
    """The rows of a manifest, checked as far as that is possible without opening their files.

    Args:
        path: CSV, or JSON lines if its name ends in .jsonl or .ndjson; `cells.KINDS` names the columns.
        allow_outside: its files need not lie in its folder.
        without_masks: rows need name no mask: where the image is transparent it is repainted.
        auto_mask: rows need name no mask: one is proposed.

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
        entries, notes = csv_entries(path, mistakes, without_masks or auto_mask)
    folder = Path(os.path.abspath(path.parent))
    found = manifest_of(path, folder, entries, allow_outside, mistakes, without_masks, auto_mask)
    return replace(found, notes=(*notes, *found.notes))


def manifest_of(
    source: Path,
    folder: Path,
    entries: Sequence[Entry],
    allow_outside: bool = False,
    mistakes: Sequence[Mistake] = (),
    without_masks: bool = False,
    auto_mask: bool = False,
) -> Manifest:
    """Check what is written, and make rows of it.

    Args:
        source: what the entries were read from, for messages.
        folder: absolute, that their paths are relative to.
        entries: the rows as written.
        allow_outside: files need not lie in `folder`.
        mistakes: found on the way here, told with those found here.
        without_masks: see `read_manifest`.
        auto_mask: see `read_manifest`.

    Raises:
        InputError: there are mistakes, or no entries, or the files of none are there.
    """
    found, absent = list(mistakes), list[Mistake]()
    finder = Finder(folder, allow_outside)
    names = _ids_of(entries, found)
    found += [(entry.line, _UNREAD) for entry in entries if _has_unread_mask(entry, without_masks)]
    masked = [_with_mask(entry, without_masks) for entry in entries]
    needed = {"image", "reference"} if auto_mask else NEEDED
    rows = [
        row_of(entry, name, finder, found, absent, needed) for entry, name in zip(masked, names, strict=True)
    ]
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
