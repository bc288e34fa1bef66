"""Which groups a folder or a manifest holds, whatever its form; and the manifest that would list them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artifix.errors import InputError, UsageError
from artifix.evaluation.bench.groups import listed, named_for_folders
from artifix.evaluation.bench.numbered import LAYOUT, read_numbered, tasks_of_numbers
from artifix.evaluation.cases import CaseFiles
from artifix.evaluation.manifest import find_cases
from artifix.inputs.layouts.folders import folders
from artifix.inputs.table import counted, shown
from artifix.outputs.encode import encode_csv
from artifix.setting_names import setting

COLUMNS = ("name", "image", "mask", "reference", "truth", "region", "reference_box", "task")
_WHOLE = ("image.png", "truth.png")  # what tells a case that lacks its mask


@dataclass(frozen=True, slots=True)
class Source:
    """Where the groups come from."""

    path: Path  # a folder or a manifest
    layout: str | None = None
    masks: Path | None = None  # of the layout
    tasks: tuple[str, ...] = ()  # of the layout: TASK=FIRST-LAST
    every: int = 1  # take every so many-th group


def find_groups(source: Source) -> list[CaseFiles]:
    """The groups, with names for folders.

    Raises:
        UsageError: the source contradicts itself.
        InputError: it cannot be read, has mistakes, or holds a truth or an image without a mask.
    """
    cases = _found(source)
    return named_for_folders(cases)[:: source.every]


def _found(source: Source) -> list[CaseFiles]:
    if source.layout == LAYOUT:
        return read_numbered(source.path, source.masks, tasks_of_numbers(source.tasks))
    if source.layout is not None:
        raise UsageError(f"unknown layout {shown(source.layout)}", f"known is: {LAYOUT}")
    if source.masks is not None or source.tasks:
        name = "task" if source.tasks else "masks"
        raise UsageError(f"{setting(name)} is of {setting('layout', LAYOUT)}", "name the layout, or drop it")
    if source.path.is_dir():
        _require_masks(source.path)
    return find_cases(source.path)


def _require_masks(folder: Path) -> None:
    """Raise InputError where folders hold an image or a truth, and no mask: they would not be seen."""
    above = folders(folder)
    places = [*above, *(inner for path in above for inner in folders(path))]
    lacking = [
        path.relative_to(folder).as_posix()
        for path in places
        if not (path / "mask.png").is_file() and any((path / name).is_file() for name in _WHOLE)
    ]
    if lacking:
        raise InputError(
            f"{folder}: {counted(len(lacking), 'case')} without mask.png: {listed(lacking)}",
            "draw their masks, white on the artifact, or take them out",
        )


def manifest_of(cases: Sequence[CaseFiles], folder: Path) -> str:
    """The CSV that lists the groups, for a file in `folder`; read there, it gives them."""
    rows = [[_cell(case, column, folder.absolute()) for column in COLUMNS] for case in cases]
    return encode_csv(COLUMNS, rows).decode()


def _cell(case: CaseFiles, column: str, folder: Path) -> str:
    value = getattr(case, column)
    if isinstance(value, Path):
        path = value.absolute()
        return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
    if column == "reference_box":
        return "" if value is None else ",".join(map(str, value.as_tuple()))
    return str(value or "")
