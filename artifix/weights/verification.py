"""Weights checked byte by byte before they are loaded."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from artifix.errors import WeightsError
from artifix.weights.checksums import (
    INDEX_NAME,
    OWN_REMEDY,
    SUMS_NAME,
    is_hidden,
    read_index,
    read_sums,
    sha256_of,
)
from artifix.weights.model_index import require_parts
from artifix.weights.safety import require_safe_contents, require_safe_names
from artifix.weights.store import SOURCE_NAME


class _Expected(NamedTuple):
    digests: dict[str, str]  # sha256 by name in the folder
    remedy: str  # where one is missing or differs


def verify_weights(folder: Path) -> str:
    """Refuse changed, incomplete or unsafe weights, of any class that artifix loads.

    A bundled folder must hold every file that the index beside it lists, any other folder those that its own
    SHA256SUMS lists, and no other but prose (*.md) and hidden ones, as git and the Hub leave them. A folder
    without such a list is only checked for what is unsafe, cut or missing.

    Returns:
        sha256 over the names and contents of all files that are not hidden, which identifies the weights in
        records.

    Raises:
        WeightsError: names the file and what is wrong with it.
    """
    files = require_safe_names(folder)
    names = {path: path.relative_to(folder) for path in files}
    digests = {name.as_posix(): sha256_of(path) for path, name in names.items() if not is_hidden(name)}
    _require_expected(folder, digests)
    require_safe_contents(folder, files)
    require_parts(folder)
    return hashlib.sha256("".join(f"{k}:{v}\n" for k, v in digests.items()).encode()).hexdigest()


def _require_expected(folder: Path, digests: dict[str, str]) -> None:
    expected, remedy = _expected(folder)
    for name, digest in expected.items():
        if name not in digests:
            raise WeightsError(f"{folder / name}: is missing", remedy)
        if digests[name] != digest:
            raise WeightsError(
                f"{folder / name}: was changed: sha256 is {digests[name][:12]}, expected {digest[:12]}",
                remedy,
            )
    strange = [n for n in digests if n not in expected and n != SUMS_NAME and not n.endswith(".md")]
    if expected and strange:
        raise WeightsError(f"{folder / strange[0]}: is not one of the files of these weights", remedy)


def _expected(folder: Path) -> _Expected:
    listed = read_index(folder.parent / INDEX_NAME).get(folder.name)
    if listed is not None:
        return _Expected(
            listed, "install artifix again, or pass the folder of your own weights under another name"
        )
    sums = folder / SUMS_NAME
    if (folder / SOURCE_NAME).is_file() and not sums.is_file():
        raise WeightsError(f"{sums}: is missing", "remove these weights and pull them again")
    return _Expected(read_sums(sums) if sums.is_file() else {}, OWN_REMEDY)
