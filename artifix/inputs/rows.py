"""One row of a manifest: from its cells to a request."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from artifix.config import AlignmentConfig
from artifix.errors import ArtifixError, InputError
from artifix.inputs.cells import (
    CROPS,
    MAYBE_FILES,
    NEEDED,
    SETTINGS,
    Entry,
    value_of,
)
from artifix.inputs.places import AbsentError, Finder, Place
from artifix.inputs.request import Request, check_request
from artifix.inputs.table import Mistake

_value_of = lru_cache(1024)(value_of)  # most rows say the same


@dataclass(frozen=True, slots=True)
class Row:
    """One repair of a batch."""

    line: int  # of the manifest
    id: str  # unique, and names the folder of the results
    request: Request  # its paths absolute
    settings: Mapping[str, Any]  # that the row gives, by the field's name in config, "seed" among them
    written: Mapping[str, str]  # the cells by column, without empty ones; references joined by semicolons


def row_of(
    entry: Entry,
    name: str,
    finder: Finder,
    mistakes: list[Mistake],
    absent: list[Mistake],
    needed: Collection[str] = NEEDED,
) -> Row | None:
    """None where something is wrong, which is added to `mistakes`; files that are missing to `absent`.

    Of `cells.NEEDED`, the columns in `needed` may not be empty.
    """
    told = len(mistakes)
    lacking = [column for column in NEEDED if column in needed and not _texts(entry, column)]
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
    return Request(**{"mask": None, **given}, references=values["reference"], crops=crops)


def _values(entry: Entry, mistakes: list[Mistake]) -> dict[str, Any]:
    values = {}
    for column, text in entry.cells.items():
        try:
            values[column] = _value_of(column, text)
        except ArtifixError as error:
            mistakes.append((entry.line, "; ".join(error.marked)))
    return values


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
