"""Manifests as JSON lines: an object a line, its names those of the columns of a CSV manifest."""

import json
import re
from pathlib import Path
from typing import Any, NoReturn

from artifix.errors import InputError, UsageError
from artifix.inputs.cells import KINDS, Entry, Kind, column_of, references_of, why_unknown
from artifix.inputs.table import MOST_TOLD, Mistake, read_text, shown

_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.FLAG: (bool,),
    Kind.WHOLE: (int,),
    Kind.NUMBER: (int, float),
    Kind.NUMBERS: (int, float),
    Kind.BOX: (int,),
}
_LISTS = (Kind.FILES, Kind.NUMBERS, Kind.NAMES, Kind.BOX)


def json_entries(path: Path, mistakes: list[Mistake]) -> list[Entry]:
    """The rows of such a file; what is wrong with them is added to `mistakes`.

    Raises:
        InputError: the file cannot be read, or is JSON of another form.
    """
    text = read_text(path)
    _check_lines(path, text)
    lines = text.split("\n")
    if not lines[-1].strip():
        lines.pop()
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(_entry(number, _object(line), mistakes))
        except ValueError as error:
            mistakes.append((number, str(error)))
    return entries


def _check_lines(path: Path, text: str) -> None:
    """Raise InputError for one array of all rows, and for objects that are spread over lines."""
    first = text.split("\n", 1)[0].strip()
    if re.match(r"\s*\[\s*\{", text):
        raise InputError(
            f"{path}: is one array of JSON, not an object a line",
            f"write an object a line, as by: jq -c '.[]' {path.name}",
        )
    if first == "{":
        raise InputError(
            f"{path}: line 1: begins an object that goes on in the next line",
            f"write an object a line, as by: jq -c . {path.name}",
        )
    if first and first[0] not in "{[" and column_of(first.partition(",")[0]):
        raise InputError(f"{path}: line 1: names columns, as CSV does", "name it .csv")


def _object(line: str) -> dict[str, Any]:
    """Raises ValueError where `line` holds anything else."""
    if not line.strip():
        raise ValueError("is empty")
    try:
        found = json.loads(line, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except json.JSONDecodeError as error:
        if line.rstrip().endswith("},"):
            raise ValueError("ends with a comma: lines are not separated by any") from None
        raise ValueError(f"is not JSON: {error.msg} (character {error.colno})") from None
    if not isinstance(found, dict):
        raise ValueError('is no object, like {"image": "a.png", ...}')
    if not any(value is not None for value in found.values()):
        raise ValueError("is empty")
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{shown(name)} is there twice")
        found[name] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _entry(line: int, given: dict[str, Any], mistakes: list[Mistake]) -> Entry:
    cells: dict[str, str] = {}
    references: list[str] = []
    for name, value in given.items():
        column = column_of(name)
        if column is None:
            mistakes.append((line, why_unknown(name, suggest=len(mistakes) < MOST_TOLD)))
            continue
        try:
            text = _text_of(name, KINDS[column], value)
        except UsageError as error:
            mistakes.append((line, error.marked[0]))
            continue
        if column == "reference":
            references += references_of(text)
        elif text:
            cells[column] = text
    return Entry(line, cells, tuple(references))


def _text_of(name: str, kind: Kind, value: Any) -> str:
    """The cell of a CSV manifest that says the same. Raises UsageError where `value` is of another type."""
    if value is None:
        return ""
    if isinstance(value, list) and kind in _LISTS:
        return (";" if kind is Kind.FILES else ",").join(_item_text(name, kind, item) for item in value)
    # Text may stand for what JSON has no form for, but not for numbers, true or false.
    if isinstance(value, str) and kind not in (Kind.FLAG, Kind.WHOLE, Kind.NUMBER, Kind.NUMBERS):
        return value.strip()
    return _item_text(name, kind, value)


def _item_text(name: str, kind: Kind, value: Any) -> str:
    if kind is Kind.FILES and isinstance(value, str) and ";" in value:
        raise UsageError(f"{name}: {shown(value)}: a semicolon separates files", "rename the file")
    types = (str, int) if name == "id" else _TYPES.get(kind, (str,))
    if not isinstance(value, types) or (isinstance(value, bool) and kind is not Kind.FLAG):
        raise UsageError(f"{name}: {shown(repr(value))} is not {kind.value}", "mend the value")
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
