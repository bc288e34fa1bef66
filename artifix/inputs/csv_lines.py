"""Manifests as CSV: the names of the columns in the first line, a row in each further one."""

from collections.abc import Sequence
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.cells import FORM, NEEDED, Entry, column_of, is_foreign, references_of, why_unknown
from artifix.inputs.sheet import SEPARATORS, read_sheet
from artifix.inputs.table import MOST_COLUMNS, MOST_TOLD, Mistake, counted, shown


def csv_entries(path: Path, mistakes: list[Mistake], without_masks: bool) -> tuple[list[Entry], list[str]]:
    """The rows of a CSV file, and how it was read; what is wrong with them is added to `mistakes`.

    Args:
        path: the file; see `sheet.read_sheet`.
        mistakes: found so far.
        without_masks: no column need name masks.

    Raises:
        InputError: the file cannot be read.
    """
    sheet = read_sheet(path, FORM, lambda name: column_of(name) is not None)
    header, notes = sheet.header, list(sheet.notes)
    if len(header) > MOST_COLUMNS:
        raise InputError(f"{path}: line 1: has {len(header)} columns, {MOST_COLUMNS} at most", FORM)
    foreign = [name for name in header[:MOST_TOLD] if column_of(name) is None and is_foreign(name)]
    if foreign:
        notes.append(f"columns left alone: {', '.join(map(shown, foreign))}")
    if header and len(foreign) == len([name for name in header if name]):
        told = ", ".join(map(shown, foreign))
        raise InputError(f"{path}: line {sheet.header_line}: names no columns that are known: {told}", FORM)
    wrong = _column_mistakes([name for name in header if name not in foreign], without_masks)
    mistakes += [(sheet.header_line, what) for what in wrong]
    columns = [column_of(name) for name in header]
    lacking = not {"image", "reference"} <= {*columns}
    entries = []
    for line, cells in sheet.rows:
        if len(cells) != len(header):
            mistakes.append((line, f"has {counted(len(cells), 'cell')}, not {len(header)}"))
        elif not lacking:  # or else every row would tell what the first line has told
            entry = _entry(line, columns, cells)
            if other := _other_separator(cells):
                mistakes.append((line, f"has {other} between its cells, unlike the first line"))
            else:
                entries.append(entry)
    return entries, notes


def _other_separator(cells: Sequence[str]) -> str:
    """What separates the cells of a row that was taken for one cell; "" of another row."""
    written = [cell for cell in cells if cell]
    if len(cells) < 3 or len(written) != 1:
        return ""
    found = (name for sign, name in SEPARATORS.items() if written[0].count(sign) == len(cells) - 1)
    return next(found, "")


def _column_mistakes(header: Sequence[str], without_masks: bool) -> list[str]:
    if not any(header):
        return ["names no columns"]
    unknown = [name for name in header if column_of(name) is None]
    found = [why_unknown(name, suggest=index < MOST_TOLD) for index, name in enumerate(unknown)]
    known = [column_of(name) for name in header]
    again = {name for name in known if name and name != "reference" and known.count(name) > 1}
    found += [f"column {name} is there {known.count(name)} times" for name in sorted(again)]
    may_lack = without_masks or "mask_from" in known
    needed = [name for name in NEEDED if name != "mask" or not may_lack]
    return found + [f"no column {name}" for name in needed if name not in known]


def _entry(line: int, columns: Sequence[str | None], cells: Sequence[str]) -> Entry:
    written: dict[str, str] = {}
    references: list[str] = []
    for column, text in zip(columns, cells, strict=True):
        if column == "reference":
            references += references_of(text)
        elif column is not None and text:
            written[column] = text
    return Entry(line, written, tuple(references))
