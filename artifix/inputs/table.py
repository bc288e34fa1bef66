"""CSV files that a user wrote, read with the line of every row, and how their mistakes are told."""

import csv
import io
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.kinds import check_is_text

MOST_BYTES = 64 * 2**20  # more was not written by anybody, and would be read for minutes
MOST_LINES = 1_000_000
MOST_COLUMNS = 1000
MOST_TOLD = 50  # mistakes
_MOST_SHOWN = 80  # characters of one cell
_LINE_END = re.compile(r"\r\n|\r|\n")

Mistake = tuple[int, str]  # the line, and what is wrong there


def read_text(path: Path) -> str:
    """A whole text file, without its byte order mark.

    Raises:
        InputError: it is no regular file, cannot be read, is larger than 64 MiB, or holds anything but UTF-8.
    """
    try:
        text = read_data(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"{error.reason} at byte {error.start}"
        raise InputError(f"{path}: is not UTF-8: {what}", "save it as UTF-8") from error
    check_text(path, text)
    return text


def read_data(path: Path) -> bytes:
    """A whole file.

    Raises:
        InputError: it is no regular file, cannot be read, is larger than 64 MiB, or is of a kind that
            is no text.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            raise InputError(f"{path}: cannot be read: it is {what}", "name a text file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read: {reason}", "check the spelling and the folder") from error
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: is larger than {MOST_BYTES // 2**20} MiB", "split it")
    check_is_text(data, path)
    return data


def check_text(path: Path, text: str) -> None:
    """Raise InputError, naming `path`, if the text holds a NUL or more lines than anybody wrote."""
    if (at := text.find("\0")) >= 0:
        raise InputError(
            f"{path}: line {_line_of(text, at)}: holds a NUL byte", "save it as plain UTF-8 text"
        )
    if (lines := max(text.count("\n"), text.count("\r"))) > MOST_LINES:
        raise InputError(f"{path}: has {lines} lines, {MOST_LINES} at most", "split it")


def read_table(path: Path, form: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns of a CSV file, and the cells of each row with its line, blanks cut.

    Args:
        path: UTF-8; lines may end in any way, and quoted cells may hold line breaks.
        form: how such a file is written, for the hint.

    Raises:
        InputError: it cannot be read, or is no CSV.
    """
    rows = []
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            rows.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1  # of the next row: quoted cells may hold line breaks
    except csv.Error as error:
        raise InputError(f"{path}: line {line}: is not CSV: {error}", form) from error
    return rows[0][1] if rows else [], rows[1:]


def mistaken(path: Path, mistakes: Sequence[Mistake], form: str) -> InputError:
    """The error that tells the mistakes of a file in the order of their lines, the first 50 of them."""
    told = [f"line {line}: {what}" for line, what in sorted(mistakes, key=lambda mistake: mistake[0])]
    if len(told) > MOST_TOLD:
        told[MOST_TOLD:] = [f"and {len(told) - MOST_TOLD} more"]
    return InputError("\n  ".join([f"{path}: {counted(len(mistakes), 'mistake')}:", *told]), form)


def counted(count: int, noun: str) -> str:
    """The noun with its number: 1 mistake, 2 mistakes."""
    return f"{count} {noun}{'s' * (count != 1)}"


def shown(text: str) -> str:
    """A cell as it may stand in a message: not too long, and nothing that moves the cursor."""
    cut = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in cut)


def _line_of(text: str, position: int) -> int:
    return 1 + sum(1 for _ in _LINE_END.finditer(text, 0, position))
