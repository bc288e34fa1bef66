"""Sections of a config: frozen dataclasses, made of plain values and held to what their fields allow."""

import math
import tomllib
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from artifix.errors import InputError, UsageError

Section = TypeVar("Section")


class Limits(NamedTuple):
    """The values a number may have."""

    least: float
    most: float
    open_below: bool = False  # `least` itself is excluded

    def hold(self, value: float) -> bool:
        """Whether `value` is allowed; NaN is not."""
        above = self.least < value if self.open_below else self.least <= value
        return above and value <= self.most and math.isfinite(value)

    def __str__(self) -> str:
        if math.isinf(self.most):
            return f"{self.least} or more"
        return f"{'above ' if self.open_below else ''}{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is declared of a field besides its type."""

    default: Any = None
    text: str = ""  # help of its option; empty where the command line has none
    limits: Limits | None = None  # of its number, or of each of them
    check: Callable[[Any, str], None] | None = None  # of its value, raising UsageError; see `check_value`
    flag: str = ""  # of its option, if that is not called as the field
    unset: str = ""  # what holds where it is None, for the help


def declared(default: Any, text: str = "", limits: Limits | None = None, **more: Any) -> Any:
    """A field of a section; the arguments are those of `Setting`."""
    return field(default=default, metadata={"setting": Setting(default, text, limits, **more)})


def settings_of(*kinds: type) -> dict[str, Setting]:
    """What is declared of the fields of dataclasses, by their names; sections in them are left out."""
    known = (f for kind in kinds for f in fields(kind))
    return {f.name: f.metadata["setting"] for f in known if "setting" in f.metadata}


def check_limits(config: Any, where: str = "") -> None:
    """Raise UsageError, its sentence beginning with `where`, if a field has a value that it may not have."""
    for f in fields(config):
        value = getattr(config, f.name)
        if is_dataclass(value):
            check_limits(value, where)
        elif value == () and f.default != ():
            raise UsageError(f"{where}{f.name} is empty", "give at least one")
        elif "setting" in f.metadata:
            check_value(f.name, f.metadata["setting"], value, where)


def check_value(name: str, known: Setting, value: Any, where: str = "") -> None:
    """Raise UsageError, its sentence beginning with `where`, if the field `name` may not be `value`."""
    if known.check is not None:
        known.check(value, where)
    if known.limits is None or value is None:
        return
    for number in value if isinstance(value, tuple) else (value,):
        if not known.limits.hold(number):
            raise UsageError(f"{where}{name} is {number}", f"give a number: {known.limits}")


def from_dict(kind: type[Section], values: dict[str, Any], where: str) -> Section:
    """Build the dataclass `kind` from plain values, sections nested.

    Args:
        kind: a frozen dataclass of settings.
        values: as read from TOML.
        where: named in the error, usually the file.

    Raises:
        UsageError: a key `kind` does not have, one it needs and does not get, or a value of another type.
    """
    known = get_type_hints(kind)
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UsageError(
            f"{where}: unknown setting {', '.join(unknown)}",
            f"known settings are: {', '.join(sorted(known))}",
        )
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]  # type: ignore[arg-type]
    if missing := [name for name in needed if name not in values]:
        raise UsageError(f"{where}: has no setting {', '.join(missing)}", "add what is missing")
    return kind(
        **{name: _converted(known[name], value, f"{where}: {name}") for name, value in values.items()}
    )


def changed(section: Section, values: dict[str, Any]) -> Section:
    """The section with some fields changed.

    Raises:
        UsageError: a value is of another type than its field.
    """
    known = get_type_hints(type(section))
    converted = {name: _converted(known[name], value, name) for name, value in values.items()}
    return replace(section, **converted)  # type: ignore[type-var]


def _converted(kind: Any, value: Any, where: str) -> Any:
    """`value` as the annotation `kind` wants it: a list to a tuple, a table to a section."""
    choices = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if value is None and type(None) in choices:
        return None
    kind = next(choice for choice in choices if choice is not type(None))
    if is_dataclass(kind) and isinstance(value, dict):
        return from_dict(kind, value, where)  # type: ignore[arg-type]
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        return tuple(_converted(get_args(kind)[0], item, where) for item in value)
    if kind is float and type(value) is int:
        return float(value)
    if get_origin(kind) is None and type(value) is kind:
        return value
    expected = "a table" if is_dataclass(kind) else "a list" if get_origin(kind) is tuple else kind.__name__
    raise UsageError(f"{where} is {value!r}, expected {expected}", "mend the value")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        InputError: the file is missing, unreadable or not TOML.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):  # opening a pipe would wait for ever
        raise InputError(f"{path}: is not a regular file", "save the settings to a file first")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", "name an existing TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is not TOML: {error}", "mend the file") from error


def to_dict(config: Any) -> dict[str, Any]:
    """Plain values of a config dataclass, as written into records."""
    return asdict(config)
