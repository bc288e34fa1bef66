"""Every number a user may change: frozen dataclasses, read from TOML; an unknown key is an error."""

import math
import tomllib
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from artifix.errors import InputError, UsageError

Section = TypeVar("Section")
Config = TypeVar("Config", bound="RefineConfig")


@dataclass(frozen=True, slots=True)
class AlignmentConfig:
    """Stage 1."""

    layer: str | None = None  # module path of the cross-attention layer; None = the weights' calibration
    timestep: int | None = None  # noise level of the recorded pass; None = the weights' calibration
    mask_threshold: float = 0.5  # share of the mask's lightest that marks the artifact; less blends
    contexts: tuple[float, ...] = (1.8, 3.0, 5.0)  # sides of the crops looked at, over the mask's longer side
    zoom: bool = True  # closer looks: at the part found first, then along the field of attention
    matchers: tuple[str, ...] = ("sift", "xfeat", "attention")  # whose matches propose transforms
    transform: bool = True  # fit a transform; False = the paper's path, a region only
    allow_mirror: bool = False  # the reference may show the part mirrored
    min_confidence: float = 0.55  # below this probability the reference is refused as showing no match
    force: bool = False  # go on with the best guess where nothing matches
    strict: bool = False  # repaint only where the reference is placed exactly
    min_repair_confidence: float = 0.15  # below this probability that the repair is good nothing is repainted


# Of stage 1, what says which match is good enough, and not how to find it.
DECIDING = ("min_confidence", "force", "strict", "min_repair_confidence")


@dataclass(frozen=True, slots=True)
class RefinementConfig:
    """Stage 2."""

    steps: int = 1  # network evaluations of the sampler; this network is best with one (docs/measuring.md)
    guidance_scale: float = 1.0  # classifier-free guidance; 1 = none
    strength: float = 1.0  # 1 = from pure noise, less = from the pasted reference, noised
    candidates: int = 1  # seeds drawn; the one that agrees best with the reference is kept
    aligned_reference: bool = True  # False = the paper's path: tokens of the matched region only
    correction: float = 0.1  # share of the network's correction of the aligned reference that is applied
    context: float = 1.8  # side of the crop repainted, over the mask's longer side
    grain: bool = True  # the repaired part takes up the noise of the image around it
    feather_px: float = 0.5  # width of the inward feather [px]; the rim inside the mask holds the artifact


