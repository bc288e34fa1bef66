"""Cases with known truth: folders of them, or a manifest."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import Box
from artifix.inputs.case import Case, read_case
from artifix.inputs.images import read_picture
from artifix.inputs.table import shown

TASKS = ("customization", "view-synthesis", "composition", "try-on")  # of GenArtifactBench
UNNAMED = "unnamed"  # the task of a case that names none
INDEX = "index.json"  # beside the folders of cases, if there is anything to say of them


@dataclass(frozen=True, slots=True, eq=False)
class KnownCase:
    """A case and what is known of its answer."""

    name: str
    case: Case
    truth: NDArray[np.uint8] | None  # (H, W, 3) the image without its artifact
    region: NDArray[np.bool_] | None  # (H_ref, W_ref) where the masked part lies in the reference


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """The files of one case, not yet read."""

    name: str
    image: Path
    mask: Path
    reference: Path
    truth: Path | None = None  # the image without its artifact
    region: Path | None = None  # white where the masked part lies in the reference
    reference_box: Box | None = None  # of the reference; stands for a region
    task: str = UNNAMED  # one of `TASKS`, or that

    @property
    def has_region(self) -> bool:
        return self.region is not None or self.reference_box is not None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of the files."""
        known = (self.truth, self.region)
        return (self.image, self.mask, self.reference, *(path for path in known if path is not None))


def case_folders(folder: Path) -> list[Path]:
    """Folders of single cases below `folder`: each holds image.png, mask.png and reference.png.

    Those of a task may lie in a folder of its name.

    Raises:
        InputError: there is none, or they lie in a folder that is named after no task.
    """
    found = sorted(path.parent for path in folder.glob("*/mask.png"))
    for parent in sorted({path.parent.parent for path in folder.glob("*/*/mask.png")} - {*found}):
        check_task(parent.name, str(parent))
        found += sorted(path.parent for path in parent.glob("*/mask.png"))
    if not found:
        raise InputError(
            f"{folder}: holds no cases", "a case is a folder with image.png, mask.png and reference.png"
        )
    return found


def case_files(folder: Path) -> CaseFiles:
    """The files of one case: truth.png (or expected.png) and region.png where they exist.

    A `reference_box` [left, top, right, bottom] in the index.json beside the folder stands for a region, and
    `task` there, or the name of the folder around, says of which task it is.

    Raises:
        InputError: the index.json is no list of cases, or names an unknown task.
    """
    listed, parent = _listed(folder), folder.absolute().parent
    task = listed.get("task") or (parent.name if parent.name in TASKS else UNNAMED)
    check_task(task, f"{folder.parent / INDEX}: {folder.name}")
    truths = [path for name in ("truth", "expected") if (path := folder / f"{name}.png").is_file()]
    region = folder / "region.png"
    return CaseFiles(
        name=folder.name,
        image=folder / "image.png",
        mask=folder / "mask.png",
        reference=folder / "reference.png",
        truth=truths[0] if truths else None,
        region=region if region.is_file() else None,
        reference_box=_box_of(folder, listed),
        task=task,
    )


def check_task(task: object, where: str) -> None:
    """Raise InputError, its sentence beginning with `where`, if there is no such task."""
    if task not in (*TASKS, UNNAMED):
        raise InputError(f"{where}: unknown task {shown(str(task))}", f"tasks are: {', '.join(TASKS)}")


def read_known_case(files: CaseFiles | Path) -> KnownCase:
    """Read one case, by its files or its folder.

    Raises:
        InputError: a file cannot be used, or the region does not fit the reference.
    """
    if isinstance(files, Path):
        files = case_files(files)
    case = read_case(files.image, files.mask, files.reference)
    return KnownCase(files.name, case, _truth(files, case.image.size), _region(files, case.reference.size))


def _truth(files: CaseFiles, size: tuple[int, int]) -> NDArray[np.uint8] | None:
    """(H, W, 3) for an image of `size` (height, width); None where it is not known."""
    if files.truth is None:
        return None
    truth = read_picture(files.truth, least_side_px=1)
    if truth.size != size:
        raise InputError(
            f"{files.truth}: is {truth.size[1]}x{truth.size[0]} px but the image is {size[1]}x{size[0]} px",
            "the truth is the image without its artifact, of the same size",
        )
    return truth.rgb


def _region(files: CaseFiles, size: tuple[int, int]) -> NDArray[np.bool_] | None:
    """(H_ref, W_ref) for a reference of `size` (height, width); None where nothing is known."""
    if files.region is not None:
        region = read_picture(files.region, least_side_px=1).rgb.mean(-1) > 127
        if region.shape != size:
            raise InputError(
                f"{files.region}: is {region.shape[1]}x{region.shape[0]} px but the reference is "
                f"{size[1]}x{size[0]} px",
                "draw the region on the reference",
            )
        if not region.any():
            raise InputError(f"{files.region}: the region is empty", "paint the region white on black")
        return region
    if files.reference_box is None:
        return None
    inside = files.reference_box.clip(*size)
    if inside.is_empty() or inside != files.reference_box:
        raise InputError(
            f"{files.name}: the box {files.reference_box.as_tuple()} is not in the reference, which is "
            f"{size[1]}x{size[0]} px",
            "give left, top, right, bottom in pixels of the reference",
        )
    return inside.filled(*size)


def _listed(folder: Path) -> dict[str, Any]:
    """What the index.json beside the folder of a case says of it; nothing where there is none."""
    index = folder.parent / INDEX
    if not index.is_file():
        return {}
    with _told_of(index):
        entries = {entry["case"]: dict(entry) for entry in json.loads(index.read_bytes())}
        return entries.get(folder.name, {})


def _box_of(folder: Path, listed: dict[str, Any]) -> Box | None:
    box = listed.get("reference_box")
    with _told_of(folder.parent / INDEX):
        return None if box is None else Box(*(int(side) for side in box))


@contextmanager
def _told_of(index: Path) -> Iterator[None]:
    """What is wrong in index.json is an InputError."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{index}: is no list of cases ({type(error).__name__}: {error})",
            'write [{"case": NAME, "reference_box": [left, top, right, bottom]}, ...], or delete it',
        ) from error
