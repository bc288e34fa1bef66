"""Where a file of a request lies: on a disk, or at a URL that is yet to be fetched."""

import os
import re
import stat
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_plus

from artifix.errors import InputError
from artifix.inputs.ids import folded
from artifix.inputs.table import counted, shown
from artifix.setting_names import setting

# One letter before the colon is a drive of Windows. A chain (zip://a.png::s3://b) ends in a URL too.
_URL = re.compile(r"(?:[A-Za-z0-9+.\-]+::)*[A-Za-z][A-Za-z0-9+.\-]+://.*", re.DOTALL)
_FLATTENED_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:/")
_OF_THIS_MACHINE = re.compile(r"(?:^|::)(?:file|local)://|::", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SHELL = re.compile(
    r"~[^/\\]*[/\\]|.*?(\$\w+|\$\{\w+\}|%[A-Za-z_]{3,}%)", re.DOTALL
)  # what a shell alone fills in
_QUOTES = "\"'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb "
_MOST_SIGNS = 4096  # resolving longer ones takes long, and no system has them
_LEAST_SECRET = 4  # shorter words of a query are in any text
_ONLY_IF_ALLOWED = f", which is refused unless {setting('allow_outside')} is given"


class Url(str):
    """The address of a file. A str and no Path, which would take `//` for `/`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The last part of its path, without query and fragment."""
        return PurePosixPath(re.split("[?#]", self.partition("://")[2], maxsplit=1)[0]).name


Place = Path | Url
STREAM = Path("-")  # standard input, or output


def is_url(text: str) -> bool:
    """Whether `text` is scheme://... rather than a path."""
    return _URL.fullmatch(text) is not None


def was_url(path: Path) -> bool:
    """Whether a path was made of scheme://..., of which it keeps one slash."""
    return _FLATTENED_URL.match(str(path)) is not None


def may_be_local(url: str) -> bool:
    """Whether `url` can lead to a file of this machine: file://..., or a chain, whose end is anywhere."""
    return _OF_THIS_MACHINE.search(url) is not None


def without_secrets(url: str) -> str:
    """`url` as it may be shown and kept: without user, password and query, where keys are signed in."""
    return "::".join(re.sub(r"//[^/]*@", "//", link.partition("?")[0]) for link in url.split("::"))


def holds_secret_of(url: str, text: str) -> bool:
    """Whether `text` tells something of `url` that is not to be shown, however it is quoted."""
    plain = unquote_plus(text)
    words = re.findall(r"//([^/?]*)@", url) + re.findall(r"\?([^#]*)", url)
    parts = {unquote_plus(part) for word in words for part in re.split("[:&=?]", word)}
    return any(len(part) >= _LEAST_SECRET and part in plain for part in parts)


def stem_of(place: Place) -> str:
    """The name of the file without its last suffix."""
    return PurePosixPath(place.name).stem if isinstance(place, Url) else place.stem


class AbsentError(InputError):
    """A file that is not there, or is none."""


class Finder:
    """Finds the files that a manifest names, each once.

    Args:
        folder: of the manifest, absolute.
        allow_outside: files need not lie in it.
    """

    def __init__(self, folder: Path, allow_outside: bool) -> None:
        self.folder = folder
        self._real_folder = Path(os.path.realpath(folder))
        self._allow_outside = allow_outside
        self._found: dict[str, Place | InputError] = {}
        self._respelt: list[tuple[str, str]] = []  # paths found under another spelling

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the paths were read."""
        if not self._respelt:
            return ()
        written, meant = self._respelt[0]
        return (
            f"{counted(len(self._respelt), 'path')} spelt otherwise, {shown(written)} for {shown(meant)}",
        )

    def find(self, text: str) -> Place:
        """The file at a path relative to the folder, which is there; or the URL, which is not looked for.

        Raises:
            InputError: it is not there, is no file, or lies outside.
        """
        if text not in self._found:
            try:
                self._found[text] = self._find(text)
            except InputError as error:
                self._found[text] = error
        found = self._found[text]
        if isinstance(found, InputError):
            raise found
        return found

    def _find(self, text: str) -> Place:
        if is_url(text):
            if may_be_local(text) and not self._allow_outside:
                raise InputError(
                    f"{shown(without_secrets(text))}: may lead to files of this machine{_ONLY_IF_ALLOWED}"
                )
            return Url(text)
        if len(text) > _MOST_SIGNS:
            raise InputError(f"{shown(text)}: is longer than any path ({len(text)} signs)")
        path = self._checked(text)
        if not _is_there(path):
            meant = self._respelling(text)
            if meant is None:
                raise AbsentError(f"{shown(text)}: {_why_absent(text, path)}")
            path = self._checked(meant)
            self._respelt.append((text, meant))
        return path

    def _checked(self, text: str) -> Path:
        """Raises InputError if `text` is no path, or leads outside where it must not."""
        try:
            if not self._allow_outside and (reason := self._why_outside(Path(text))):
                raise InputError(f"{shown(text)}: {reason}{_ONLY_IF_ALLOWED}")
            path = self.folder / text
            path.stat()
        except OSError:  # it is looked at again where it is read
            return self.folder / text
        except (ValueError, RuntimeError):  # signs no path can hold; links in a ring
            raise InputError(f"{shown(text)}: is no path") from None
        return path

    def _respelling(self, text: str) -> str | None:
        """The one path that differs in slashes, quotes, case, composition of accents or percents only."""
        if _DRIVE.match(text):
            return None
        decoded = unquote(text)
        return self._spelt(text) or (self._spelt(decoded) if decoded != text else None)

    def _spelt(self, text: str) -> str | None:
        place, spelt = self.folder, []
        parts = PurePosixPath(text.strip(_QUOTES).replace("\\", "/")).parts
        for part in parts:
            names = [part] if part in ("/", "..") or _is_any(place / part) else _alike(place, part)
            if len(names) != 1:
                return None
            spelt.append(names[0])
            place = place / names[0]
        return str(PurePosixPath(*spelt)) if spelt and _is_there(place) else None

    def _why_outside(self, path: Path) -> str:
        if path.anchor:
            return "is an absolute path"
        if ".." in path.parts:
            return "leads upwards"
        inside = Path(os.path.realpath(self.folder / path)).is_relative_to(self._real_folder)
        return "" if inside else "is a link that leads out of the manifest's folder"


def _is_there(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _is_any(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _why_absent(text: str, path: Path) -> str:
    if _DRIVE.match(text) and os.name != "nt":
        return "is on a drive of Windows; name files relative to the manifest"
    if text.startswith("\\\\") and os.name != "nt":
        return "is on a server of a Windows network; name files relative to the manifest"
    if found := _SHELL.match(text):
        return (
            f"no such file, and {found[1] or found[0]} is not filled in: only a shell does that; write it out"
        )
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "no such file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "is a folder" if stat.S_ISDIR(mode) else "is no regular file"


def _alike(folder: Path, name: str) -> list[str]:
    """The names in a folder that differ from `name` in case or in the composition of accents only."""
    wanted = folded(name)
    try:
        return [other for other in os.listdir(folder) if folded(other) == wanted]
    except OSError:
        return []
