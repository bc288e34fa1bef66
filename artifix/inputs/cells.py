"""What the columns of a manifest are called, and what the text of their cells means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from artifix.box import Box, box_of_text
from artifix.config import AlignmentConfig, RefineConfig, RefinementConfig, check_value
from artifix.errors import UsageError
from artifix.inputs.request import MaskSource
from artifix.inputs.table import shown


class Kind(Enum):
    """What a cell holds."""

    NAME = "text"
    FILE = "the path of a file"
    FILES = "paths of files"
    BOX = "x0,y0,x1,y1 in whole pixels"
    FLAG = "true or false"
    WHOLE = "a whole number"
    NUMBER = "a number"
    NUMBERS = "numbers with commas between them"
    NAMES = "names with commas between them"
    SOURCE = " or ".join(get_args(MaskSource))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as written: its line, the cells that are not empty by their column, and its references."""

    line: int
    cells: Mapping[str, str]
    references: tuple[str, ...]


def _kind_of(annotation: Any) -> Kind:
    if isinstance(annotation, UnionType):
        annotation = next(choice for choice in get_args(annotation) if choice is not type(None))
    if get_origin(annotation) is tuple:
        return Kind.NAMES if get_args(annotation)[0] is str else Kind.NUMBERS
    return {bool: Kind.FLAG, int: Kind.WHOLE, float: Kind.NUMBER, str: Kind.NAME}[annotation]


def _settings() -> dict[str, Kind]:
    hints = {**get_type_hints(AlignmentConfig), **get_type_hints(RefinementConfig), "seed": int}
    return {name: _kind_of(annotation) for name, annotation in hints.items()}


NEEDED = ("image", "mask", "reference")
MAYBE_FILES = ("ref_mask", "points", "alignment")
CROPS = {f"{name}_crop": name for name in NEEDED}
SETTINGS = _settings()
KINDS = {
    "id": Kind.NAME,
    "image": Kind.FILE,
    "mask": Kind.FILE,
    "reference": Kind.FILES,
    **dict.fromkeys(CROPS, Kind.BOX),
    **dict.fromkeys(MAYBE_FILES, Kind.FILE),
    "region": Kind.BOX,
    "mask_from": Kind.SOURCE,
    "invert_mask": Kind.FLAG,
    "fit_mask": Kind.FLAG,
    **SETTINGS,
}
OF_THE_RUN = (
    "weights", "device", "dtype", "out", "config", "overwrite", "stages", "no_metadata",
    "json", "quiet", "debug",
)  # fmt: skip
FORM = (
    "columns are image, mask, reference, and as needed id, seed, image_crop, mask_crop, reference_crop or "
    "options of artifix refine (guidance_scale, ...); paths are relative to the manifest"
)
_FURTHER_REFERENCE = re.compile(r"reference(?:[2-9]|[1-9][0-9]{1,5})")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_OFTEN_MEANT = {"ref": "reference", "references": "reference", "name": "id", "guidance": "guidance_scale"}

assert {f.name for f in fields(RefineConfig)} == {"alignment", "refinement", "seed"}


def column_of(name: str) -> str | None:
    """The column that `name` stands for: itself, reference for reference2 and so on, or None."""
    if name in KINDS:
        return name
    return "reference" if _FURTHER_REFERENCE.fullmatch(name) else None


def why_unknown(name: str, suggest: bool = True) -> str:
    """Why there is no such column, with the one that may have been meant."""
    if name in OF_THE_RUN:
        return f"{name} is of the whole run, not of a row: give it on the command line"
    meant = _OFTEN_MEANT.get(name, "")
    if suggest and not meant:
        from difflib import get_close_matches  # compiles patterns, and is needed for mistakes only

        meant = next(iter(get_close_matches(name[:40].lower().strip("- "), KINDS, 1)), "")
    return f"unknown column {shown(name) or '(no name)'}" + (f", is {meant} meant?" if meant else "")


def value_of(column: str, text: str) -> Any:
    """What a cell says, of the type of the setting it is for; files and boxes of the reference stay text.

    Raises:
        UsageError: it says nothing such, or a number outside its limits.
    """
    kind = KINDS[column]
    value = _value(kind, text)
    if value is None:
        raise UsageError(f"{column}: {shown(text)} is not {kind.value}", "mend the cell")
    check_value(column, value)
    if column == "matchers" and "=" in text:  # a manifest may come from somebody else
        raise UsageError(
            f"matchers: {shown(text)} names a folder, which is of the whole run",
            "give it on the command line",
        )
    return text if column == "region" else value


def references_of(text: str) -> list[str]:
    """The files that a cell of a reference column lists."""
    return [part for part in map(str.strip, text.split(";")) if part]


def _value(
    kind: Kind, text: str
) -> str | bool | int | float | tuple[float, ...] | tuple[str, ...] | Box | None:
    match kind:
        case Kind.FLAG:
            return _FLAGS.get(text.lower())
        case Kind.WHOLE:
            return int(text) if _WHOLE.fullmatch(text) else None
        case Kind.NUMBER:
            return float(text) if _NUMBER.fullmatch(text) else None
        case Kind.NUMBERS:
            numbers = [part.strip() for part in text.split(",")]
            return tuple(map(float, numbers)) if all(map(_NUMBER.fullmatch, numbers)) else None
        case Kind.NAMES:
            return tuple(part.strip() for part in text.split(","))
        case Kind.BOX:
            return box_of_text(text)
        case Kind.SOURCE:
            return text if text in get_args(MaskSource) else None
    return text
