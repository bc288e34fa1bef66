"""Public weights that artifix knows by name: what for, under which licence, and from where."""

import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from artifix.errors import WeightsError

FILE = Path(__file__).with_name("catalogue.toml")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What is pulled: tensors, settings, vocabularies, prose. Nothing that runs when it is loaded.
SUFFIXES = (".safetensors", ".json", ".txt", ".model", ".jinja", ".md")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a repository on the Hub.

    Args:
        path: in the repository.
        to: where in the folder of the weights it goes.
        bytes: how long it is; None where that is not known.
        sha256: of its content; None where that is not known.
    """

    path: str
    to: str
    bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A repository on the Hub, and what is taken from it.

    Args:
        repo: owner/name.
        commit: 40 hexadecimal digits; None is the newest when it is first pulled.
        licence: SPDX identifier, or its name.
        licence_url: where it can be read.
        files: of which the folder of the weights is made.
    """

    repo: str
    commit: str | None
    licence: str
    licence_url: str
    files: tuple[File, ...]

    @property
    def page(self) -> str:
        """Where people read about the repository and accept its terms."""
        return f"https://huggingface.co/{self.repo}"


@dataclass(frozen=True, slots=True)
class Entry:
    """Public weights by name.

    Args:
        name: by which they are called, and of their folder.
        purpose: what they do in artifix.
        base: the public model that they are.
        gated: the Hub gives them only to those who accepted their terms there.
        memory_gb: of the device, about, with all parts on it.
        class_name: of diffusers or transformers.
        sources: the repositories they are made of.
    """

    name: str
    purpose: str
    base: str
    gated: bool
    memory_gb: float
    class_name: str
    sources: tuple[Source, ...]

    @property
    def licence(self) -> str:
        """The licences of all sources, that of the base model first."""
        return ", ".join(dict.fromkeys(source.licence for source in self.sources))

    @property
    def bytes(self) -> int:
        """How much is to be pulled; files of unknown length, which are short ones, are not counted."""
        return sum(file.bytes or 0 for source in self.sources for file in source.files)


def is_name(text: str) -> bool:
    """Whether `text` may name weights, and so a folder: no path, no option, nothing hidden."""
    return _NAME.fullmatch(text) is not None


@cache
def catalogue() -> dict[str, Entry]:
    """All entries by name, in the order of the file."""
    return read_catalogue(FILE)


def entry_of(name: str) -> Entry:
    """The entry of this name.

    Raises:
        WeightsError: there is none; near names are told.
    """
    if name in (known := catalogue()):
        return known[name]
    near = near_names(name, known)
    hint = f"did you mean {near}?" if near else f"known are: {', '.join(known)}"
    raise WeightsError(f"{name}: no weights of that name are known", hint)


def near_names(name: str, known: Any) -> str:
    """Those of the known names that `name` may be a slip of, for a sentence; "" if there is none."""
    return " or ".join(difflib.get_close_matches(name.lower(), list(known), n=3))


def read_catalogue(path: Path) -> dict[str, Entry]:
    """The entries of a catalogue's file.

    Raises:
        WeightsError: it cannot be read, or an entry is none.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _entry(name, table) for name, table in tables.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: is damaged: {error}", "install artifix again") from error


def _entry(name: str, table: dict[str, Any]) -> Entry:
    if not is_name(name):
        raise ValueError(f"{name!r} is no name")
    sources = tuple(_source(source) for source in table["sources"])
    targets = [file.to for source in sources for file in source.files]
    if len(set(targets)) != len(targets):
        raise ValueError(f"{name} has two files of one name")
    about = {key: table[key] for key in ("purpose", "base", "gated", "memory_gb")}
    return Entry(name=name, class_name=table["class"], sources=sources, **about)


def _source(table: dict[str, Any]) -> Source:
    commit = table.get("commit")
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise ValueError(f"{commit!r} is no commit")
    files = tuple(_file(**file) for file in table["files"])
    return Source(table["repo"], commit, table["licence"], table["licence_url"], files)


def _file(path: str, to: str | None = None, bytes: int | None = None, sha256: str | None = None) -> File:
    to = path if to is None else to
    for place in (path, to):
        parts = PurePosixPath(place).parts
        if not parts or any(part.startswith((".", "/")) or "\\" in part for part in parts):
            raise ValueError(f"{place!r} is no path in a folder")
        if not place.endswith(SUFFIXES):
            raise ValueError(f"{place!r} is none of {', '.join(SUFFIXES)}")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no sha256")
    return File(path, to, bytes, sha256)
