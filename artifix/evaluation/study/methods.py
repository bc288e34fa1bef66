"""Methods that are compared: folders of pictures by the names of the cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artifix.errors import InputError, UsageError
from artifix.evaluation.cases import CaseFiles
from artifix.inputs.table import counted
from artifix.setting_names import setting

_MOST_NAMED = 5
_MOST_LETTERS = 60
_FORM = "a method's picture of a case is FOLDER/<case>.png or FOLDER/<case>/refined.png"


@dataclass(frozen=True, slots=True)
class Method:
    """What one method made."""

    name: str
    folder: Path
    pictures: dict[str, Path]  # by case
    extra: tuple[str, ...]  # names of pictures that are of no case


def methods_of(given: Sequence[str], cases: Sequence[CaseFiles]) -> list[Method]:
    """The methods that a user names, each with its picture of every case.

    Args:
        given: NAME=FOLDER of each.
        cases: that are asked about.

    Raises:
        UsageError: one of another form, or a name or folder that is there twice.
        InputError: a folder that is missing, or has none or two pictures of a case.
    """
    named = [_named(text) for text in given]
    for place, (name, folder) in enumerate(named):
        for other, again in named[:place]:
            if name == other or folder.resolve() == again.resolve():
                what = "name" if name == other else "folder"
                raise UsageError(
                    f"{setting('method', f'{name}={folder}')}: the {what} is that of "
                    f"{setting('method', f'{other}={again}')}",
                    f"give every method a {what} of its own",
                )
    return [_method(name, folder, [files.name for files in cases]) for name, folder in named]


def _named(text: str) -> tuple[str, Path]:
    name, divider, folder = (part.strip() for part in text.partition("="))
    if not (name and divider and folder) or len(name) > _MOST_LETTERS or not name.isprintable():
        raise UsageError(
            f"{setting('method', text)}: is not NAME=FOLDER",
            f"give a name of {_MOST_LETTERS} letters at most and the folder of its pictures",
        )
    return name, Path(folder)


def _method(name: str, folder: Path, cases: Sequence[str]) -> Method:
    if not folder.is_dir():
        raise InputError(f"method {name}: {folder}: no such folder", _FORM)
    pictures, missing = {}, []
    for case in cases:
        places = [path for path in (folder / f"{case}.png", folder / case / "refined.png") if path.is_file()]
        if len(places) > 1:
            raise InputError(f"method {name}: {case} is there twice: {places[0]} and {places[1]}", _FORM)
        if places:
            pictures[case] = places[0]
        else:
            missing.append(case)
    extra = _extra(folder, cases)
    if missing:
        said = f"; {counted(len(extra), 'picture')} of no case: {shortened(extra)}" if extra else ""
        raise InputError(
            f"method {name}: {folder}: has no picture of {len(missing)} of {counted(len(cases), 'case')}: "
            f"{shortened(missing)}{said}",
            f"{_FORM}; make what is missing, or list only the cases that all methods have",
        )
    return Method(name, folder, pictures, tuple(extra))


def _extra(folder: Path, cases: Sequence[str]) -> list[str]:
    found = {path.stem for path in folder.glob("*.png")}
    found |= {path.parent.name for path in folder.glob("*/refined.png")}
    # A case of a manifest may lie deeper: then a folder of its name is none of its own.
    return sorted(found - set(cases) - {case.partition("/")[0] for case in cases})


def shortened(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
