"""Ids of rows. Each names a folder, so it must be one on every system, and differ from all others there."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

MOST_BYTES = 200  # of UTF-8; file systems allow 255, and names of files are made of ids
_ROOM_FOR_NUMBER = 20  # bytes that "-<number>" may need
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
    name = name.encode()[: MOST_BYTES - _ROOM_FOR_NUMBER].decode(errors="ignore").rstrip(". ")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return name or "_"


def folded(name: str) -> str:
    """The same for all names that a disk may take for one: those that differ in case or composition only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def completed(given: Sequence[str | None], paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The ids of rows: as given, or else the name of the image, after as many of its folders as it takes.

    So an id changes neither with the line nor, but for images of one name, with the other rows. Rows of the
    very same image are numbered.

    Args:
        given: of each row, None where it gives none.
        paths: of each row's image: its folders and its name without suffix.
    """
    wanted = [_joined(path, 1) if name is None else name for name, path in zip(given, paths, strict=True)]
    for depth in range(2, 1 + max(map(len, paths), default=0)):
        alike: dict[str, set[tuple[str, ...]]] = {}
        for want, path in zip(wanted, paths, strict=True):
            alike.setdefault(folded(want), set()).add(path)
        wanted = [
            _joined(path, depth) if name is None and len(alike[folded(want)]) > 1 else want
            for name, path, want in zip(given, paths, wanted, strict=True)
        ]
    taken = Counter(folded(name) for name in given if name is not None)
    found, numbers = [], Counter[str]()
    for name, want in zip(given, wanted, strict=True):
        unique = want
        while name is None and taken[folded(unique)]:
            numbers[want] += 1
            unique = f"{want}-{numbers[want] + 1}"
        if name is None:
            taken[folded(unique)] += 1
        found.append(unique)
    return found


def _joined(path: tuple[str, ...], depth: int) -> str:
    """The last parts of a path as one safe name."""
    return safe("-".join(part.strip("/\\") for part in path[-depth:] if part not in ("", ".", "..", "/")))
