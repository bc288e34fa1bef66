"""Folders as other programs or people leave them, read as if a manifest listed their pictures."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from artifix.errors import InputError, UsageError
from artifix.inputs import ids
from artifix.inputs.cells import KINDS, Entry, references_of
from artifix.inputs.layouts import anydoor, dreambooth, idm_vton, mimicbrush, plain, zero123plus
from artifix.inputs.layouts.folders import Found, Repair, Sources, require_repairs
from artifix.inputs.manifest import manifest_of
from artifix.inputs.rows import Row
from artifix.inputs.table import shown
from artifix.setting_names import setting

LAYOUTS: dict[str, Callable[[Sources], Found]] = {
    "anydoor": anydoor.find,
    "dreambooth": dreambooth.find,
    "idm-vton": idm_vton.find,
    "mimicbrush": mimicbrush.find,
    "plain": plain.find,
    "zero123plus": zero123plus.find,
}
_FIRST_LINE = 2  # of the manifest that would list them, below the names of the columns
_FIRST_COLUMNS = ("id", "image", "mask", "reference")


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a folder, and its pictures that have no mask."""

    rows: list[Row]
    left_out: list[Path]


def rows_of_layout(
    name: str,
    folder: Path,
    masks: Path | None = None,
    references: Path | None = None,
    shared: Sequence[Path] = (),
) -> list[Row]:
    """The rows of a folder; see `list_layout`, which tells what was left out too."""
    return list_layout(name, folder, masks, references, shared).rows


def list_layout(
    name: str,
    folder: Path,
    masks: Path | None = None,
    references: Path | None = None,
    shared: Sequence[Path] = (),
) -> Listing:
    """Every picture of a folder that has a mask, as a row.

    Args:
        name: of the layout, a key of `LAYOUTS`; its module says what it looks for.
        folder: with the pictures.
        masks: with the masks; `folder`/masks where it is None, unless the layout has its own place.
        references: with the references; `folder`/references, likewise.
        shared: references for every picture that has none of its own, in the plain layout.

    Returns:
        Rows whose lines are those of the manifest that `manifest_text` makes of them.

    Raises:
        UsageError: there is no such layout, or it takes no shared references.
        InputError: a folder cannot be listed, nothing has a mask, or something is ambiguous or missing.
    """
    if name not in LAYOUTS:
        raise UsageError(f"unknown layout {shown(name)}", f"known are: {', '.join(LAYOUTS)}")
    if shared and LAYOUTS[name] is not plain.find:
        raise UsageError(
            f"{setting('ref')} is of {setting('layout')} plain, not of {name}",
            "drop it: this layout says where references lie",
        )
    sources = Sources(
        _absolute(folder),
        None if masks is None else _absolute(masks),
        None if references is None else _absolute(references),
        tuple(map(_absolute, dict.fromkeys(shared))),
    )
    found = LAYOUTS[name](sources)
    require_repairs(found, sources)
    lines = range(_FIRST_LINE, _FIRST_LINE + len(found.repairs))
    names = [repair.name.replace("/", "-") for repair in found.repairs]
    unique = ids.completed([None] * len(names), [(name,) for name in names])
    entries = [
        _entry(line, row_id, repair, sources.folder)
        for line, row_id, repair in zip(lines, unique, found.repairs, strict=True)
    ]
    listed = manifest_of(folder, sources.folder, entries, allow_outside=True)
    return Listing(listed.rows, found.left_out)


def manifest_text(rows: Sequence[Row]) -> str:
    """Rows as a CSV manifest for the folder that their paths are relative to; read there, it gives them.

    Raises:
        InputError: something is written in a way that a CSV manifest does not keep.
    """
    used = {column for row in rows for column in row.written}
    columns = [*_FIRST_COLUMNS, *(column for column in KINDS if column in used - {*_FIRST_COLUMNS})]
    lines = [",".join(columns)]
    for row in rows:
        cells = {**row.written, "id": row.id}
        lines.append(",".join(_quoted(cells.get(column, "")) for column in columns))
    return "\n".join([*lines, ""])


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _entry(line: int, row_id: str, repair: Repair, folder: Path) -> Entry:
    cells = {"id": row_id, "image": _text(repair.image, folder), "mask": _text(repair.mask, folder)}
    for name, box in repair.crops.items():
        cells[f"{name}_crop"] = ",".join(map(str, box.as_tuple()))
    references = tuple(_text(path, folder) for path in repair.references)
    return Entry(line, cells, references)


def _text(path: Path, folder: Path) -> str:
    """How a manifest in `folder` names the file."""
    text = (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
    if references_of(text) != [text]:
        raise InputError(
            f"{shown(text)}: a manifest cannot name a file with a semicolon, or a blank at an end",
            "rename it",
        )
    return text


def _quoted(text: str) -> str:
    # The csv module leaves a lone carriage return unquoted, which its reader takes for the end of the row.
    special = any(sign in text for sign in ',"\r\n') or text.startswith("#")
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if special else text
