"""Every number a user may change, declared once: type, default, limits, and what the help says of it.

The command line, ARTIFIX_* variables, TOML files, the columns of manifests and Python all read it from here.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from artifix.config_sections import Limits, changed, check_limits, declared, from_dict, read_toml, settings_of
from artifix.errors import UsageError

Config = TypeVar("Config", bound="RefineConfig")

FOLDER_MATCHERS = ("efficientloftr", "dinov2")  # given with their folder: efficientloftr=DIR
MATCHERS = ("sift", "xfeat", "attention", *FOLDER_MATCHERS)
OFFLOADS = ("auto", "none", "model", "layers")
FORMATS = ("png", "jpeg", "webp", "tiff", "keep")
_SHARE, _PART, _SIDE = Limits(0, 1), Limits(0, 1, open_below=True), Limits(1, 100)
NOISE_LEVEL = Limits(0, 999)


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


def _check_format(value: str, where: str) -> None:
    if value not in FORMATS:
        raise UsageError(f"{where}format is {value!r}", f"known formats are: {', '.join(FORMATS)}")


def _check_offload(value: str, where: str) -> None:
    if value not in OFFLOADS:
        raise UsageError(f"{where}offload is {value!r}", f"use one of: {', '.join(OFFLOADS)}")


@dataclass(frozen=True, slots=True)
class AlignmentConfig:
    """Stage 1."""

    layer: str | None = declared(  # module path of a cross-attention layer
        None, "Attention layer to match with", unset="as the weights say"
    )
    timestep: int | None = declared(None, "Noise level to match at", NOISE_LEVEL, unset="as the weights say")
    mask_threshold: float = declared(
        0.5, "Share of white from which on the mask marks the artifact; what is darker blends", _PART
    )
    contexts: tuple[float, ...] = declared(
        (1.8, 3.0, 5.0), "Side of a crop over the mask's longer side; may be repeated", _SIDE
    )
    # First at the part found, then along the field of attention.
    zoom: bool = declared(True, "Closer looks at the part found first")
    matchers: tuple[str, ...] = declared(
        ("sift", "xfeat", "attention"),
        "Whose matches propose transforms: sift, xfeat, attention, efficientloftr=DIR, dinov2=DIR; "
        "may be repeated",
        check=_check_matchers,
        flag="--matcher",  # a word for each
    )
    # False is the paper's path.
    transform: bool = declared(True, "Fit the reference onto the image, not a region alone")
    allow_mirror: bool = declared(False, "The reference may show the part mirrored")
    # Below this probability the reference is refused as showing no match.
    min_confidence: float = declared(0.55, limits=_SHARE)
    force: bool = declared(False, "Go on with the best guess where nothing matches")
    strict: bool = declared(False, "Repaint only where the reference is placed exactly")
    min_repair_confidence: float = declared(
        0.15, "Repaint nothing that is less likely to come out well", _SHARE
    )


# Of stage 1, what says which match is good enough, and not how to find it.
DECIDING = ("min_confidence", "force", "strict", "min_repair_confidence")


@dataclass(frozen=True, slots=True)
class RefinementConfig:
    """Stage 2."""

    steps: int | None = declared(None, "Sampling steps", Limits(1, 1000), unset="as the weights are best")
    guidance_scale: float | None = declared(
        None, "Classifier-free guidance (1 is none)", Limits(0, math.inf), unset="as the weights are best"
    )
    strength: float | None = declared(
        None,
        "1 starts from noise, less from the pasted reference",
        _PART,
        unset="as the weights are best",
    )
    candidates: int = declared(1, "Seeds to draw; the best is kept", Limits(1, 64))
    aligned_reference: bool = declared(True)  # False = the paper's path: tokens of the matched region only
    correction: float = declared(
        0.1, limits=_SHARE
    )  # of the aligned reference by the network: how much of it
    context: float = declared(1.8, limits=_SIDE)  # side of the crop repainted, over the mask's longer side
    grain: bool = declared(True, "Give the repaired part the noise of the image around it")
    # Width of the inward feather [px]; the rim inside the mask holds the artifact.
    feather_px: float = declared(0.5, limits=Limits(0, 1000))


@dataclass(frozen=True, slots=True)
class RefineConfig:
    """One run of `refine` or `locate`."""

    alignment: AlignmentConfig = field(default_factory=AlignmentConfig)
    refinement: RefinementConfig = field(default_factory=RefinementConfig)
    seed: int = declared(0, "Seed of the noise", Limits(0, 2**32 - 1))


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What a run uses, whatever it computes."""

    weights: str | None = declared(None, "Name or folder of the weights", unset="the bundled artifix-small")
    device: str = declared("auto", "auto, cpu, cuda, cuda:N or mps")
    dtype: str = declared("auto", "auto, fp32, bf16 or fp16")
    offload: str = declared(
        "auto", "What of a base model leaves the GPU: none, model, layers or auto", check=_check_offload
    )
    compile: bool = declared(False, "Compile a public base model: minutes once, faster for many pictures")
    threads: int | None = declared(
        None,
        "Threads of a CPU",
        Limits(1, 1024),
        unset="OMP_NUM_THREADS, or as many as there are free cores",
    )


