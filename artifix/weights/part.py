"""A file that is to be fetched, and whether what was fetched is that file."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """A file to be fetched.

    Args:
        repo: owner/name on the Hub.
        commit: of the repository.
        path: in the repository.
        to: in the folder of the weights.
        bytes: how long it is; None where nobody says.
        sha256: of its content; None where nobody says.
        blob: sha1 of its content as git names it; None where nobody says.
    """

    repo: str
    commit: str
    path: str
    to: str
    bytes: int | None
    sha256: str | None
    blob: str | None


def difference_of(part: Part, path: Path, digest: str) -> str | None:
    """What differs between a file and what is known of it, for a sentence; None where nothing does.

    Args:
        part: what is known.
        path: of the file.
        digest: its sha256.
    """
    if part.bytes is not None and (length := path.stat().st_size) != part.bytes:
        return f"has {length} bytes, expected {part.bytes}"
    if part.sha256 is not None and digest != part.sha256:
        return f"sha256 is {digest[:12]}, expected {part.sha256[:12]}"
    if part.sha256 is None and part.blob is not None and (blob := _git_blob(path)) != part.blob:
        return f"its id in git is {blob[:12]}, expected {part.blob[:12]}"
    return None


def _git_blob(path: Path) -> str:
    content = path.read_bytes()  # of small files only: the Hub gives the sha256 of large ones
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
