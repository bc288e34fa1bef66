"""Cases with known truth, listed in a CSV file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from artifix.box import box_of_text
from artifix.errors import InputError
from artifix.evaluation.cases import TASKS, UNNAMED, CaseFiles, case_files, case_folders
from artifix.inputs.table import counted, mistaken, read_table, shown

NEEDED = ("image", "mask", "reference")
_MAYBE_FILES = ("region", "truth")
KNOWN = (*NEEDED, *_MAYBE_FILES, "reference_box", "task", "name")
_FORM = (
    "columns are image, mask, reference, and truth, region or reference_box, task, name; paths are relative "
    "to the manifest"
)


def find_cases(path: Path) -> list[CaseFiles]:
    """The cases of a folder, as `case_folders` finds them, or of a manifest.

    Raises:
        InputError: there are none, or the manifest has mistakes.
    """
    if path.is_dir():
        return [case_files(folder) for folder in case_folders(path)]
    return read_manifest(path)


def read_manifest(path: Path) -> list[CaseFiles]:
    """The cases that a CSV file lists, a row each.

    Args:
        path: UTF-8, its first line the names of the columns: image, mask and reference are files, region is a
            file that is white where the masked part lies in the reference, reference_box (x0,y0,x1,y1 in
            pixels of the reference) may stand in for it, truth is a file that shows the image without its
            artifact, task one of `TASKS`. Paths are relative to the manifest.

    Returns:
        Cases named as their rows say, or by the path of their image, and by their line too where several
        rows have that name.

    Raises:
        InputError: it cannot be read, or has mistakes: all are told, each with its line.
    """
    columns, rows = read_table(path, _FORM)
    _check_columns(path, columns)
    mistakes = [(line, mistake) for line, cells in rows for mistake in _mistakes(path.parent, columns, cells)]
    if mistakes:
        raise mistaken(path, mistakes, _FORM)
    if not rows:
        raise InputError(f"{path}: lists no cases", _FORM)
    cases = [_case(path.parent, dict(zip(columns, cells, strict=True))) for _, cells in rows]
    named = Counter(case.name for case in cases)
    return [
        replace(case, name=f"{case.name}#{line}") if named[case.name] > 1 else case
        for case, (line, _) in zip(cases, rows, strict=True)
    ]


def require_regions(cases: Sequence[CaseFiles]) -> None:
    """Raise InputError, naming them, where cases do not tell their true region."""
    lacking = [case.name for case in cases if not case.has_region]
    if lacking:
        raise InputError(
            f"{counted(len(lacking), 'case')} without a true region: {', '.join(lacking)} "
            f"({len(cases) - len(lacking)} of {len(cases)} have one)",
            "add region.png (white on the matching part of the reference), or leave these cases out",
        )


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    problems = [f"unknown column {name or '(no name)'}" for name in columns if name not in KNOWN]
    problems += [
        f"column {name} is there {count} times" for name, count in Counter(columns).items() if count > 1
    ]
    problems += [f"no column {name}" for name in NEEDED if name not in columns]
    if problems:
        raise InputError(f"{path}: line 1: {', '.join(problems)}", _FORM)


def _mistakes(folder: Path, columns: Sequence[str], cells: Sequence[str]) -> list[str]:
    """What is wrong with one row."""
    if not any(cells):
        return ["is empty"]
    if len(cells) != len(columns):
        return [f"has {len(cells)} cells, not {len(columns)}"]
    given = dict(zip(columns, cells, strict=True))
    found = [f"has no {name}" for name in NEEDED if not given[name]]
    named = {name: folder / given[name] for name in (*NEEDED, *_MAYBE_FILES) if given.get(name)}
    found += [f"{name}: {path}: no such file" for name, path in named.items() if not path.is_file()]
    box = given.get("reference_box")
    if box and box_of_text(box) is None:
        found.append(f"reference_box: {box} is not x0,y0,x1,y1")
    if (task := given.get("task")) and task not in (*TASKS, UNNAMED):
        found.append(f"task: {shown(task)} is unknown; tasks are: {', '.join(TASKS)}")
    return found


def _case(folder: Path, given: dict[str, str]) -> CaseFiles:
    truth, region = given.get("truth"), given.get("region")
    return CaseFiles(
        name=given.get("name") or Path(given["image"]).with_suffix("").as_posix(),
        image=folder / given["image"],
        mask=folder / given["mask"],
        reference=folder / given["reference"],
        truth=folder / truth if truth else None,
        region=folder / region if region else None,
        reference_box=box_of_text(given.get("reference_box", "")),
        task=given.get("task") or UNNAMED,
    )
