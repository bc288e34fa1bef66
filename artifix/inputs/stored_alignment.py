"""The file alignment.json, which locate and refine write and refine takes back."""

import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.config import DECIDING, AlignmentConfig
from artifix.config_sections import check_limits, from_dict
from artifix.errors import InputError, UsageError
from artifix.inputs.case import Case
from artifix.inputs.file_bytes import read_bytes

FORMAT = 2  # raised when files of the older form can no longer be read
_RESTORE = "write it anew with artifix locate"


@dataclass(frozen=True, slots=True, eq=False)
class StoredAlignment:
    """What such a file holds; its groups are as `alignment.stored` describes them."""

    path: Path
    groups: list[dict[str, Any]]
    settings: dict[str, Any]  # of stage 1
    correspondence: NDArray[np.float32] | None  # (H_ref, W_ref) in [0, 1]; None where no file of it is named
    sha256: str  # of the file's bytes
    matchers: dict[str, Any] = field(default_factory=dict)  # of the weights of the learned ones that ran


def read_stored_alignment(path: Path, case: Case) -> StoredAlignment:
    """Read the file and the map that it names, which lies beside it.

    Raises:
        InputError: it is no such file, or was made for another image, mask or reference.
    """
    data = read_bytes(path)
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON: {error}", _RESTORE) from error
    kinds = {"format": int, "inputs": dict, "settings": dict, "groups": list}
    for name, kind in kinds.items():
        if not isinstance(told, dict) or not isinstance(told.get(name), kind):
            raise InputError(f"{path}: holds no {name}, so it is no alignment", _RESTORE)
    if told["format"] != FORMAT:
        raise InputError(f"{path}: is of format {told['format']}, this version reads {FORMAT}", _RESTORE)
    _require_same_inputs(path, told["inputs"], case)
    name = told.get("correspondence")
    correspondence = None if name is None else _read_map(path, name, case.reference.size)
    digest = hashlib.sha256(data).hexdigest()
    matchers = told.get("matchers", {})
    if not isinstance(matchers, dict):
        raise InputError(f"{path}: matchers is {type(matchers).__name__}, not an object", _RESTORE)
    return StoredAlignment(path, told["groups"], told["settings"], correspondence, digest, matchers)


def settings_of(stored: StoredAlignment, wanted: AlignmentConfig) -> AlignmentConfig:
    """The settings of stage 1 that the file was made with, and those of `DECIDING` that `wanted` changes.

    Raises:
        InputError: they are none.
    """
    try:
        settings = from_dict(AlignmentConfig, stored.settings, f"{stored.path}: settings")
        check_limits(settings, f"{stored.path}: settings: ")
    except UsageError as error:  # of a file, not of the command line
        raise InputError(*error.marked) from error
    untouched = AlignmentConfig()
    decided = {name: getattr(wanted, name) for name in DECIDING}
    changed = {name: value for name, value in decided.items() if value != getattr(untouched, name)}
    return replace(settings, **changed)


def _require_same_inputs(path: Path, inputs: dict[str, Any], case: Case) -> None:
    for kind, digest in case.digests.items():
        told = inputs.get(kind)
        made_for = told if isinstance(told, dict) else {}
        crop = list(case.crops[kind].as_tuple()) if kind in case.crops else None
        if made_for.get("sha256") != digest or made_for.get("crop") != crop:
            what = "sha256" if made_for.get("sha256") != digest else "crops"
            raise InputError(
                f"{path}: was made for another {kind} ({made_for.get('name', 'another')}; the {what} differ)",
                "give the files it was made for, or locate again",
            )


def _read_map(path: Path, name: object, size: tuple[int, int]) -> NDArray[np.float32]:
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise InputError(f"{path}: correspondence is {name!r}, not the name of a file beside it", _RESTORE)
    place = path.with_name(name)
    try:
        array = np.load(io.BytesIO(read_bytes(place)), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(f"{place}: is no .npy file ({error})", _RESTORE) from error
    is_map = isinstance(array, np.ndarray) and array.dtype == np.float32 and array.shape == size
    if not is_map or not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise InputError(
            f"{place}: is no float32 map of {size[1]}x{size[0]} px in [0, 1]",
            f"{_RESTORE}, or delete correspondence from {path.name}",
        )
    return array
