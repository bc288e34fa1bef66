"""The numbered form of GenArtifactBench: original/artifacts, original/ref, and a folder for each method.

Files are named by the number of their group, from 0: original/artifacts/12.png, original/ref/12.jpg,
<method>/12.png. The form has no place for masks, truths and tasks; here they lie beside, under the same
numbers: original/masks or masks, original/truth, original/regions; the numbers of a task are told apart.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from artifix.errors import InputError, UsageError
from artifix.evaluation.bench.groups import listed
from artifix.evaluation.cases import TASKS, UNNAMED, CaseFiles, check_task
from artifix.inputs.layouts.folders import Shelf, folders, named
from artifix.inputs.table import counted, shown
from artifix.setting_names import setting

LAYOUT = "numbered"
ORIGINAL = "original"
ARTIFACTS, REFERENCES = "artifacts", "ref"
_MASKS, _TRUTHS, _REGIONS = ("masks", "mask"), ("truth", "truths"), ("regions", "region")
_SPAN = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


def read_numbered(folder: Path, masks: Path | None, tasks: Mapping[int, str]) -> list[CaseFiles]:
    """The groups of a folder, in the order of their numbers.

    Args:
        folder: that holds original/.
        masks: with the masks; None: original/masks, original/mask, masks or mask.
        tasks: of the numbers; a group that is not among them has none.

    Raises:
        InputError: the folder is of another form, or a number lacks its mask or reference, or is there twice.
    """
    original = folder / ORIGINAL
    artifacts = Shelf(original / ARTIFACTS)
    numbers = sorted(int(stem) for stem in artifacts.of_stem if stem.isascii() and stem.isdigit())
    if not numbers:
        raise InputError(
            f"{original / ARTIFACTS}: holds no picture that is named by a number",
            f"the numbered form is {ORIGINAL}/{ARTIFACTS}/0.png, {ORIGINAL}/{REFERENCES}/0.png, ...",
        )
    strange = [stem for stem in artifacts.of_stem if not (stem.isascii() and stem.isdigit())]
    if strange:
        raise InputError(
            f"{original / ARTIFACTS}: {listed(strange)} named by no number", "take them out, or number them"
        )
    shelves = {
        "reference": Shelf(original / REFERENCES),
        "mask": Shelf(masks) if masks else _shelf(folder, _MASKS),
        "truth": _shelf(folder, _TRUTHS),
        "region": _shelf(folder, _REGIONS),
    }
    _require_all(numbers, shelves)
    return [_case(number, artifacts, shelves, tasks.get(number, UNNAMED)) for number in numbers]


def tasks_of_numbers(written: Sequence[str]) -> dict[int, str]:
    """The task of each number, from TASK=0-49 or TASK=3.

    Raises:
        UsageError: it is written in another way, or a number has two tasks.
        InputError: there is no such task.
    """
    tasks: dict[int, str] = {}
    for text in written:
        task, _, span = text.partition("=")
        found = _SPAN.fullmatch(span)
        if found is None or int(found[1]) > int(found[2] or found[1]):
            form = f"write TASK=FIRST-LAST, such as {TASKS[0]}=0-49"
            raise UsageError(f"{setting('task')} {shown(text)}: {shown(span)} is no span of numbers", form)
        check_task(task, f"{setting('task')} {shown(text)}")
        for number in range(int(found[1]), int(found[2] or found[1]) + 1):
            if number in tasks:
                raise UsageError(f"{setting('task')} {shown(text)}: {number} has a task already", "mend it")
            tasks[number] = task
    return tasks


def method_folders(folder: Path) -> list[str]:
    """Names of the folders of methods, beside original/ and the masks."""
    others = {ORIGINAL, *_MASKS, *_TRUTHS, *_REGIONS}
    return [path.name for path in folders(folder) if path.name not in others]


def _shelf(folder: Path, names: Sequence[str]) -> Shelf:
    """The first of some folders that is there; an empty shelf where none is."""
    places = [parent / name for parent in (folder / ORIGINAL, folder) for name in names]
    return Shelf(next((place for place in places if place.is_dir()), places[0]))


def _require_all(numbers: Sequence[int], shelves: Mapping[str, Shelf]) -> None:
    for what in ("reference", "mask"):
        shelf = shelves[what]
        lacking = [str(number) for number in numbers if named(shelf, *_stems(number)) is None]
        if lacking:
            raise InputError(
                f"{shelf.folder}: no {what} for {counted(len(lacking), 'group')}: {listed(lacking)}",
                "add what is missing"
                + (f", or name another folder with {setting('masks')}" if what == "mask" else ""),
            )


def _stems(number: int) -> tuple[str, ...]:
    """How a number may be written in the names of files."""
    return (str(number), *(f"{number:0{width}d}" for width in range(2, 7) if width > len(str(number))))


def _case(number: int, artifacts: Shelf, shelves: Mapping[str, Shelf], task: str) -> CaseFiles:
    image, found = (
        named(artifacts, *_stems(number)),
        {w: named(s, *_stems(number)) for w, s in shelves.items()},
    )
    mask, reference = found["mask"], found["reference"]
    assert image is not None  # as it gave the number; the others were asked for
    assert mask is not None
    assert reference is not None
    return CaseFiles(str(number), image, mask, reference, found["truth"], found["region"], task=task)