@dataclass(frozen=True, slots=True)
class RefineConfig:
    """One run of `refine` or `locate`."""

    alignment: AlignmentConfig = field(default_factory=AlignmentConfig)
    refinement: RefinementConfig = field(default_factory=RefinementConfig)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What a run uses, whatever it computes."""

    weights: str | None = None  # name or folder; None = the bundled ones
    device: str = "auto"  # auto, cpu, cuda, cuda:N or mps
    dtype: str = "auto"  # auto, fp32, bf16 or fp16
    threads: int | None = None  # of a CPU; None = OMP_NUM_THREADS, or as many as there are free cores


FORMATS = ("png", "jpeg", "webp", "tiff", "keep")


@dataclass(frozen=True, slots=True)
class OutputConfig:
    """How the repaired picture is written."""

    format: str = "png"  # of FORMATS; keep = that of the image
    quality: int | None = None  # of a JPEG or WebP; None = 95, or the image's own; WebP: exact


@dataclass(frozen=True, slots=True)
class CommandConfig(RefineConfig):
    """A whole config file."""

    run: RunConfig = field(default_factory=RunConfig)
    output: OutputConfig = field(default_factory=OutputConfig)


@dataclass(frozen=True, slots=True)
class AblationConfig:
    """What `ablate` measures."""

    reading: str = "single"  # of the noisy latents: single (noised image), chain (denoised noise) or both
    timesteps: int = 11  # noise levels, evenly spread from 0 to the last
    at: tuple[int, ...] = ()  # noise levels instead of evenly spread ones
    every: int = 1  # 2 measures every second case, and so on
    show: int = 3  # cases whose maps are drawn


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


FOLDER_MATCHERS = ("efficientloftr",)  # given with their folder: efficientloftr=DIR
MATCHERS = ("sift", "xfeat", "attention", *FOLDER_MATCHERS)
LIMITS = {
    "timestep": Limits(0, 999),
    "mask_threshold": Limits(0, 1, open_below=True),
    "contexts": Limits(1, 100),
    "min_confidence": Limits(0, 1),
    "min_repair_confidence": Limits(0, 1),
    "steps": Limits(1, 1000),
    "guidance_scale": Limits(0, math.inf),
    "strength": Limits(0, 1, open_below=True),
    "candidates": Limits(1, 64),
    "correction": Limits(0, 1),
    "context": Limits(1, 100),
    "feather_px": Limits(0, 1000),
    "timesteps": Limits(2, 1000),
    "at": Limits(0, 999),
    "every": Limits(1, math.inf),
    "show": Limits(0, 64),
    "seed": Limits(0, 2**32 - 1),
    "quality": Limits(1, 100),
    "threads": Limits(1, 1024),
}


def load_config(path: Path | None, overrides: dict[str, Any]) -> CommandConfig:
    """The defaults, changed by a TOML file, changed by `overrides`.

    Args:
        path: the file, if there is one.
        overrides: values by field name, whatever the section; None leaves the field as it is.

    Raises:
        InputError: the file cannot be read.
        UsageError: an unknown setting, a value of another type, or one out of its range.
    """
    values = {} if path is None else read_toml(path)
    config = from_dict(CommandConfig, values, str(path))
    check_limits(config, f"{path}: ")
    return override(config, **{name: value for name, value in overrides.items() if value is not None})


def override(config: Config, **values: Any) -> Config:
    """`config` with some fields changed, named without their section (no two sections share a name).

    Raises:
        UsageError: an unknown name, a value of another type, or one out of its range.
    """
    sections = {
        f.name: getattr(config, f.name) for f in fields(config) if is_dataclass(getattr(config, f.name))
    }
    places = {f.name: name for name, section in sections.items() for f in fields(section)}
    places |= {f.name: "" for f in fields(config) if f.name not in sections}
    changed: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name not in places:
            raise UsageError(f"unknown setting {name}", f"known settings are: {', '.join(sorted(places))}")
        changed.setdefault(places[name], {})[name] = value
    for name, section in sections.items():
        changed.setdefault("", {})[name] = _changed(section, changed.get(name, {}))
    result = _changed(config, changed.get("", {}))
    check_limits(result)
    return result


def check_limits(config: Any, where: str = "") -> None:
    """Raise UsageError, its sentence beginning with `where`, if a number of `config` is outside `LIMITS`."""
    for f in fields(config):
        value = getattr(config, f.name)
        if is_dataclass(value):
            check_limits(value, where)
        elif value == () and f.default != ():
            raise UsageError(f"{where}{f.name} is empty", "give at least one")
        else:
            check_value(f.name, value, where)


def check_value(name: str, value: Any, where: str = "") -> None:
    """Raise UsageError, its sentence beginning with `where`, if the field `name` may not be `value`."""
    if name == "matchers":
        _check_matchers(value, where)
    if name == "format" and value not in FORMATS:
        raise UsageError(f"{where}format is {value!r}", f"known formats are: {', '.join(FORMATS)}")
    if name not in LIMITS or value is None:
        return
    for number in value if isinstance(value, tuple) else (value,):
        if not LIMITS[name].hold(number):
            raise UsageError(f"{where}{name} is {number}", f"give a number: {LIMITS[name]}")


def split_matcher(entry: str) -> tuple[str, str]:
    """Name and folder of an entry of `matchers`; no folder is an empty text."""
    name, _, folder = entry.partition("=")
    return name, folder


def _check_matchers(entries: tuple[str, ...], where: str) -> None:
    named = [split_matcher(entry)[0] for entry in entries]
    for entry, name in zip(entries, named, strict=True):
        problem = ""
        if name not in MATCHERS:
            problem = f"{entry!r} is no matcher"
        elif ("=" in entry) != (name in FOLDER_MATCHERS) or entry.endswith("="):
            problem = f"{entry} " + ("has no folder" if name in FOLDER_MATCHERS else "takes no folder")
        elif named.count(name) > 1:
            problem = f"{name} is there {named.count(name)} times"
        if problem:
            known = (f"{name}=DIR" if name in FOLDER_MATCHERS else name for name in MATCHERS)
            raise UsageError(f"{where}matchers: {problem}", f"known matchers are: {', '.join(known)}")


def from_dict(kind: type[Section], values: dict[str, Any], where: str) -> Section:
    """Build the dataclass `kind` from plain values, sections nested.

    Args:
        kind: a frozen dataclass of this module or of training.
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


def _changed(section: Any, values: dict[str, Any]) -> Any:
    known = get_type_hints(type(section))
    return replace(section, **{name: _converted(known[name], value, name) for name, value in values.items()})


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
