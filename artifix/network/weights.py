"""Weights on disk: found by name, and checked byte by byte before they are loaded."""

import hashlib
import json
import os
import re
import shutil
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from artifix.errors import OutputError, WeightsError
from artifix.spelling import setting

DEFAULT_NAME = "artifix-small"
MODEL_NAME = "model_index.json"
INDEX_NAME = "index.toml"
SUMS_NAME = "SHA256SUMS"
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
_OWN_REMEDY = f"copy or download the whole folder again; if you changed it yourself, delete {SUMS_NAME}"
_PACKAGE = Path(__file__).resolve().parents[1]
# A checkout keeps them beside the package, a wheel inside it.
SEARCHED = (_PACKAGE.parent / "weights", _PACKAGE / "_weights")


class _Expected(NamedTuple):
    digests: dict[str, str]  # sha256 by name in the folder
    remedy: str  # where one is missing or differs


def find_weights(name_or_folder: str | None) -> Path:
    """The folder of the weights called by name or by path.

    Order: the argument, ARTIFIX_WEIGHTS, the bundled default; a name is looked up among the bundled weights.

    Raises:
        WeightsError: nothing is there.
    """
    wanted = name_or_folder or os.environ.get("ARTIFIX_WEIGHTS") or DEFAULT_NAME
    folders = [Path(wanted), *(place / wanted for place in SEARCHED)]
    for folder in folders:
        if (folder / MODEL_NAME).is_file():
            return folder
    if folders[0].exists():
        raise WeightsError(
            f"{wanted}: holds no model_index.json",
            "name a folder that artifix train or save_pretrained wrote",
        )
    known = ", ".join(bundled_names()) or "none"
    raise WeightsError(
        f"{wanted}: no such weights; bundled are: {known}", f"pass {setting('weights', 'NAME')} or a folder"
    )


def bundled_names() -> list[str]:
    """Names of the weights that came with this installation."""
    return sorted({path.parent.name for place in SEARCHED for path in place.glob(f"*/{MODEL_NAME}")})


def verify_weights(folder: Path) -> str:
    """Refuse changed, incomplete or unsafe weights.

    A bundled folder must hold every file that the index beside it lists, any other folder those that its own
    SHA256SUMS lists, and no other but prose (*.md) and hidden ones, as git and the Hub leave them. A folder
    without such a list is only checked for pickles and missing parts.

    Returns:
        sha256 over the names and contents of all files that are not hidden, which identifies the weights in
        records.

    Raises:
        WeightsError: names the file and what is wrong with it.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    for path in files:
        if path.suffix in PICKLE_SUFFIXES:
            raise WeightsError(
                f"{path}: is a pickle, which can run code when it is loaded",
                "convert it to safetensors, or remove it",
            )
    names = {path: path.relative_to(folder) for path in files}
    digests = {name.as_posix(): _sha256(path) for path, name in names.items() if not _is_hidden(name)}
    _require_expected(folder, digests)
    _require_shards(folder, digests)
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


def write_index(weights: Path) -> None:
    """Write `weights`/index.toml: the sha256 of every file of every folder of weights in it."""
    folders = sorted(p.parent for p in weights.glob(f"*/{MODEL_NAME}"))
    text = _index_text({folder.name: _listed(folder) for folder in folders})
    (weights / INDEX_NAME).write_text(text, encoding="utf-8")


def write_sums(folder: Path) -> None:
    """Write `folder`/SHA256SUMS, in the form of sha256sum: every file of these weights but prose."""
    digests = {name: digest for name, digest in _listed(folder).items() if name != SUMS_NAME}
    (folder / SUMS_NAME).write_text(_sums_text(digests), encoding="utf-8")


def _index_text(listed: dict[str, dict[str, str]]) -> str:
    """index.toml of folders of weights: sha256 by name, by folder."""
    lines = ["# sha256 of every file of the bundled weights; checked before they are loaded.", ""]
    for folder, digests in listed.items():
        lines.append(f'["{folder}"]')
        lines += [f'"{name}" = "{digest}"' for name, digest in digests.items()]
        lines.append("")
    return "\n".join(lines)


def _sums_text(digests: dict[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items())


def require_writable(folder: Path) -> None:
    """Raise OutputError unless `write_calibration` may change the weights in `folder`."""
    listed = _read_index(folder.parent / INDEX_NAME).get(folder.name)
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
        changed[sums] = _sums_text(_renewed(_read_sums(sums), changed))
    listed = _read_index(index)
    if folder.name in listed:
        digests = _renewed(listed[folder.name], changed)
        changed[index] = _index_text(listed | {folder.name: digests})
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
    unfinished = path.with_name(f".{path.name}-{uuid.uuid4().hex}.tmp")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _listed(folder: Path) -> dict[str, str]:
    names = {p: p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != ".md"}
    return {name.as_posix(): _sha256(path) for path, name in names.items() if not _is_hidden(name)}


def _is_hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _expected(folder: Path) -> _Expected:
    listed = _read_index(folder.parent / INDEX_NAME).get(folder.name)
    if listed is not None:
        return _Expected(
            listed, "install artifix again, or pass the folder of your own weights under another name"
        )
    sums = folder / SUMS_NAME
    return _Expected(_read_sums(sums) if sums.is_file() else {}, _OWN_REMEDY)


def _read_index(path: Path) -> dict[str, dict[str, str]]:
    """The sha256 by name that an index lists for each folder beside it; none where it is missing."""
    if not path.is_file():
        return {}
    try:
        with _as_weights_error(path):
            return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WeightsError(f"{path}: is damaged: {error}", "install artifix again") from error


def _read_sums(path: Path) -> dict[str, str]:
    with _as_weights_error(path):
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    rows = [re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line) for line in lines]
    if not rows or None in rows:
        raise WeightsError(f"{path}: is damaged", _OWN_REMEDY)
    return {row[2]: row[1] for row in rows if row is not None}


def _require_shards(folder: Path, present: dict[str, str]) -> None:
    for part in ("unet", "image_encoder", "projection"):
        if not any(name.startswith(f"{part}/") and name.endswith(".safetensors") for name in present):
            raise WeightsError(
                f"{folder / part}: holds no .safetensors file", "copy the whole folder of the weights"
            )


def _sha256(path: Path) -> str:
    with _as_weights_error(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _as_weights_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(
            f"{path}: cannot be read: {error.strerror or error}", "mend it, or copy the whole folder again"
        ) from error
