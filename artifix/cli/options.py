"""Options that several commands share, by theme. Settings are declared in `artifix.config`."""

import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from artifix.config import SETTINGS, CommandConfig, load_config
from artifix.inputs.request import MaskSource

EPILOG = (
    "Settings may also come from ARTIFIX_* variables (ARTIFIX_STEPS for --steps) or --config; options win."
)


def option(flags: str, text: str, metavar: str | None = None, **more: Any) -> Any:
    """An option that is no setting, with its flags between blanks.

    Typer would call an unreadable file wrong usage, so that is left to those who open it.
    """
    return typer.Option(*flags.split(), help=text, metavar=metavar, readable=False, **more)


def argument(metavar: str, text: str) -> Any:
    """A file that a command is about."""
    return typer.Argument(metavar=metavar, readable=False, help=text)


def as_option(name: str, value: str | None) -> str:
    """How the command line spells a setting."""
    flag = SETTINGS[name].flag if name in SETTINGS else ""
    flag = flag or f"--{name.replace('_', '-')}"
    if value == "False":
        return f"--no-{flag[2:]}"
    return flag if value in (None, "True") else f"{flag} {value}"


Out = Annotated[Path, option("--out", "Folder for the results.", "DIR")]
OutBeside = Annotated[
    Path | None,
    option(
        "--out -o",
        "Folder for the results. Default: <IMAGE>-artifix beside the image. The name of a picture stands for "
        "--to.",
        "DIR",
    ),
]
Overwrite = Annotated[bool, option("--overwrite", "Replace an earlier result in --out.")]


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """Which files, and where the part lies if the user knows better."""

    image: Annotated[Path, argument("IMAGE", "The image with the artifact; - is standard input.")]
    ref: Annotated[
        list[Path],
        option(
            "--ref -r", "A photo of the same object; of several the one that matches best is used.", "FILE"
        ),
    ]
    mask: Annotated[
        Path | None,
        option(
            "--mask -m",
            "White, or any paint on black or transparency, where the image is wrong; a grey rim blends. "
            "Needed unless --mask-from is image-alpha.",
            "FILE",
        ),
    ] = None
    region: Annotated[
        str | None, option("--region", "Part of the reference that shows it, in pixels.", "X0,Y0,X1,Y1")
    ] = None
    ref_mask: Annotated[
        Path | None, option("--ref-mask", "The same as a mask over the reference, white.", "FILE")
    ] = None
    points: Annotated[
        Path | None, option("--points", "Matches by hand: CSV of x,y,x_ref,y_ref, 2 or more.", "FILE")
    ] = None


@dataclass(frozen=True, slots=True)
class RepairedPictureOptions(PictureOptions):
    """Those, and what was found before."""

    alignment: Annotated[
        Path | None,
        option("--alignment", "An alignment.json of the same files: nothing is located anew.", "FILE"),
    ] = None


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """How masks are read."""

    mask_from: Annotated[
        MaskSource,
        option(
            "--mask-from",
            "What of the mask file to read; image-alpha repaints where IMAGE itself is transparent.",
        ),
    ] = "auto"
    invert_mask: Annotated[bool, option("--invert-mask", "Black, or paint on white, is repainted.")] = False
    fit_mask: Annotated[bool, option("--fit-mask", "Resize a mask of another size than the image.")] = False
    mask_threshold: float | None = None


@dataclass(frozen=True, slots=True)
class CodingOptions:
    """How the repaired picture is written."""

    format: str | None = None
    quality: int | None = None


NoMetadata = Annotated[
    bool, option("--no-metadata", "Do not mark refined.png as made with a model (provenance, XMP).")
]
_ConfigFile = Annotated[
    Path | None,
    option("--config", "TOML file of settings.", "FILE", envvar="ARTIFIX_CONFIG", show_envvar=False),
]


@dataclass(frozen=True, slots=True)
class _NetworkOptions:
    """Which network, and where it runs."""

    config: _ConfigFile = None
    weights: str | None = None
    device: str | None = None
    dtype: str | None = None
    offload: str | None = None
    compile: bool | None = None


@dataclass(frozen=True, slots=True)
class RunOptions(_NetworkOptions):
    """What with."""

    threads: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class ManyRunOptions(_NetworkOptions):
    """What with, where threads are no matter."""

    seed: int | None = None


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """Stage 2."""

    steps: int | None = None
    guidance_scale: float | None = None
    strength: float | None = None
    candidates: int | None = None
    grain: bool | None = None


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """Stage 1."""

    layer: str | None = None
    timestep: int | None = None
    zoom: bool | None = None
    matchers: list[str] | None = None
    transform: bool | None = None
    allow_mirror: bool | None = None
    force: bool | None = None


@dataclass(frozen=True, slots=True)
class SureOptions:
    """Which match is good enough to repaint after."""

    strict: bool | None = None
    min_repair_confidence: float | None = None


_AUTO_MASK = "Where no mask is named, propose one: see artifix detect."
AutoMask = Annotated[bool, option("--auto-mask", _AUTO_MASK)]
JsonFlag = Annotated[bool, option("--json", "Print the result as JSON.")]
DebugFlag = Annotated[
    bool, option("--debug", "Show the traceback of an error.", envvar="ARTIFIX_DEBUG", show_envvar=False)
]


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How to speak."""

    json: JsonFlag = False
    quiet: Annotated[bool, option("--quiet -q", "Print nothing but errors (and the JSON).")] = False
    debug: DebugFlag = False


@dataclass(frozen=True, slots=True)
class Settled:
    """The settings of a command, and when it began."""

    config: CommandConfig
    given: frozenset[str]  # names of those that an option or a variable gives
    started_s: float  # of time.perf_counter


def settled(run: _NetworkOptions, *groups: Any) -> Settled:
    """Option or ARTIFIX_* variable, then the --config file, then the default.

    Args:
        run: names the file.
        groups: further dataclasses of options, of which the settings are taken.

    Raises:
        InputError: the file cannot be read.
        UsageError: an unknown setting, or a value out of its range.
    """
    started_s = time.perf_counter()
    values = {f.name: getattr(group, f.name) for group in (run, *groups) for f in fields(group)}
    # An option that may be repeated is empty where it is not given.
    values = {name: value for name, value in values.items() if value not in (None, (), [])}
    given = {name: _listed(value) for name, value in values.items() if name in SETTINGS}
    return Settled(load_config(run.config, given), frozenset(given), started_s)


def _listed(value: Any) -> Any:
    """A list of texts with each that commas divide as several; anything else as it is."""
    is_texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return [part for text in value for part in text.split(",")] if is_texts else value
