"""A folder of results, written whole or not at all."""

import contextlib
import errno
import logging
import os
import re
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import methodcaller
from pathlib import Path
from typing import BinaryIO

from artifix.errors import OutputError
from artifix.spelling import setting

RECORD = "record.json"
CORRESPONDENCE = "correspondence.npy"
ALIGNMENT = "alignment.json"
THUMBNAIL = "thumbnail.jpg"  # of the rows of a batch
UNFINISHED = ".artifix-*"  # what is being written, and what is being replaced
RESULT_FILES = frozenset(
    {
        "refined.png",
        "correspondence.png",
        CORRESPONDENCE,
        "region.png",
        "overview.png",
        ALIGNMENT,
        RECORD,
    }
)
PICTURES = frozenset({"refined.png", "refined.jpg", "refined.webp", "refined.tif"})  # one of them
STAGES = ("1-map", "2-filtered", "3-clusters", "4-region", "5-overlay", "6-matches")
_STAGE_FILE = re.compile(rf"stage-({'|'.join(STAGES)})(-[2-9]|-[1-9][0-9]+)?\.png")
_ELSEWHERE = f"choose another folder with {setting('out')}"
_OTHER_FILE = "name another file"
_log = logging.getLogger(__name__)


def check_output(
    folder: Path, overwrite: bool = False, inputs: Sequence[Path] = (), files: Collection[str] = ()
) -> None:
    """Refuse a folder that `save_result` could not write, before any work is done for it.

    Args:
        folder: where the results will go. It may be missing, or be an empty folder.
        overwrite: an earlier result in `folder` may be replaced.
        inputs: files that must stay as they are.
        files: names that a result may have besides `RESULT_FILES` and the pictures of `STAGES`.

    Raises:
        OutputError: `folder` is in use, holds or is an input, or cannot be created.
    """
    with as_output_error(folder):
        place = folder.resolve()
        _check_inputs(folder, place, inputs)
        if place.exists():
            _check_existing(folder, place, overwrite, RESULT_FILES | PICTURES | {THUMBNAIL} | set(files))
        _check_parents(folder, place)


def check_file(path: Path, overwrite: bool = False, inputs: Sequence[Path] = ()) -> None:
    """Refuse a file that `save_file` could not write, before any work is done for it.

    Args:
        path: where the file will be.
        overwrite: it may be replaced.
        inputs: files that must stay as they are.

    Raises:
        OutputError: `path` is there, is a folder or an input, or cannot be created.
    """
    with as_output_error(path):
        place = path.resolve()
        if any(path.resolve() == place for path in inputs):
            raise OutputError(f"{path}: is an input, which would be lost", _OTHER_FILE)
        if place.is_dir():
            raise OutputError(f"{path}: is a folder", "name a file in it")
        if place.exists() and not overwrite:
            raise OutputError(
                f"{path}: exists", f"pass {setting('overwrite', True)} to replace it, or name another file"
            )
        _check_parents(path, place)


def save_file(path: Path, data: bytes, overwrite: bool = False, inputs: Sequence[Path] = ()) -> None:
    """Write one file, whole or not at all; its folders are created.

    Raises:
        OutputError: `check_file` refuses, or the disk does.
    """
    check_file(path, overwrite, inputs)
    place = path.resolve()
    with as_output_error(path), _made_parents(place):
        write_file(place, lambda stream: stream.write(data))


def stage_file(stage: str, group: int) -> str:
    """Name of the picture of one of `STAGES`; `group` counts the parts of the mask from 0."""
    return f"stage-{stage}{f'-{group + 1}' if group else ''}.png"


