"""CSV as spreadsheets write it: other signs between cells, other encodings, lines that are no rows.

What is plain is read, and one line says how; what is not is left for those who check the rows.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.table import MOST_COLUMNS, check_text, counted, read_data

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip
_TOLD = {
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
}
_NAMED_SEPARATOR = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_MOST_SIGNS = 20_000  # of the first line, that tell what separates its cells
_UNSEEN = "\ufeff\u200b"  # marks of byte order, where files were put together, and blanks of no width
_UNNAMED = re.compile(r"(?:unnamed: ?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, read."""

    header_line: int  # of the file, from 1
    header: list[str]  # the names of the columns, blanks cut
    rows: list[tuple[int, list[str]]]  # the line and the cells of each, as many as columns or more
    notes: tuple[str, ...] = ()  # how it was read, where not as plain CSV


def read_sheet(path: Path, form: str, is_column: Callable[[str], bool]) -> Sheet:
    """The table that a CSV file holds.

    Args:
        path: in UTF-8, UTF-16, UTF-32 or Windows-1252, with commas, semicolons, tabs or bars between cells.
        form: how such a file is written, for the hint.
        is_column: whether a name is one of a column.

    Raises:
        InputError: it cannot be read, or is no CSV.
    """
    text, encoding = _decoded(path)
    if re.match(r"\ufeff?\s*(?:\[\s*)?\{\s*\"", text):
        raise InputError(f"{path}: is JSON, not CSV", "write an object a line, and name it .jsonl")
    check_text(path, text)
    first, separator = _separator_named(text)
    separator = separator or _likely_separator(text, is_column)
    lines = list(_cells(path, text, separator, form))[first:]
    raw = io.StringIO(text, newline=None).readlines()  # quoted, a sign # is no comment's
    written = [(line, cells) for line, cells in lines if any(cells) and not raw[line - 1].startswith("#")]
    notes = [f"read as {_TOLD[encoding]}"] if encoding in _TOLD else []
    notes += [f"separated by {SEPARATORS.get(separator, repr(separator))}"] if separator != "," else []
    if (left_out := len(lines) - len(written)) and written:
        notes.append(f"{left_out} blank or comment line{'s' * (left_out > 1)} left out")
    if not written:
        return Sheet(1, [], [], tuple(notes))
    (line, header), *rows = written
    if again := sum(cells == header for _, cells in rows):  # of files put together
        notes.append(
            f"{counted(again, 'line')} left out that repeat{'s' * (again == 1)} the names of the columns"
        )
        rows = [(number, cells) for number, cells in rows if cells != header]
    return _trimmed(Sheet(line, header, rows, tuple(notes)))


def _decoded(path: Path) -> tuple[str, str]:
    """The text and its encoding."""
    data = read_data(path)
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "")
    # UTF-16 without its mark: every other byte of plain names is 0.
    zeros = [data[i : i + 1] == b"\0" for i in range(4)]
    unmarked = (
        "utf-16-le" if zeros == [False, True] * 2 else "utf-16-be" if zeros == [True, False] * 2 else ""
    )
    encoding = marked or unmarked or "utf-8"
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            try:
                return data.decode("cp1252"), "cp1252"
            except UnicodeDecodeError:
                pass
        what = f"{error.reason} at byte {error.start}"
        raise InputError(f"{path}: is not {encoding.upper()}: {what}", "save it as UTF-8") from error


def _separator_named(text: str) -> tuple[int, str]:
    """How many lines name the separator, and which it is: spreadsheets write `sep=;` in the first one."""
    found = _NAMED_SEPARATOR.match(text)
    return (1, found[1]) if found else (0, "")


def _likely_separator(text: str, is_column: Callable[[str], bool]) -> str:
    """The one that makes most columns of the first line that is not blank and no comment."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    first = next(lines, "")[:_MOST_SIGNS]

    def known(separator: str) -> int:
        return sum(is_column(cell.strip().strip('"')) for cell in first.split(separator))

    return max(SEPARATORS, key=known)


def _cells(path: Path, text: str, separator: str, form: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of every line, blanks cut."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip().strip(_UNSEEN).strip() for cell in cells]
            line = reader.line_num + 1  # of the next row: quoted cells may hold line breaks
    except csv.Error as error:
        raise InputError(f"{path}: line {line}: is not CSV: {error}", form) from error


def _trimmed(sheet: Sheet) -> Sheet:
    """Without columns that have no name and say nothing, such as an index; rows filled up with blanks."""
    count = len(sheet.header)
    if count > MOST_COLUMNS:  # it will be refused
        return sheet
    rows = [(line, _fitted(cells, count)) for line, cells in sheet.rows]
    kept = [
        i
        for i, name in enumerate(sheet.header)
        if not _UNNAMED.fullmatch(name) or (i > 0 and any(cells[i] for _, cells in rows))
    ]
    header = [sheet.header[i] for i in kept]
    cut = [(line, [*(cells[i] for i in kept), *cells[count:]]) for line, cells in rows]
    return replace(sheet, header=header, rows=cut)


def _fitted(cells: list[str], count: int) -> list[str]:
    """The cells, blank ones added or cut at the end for `count` of them."""
    cells = cells + [""] * (count - len(cells))
    while len(cells) > count and not cells[-1]:
        cells.pop()
    return cells
