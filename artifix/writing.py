"""Files and folders written whole or not at all: under a hidden name first, synced, then renamed."""

import contextlib
import errno
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from artifix.errors import OutputError
from artifix.setting_names import setting

UNFINISHED = ".artifix-*"  # what is being written, and what is being replaced
_log = logging.getLogger(__name__)


def write_file(path: Path, write: Callable[[BinaryIO], object], keeps_mode: bool = False) -> None:
    """Write one file: complete after return, and as it was before if anything fails or interrupts.

    Args:
        path: in a folder that is there; an earlier file is replaced.
        write: writes the content.
        keeps_mode: who may read and write the earlier file, which has to be there, may the new one.

    Raises:
        OSError: the disk refuses.
    """
    unfinished = _unfinished(path.parent)
    try:
        with unfinished.open("xb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        if keeps_mode:
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """A folder to be filled, which is `place` in the end; if anything fails or interrupts, that is untouched.

    Args:
        place: made with its parents; what is there is replaced.

    Raises:
        OSError: the disk refuses.
    """
    with made_parents(place):
        unfinished = _unfinished(place.parent)
        try:
            unfinished.mkdir()
            yield unfinished
            sync_tree(unfinished)
            publish(unfinished, place)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def _unfinished(folder: Path) -> Path:
    return folder / f".artifix-{uuid.uuid4().hex}.tmp"


def publish(unfinished: Path, place: Path) -> None:
    """Rename the folder `unfinished` to `place`, beside it; an earlier one is put back if that fails.

    Raises:
        OSError: the disk refuses.
    """
    earlier = unfinished.with_suffix(".old")
    try:
        if place.exists() and any(place.iterdir()):
            place.rename(earlier)
        unfinished.rename(place)
    except BaseException:
        if earlier.exists() and not place.exists():
            earlier.rename(place)
        elif not unfinished.exists():  # interrupted when all was done
            shutil.rmtree(earlier, ignore_errors=True)
        raise
    try:
        sync_folder(place.parent)
    finally:  # the new one is in place, whether the disk has noted it or not
        _delete_replaced(earlier)


def _delete_replaced(earlier: Path) -> None:
    if earlier.exists():
        try:
            shutil.rmtree(earlier)
        except OSError as error:
            _log.warning("%s: the replaced folder could not be deleted (%s)", earlier, error)


def missing_parents(place: Path) -> list[Path]:
    """`place` and those of its parents that do not exist, the deepest first."""
    missing = [place]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    return missing


@contextlib.contextmanager
def made_parents(place: Path) -> Iterator[None]:
    """The parents of `place` are there; those that were made go again if anything fails or interrupts."""
    made = missing_parents(place)[1:]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):  # someone else uses it by now
                path.rmdir()
        raise


def sync_tree(folder: Path) -> None:
    """Bring everything in `folder` to the disk, and its name in no other folder."""
    for path in folder.iterdir():
        if path.is_dir():
            sync_tree(path)
        else:
            _sync(path, os.O_RDWR)  # Windows syncs only what may be written
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk."""
    if os.name != "nt":  # Windows syncs no folders
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def as_output_error(place: Path, hint: str = "", others: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Whatever the disk refuses is an OutputError that names `place`, a folder or a file.

    Args:
        place: where something is written, as the user named it.
        hint: what to do about it; "" is to free space or to choose another place.
        others: errors that mean the same, of libraries with their own.
    """
    kinds: tuple[type[Exception], ...] = (OSError, *others)
    try:
        yield
    except kinds as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{place}: cannot be written: {reason}", hint or _remedy(error)) from error


def _remedy(error: Exception) -> str:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return f"free some space, or choose another disk with {setting('out')}"
    return f"choose another folder with {setting('out')}"