def save_result(
    folder: Path, files: Mapping[str, bytes], overwrite: bool = False, inputs: Sequence[Path] = ()
) -> None:
    """Write `files` as `folder`: complete after return, and untouched if anything fails or interrupts.

    Everything is written and synced beside `folder` under a hidden name, which is then renamed.

    Args:
        folder: created with its parents; an earlier result is replaced if `overwrite`.
        files: bytes by plain file name; `record.json` marks the folder as a result.
        overwrite: see `check_output`.
        inputs: files that must stay as they are.

    Raises:
        OutputError: `check_output` refuses, or the disk does.
    """
    check_output(folder, overwrite, inputs, files)
    place = folder.resolve()
    with as_output_error(folder), _made_parents(place):
        unfinished = place.parent / f".artifix-{uuid.uuid4().hex}.tmp"
        try:
            unfinished.mkdir()
            for name, data in files.items():
                _write(unfinished / name, methodcaller("write", data))
            sync_folder(unfinished)
            publish(unfinished, place)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def _check_inputs(folder: Path, place: Path, inputs: Sequence[Path]) -> None:
    for path in inputs:
        if path.resolve().is_relative_to(place):
            what = "is" if path.resolve() == place else "holds"
            raise OutputError(f"{folder}: {what} the input {path}, which would be lost", _ELSEWHERE)


def _check_parents(told: Path, place: Path) -> None:
    parent = _missing_parents(place)[-1].parent
    if not parent.is_dir():
        raise OutputError(f"{told}: {parent} is a file, not a folder", _ELSEWHERE)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{told}: {parent} is not writable", _ELSEWHERE)


def _check_existing(folder: Path, place: Path, overwrite: bool, known: Collection[str]) -> None:
    if not place.is_dir():
        raise OutputError(f"{folder}: exists and is a file", _ELSEWHERE)
    if Path.cwd().is_relative_to(place) or place.is_mount():
        # Such a folder cannot be exchanged for a new one under the feet of those who use it.
        raise OutputError(f"{folder}: is the current folder or a mounted disk", "name a new folder inside it")
    names = {path.name for path in place.iterdir()}
    if not names:
        return
    if RECORD not in names:
        raise OutputError(f"{folder}: exists and has no {RECORD}, so it is no earlier result", _ELSEWHERE)
    if not overwrite:
        raise OutputError(
            f"{folder}: exists",
            f"pass {setting('overwrite', True)} to replace it, or {setting('out')} another folder",
        )
    if strange := sorted(name for name in names - set(known) if not _STAGE_FILE.fullmatch(name)):
        raise OutputError(
            f"{folder}: also holds {strange[0]}, which is no result and would be lost",
            f"move it away, or {_ELSEWHERE}",
        )


def _missing_parents(place: Path) -> list[Path]:
    """`place` and those of its parents that do not exist, the deepest first."""
    missing = [place]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    return missing


@contextlib.contextmanager
def _made_parents(place: Path) -> Iterator[None]:
    made = _missing_parents(place)[1:]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):  # someone else uses it by now
                path.rmdir()
        raise


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    with path.open("xb") as stream:
        write(stream)
        stream.flush()
        os.fsync(stream.fileno())


def write_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write one file: complete after return, and as it was before if anything fails or interrupts.

    Args:
        path: in a folder that is there; an earlier file is replaced.
        write: writes the content.

    Raises:
        OutputError: the disk refuses.
    """
    unfinished = path.with_name(f".artifix-{uuid.uuid4().hex}.tmp")
    with as_output_error(path):
        try:
            _write(unfinished, write)
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk."""
    if os.name == "nt":
        return  # Windows syncs no folders
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(unfinished: Path, place: Path) -> None:
    """Rename `unfinished` to `place`, beside it; an earlier result there is put back if that fails."""
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
            _log.warning("%s: the replaced result could not be deleted (%s)", earlier, error)


@contextlib.contextmanager
def as_output_error(folder: Path) -> Iterator[None]:
    """Whatever the disk refuses is an OutputError that names `folder`, which may be a file too."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = f"free some space, or choose another disk with {setting('out')}" if full else _ELSEWHERE
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}", hint) from error
