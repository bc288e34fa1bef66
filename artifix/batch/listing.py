"""Which rows a batch is asked for, and what is odd about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from artifix.config import AlignmentConfig
from artifix.errors import UsageError
from artifix.inputs.request import MaskSource
from artifix.setting_names import setting

if TYPE_CHECKING:
    from artifix.inputs.manifest import Row


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows come from."""

    manifest: Path  # a file, or the folder of a layout
    layout: str | None = None
    masks: Path | None = None  # these three are of a layout
    references: Path | None = None
    ref: tuple[Path, ...] = ()
    allow_outside: bool = False  # rows may name files outside the manifest's folder
    all_there: bool = False  # a missing file is a mistake of the manifest, not of its row
    mask_from: MaskSource = "auto"  # of rows that say nothing of it
    auto_mask: bool = False  # rows of a manifest need name no mask


class Listed(NamedTuple):
    """Rows, and what is odd about them, for a person."""

    rows: "list[Row]"
    notes: list[str]


def list_rows(source: Source) -> Listed:
    """The rows of a manifest, or of the folder of a layout.

    Raises:
        UsageError: the source contradicts itself.
        InputError: the manifest or folder cannot be read, or has mistakes.
    """
    from artifix.inputs.places import was_url

    if was_url(source.manifest) and not source.manifest.exists():
        raise UsageError(
            "MANIFEST is a URL: a manifest is read from this machine",
            "download it first; its rows may name URLs",
        )
    return _of_manifest(source) if source.layout is None else _of_layout(source, source.layout)


def matchers_of_rows(rows: "Sequence[Row]", settings: AlignmentConfig, asked_for: bool) -> list[str]:
    """What a person should know of matchers that are not installed.

    Args:
        rows: may choose matchers of their own.
        settings: of stage 1, of rows that do not.
        asked_for: `settings` names its matchers; then none is left out.

    Raises:
        UsageError: a matcher that was asked for is not installed.
        WeightsError: the weights of a learned matcher cannot be used.
    """
    from artifix.repair.matchers import matcher_notes

    notes = matcher_notes(settings, asked_for)
    for chosen in {row.settings["matchers"] for row in rows if "matchers" in row.settings}:
        notes += matcher_notes(replace(settings, matchers=chosen), True)
    return notes


def _of_layout(source: Source, layout: str) -> Listed:
    from artifix.inputs.layouts import list_layout
    from artifix.inputs.request import IMAGE_ALPHA

    if source.auto_mask:
        automatic = setting("auto_mask", True)
        raise UsageError(
            f"{automatic} is for rows of a manifest, and a {setting('layout')} lists masks", "drop one"
        )
    if source.mask_from == IMAGE_ALPHA:
        reading = setting("mask_from", IMAGE_ALPHA)
        raise UsageError(f"{reading} reads no masks, and a {setting('layout')} lists them", "drop one")
    listing = list_layout(layout, source.manifest, source.masks, source.references, source.ref)
    notes = []
    if left_out := len(listing.left_out):
        notes = [f"{left_out} pictures have no mask and are left out, such as {listing.left_out[0]}"]
    return Listed(listing.rows, notes)


def _of_manifest(source: Source) -> Listed:
    """The rows of a manifest; files that are missing are told, and their rows fail when it is their turn."""
    from artifix.inputs.cells import FORM
    from artifix.inputs.manifest import read_manifest
    from artifix.inputs.request import IMAGE_ALPHA
    from artifix.inputs.table import counted, mistaken

    _refuse_layout(source)
    path, notes = source.manifest, []
    found = read_manifest(path, source.allow_outside, source.mask_from == IMAGE_ALPHA, source.auto_mask)
    if found.notes:
        notes.append(f"{path.name}: {'; '.join(found.notes)}")
    if found.absent:
        if source.all_there:
            raise mistaken(path, found.absent, FORM)
        lines = len({line for line, _ in found.absent})
        line, what = found.absent[0]
        notes.append(f"{counted(lines, 'row')} will fail for missing files, such as line {line}: {what}")
    return Listed(found.rows, notes)


def _refuse_layout(source: Source) -> None:
    """Raise UsageError if something is said of a layout."""
    for name, folder in (("masks", source.masks), ("references", source.references)):
        if folder is not None:
            raise UsageError(f"{setting(name)} is of a {setting('layout')}", "name the layout, or drop it")
    if source.ref:
        raise UsageError(
            f"{setting('ref')} is of {setting('layout', 'plain')}",
            "name the layout, or the references in a column of the manifest",
        )
