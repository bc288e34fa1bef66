"""Options that several commands share. Defaults are read from the config, so that --help cannot lie."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from artifix.config import LIMITS, CommandConfig, load_config


def _flat_defaults(config: Any) -> dict[str, Any]:
    values = {f.name: getattr(config, f.name) for f in fields(config)}
    nested = [_flat_defaults(value) for value in values.values() if is_dataclass(value)]
    return {
        name: value for part in (values, *nested) for name, value in part.items() if not is_dataclass(value)
    }


_DEFAULTS = _flat_defaults(CommandConfig())


def _setting(name: str, *flags: str, text: str, unset: str = "") -> Any:
    """An option that overrides the config's field `name`; None where neither it nor its variable is set."""
    default = _DEFAULTS[name]
    said = (
        unset
        if default is None
        else flags[0].split("/")[not default]
        if isinstance(default, bool)
        else ", ".join(map(str, default))
        if isinstance(default, tuple)
        else default
    )
    limits = f", {LIMITS[name]}" if name in LIMITS else ""
    help_text = f"{text}{limits}. Default: {said}."
    return typer.Option(
        *flags, help=help_text, envvar=f"ARTIFIX_{name.upper()}", show_envvar=False, show_default=False
    )


EPILOG = (
    "Settings may also come from ARTIFIX_* variables (ARTIFIX_STEPS for --steps) or --config; options win."
)

# Which files. Typer would call an unreadable one wrong usage, so that is left to those who open it.
ImageArgument = Annotated[
    Path,
    typer.Argument(
        metavar="IMAGE",
        readable=False,
        help="The image with the artifact; - is standard input.",
        show_default=False,
    ),
]
MaskOption = Annotated[
    Path | None,
    typer.Option(
        "--mask",
        "-m",
        metavar="FILE",
        readable=False,
        help="White, or any paint on black or transparency, where the image is wrong; a grey rim blends. "
        "Needed unless --mask-from is image-alpha.",
        show_default=False,
    ),
]
RefOption = Annotated[
    list[Path],
    typer.Option(
        "--ref",
        "-r",
        metavar="FILE",
        readable=False,
        help="A photo of the same object; of several the one that matches best is used.",
        show_default=False,
    ),
]
# Where the part lies, if the user knows better.
RegionOption = Annotated[
    str | None,
    typer.Option("--region", metavar="X0,Y0,X1,Y1", help="Part of the reference that shows it, in pixels."),
]
RefMaskOption = Annotated[
    Path | None,
    typer.Option(
        "--ref-mask", metavar="FILE", readable=False, help="The same as a mask over the reference, white."
    ),
]
PointsOption = Annotated[
    Path | None,
    typer.Option(
        "--points", metavar="FILE", readable=False, help="Matches by hand: CSV of x,y,x_ref,y_ref, 2 or more."
    ),
]
AlignmentOption = Annotated[
    Path | None,
    typer.Option(
        "--alignment",
        metavar="FILE",
        readable=False,
        help="An alignment.json of the same files: nothing is located anew.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        readable=False,
        help="Folder for the results. Default: <IMAGE>-artifix beside the image. The name of a picture "
        "stands for --to.",
    ),
]
ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE",
        readable=False,
        help="Write the repaired picture alone into this file, in the format of its ending; - is standard "
        "output. With --out as well the results are written too.",
    ),
]
FormatOption = Annotated[
    str | None,
    _setting(
        "format",
        "--format",
        text="Of the repaired picture: png, jpeg, webp, tiff, or keep for that of the image. Lossy ones "
        "change pixels outside the mask, which is told",
    ),
]
QualityOption = Annotated[
    int | None,
    _setting(
        "quality",
        "--quality",
        text="Of a JPEG or WebP",
        unset="95; for keep that of the image; a WebP is exact",
    ),
]
MaskSourceOption = Annotated[
    Literal["auto", "alpha", "luminance", "image-alpha"],
    typer.Option(
        "--mask-from",
        help="What of the mask file to read; image-alpha repaints where IMAGE itself is transparent.",
    ),
]
InvertOption = Annotated[bool, typer.Option("--invert-mask", help="Black, or paint on white, is repainted.")]
MaskThresholdOption = Annotated[
    float | None,
    _setting(
        "mask_threshold",
        "--mask-threshold",
        text="Share of white from which on the mask marks the artifact; what is darker blends",
    ),
]
FitOption = Annotated[bool, typer.Option("--fit-mask", help="Resize a mask of another size than the image.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier result in --out.")]
StagesOption = Annotated[
    bool, typer.Option("--stages", help="Also write a picture of each step of the alignment.")
]
NoMetadataOption = Annotated[
    bool,
    typer.Option("--no-metadata", help="Do not mark refined.png as made with a model (provenance, XMP)."),
]

