"""Where the pictures of a row lie, all of them sought before one is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from artifix.errors import InputError
from artifix.evaluation.cases import CaseFiles, case_files
from artifix.evaluation.sheets.columns import OURS, TRUTH, Column
from artifix.evaluation.sheets.found_files import Library, repaired_in, result_of, truth_beside
from artifix.evaluation.sheets.rows import SheetRow
from artifix.inputs.table import MOST_TOLD, counted
from artifix.outputs.save import CORRESPONDENCE
from artifix.setting_names import setting

MASK, REGION, MAP = "mask", "region", "correspondence"
_LOCATE = "locate the case again, or leave the column out"


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where files may be."""

    library: Library
    methods: Mapping[str, Path]  # folders of other methods by their names
    truths: Path | None = None  # a folder of them; None looks beside the image


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The files of one row by what they are: image, mask, reference, ..., or the name of a method."""

    row: SheetRow
    files: Mapping[str, Path]
    case: CaseFiles | None = None  # of a row that is no run
    missing: Mapping[str, InputError] = field(default_factory=dict)  # by what it would be


def places_of(row: SheetRow, columns: Sequence[Column], shelves: Shelves) -> Places:
    """The files that the columns of a row need; what is missing is told, and no error yet."""
    found: dict[str, Path] = {}
    missing: dict[str, InputError] = {}
    case = None if row.is_run else case_files(row.folder)
    for kind in _needed(columns):
        try:
            found[kind] = _place(kind, row, case, shelves, found)
        except InputError as error:
            missing[kind] = error
    return Places(row, found, case, missing)


def require_places(places: Sequence[Places]) -> None:
    """Raise InputError, telling all of them, if a row lacks what a column shows.

    What was refused has no repair to show; that is told in its place, and no mistake.
    """
    lacking = [
        (f"{one.row.name}: {kind}: {error.marked[0]}", error.marked[1])
        for one in places
        for kind, error in one.missing.items()
        if not (kind == OURS and one.row.is_refused)
    ]
    if not lacking:
        return
    told = [problem for problem, _ in lacking[:MOST_TOLD]]
    if len(lacking) > MOST_TOLD:
        told.append(f"and {len(lacking) - MOST_TOLD} more")
    remedies = dict.fromkeys(hint for _, hint in lacking if hint)
    raise InputError(
        "\n  ".join([f"{counted(len(lacking), 'file')} missing:", *told]),
        f"{'; '.join(remedies)}; or pass {setting('gaps', True)} to leave these places empty",
    )


def _needed(columns: Sequence[Column]) -> list[str]:
    """What has to be found, the image before what lies beside it."""
    needed: dict[str, None] = {}
    for column in columns:
        is_whole = column.view == "whole"
        if column.of_reference:
            needed |= {"reference": None}
            if column.shows != "reference" or not is_whole:
                needed |= {REGION: None}
            if column.shows == MAP:
                needed |= {MAP: None}
            continue
        needed |= {"image": None}
        if column.shows in ("image", MASK) or not is_whole:
            needed |= {MASK: None}
        if column.shows not in ("image", "artifact", MASK):
            needed |= {column.shows: None}
    return sorted(needed, key=lambda kind: kind != "image")


def _place(
    kind: str, row: SheetRow, case: CaseFiles | None, shelves: Shelves, found: Mapping[str, Path]
) -> Path:
    """Raises InputError, saying what to do, where there is no such file."""
    if kind in ("image", MASK, "reference"):
        return _input(kind, row, case, shelves)
    if kind in shelves.methods:
        return _result(kind, shelves.methods[kind], row, found)
    if kind == TRUTH:
        return _truth(row, case, shelves, found)
    place: Path | None = None
    if case is not None:
        place = case.region if kind == REGION else None
        if kind == REGION and place is None and case.reference_box is not None:
            return row.folder  # the box of its index.json stands for a region
    elif kind == OURS:
        place = repaired_in(row.folder)
    else:
        place = row.folder / (CORRESPONDENCE if kind == MAP else "region.png")
    if place is None or not place.is_file():
        what = {OURS: "repaired picture", MAP: CORRESPONDENCE, REGION: "region.png"}[kind]
        of = f"is a case and no result of artifix, and has no {what}" if case else f"holds no {what}"
        remedy = "refine the case, or leave the column out" if kind == OURS else _LOCATE
        raise InputError(f"{row.folder} {of}", remedy)
    return place


def _input(kind: str, row: SheetRow, case: CaseFiles | None, shelves: Shelves) -> Path:
    if case is not None:
        place: Path = getattr(case, kind)
        return place
    told = row.record["inputs"][kind]
    return shelves.library.find(told["name"], told["sha256"], row.folder.parent)


def _result(method: str, folder: Path, row: SheetRow, found: Mapping[str, Path]) -> Path:
    names = [row.name, row.folder.name]
    names += [found["image"].stem, found["image"].parent.name] if "image" in found else []
    names = [name for name in dict.fromkeys(names) if name not in ("", "image")]
    place = result_of(folder, names)
    if place is None:
        wanted = " or ".join(f"{name}.png" for name in names)
        raise InputError(
            f"{folder} has no {wanted}, nor a folder of that name with refined.png",
            f"name the pictures of {method} by the rows",
        )
    return place


def _truth(row: SheetRow, case: CaseFiles | None, shelves: Shelves, found: Mapping[str, Path]) -> Path:
    if shelves.truths is not None:
        return _result(TRUTH, shelves.truths, row, found)
    place = case.truth if case is not None else truth_beside(found["image"]) if "image" in found else None
    if place is None:
        raise InputError(
            "no truth.png or expected.png beside the image", f"name a folder of them by {setting('truth')}"
        )
    return place
