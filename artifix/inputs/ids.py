"""Ids of rows. Each names a folder, so it must be one on every system, and differ from all others there."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

MOST_BYTES = 200  # of UTF-8; file systems allow 255, and names of files are made of ids
_ROOM_FOR_LINE = 20  # bytes that "-<line>" may need
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\<>:"|?*]')
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\..*)?", re.I
)


def fault_of(name: str) -> str:
    """Why `name` is no safe name of a folder; "" where it is one."""
    if not name:
        return "is empty"
    if found := _FORBIDDEN.search(name):
        return f"holds {found.group()!a}"
    if name.startswith("."):
        return "begins with a dot"
    if name.endswith((".", " ")):
        return "ends with a dot or a blank"
    if _RESERVED.fullmatch(name):
        return "is a name that Windows keeps for itself"
    if (size := len(name.encode())) > MOST_BYTES:
        return f"has {size} bytes, {MOST_BYTES} at most"
    return ""


def safe(name: str) -> str:
    """A safe name of a folder, `name` itself where that is one."""
    if not fault_of(name):
        return name
    name = _FORBIDDEN.sub("_", name)
    name = re.sub(r"^\.+", "_", name)
    name = name.encode()[: MOST_BYTES - _ROOM_FOR_LINE].decode(errors="ignore").rstrip(". ")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return name or "_"


def folded(name: str) -> str:
    """The same for all names that a disk may take for one: those that differ in case or composition only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def completed(given: Sequence[str | None], stems: Sequence[str], lines: Sequence[int]) -> list[str]:
    """The ids of rows: as given, or else the stem, with the row's line where the stem alone is not unique.

    Args:
        given: of each row, None where it gives none.
        stems: what a row without an id is named after.
        lines: of the rows.
    """
    wanted = [safe(stem) if name is None else name for name, stem in zip(given, stems, strict=True)]
    uses = Counter(map(folded, wanted))
    return [
        f"{want}-{line}" if name is None and uses[folded(want)] > 1 else want
        for name, want, line in zip(given, wanted, lines, strict=True)
    ]