# What with.
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="ARTIFIX_CONFIG",
        readable=False,
        show_envvar=False,
        help="TOML file of settings.",
    ),
]
WeightsOption = Annotated[
    str | None,
    _setting("weights", "--weights", text="Name or folder of the weights", unset="the bundled artifix-small"),
]
DeviceOption = Annotated[str | None, _setting("device", "--device", text="auto, cpu, cuda, cuda:N or mps")]
DtypeOption = Annotated[str | None, _setting("dtype", "--dtype", text="auto, fp32, bf16 or fp16")]
ThreadsOption = Annotated[
    int | None,
    _setting(
        "threads",
        "--threads",
        text="Threads of a CPU",
        unset="OMP_NUM_THREADS, or as many as there are free cores",
    ),
]
SeedOption = Annotated[int | None, _setting("seed", "--seed", text="Seed of the noise")]

# Alignment.
LayerOption = Annotated[
    str | None, _setting("layer", "--layer", text="Attention layer to match with", unset="as the weights say")
]
TimestepOption = Annotated[
    int | None, _setting("timestep", "--timestep", text="Noise level to match at", unset="as the weights say")
]
ContextsOption = Annotated[
    list[float] | None,
    _setting("contexts", "--contexts", text="Side of a crop over the mask's longer side; may be repeated"),
]
ZoomOption = Annotated[
    bool | None,
    _setting("zoom", "--zoom/--no-zoom", text="Closer looks at the part found first"),
]
MatchersOption = Annotated[
    list[str] | None,
    _setting(
        "matchers",
        "--matcher",
        text="Whose matches propose transforms: sift, xfeat, attention, efficientloftr=DIR; may be repeated",
    ),
]
TransformOption = Annotated[
    bool | None,
    _setting(
        "transform", "--transform/--no-transform", text="Fit the reference onto the image, not a region alone"
    ),
]
MirrorOption = Annotated[
    bool | None,
    _setting(
        "allow_mirror",
        "--allow-mirror/--no-allow-mirror",
        text="The reference may show the part mirrored",
    ),
]
ForceOption = Annotated[
    bool | None,
    _setting("force", "--force/--no-force", text="Go on with the best guess where nothing matches"),
]
StrictOption = Annotated[
    bool | None,
    _setting("strict", "--strict/--no-strict", text="Repaint only where the reference is placed exactly"),
]
MinRepairOption = Annotated[
    float | None,
    _setting(
        "min_repair_confidence",
        "--min-repair-confidence",
        text="Repaint nothing that is less likely to come out well",
    ),
]

# Refinement.
StepsOption = Annotated[int | None, _setting("steps", "--steps", text="Sampling steps")]
GuidanceOption = Annotated[
    float | None, _setting("guidance_scale", "--guidance-scale", text="Classifier-free guidance (1 is none)")
]
StrengthOption = Annotated[
    float | None,
    _setting("strength", "--strength", text="1 starts from noise, less from the pasted reference"),
]
CandidatesOption = Annotated[
    int | None, _setting("candidates", "--candidates", text="Seeds to draw; the best is kept")
]
GrainOption = Annotated[
    bool | None,
    _setting("grain", "--grain/--no-grain", text="Give the repaired part the noise of the image around it"),
]

# How to speak.
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors (and the JSON).")]
DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug", envvar="ARTIFIX_DEBUG", show_envvar=False, help="Show the traceback of an error."
    ),
]


def config_of(context: typer.Context) -> CommandConfig:
    """The settings of a command: option or ARTIFIX_* variable, then the --config file, then the default.

    Raises:
        InputError: the file cannot be read.
        UsageError: an unknown setting, or a value out of its range.
    """
    # An option that may be repeated is empty where it is not given.
    given = {
        name: value for name, value in context.params.items() if name in _DEFAULTS and value not in ((), [])
    }
    if given.get("matchers"):
        given["matchers"] = [part for text in given["matchers"] for part in text.split(",")]
    return load_config(context.params.get("config"), given)
