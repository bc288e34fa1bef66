"""Files at URLs, brought to this machine: https, S3, Google Cloud Storage and whatever else fsspec knows."""

from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from artifix.errors import InputError
from artifix.inputs.places import Url

_MOST_BYTES = 2**30  # of one file; no picture that can be opened is larger
_CHUNK_BYTES = 2**20
_EXTRA = 'pip install "artifix[remote]"'


def fetch(url: str, folder: Path) -> Path:
    """The file at `url`, downloaded whole into a folder of its own in `folder`; it keeps its name.

    Raises:
        InputError: it is not there, cannot be had or is too large, or a library for its scheme is missing.
    """
    name = Url(url).name or "file"
    shown = without_secrets(url)
    place = _own_folder(folder) / name.replace("\\", "_").replace("\0", "_")
    try:
        import fsspec

        with fsspec.open(url, "rb") as source, place.open("xb") as target:
            _copy(source, target, shown)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{shown}: no such file", "check the address") from error
    except ImportError as error:
        raise InputError(f"{shown}: {error}", f"install what reads it: {_EXTRA}") from error
    except Exception as error:  # each of fsspec's file systems has errors of its own
        said = str(error).replace(url, shown) or type(error).__name__
        raise InputError(f"{shown}: cannot be fetched: {said}", "check the address and the access") from error
    return place


def without_secrets(url: str) -> str:
    """`url` as it may be shown and kept: without user, password and query, where keys are signed in."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _own_folder(folder: Path) -> Path:
    """Two files of one name must not meet."""
    place = folder / str(sum(1 for _ in folder.iterdir()))
    place.mkdir()
    return place


def _copy(source: BinaryIO, target: BinaryIO, shown: str) -> None:
    size = 0
    while chunk := source.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > _MOST_BYTES:
            raise InputError(f"{shown}: is larger than {_MOST_BYTES / 2**30:.0f} GiB", "name a picture")
        target.write(chunk)
