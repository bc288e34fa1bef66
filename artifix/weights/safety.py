"""Files that could run code, lead elsewhere or are not whole: refused before a library sees them."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from artifix.errors import WeightsError
from artifix.weights.checksums import MODEL_NAME, is_hidden
from artifix.weights.headers import require_sound_header
from artifix.weights.json_files import REMEDY, read_table

PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill"}
# Tensors in forms that the libraries read by other ways than the checked one; .h5 may hold code too.
_OTHER_SUFFIXES = {".h5", ".hdf5", ".keras", ".msgpack", ".onnx", ".gguf", ".npz"}
_CODE_SUFFIXES = {".py", ".pyc", ".so", ".pyd", ".dll", ".dylib"}
_CODE_KEYS = {"auto_map", "custom_pipeline", "custom_pipelines", "trust_remote_code"}
_ADAPTER = "adapter_config.json"  # makes transformers load another network, from wherever it says


def require_safe_names(folder: Path) -> list[Path]:
    """Refuse what should not lie in a folder of weights, by its name and kind.

    Returns:
        All files, sorted.

    Raises:
        WeightsError: names a pickle, code, a link that leads out of the folder, or what is no ordinary file.
    """
    files = []
    for path in sorted(_everything(folder)):
        if path.is_symlink():
            _require_inside(folder, path)
        if path.is_dir():
            continue
        if not path.is_file():
            raise WeightsError(f"{path}: is no ordinary file", REMEDY)
        _require_harmless(path)
        files.append(path)
    return files


def require_safe_contents(folder: Path, files: list[Path]) -> None:
    """Refuse settings that ask for code, shards that lie elsewhere, and tensors whose header does not fit.

    Args:
        folder: of weights.
        files: in it.

    Raises:
        WeightsError: names the file and what is wrong with it.
    """
    for path in files:
        if is_hidden(path.relative_to(folder)):
            continue
        name = path.name.lower()
        if name.endswith(".safetensors"):
            require_sound_header(path)
        elif name.endswith(".index.json"):
            _require_shards(path)
        elif name == MODEL_NAME or name.endswith("config.json"):
            _require_plain(path, read_table(path))


def _everything(folder: Path) -> Iterator[Path]:
    """All files and folders; links to folders are not followed."""

    def refuse(error: OSError) -> None:
        raise WeightsError(f"{error.filename}: cannot be read: {error.strerror}", REMEDY) from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        yield from (Path(place, name) for name in (*folders, *names))


def _require_inside(folder: Path, link: Path) -> None:
    """Links may lead into the folder or, in the cache of the Hub's library, to the blobs beside snapshots."""
    if link.is_dir():
        raise WeightsError(f"{link}: is a link to a folder", "put the folder itself there")
    home, target = Path(os.path.realpath(folder)), Path(os.path.realpath(link))
    blobs = target.parent
    in_cache = blobs.name == "blobs" and blobs.parent / "snapshots" in home.parents
    if home not in target.parents and not in_cache:
        raise WeightsError(f"{link}: is a link that leads out of the folder", "put the file itself there")


def _require_harmless(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix in PICKLE_SUFFIXES:
        raise WeightsError(
            f"{path}: is a pickle, which can run code when it is loaded",
            "convert it to safetensors, or remove it",
        )
    if suffix in _OTHER_SUFFIXES:
        raise WeightsError(f"{path}: is no safetensors file", "convert it to safetensors, or remove it")
    if suffix in _CODE_SUFFIXES or path.name.lower() == _ADAPTER:
        raise WeightsError(f"{path}: does not belong to weights that artifix loads", "remove it")


def _require_shards(path: Path) -> None:
    """The tensors that an index lists have to lie in files beside it."""
    shards = read_table(path).get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(name, str) for name in shards.values()):
        raise WeightsError(f"{path}: has no weight_map of names", REMEDY)
    for name in sorted(set(shards.values())):
        plain = PurePosixPath(name).name == name and "\\" not in name and ":" not in name
        if not plain or name.startswith(".") or not name.endswith(".safetensors"):
            raise WeightsError(f"{path}: {name[:200]!r} is no .safetensors file beside it", REMEDY)
        if not (path.parent / name).is_file():
            raise WeightsError(f"{path.parent / name}: is missing", REMEDY)


def _require_plain(path: Path, value: Any) -> None:
    """No setting, however deep, may name code or where to get it."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for name, inner in value.items():
                # "owner/name" there would be fetched from the Hub, and run
                fetched = name.endswith("_implementation") and "/" in str(inner)
                if name in _CODE_KEYS or fetched:
                    raise WeightsError(
                        f"{path}: asks for code by {name}", "artifix runs no code that comes with weights"
                    )
                waiting.append(inner)
