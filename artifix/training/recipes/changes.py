"""A recipe with some of its settings changed."""

import tomllib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from artifix.errors import UsageError
from artifix.setting_names import setting
from artifix.training.recipes import read_recipe

if TYPE_CHECKING:
    from artifix.training.config import TrainingConfig


def changed_recipe(name_or_path: str, changes: Sequence[str]) -> "TrainingConfig":
    """The recipe, changed by assignments.

    Args:
        name_or_path: of the recipe.
        changes: as --set takes them: section.field=value, the value as in TOML; text needs no quotes.

    Raises:
        InputError: the recipe cannot be read.
        UsageError: an unknown setting, or a value of another type.
    """
    # Before the heavy imports, so that a typo is told at once.
    values = read_recipe(name_or_path)
    assignments = [_assignment(change) for change in changes]

    from artifix.config_sections import from_dict, to_dict
    from artifix.training.config import TrainingConfig

    recipe = from_dict(TrainingConfig, values, name_or_path)
    for change, (place, value) in zip(changes, assignments, strict=True):
        changed = to_dict(recipe)
        section = changed
        for name in place[:-1]:
            if not isinstance(section.get(name), dict):
                known = sorted(other for other, value in section.items() if isinstance(value, dict))
                raise UsageError(
                    f"{setting('set')} {change}: there is no section {name}",
                    f"sections are: {', '.join(known) or 'none'}",
                )
            section = section[name]
        section[place[-1]] = value
        recipe = from_dict(TrainingConfig, changed, f"{setting('set')} {change}")
    return recipe


def _assignment(change: str) -> tuple[list[str], Any]:
    """The place and the value of section.field=value."""
    name, sign, text = change.partition("=")
    place = name.strip().split(".")
    if not sign or not all(place):
        raise UsageError(
            f"{setting('set')} {change}: is no assignment", f"write {setting('set')} section.field=value"
        )
    try:
        return place, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return place, text.strip()
