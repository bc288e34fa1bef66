"""The lists of sha256 of weights: index.toml beside bundled folders, SHA256SUMS in any folder."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from artifix.errors import WeightsError

MODEL_NAME = "model_index.json"
INDEX_NAME = "index.toml"
SUMS_NAME = "SHA256SUMS"
OWN_REMEDY = f"copy or download the whole folder again; if you changed it yourself, delete {SUMS_NAME}"


def write_index(weights: Path) -> None:
    """Write `weights`/index.toml: the sha256 of every file of every folder of weights in it."""
    folders = sorted(p.parent for p in weights.glob(f"*/{MODEL_NAME}"))
    text = index_text({folder.name: _listed(folder) for folder in folders})
    (weights / INDEX_NAME).write_text(text, encoding="utf-8")


def write_sums(folder: Path) -> None:
    """Write `folder`/SHA256SUMS, in the form of sha256sum: every file of these weights but prose."""
    digests = {name: digest for name, digest in _listed(folder).items() if name != SUMS_NAME}
    (folder / SUMS_NAME).write_text(sums_text(digests), encoding="utf-8")


def index_text(listed: dict[str, dict[str, str]]) -> str:
    """index.toml of folders of weights: sha256 by name, by folder."""
    lines = ["# sha256 of every file of the bundled weights; checked before they are loaded.", ""]
    for folder, digests in listed.items():
        lines.append(f'["{folder}"]')
        lines += [f'"{name}" = "{digest}"' for name, digest in digests.items()]
        lines.append("")
    return "\n".join(lines)


def sums_text(digests: dict[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items())


def _listed(folder: Path) -> dict[str, str]:
    names = {p: p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != ".md"}
    return {name.as_posix(): sha256_of(path) for path, name in names.items() if not is_hidden(name)}


def is_hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def read_index(path: Path) -> dict[str, dict[str, str]]:
    """The sha256 by name that an index lists for each folder beside it; none where it is missing."""
    if not path.is_file():
        return {}
    try:
        with _as_weights_error(path):
            return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WeightsError(f"{path}: is damaged: {error}", "install artifix again") from error


def read_sums(path: Path) -> dict[str, str]:
    with _as_weights_error(path):
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    rows = [re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line) for line in lines]
    if not rows or None in rows:
        raise WeightsError(f"{path}: is damaged", OWN_REMEDY)
    return {row[2]: row[1] for row in rows if row is not None}


def sha256_of(path: Path) -> str:
    with _as_weights_error(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_unchanged(path: Path, sha256: str, remedy: str) -> bytes:
    """The bytes of a file whose sha256 is known.

    Raises:
        WeightsError: it cannot be read, or was changed; `remedy` is its hint.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}", remedy) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise WeightsError(f"{path}: was changed: sha256 is {digest[:12]}, expected {sha256[:12]}", remedy)
    return data


@contextmanager
def _as_weights_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(
            f"{path}: cannot be read: {error.strerror or error}", "mend it, or copy the whole folder again"
        ) from error
