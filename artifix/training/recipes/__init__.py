"""Recipes: what a training run is to do, as TOML files beside this one or of the user's own."""

from pathlib import Path
from typing import Any

from artifix.config_sections import read_toml
from artifix.errors import InputError

_FOLDER = Path(__file__).parent


def recipe_names() -> list[str]:
    """Names of the recipes that come with artifix."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def read_recipe(name_or_path: str) -> dict[str, Any]:
    """The plain values of a recipe, for `from_dict(TrainingConfig, values, name_or_path)`.

    Nothing heavy is imported, so that a wrong name is told at once.

    Args:
        name_or_path: one of `recipe_names()`, or a TOML file; a file called as a recipe needs its folder
            or suffix to be meant.

    Raises:
        InputError: there is no such recipe, or the file cannot be read.
    """
    names = recipe_names()
    if name_or_path in names:
        return read_toml(_FOLDER / f"{name_or_path}.toml")
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.is_file():
        return read_toml(path)
    raise InputError(
        f"{name_or_path}: no such recipe; known are: {', '.join(names)}", "name one of them or a TOML file"
    )
