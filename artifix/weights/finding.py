"""Weights on disk, found by name or by folder."""

import os
from pathlib import Path

from artifix.errors import WeightsError
from artifix.setting_names import setting
from artifix.weights.catalogue import catalogue, is_name, near_names
from artifix.weights.checksums import MODEL_NAME
from artifix.weights.sizes import in_gb
from artifix.weights.store import is_pulled, pulled_names, store

DEFAULT_NAME = "artifix-small"
_PACKAGE = Path(__file__).resolve().parents[1]
# A checkout keeps them beside the package, a wheel inside it.
SEARCHED = (_PACKAGE.parent / "weights", _PACKAGE / "_weights")


def find_weights(name_or_folder: str | os.PathLike[str] | None) -> Path:
    """The folder of the weights called by name or by path.

    Order: the argument, ARTIFIX_WEIGHTS, the bundled default; a name is looked up among the bundled weights,
    then among the pulled ones.

    Raises:
        WeightsError: nothing is there.
    """
    wanted = os.fspath(name_or_folder or "") or os.environ.get("ARTIFIX_WEIGHTS") or DEFAULT_NAME
    named = Path(wanted)
    for folder in (named, *_bundled_places(wanted)):
        if (folder / MODEL_NAME).is_file():
            return folder
    if is_pulled(wanted):
        return store() / wanted
    if named.exists():
        raise WeightsError(
            f"{wanted}: holds no model_index.json",
            "name a folder that artifix train or save_pretrained wrote",
        )
    raise _not_there(wanted)


def _bundled_places(name: str) -> list[Path]:
    return [place / name for place in SEARCHED] if is_name(name) else []


def _not_there(wanted: str) -> WeightsError:
    if (entry := catalogue().get(wanted)) is not None:
        return WeightsError(
            f"{wanted}: is not here yet: {in_gb(entry.bytes)} under {entry.licence}",
            f"get it by: artifix weights pull {wanted}",
        )
    bundled = bundled_names()
    problem = f"{wanted}: no such weights; bundled are: {', '.join(bundled) or 'none'}"
    if near := near_names(wanted, [*bundled, *pulled_names(), *catalogue()]):
        return WeightsError(problem, f"did you mean {near}?")
    return WeightsError(
        problem, f"pass {setting('weights', 'NAME')} or a folder; artifix weights list names all"
    )


def bundled_names() -> list[str]:
    """Names of the weights that came with this installation."""
    return sorted({path.parent.name for place in SEARCHED for path in place.glob(f"*/{MODEL_NAME}")})
