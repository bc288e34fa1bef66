"""The bytes of a user's file, or of standard input."""

import sys
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.places import STREAM, was_url

SAVE_AGAIN = "save or download it again, as PNG or JPEG"


def read_bytes(path: Path) -> bytes:
    """The whole file; of "-" standard input. Raises InputError if it is missing, unreadable or empty."""
    if path == STREAM:
        return _piped()
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder, not an image file", "name the image file itself")
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is not a regular file", "save the image to a file first")
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        if was_url(path):
            raise InputError(
                f"{path}: is a URL, not a file on this machine",
                "download it first, or name it in a manifest of artifix batch",
            ) from error
        raise InputError(f"{path}: no such file", "check the spelling and the folder") from error
    except PermissionError as error:
        raise InputError(f"{path}: permission to read it is denied", f"try: chmod u+r {path}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", "copy it to a local disk") from error
    if not data:
        raise InputError(f"{path}: the file is empty (0 bytes)", SAVE_AGAIN)
    return data


def _piped() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("-: standard input is a terminal", "pipe a picture into it, or name its file")
    data = sys.stdin.buffer.read()
    if not data:
        raise InputError("-: nothing came from standard input", "see whether the program before it failed")
    return data
