"""The folder of this user where pulled weights lie: one folder of weights for each name."""

import json
import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from artifix.errors import OutputError, WeightsError
from artifix.weights.catalogue import is_name

SOURCE_NAME = "source.toml"  # says where pulled weights come from; it lies in their folder
PLACE_VARIABLE = "ARTIFIX_WEIGHTS_DIR"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one part of pulled weights comes from."""

    repo: str
    commit: str
    licence: str
    licence_url: str


def store() -> Path:
    """The folder of all pulled weights, which may be missing: ARTIFIX_WEIGHTS_DIR, or in the user's cache."""
    if given := os.environ.get(PLACE_VARIABLE):
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("artifix") / "weights"


def place_of(name: str) -> Path:
    """The folder of the pulled weights of a name, which need not be there.

    Raises:
        WeightsError: it is no name of weights.
    """
    if not is_name(name):
        raise WeightsError(
            f"{name!r} is no name of weights", "names are of a to z, digits, points and hyphens"
        )
    return store() / name


def is_pulled(name: str) -> bool:
    """Whether weights of this name lie in the store."""
    return is_name(name) and (store() / name / SOURCE_NAME).is_file()


def pulled_names() -> list[str]:
    """Names of the weights in the store."""
    return sorted(path.parent.name for path in store().glob(f"*/{SOURCE_NAME}") if is_name(path.parent.name))


def remove(name: str) -> Path:
    """Delete pulled weights, and what an unfinished pull of them left.

    Returns:
        The folder that was there.

    Raises:
        WeightsError: nothing of that name was pulled.
        OutputError: the disk refuses.
    """
    folder, unfinished = place_of(name), staging_of(name)
    if not folder.is_dir() and not unfinished.is_dir():
        raise WeightsError(f"{name}: is not among the pulled weights in {store()}", _pulled_hint())
    for path in (folder, unfinished):
        try:
            if path.is_dir():
                shutil.rmtree(path)
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be deleted: {error.strerror or error}", "delete the folder yourself"
            ) from error
    return folder


def _pulled_hint() -> str:
    return f"pulled are: {', '.join(pulled_names()) or 'none'}; weights that came with artifix stay"


def staging_of(name: str) -> Path:
    """Where the weights of a name are put together, beside their folder."""
    return store() / f".{place_of(name).name}.unfinished"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the weights of a name against other pulls; the lock ends with the process, however that ends.

    Raises:
        OutputError: another one is at work, or the disk knows no locks.
        OSError: the disk refuses.
    """
    store().mkdir(parents=True, exist_ok=True)
    lock = FileLock(store() / f".{place_of(name).name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(f"{name}: another pull of these weights is at work", "wait for its end") from error
    except NotImplementedError as error:
        raise OutputError(
            f"{store()}: is on a disk without file locks", f"name another folder in {PLACE_VARIABLE}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def source_text(name: str, accepted: str, origins: list[Origin]) -> str:
    """What source.toml says in a folder of pulled weights.

    Args:
        name: by which they are called.
        accepted: when the user accepted their licences, as ISO 8601.
        origins: their repositories.
    """
    lines = [f"name = {_quoted(name)}", f"licence_accepted = {_quoted(accepted)}"]
    for origin in origins:
        lines += ["", "[[sources]]"]
        lines += [f"{key} = {_quoted(value)}" for key, value in asdict(origin).items()]
    return "\n".join(lines) + "\n"


def read_origins(folder: Path) -> list[Origin]:
    """Where pulled weights come from.

    Raises:
        WeightsError: what lies there does not say.
    """
    path = folder / SOURCE_NAME
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return [Origin(**source) for source in told["sources"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path}: cannot be read: {error}", "remove these weights and pull them again"
        ) from error


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML is one of JSON
