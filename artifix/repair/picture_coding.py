"""How a repaired picture is written, and what that costs outside the mask."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.config import OutputConfig
from artifix.errors import InputError, UsageError
from artifix.geometry import box_of
from artifix.inputs.case import Case
from artifix.inputs.images import Picture, bands, eight_bit
from artifix.outputs.formats import DEEP, LOSSLESS, MOST_SIDE_PX, USUAL_SUFFIX, Form, Sheet, encode_picture
from artifix.outputs.source_metadata import left_behind
from artifix.setting_names import setting

if TYPE_CHECKING:
    from artifix.result import RefineResult

KEEP = "keep"
_QUALITY = 95  # of a lossy picture where none is asked for
_PROVENANCE = ("artifix", "weights", "seed", "settings", "inputs")  # of the record, into the picture
_GREY_MODES = ("1", "L", "LA")


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A repaired picture's file."""

    name: str  # refined.png, or as its format asks
    data: bytes
    told: dict[str, Any]  # for the record, JSON-ready
    notes: tuple[str, ...] = ()  # for a person


def check_quality(output: OutputConfig) -> None:
    """Raise UsageError if a quality is asked of a format that is exact."""
    if output.quality is not None and output.format in ("png", "tiff"):
        raise UsageError(
            f"{setting('quality')} {output.quality} is for lossy formats, and {output.format} is exact",
            f"drop it, or pass {setting('format')} jpeg, webp or keep",
        )


def form_of(output: OutputConfig, image: Picture) -> Form:
    """How the repair of `image` is to be coded.

    Raises:
        UsageError: a quality is asked of a format that is exact.
        InputError: the format cannot hold the image.
    """
    check_quality(output)
    form = _kept(output, image) if output.format == KEEP else _asked(output)
    most_px = MOST_SIDE_PX.get(form.name)
    if most_px is not None and max(image.size) > most_px:
        size = f"{image.size[1]}x{image.size[0]} px"
        raise InputError(
            f"{image.path}: has {size}, and {form.name} holds {most_px} px a side at most",
            f"pass {setting('format', 'png')}",
        )
    return form


def coded(
    case: Case, result: "RefineResult", record: Mapping[str, Any], form: Form, with_metadata: bool
) -> Coded:
    """The file of a repair.

    Args:
        case: what was repaired.
        result: with the repaired samples.
        record: the picture's provenance is taken from it.
        form: of `form_of`.
        with_metadata: mark the picture as made with a model, and with what.

    Raises:
        InputError: the format has no transparency, and the picture has some.
    """
    image = case.image
    samples, alpha = result.refined, _needed(result.alpha, form, image)
    if form.name not in DEEP:
        samples, alpha = eight_bit(samples), None if alpha is None else eight_bit(alpha)
    if _is_grey(image) and bool((samples == samples[..., :1]).all()):
        samples = np.ascontiguousarray(samples[..., 0])
    metadata = {name: record[name] for name in _PROVENANCE} if with_metadata else None
    data = encode_picture(Sheet(samples, alpha, image.icc_profile, metadata, image.chunks), form)
    told: dict[str, Any] = {"format": form.name}
    notes = []
    if form.name not in DEEP and image.pixels.dtype == np.uint16:
        told["bits"] = 8
        notes.append(f"{form.name} holds 8 bits a sample: the image has 16")
    if not form.is_exact:
        told |= {"quality": "as the image" if form.tables is not None else form.quality}
        told["outside"] = _changed_outside(case, samples, data)
        notes.append(_changes_note(told["outside"], form))
    if form.name != "png" and (lost := left_behind(image.chunks)):
        told["not_carried"] = lost
        notes.append(f"{form.name} has no place for {', '.join(lost)} of the image")
    return Coded(f"refined{USUAL_SUFFIX[form.name]}", data, told, tuple(filter(None, notes)))


def kept_note(output: OutputConfig, image: Picture) -> str:
    """What to say where the image's own format is not written; empty where it is, or was not asked for."""
    if output.format != KEEP or image.format.lower() in USUAL_SUFFIX:
        return ""
    return f"{image.format} is not written: the repair of {image.path.name} is a PNG"


def _asked(output: OutputConfig) -> Form:
    if output.format == "jpeg":
        return Form("jpeg", output.quality or _QUALITY)
    return Form(output.format, output.quality)


def _kept(output: OutputConfig, image: Picture) -> Form:
    """The image's own format, and no coarser than it is."""
    name, compression = image.format.lower(), image.compression
    if name == "jpeg":
        is_progressive = compression.is_progressive
        if output.quality is None and compression.tables is not None:
            return Form("jpeg", None, compression.tables, compression.sampling, is_progressive)
        return Form("jpeg", output.quality or _QUALITY, is_progressive=is_progressive)
    if name == "webp" and compression.is_lossy:
        return Form("webp", output.quality or _QUALITY)
    return Form(name if name in LOSSLESS else "png")


def _needed(alpha: NDArray | None, form: Form, image: Picture) -> NDArray | None:
    """The alpha to write; a JPEG can do without one that is opaque everywhere."""
    if alpha is None or form.name != "jpeg":
        return alpha
    if (alpha < np.iinfo(alpha.dtype).max).any():
        raise InputError(
            f"{image.path}: is transparent in part, which a JPEG cannot be",
            f"pass {setting('format', 'png')} or webp",
        )
    return None


def _is_grey(image: Picture) -> bool:
    return image.mode in _GREY_MODES or image.mode.startswith("I;16")


def _changed_outside(case: Case, samples: NDArray, data: bytes) -> dict[str, Any]:
    """Where, and by how many levels, the coding changes what the mask does not touch."""
    decoded = Image.open(io.BytesIO(data)).convert("RGB" if samples.ndim == 3 else "L")
    changed = np.zeros(case.image.size, bool)
    largest = 0
    for rows in bands(len(changed)):
        written = np.asarray(decoded.crop((0, rows.start, decoded.width, min(rows.stop, decoded.height))))
        difference = np.abs(written.astype(np.int16) - samples[rows])
        difference = difference if difference.ndim == 2 else difference.max(axis=2)
        difference[case.blend[rows] > 0] = 0
        changed[rows] = difference > 0
        largest = max(largest, int(difference.max()))
    told: dict[str, Any] = {"changed_px": int(changed.sum()), "largest_levels": largest}
    return told if largest == 0 else {**told, "box": list(box_of(changed).as_tuple())}


def _changes_note(outside: Mapping[str, Any], form: Form) -> str:
    count = outside["changed_px"]
    if count == 0:
        return ""
    return f"{form} changes {count:,} pixels outside the mask, by {outside['largest_levels']} levels at most"
