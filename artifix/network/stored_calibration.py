"""What is calibrated is stored in the weights, and in their lists of sha256 that this was changed."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifix.errors import OutputError
from artifix.setting_names import setting
from artifix.weights.checksums import (
    INDEX_NAME,
    MODEL_NAME,
    SUMS_NAME,
    index_text,
    read_index,
    read_sums,
    sums_text,
)
from artifix.writing import write_file


def require_writable(folder: Path) -> None:
    """Raise OutputError unless `write_calibration` may change the weights in `folder`."""
    listed = read_index(folder.parent / INDEX_NAME).get(folder.name)
    for place in (folder, *([] if listed is None else [folder.parent])):
        if not os.access(place, os.W_OK | os.X_OK):
            raise OutputError(
                f"{place}: is not writable",
                f"copy the weights to a folder of your own, and name it with {setting('weights')}",
            )


def write_calibration(folder: Path, values: Mapping[str, Any]) -> None:
    """Store in the weights what was calibrated, and in their lists of sha256 that this was changed.

    All files are exchanged, or none; every other entry of the lists stays, so that a file which was changed
    by someone else is still noticed.

    Args:
        folder: of weights that `verify_weights` accepts.
        values: JSON-ready arguments of the pipeline: `alignment_layer`, `alignment_timestep`,
            `confidence_odds`.

    Raises:
        OutputError: the disk refuses.
    """
    model, sums, index = folder / MODEL_NAME, folder / SUMS_NAME, folder.parent / INDEX_NAME
    described = json.loads(model.read_text(encoding="utf-8"))
    described |= values
    changed = {model: json.dumps(described, indent=2, sort_keys=True) + "\n"}
    if sums.is_file():
        changed[sums] = sums_text(_renewed(read_sums(sums), changed))
    listed = read_index(index)
    if folder.name in listed:
        digests = _renewed(listed[folder.name], changed)
        changed[index] = index_text(listed | {folder.name: digests})
    _exchange({path: text.encode() for path, text in changed.items()})


def _renewed(digests: dict[str, str], changed: dict[Path, str]) -> dict[str, str]:
    """`digests` by name in the folder of weights, with those of the changed files that they list."""
    fresh = {path.name: hashlib.sha256(text.encode()).hexdigest() for path, text in changed.items()}
    return {name: fresh.get(name, digest) for name, digest in digests.items()}


def _exchange(files: dict[Path, bytes]) -> None:
    """Replace files; where the disk refuses or anything interrupts, those before are put back."""
    former = {path: path.read_bytes() for path in files}
    try:
        for path, data in files.items():
            _replace(path, data)
    except BaseException as error:
        for path, data in former.items():
            if path.read_bytes() != data:
                _replace(path, data)
        if isinstance(error, OSError):
            raise OutputError(
                f"{error.filename or next(iter(files))}: cannot be written: {error.strerror}",
                "free some space, or copy the weights elsewhere",
            ) from error
        raise


def _replace(path: Path, data: bytes) -> None:
    write_file(path, lambda stream: stream.write(data), keeps_mode=True)
