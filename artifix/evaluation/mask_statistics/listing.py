"""Which files are the masks: folders, patterns, single files, and manifests that name them."""

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from artifix.errors import ArtifixError, InputError
from artifix.evaluation.mask_statistics.reading import MaskFile
from artifix.inputs.cells import Entry, column_of, value_of
from artifix.inputs.json_lines import json_entries
from artifix.inputs.layouts.folders import MASKS, SUFFIXES
from artifix.inputs.places import Finder, Url
from artifix.inputs.request import IMAGE_ALPHA
from artifix.inputs.sheet import read_sheet
from artifix.inputs.table import MOST_TOLD, Mistake, counted, mistaken

_TABLES, _JSON_LINES = (".csv", ".tsv"), (".jsonl", ".ndjson")
_CALLED_MASK = re.compile(r"(?:.*[_-])?mask", re.IGNORECASE | re.DOTALL)
_PATTERN = re.compile(r"[*?\[]")
FORM = (
    "a manifest has a column mask, and if needed mask_from, invert_mask, mask_crop; paths are relative to it"
)
_REMEDY = "name folders, image files, patterns as masks/*.png, or manifests with a column mask"


@dataclass(frozen=True, slots=True)
class Listed:
    """The masks that were asked for, each once."""

    files: list[MaskFile]
    notes: tuple[str, ...]  # how they were found, where a person should know it


def list_masks(asked: Sequence[str], like: MaskFile) -> Listed:
    """The masks of folders, files, patterns and manifests, in their order.

    Args:
        asked: paths or patterns. Of a folder all pictures below it are masks; but where some are called mask,
            NAME_mask or NAME-mask, or lie in a folder called masks, those alone. A manifest is CSV or JSON
            lines.
        like: how masks are read where a manifest does not say; its name and path do not matter.

    Raises:
        InputError: something does not exist, holds no masks, or is a manifest with mistakes: all are told.
    """
    found: list[MaskFile] = []
    notes: list[str] = []
    problems: list[InputError] = []
    for text in asked:
        try:
            found += _masks_of(text, like, notes)
        except InputError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        told = [error.marked[0] for error in problems[:MOST_TOLD]]
        raise InputError("\n  ".join([f"{counted(len(problems), 'mistake')}:", *told]), _REMEDY)
    first: dict[tuple[object, ...], MaskFile] = {}
    for file in found:
        first.setdefault(_key(file), file)
    unique = list(first.values())
    if again := len(found) - len(unique):
        notes.append(f"{counted(again, 'mask')} named more than once, and counted once")
    return Listed(unique, tuple(notes))


def _key(file: MaskFile) -> tuple[object, ...]:
    return os.path.realpath(file.path), file.source, file.invert, file.crop


def _masks_of(text: str, like: MaskFile, notes: list[str]) -> list[MaskFile]:
    path = Path(text)
    if path.is_dir():
        return [replace(like, name=_name(one), path=one) for one in _in_folder(path, notes)]
    if path.suffix.lower() in _TABLES + _JSON_LINES and path.is_file():
        return _in_manifest(path, like, notes)
    if path.exists():
        return [replace(like, name=_name(path), path=path)]
    if not _PATTERN.search(text):
        raise InputError(f"{text}: no such file or folder", _REMEDY)
    names = sorted(name for name in glob.glob(text, recursive=True) if os.path.isfile(name))
    if not names:
        raise InputError(f"{text}: no file is called so", _REMEDY)
    return [replace(like, name=_name(Path(name)), path=Path(name)) for name in names]


def _name(path: Path) -> str:
    return path.as_posix()


def _in_folder(folder: Path, notes: list[str]) -> list[Path]:
    pictures = []
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = (name for name in sorted(names) if not name.startswith("."))
        pictures += [Path(place, name) for name in shown if name.lower().endswith(SUFFIXES)]
    if not pictures:
        raise InputError(f"{folder}: holds no pictures", _REMEDY)
    called = [path for path in pictures if _is_called_mask(path, folder)]
    if called and len(called) < len(pictures):
        notes.append(f"{folder}: {len(called)} of {len(pictures)} pictures are named as masks, and are read")
    return called or pictures


def _is_called_mask(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder)
    return bool(_CALLED_MASK.fullmatch(path.stem)) or MASKS in map(str.lower, inside.parts[:-1])


def _refuse(error: OSError) -> None:
    raise InputError(
        f"{error.filename}: cannot be listed: {error.strerror}", "name an existing folder"
    ) from error


def _in_manifest(path: Path, like: MaskFile, notes: list[str]) -> list[MaskFile]:
    mistakes: list[Mistake] = []
    if path.suffix.lower() in _JSON_LINES:
        entries = json_entries(path, mistakes)
    else:
        entries = _csv_entries(path, mistakes, notes)
    finder = Finder(Path(os.path.abspath(path.parent)), allow_outside=True)
    files = [_mask_of(entry, finder, like, mistakes) for entry in entries]
    notes += [f"{path}: {note}" for note in finder.notes]
    if mistakes:
        raise mistaken(path, mistakes, FORM)
    if not files:
        raise InputError(f"{path}: lists no masks", FORM)
    return [file for file in files if file is not None]


def _csv_entries(path: Path, mistakes: list[Mistake], notes: list[str]) -> list[Entry]:
    """The rows of a CSV file; of its columns those that say nothing of masks are left alone."""
    sheet = read_sheet(path, FORM, lambda name: column_of(name) is not None)
    notes += [f"{path}: {note}" for note in sheet.notes]
    columns = [column_of(name) for name in sheet.header]
    if "mask" not in columns and "mask_from" not in columns:
        raise InputError(f"{path}: line {sheet.header_line}: no column mask", FORM)
    entries = []
    for line, cells in sheet.rows:
        if len(cells) != len(columns):
            mistakes.append((line, f"has {counted(len(cells), 'cell')}, not {len(columns)}"))
            continue
        given = zip(columns, cells, strict=True)
        entries.append(Entry(line, {column: text for column, text in given if column and text}, ()))
    return entries


def _mask_of(entry: Entry, finder: Finder, like: MaskFile, mistakes: list[Mistake]) -> MaskFile | None:
    """None where something is wrong, which is added to `mistakes`."""
    try:
        told = {
            column: value_of(column, entry.cells[column])
            for column in ("mask_from", "invert_mask", "mask_crop", "mask_threshold")
            if column in entry.cells
        }
        source = told.get("mask_from", like.source)
        text = entry.cells.get("image" if source == IMAGE_ALPHA else "mask")
        if text is None:
            raise InputError(f"has no {'image' if source == IMAGE_ALPHA else 'mask'}")
        place = finder.find(text)
        if isinstance(place, Url):
            raise InputError(f"mask: {text}: is a URL, download it first")
    except ArtifixError as error:
        mistakes.append((entry.line, "; ".join(filter(None, error.marked))))
        return None
    return replace(
        like,
        name=text,
        path=place,
        source=source,
        invert=told.get("invert_mask", like.invert),
        crop=told.get("mask_crop"),
        threshold=told.get("mask_threshold", like.threshold),
    )
