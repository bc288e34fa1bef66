"""Every number a user may change: frozen dataclasses, read from TOML; an unknown key is an error."""

import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from artifix.errors import InputError, UsageError

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class AlignmentConfig:
    """Stage 1."""

    layer: str | None = None  # module path of the cross-attention layer; None = the weights' calibration
    timestep: int | None = None  # noise level of the recorded pass; None = the weights' calibration
    contexts: tuple[float, ...] = (1.8, 3.0, 5.0)  # sides of the crops looked at, over the mask's longer side
    zoom: bool = True  # a second pass on a crop of the reference around the first answer
    match_pool: bool = True  # classical matches compete with the network's
    transform: bool = True  # fit a transform; False = the paper's path, a region only
    min_confidence: float = 0.25  # below it the reference is refused as showing no match
    force: bool = False  # go on with the best guess where nothing matches


@dataclass(frozen=True, slots=True)
class RefinementConfig:
    """Stage 2."""

    steps: int = 4  # network evaluations of the sampler
    guidance_scale: float = 1.0  # classifier-free guidance; 1 = none
    strength: float = 1.0  # 1 = from pure noise, less = from the pasted reference, noised
    candidates: int = 1  # seeds drawn; the one that agrees best with the reference is kept
    aligned_reference: bool = True  # False = the paper's path: tokens of the matched region only
    context: float = 1.8  # side of the crop repainted, over the mask's longer side
    feather_px: int = 4  # width of the blend at the mask's inner edge


@dataclass(frozen=True, slots=True)
class RefineConfig:
    """One run of `refine` or `locate`."""

    alignment: AlignmentConfig = field(default_factory=AlignmentConfig)
    refinement: RefinementConfig = field(default_factory=RefinementConfig)
    seed: int = 0


def from_dict(kind: type[Section], values: dict[str, Any], where: str) -> Section:
    """Build the dataclass `kind` from plain values, sections nested.

    Args:
        kind: a frozen dataclass of this module or of training.
        values: as read from TOML.
        where: named in the error, usually the file.

    Raises:
        UsageError: a key `kind` does not have, or a value of another type.
    """
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UsageError(
            f"{where}: unknown setting {', '.join(unknown)}", f"known settings are: {', '.join(sorted(known))}"
        )
    default = kind()
    return kind(**{name: _converted(getattr(default, name), value, f"{where}: {name}") for name, value in values.items()})


def _converted(default: Any, value: Any, where: str) -> Any:
    if is_dataclass(default) and isinstance(value, dict):
        return from_dict(type(default), value, where)
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(_converted(default[0], item, where) if default else item for item in value)
    if default is None or type(value) is type(default):
        return value
    if isinstance(default, float) and type(value) is int:
        return float(value)
    raise UsageError(f"{where} is {value!r}, expected {type(default).__name__}", "mend the value in the config file")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        InputError: the file is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", "name an existing TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML: {error}", "mend the file") from error


def to_dict(config: Any) -> dict[str, Any]:
    """Plain values of a config dataclass, as written into records."""
    return asdict(config)
