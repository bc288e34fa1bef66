"""Where a file of a request lies: on a disk, or at a URL that is yet to be fetched."""

import re
from pathlib import Path, PurePosixPath

# One letter before the colon is a drive of Windows. A chain (zip://a.png::s3://b) ends in a URL too.
_URL = re.compile(r"(?:[A-Za-z0-9+.\-]+::)*[A-Za-z][A-Za-z0-9+.\-]+://.*", re.DOTALL)
_OF_THIS_MACHINE = re.compile(r"(?:^|::)(?:file|local)://|::", re.IGNORECASE)


class Url(str):
    """The address of a file. A str and no Path, which would take `//` for `/`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The last part of its path, without query and fragment."""
        return PurePosixPath(re.split("[?#]", self.partition("://")[2], maxsplit=1)[0]).name


Place = Path | Url


def is_url(text: str) -> bool:
    """Whether `text` is scheme://... rather than a path."""
    return _URL.fullmatch(text) is not None


def may_be_local(url: str) -> bool:
    """Whether `url` can lead to a file of this machine: file://..., or a chain, whose end is anywhere."""
    return _OF_THIS_MACHINE.search(url) is not None


def stem_of(place: Place) -> str:
    """The name of the file without its last suffix."""
    return PurePosixPath(place.name).stem if isinstance(place, Url) else place.stem
