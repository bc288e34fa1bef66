"""Weights on disk: found by name, and checked byte by byte before they are loaded."""

import hashlib
import os
import tomllib
from pathlib import Path

from artifix.errors import WeightsError

DEFAULT_NAME = "artifix-small"
INDEX_NAME = "index.toml"
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
_PACKAGE = Path(__file__).resolve().parents[1]
# A checkout keeps them beside the package, a wheel inside it.
SEARCHED = (_PACKAGE.parent / "weights", _PACKAGE / "_weights")


def find_weights(name_or_folder: str | None) -> Path:
    """The folder of the weights called by name or by path.

    Order: the argument, ARTIFIX_WEIGHTS, the bundled default; a name is looked up among the bundled weights.

    Raises:
        WeightsError: nothing is there.
    """
    wanted = name_or_folder or os.environ.get("ARTIFIX_WEIGHTS") or DEFAULT_NAME
    folders = [Path(wanted), *(place / wanted for place in SEARCHED)]
    for folder in folders:
        if (folder / "model_index.json").is_file():
            return folder
    if folders[0].exists():
        raise WeightsError(
            f"{wanted}: holds no model_index.json",
            "name a folder that artifix train or save_pretrained wrote",
        )
    known = ", ".join(bundled_names()) or "none"
    raise WeightsError(f"{wanted}: no such weights; bundled are: {known}", "pass --weights NAME or a folder")


def bundled_names() -> list[str]:
    """Names of the weights that came with this installation."""
    return sorted({path.parent.name for place in SEARCHED for path in place.glob("*/model_index.json")})


def verify_weights(folder: Path) -> str:
    """Refuse changed, incomplete or unsafe weights.

    A bundled folder must hold every file that the index beside it lists, with its sha256, and no other but
    prose (*.md); a folder of the user's own has no index and is only checked for pickles and missing parts.

    Returns:
        sha256 over the names and contents of all files, which identifies the weights in records.

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
    digests = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    expected = _expected(folder)
    for name, digest in expected.items():
        if name not in digests:
            raise WeightsError(
                f"{folder / name}: is missing", "install artifix again, or copy the whole folder"
            )
        if digests[name] != digest:
            raise WeightsError(
                f"{folder / name}: was changed: sha256 is {digests[name][:12]}, expected {digest[:12]}",
                "install artifix again, or pass the folder of your own weights under another name",
            )
    strange = [name for name in digests if name not in expected and not name.endswith(".md")]
    if expected and strange:
        raise WeightsError(
            f"{folder / strange[0]}: is not one of the files of these weights",
            "remove it, or install artifix again",
        )
    _require_shards(folder, digests)
    return hashlib.sha256("".join(f"{k}:{v}\n" for k, v in digests.items()).encode()).hexdigest()


def write_index(weights: Path) -> None:
    """Write `weights`/index.toml: the sha256 of every file of every folder of weights in it."""
    lines = ["# sha256 of every file of the bundled weights; checked before they are loaded.", ""]
    for folder in sorted(p.parent for p in weights.glob("*/model_index.json")):
        lines.append(f'["{folder.name}"]')
        files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".md")
        lines += [f'"{path.relative_to(folder).as_posix()}" = "{_sha256(path)}"' for path in files]
        lines.append("")
    (weights / INDEX_NAME).write_text("\n".join(lines), encoding="utf-8")


def _expected(folder: Path) -> dict[str, str]:
    index = folder.parent / INDEX_NAME
    if not index.is_file():
        return {}
    try:
        return tomllib.loads(index.read_text(encoding="utf-8")).get(folder.name, {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(f"{index}: is damaged: {error}", "install artifix again") from error


def _require_shards(folder: Path, present: dict[str, str]) -> None:
    for part in ("unet", "image_encoder", "projection"):
        if not any(name.startswith(f"{part}/") and name.endswith(".safetensors") for name in present):
            raise WeightsError(
                f"{folder / part}: holds no .safetensors file", "copy the whole folder of the weights"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
