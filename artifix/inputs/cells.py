"""What the columns of a manifest are called, and what the text of their cells means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from artifix.box import Box, box_of_text
from artifix.config import SETTINGS as DECLARED
from artifix.config import AlignmentConfig, OutputConfig, RefineConfig, RefinementConfig, RunConfig
from artifix.config_sections import check_value
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
    *(f.name for section in (RunConfig, OutputConfig) for f in fields(section)),
    "out", "to", "config", "overwrite", "stages", "no_metadata", "json", "quiet", "debug",
)  # fmt: skip
FORM = (
    "columns are image, mask, reference, and as needed id, seed, image_crop, mask_crop, reference_crop or "
    "options of artifix refine (guidance_scale, ...); paths are relative to the manifest"
)
_FURTHER_REFERENCE = re.compile(r"ref(?:erence)?_?(?:[1-9][0-9]{0,5})")
MISSPELT = 0.75  # likeness of names, from which on one is meant
# Spreadsheets write 1.0 for 1. Just three zeros may be a decimal's as well as those of a thousand.
_WHOLE = re.compile(r"([+-]?[0-9]{1,18})(?:[.,](?:0{1,2}|0{4,}))?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_FLAGS = {
    "true": True, "yes": True, "y": True, "on": True, "1": True, "1.0": True,
    "false": False, "no": False, "n": False, "off": False, "0": False, "0.0": False,
}  # fmt: skip
_OFTEN_MEANT = {"name": "id", "guidance": "guidance_scale"}
_ALSO_CALLED = {
    "ref": "reference", "references": "reference", "refs": "reference", "reference_image": "reference",
    "reference_path": "reference", "ref_image": "reference", "ref_path": "reference",
    "image_path": "image", "mask_path": "mask", "mask_image": "mask",
}  # fmt: skip
_QUOTES = "\"'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"

assert {f.name for f in fields(RefineConfig)} == {"alignment", "refinement", "seed"}


@lru_cache(4096)
def column_of(name: str) -> str | None:
    """The column that `name` stands for, whatever its case; reference for ref, reference2, ...; or None."""
    name = re.sub(r"[\s\-]+", "_", unquoted(name).lower())
    if name in KINDS:
        return name
    return "reference" if _FURTHER_REFERENCE.fullmatch(name) else _ALSO_CALLED.get(name)


def unquoted(text: str) -> str:
    """A cell without quotation marks around it, straight or curly, and blanks."""
    return text.strip().strip(_QUOTES).strip()


def is_foreign(name: str) -> bool:
    """Whether a column that is not known is another program's, and not one of these misspelt."""
    return bool(name) and name not in OF_THE_RUN and not _meant(name)


def why_unknown(name: str, suggest: bool = True) -> str:
    """Why there is no such column, with the one that may have been meant."""
    if name in OF_THE_RUN:
        return f"{name} is of the whole run, not of a row: give it on the command line"
    meant = _meant(name) if suggest else ""
    return f"unknown column {shown(name) or '(no name)'}" + (f", is {meant} meant?" if meant else "")


@lru_cache(4096)
def _meant(name: str) -> str:
    """The column that `name` may stand for; "" if none is near."""
    from difflib import get_close_matches  # compiles patterns, and is needed for mistakes only

    near = get_close_matches(name[:40].lower().strip("- "), KINDS, 1, MISSPELT)
    return _OFTEN_MEANT.get(name) or next(iter(near), "")


def value_of(column: str, text: str) -> Any:
    """What a cell says, of the type of the setting it is for; files and boxes of the reference stay text.

    Raises:
        UsageError: it says nothing such, or a number outside its limits.
    """
    kind = KINDS[column]
    value = _value(kind, text if kind in (Kind.NAME, Kind.FILE, Kind.FILES) else unquoted(text))
    if value is None:
        raise UsageError(f"{column}: {shown(text)} is not {kind.value}", "mend the cell")
    if column in DECLARED:
        check_value(column, DECLARED[column], value)
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
            return int(found[1]) if (found := _WHOLE.fullmatch(text)) else None
        case Kind.NUMBER:
            text = text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text
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
