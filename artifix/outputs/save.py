"""A folder of results, written whole or not at all."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from artifix.errors import OutputError
from artifix.setting_names import setting
from artifix.writing import as_output_error, made_parents, missing_parents, new_folder, write_file

RECORD = "record.json"
CORRESPONDENCE = "correspondence.npy"
ALIGNMENT = "alignment.json"
PROPOSED_MASK = "proposed-mask.png"  # where nobody drew one
THUMBNAIL = "thumbnail.jpg"  # of the rows of a batch
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
_MAYBE = frozenset({THUMBNAIL, PROPOSED_MASK})
STAGES = ("1-map", "2-filtered", "3-clusters", "4-region", "5-overlay", "6-matches")
_STAGE_FILE = re.compile(rf"stage-({'|'.join(STAGES)})(-[2-9]|-[1-9][0-9]+)?\.png")
_ELSEWHERE = f"choose another folder with {setting('out')}"
_OTHER_FILE = "name another file"


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
            _check_existing(folder, place, overwrite, RESULT_FILES | PICTURES | _MAYBE | set(files))
        _check_parents(folder, place)


def require_run_folder(out: Path, mark: str, kind: str) -> None:
    """Refuse a folder that holds something else than an earlier run, which this one would go on with.

    Args:
        out: it may be missing, or be empty.
        mark: name of a file or folder that every run of this kind has there.
        kind: what a run is called in messages.

    Raises:
        OutputError: it does, or is a file.
    """
    with as_output_error(out):
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out}: exists and is a file", _ELSEWHERE)
        names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if names and mark not in names:
        raise OutputError(f"{out}: exists and holds no earlier {kind}", _ELSEWHERE)


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
    with as_output_error(path), made_parents(place):
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
    with as_output_error(folder), new_folder(place) as unfinished:
        for name, data in files.items():
            (unfinished / name).write_bytes(data)


def _check_inputs(folder: Path, place: Path, inputs: Sequence[Path]) -> None:
    for path in inputs:
        if path.resolve().is_relative_to(place):
            what = "is" if path.resolve() == place else "holds"
            raise OutputError(f"{folder}: {what} the input {path}, which would be lost", _ELSEWHERE)


def _check_parents(told: Path, place: Path) -> None:
    parent = missing_parents(place)[-1].parent
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