@dataclass(frozen=True, slots=True)
class OutputConfig:
    """How the repaired picture is written."""

    format: str = declared(
        "png",
        "Of the repaired picture: png, jpeg, webp, tiff, or keep for that of the image. Lossy ones change "
        "pixels outside the mask, which is told",
        check=_check_format,
    )
    quality: int | None = declared(
        None, "Of a JPEG or WebP", Limits(1, 100), unset="95; for keep that of the image; a WebP is exact"
    )


@dataclass(frozen=True, slots=True)
class CommandConfig(RefineConfig):
    """A whole config file."""

    run: RunConfig = field(default_factory=RunConfig)
    output: OutputConfig = field(default_factory=OutputConfig)


SECTIONS = (AlignmentConfig, RefinementConfig, RunConfig, OutputConfig)
SETTINGS = settings_of(CommandConfig, *SECTIONS)  # by name: no two sections share one


class RefineSettings(TypedDict, total=False):
    """The settings of a repair as keywords, for type checkers and editors; the fields above declare them."""

    layer: str | None
    timestep: int | None
    mask_threshold: float
    contexts: Sequence[float]
    zoom: bool
    matchers: Sequence[str]
    transform: bool
    allow_mirror: bool
    min_confidence: float
    force: bool
    strict: bool
    min_repair_confidence: float
    steps: int | None
    guidance_scale: float | None
    strength: float | None
    candidates: int
    aligned_reference: bool
    correction: float
    context: float
    grain: bool
    feather_px: float
    seed: int


class Settings(RefineSettings, total=False):
    """Those, and what a repair runs with."""

    weights: str | None
    device: str
    dtype: str
    offload: str
    compile: bool
    threads: int | None


def load_config(path: Path | None, overrides: Mapping[str, Any]) -> CommandConfig:
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
    """`config` with some fields changed, named without their section.

    Raises:
        UsageError: an unknown name, a value of another type, or one out of its range.
    """
    parts = {f.name: getattr(config, f.name) for f in fields(config)}
    parts = {name: part for name, part in parts.items() if is_dataclass(part)}
    places = {f.name: name for name, part in parts.items() for f in fields(part)}
    places |= {f.name: "" for f in fields(config) if f.name not in parts}
    changes: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name not in places:
            raise UsageError(f"unknown setting {name}", f"known settings are: {', '.join(sorted(places))}")
        changes.setdefault(places[name], {})[name] = value
    whole = changes.pop("", {})
    whole |= {name: changed(parts[name], given) for name, given in changes.items()}
    result = changed(config, whole)
    check_limits(result)
    return result
