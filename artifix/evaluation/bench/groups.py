"""The groups of a benchmark: found, named for folders, and checked before anything is computed."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.evaluation.cases import TASKS, UNNAMED, CaseFiles, KnownCase, read_known_case
from artifix.inputs import ids
from artifix.inputs.case import Case
from artifix.inputs.table import counted
from artifix.outputs.encode import encode_png
from artifix.progress import Progress
from artifix.setting_names import setting
from artifix.writing import as_output_error, write_file

MASKS = "masks"  # in the folder of a run: those that were cut to black and white
_MOST_TOLD = 8  # names in one message


@dataclass(frozen=True, slots=True)
class Group:
    """One case of a benchmark, checked."""

    files: CaseFiles  # its name is unique, and one of a folder
    digests: dict[str, str]  # sha256 of the files of the case, by what they are
    size: tuple[int, int]  # (height, width) of the image [px]
    reference_size: tuple[int, int]  # of the reference

    @property
    def name(self) -> str:
        """Of the case, and of the folder of its predictions."""
        return self.files.name

    @property
    def has_truth(self) -> bool:
        """Whether the image without its artifact is known."""
        return self.files.truth is not None


def named_for_folders(cases: Sequence[CaseFiles]) -> list[CaseFiles]:
    """The same cases with names that are unique and safe for folders, as short as that allows.

    Raises:
        InputError: a file is missing, or two cases have one name.
    """
    names = [_given(case.name) for case in cases]
    paths = [tuple(case.name.split("/")) for case in cases]
    unique = ids.completed(names, paths)
    twice = [name for name, count in Counter(map(ids.folded, unique)).items() if count > 1]
    if twice:
        raise InputError(f"{counted(len(twice), 'name')} of several cases: {listed(twice)}", "rename them")
    return [replace(case, name=name) for case, name in zip(cases, unique, strict=True)]


def _given(name: str) -> str | None:
    """A name that is one of a folder already."""
    return None if ids.fault_of(name) else name


def read_groups(
    cases: Sequence[CaseFiles], out: Path | None, cut_masks: bool, progress: Progress
) -> list[Group]:
    """Read every case once, so that what is wrong is told before hours of work instead of after them.

    Args:
        cases: with names for folders.
        out: the folder of the run, into which cut masks are written; None writes none.
        cut_masks: masks with greys are cut at half; otherwise they are refused.
        progress: told of every case.

    Raises:
        InputError: a file cannot be used, sizes differ, a truth has no mask, or masks are not binary.
        OutputError: a cut mask cannot be written.
    """
    groups, soft = [], []
    for done, files in enumerate(cases, 1):
        _require_files(files)
        known = read_known_case(files)
        grey = grey_share(known.case)
        if grey and cut_masks and out is not None:
            files = replace(files, mask=_cut(known.case, out, files.name))
            known = read_known_case(files)
        elif grey and not cut_masks:
            soft.append(f"{files.mask} ({grey:.1%} of it grey)")
        groups.append(_group(files, known))
        progress("check", done, len(cases))
    if soft:
        raise InputError(
            f"{counted(len(soft), 'mask')} not binary: {listed(soft)}",
            f"save them in black and white alone, or pass {setting('cut_masks', True)} to cut them at half",
        )
    return groups


def grey_share(case: Case) -> float:
    """Share of what a mask marks that is neither black nor white, in [0, 1]."""
    marked: NDArray[np.float32] = case.blend[case.blend > 0]
    return float((marked < 1).mean()) if len(marked) else 0.0


def listed(names: Sequence[str]) -> str:
    """Names in a message, the first of them where they are many."""
    more = f", and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return ", ".join(names[:_MOST_TOLD]) + more


def tasks_of(groups: Sequence[Group]) -> list[str]:
    """The tasks that the groups are of, in the order of `TASKS`."""
    known = {group.files.task for group in groups}
    return [task for task in (*TASKS, UNNAMED) if task in known]


def _require_files(files: CaseFiles) -> None:
    """Raise InputError where a file of a case is missing, and say what cannot do without it."""
    for what in ("image", "mask", "reference"):
        path: Path = getattr(files, what)
        if not path.is_file():
            whose = f", but there is {files.truth.name}" if what == "mask" and files.truth else ""
            raise InputError(
                f"{files.name}: has no {what}: {path} is not there{whose}",
                "a group is an image, a mask and a reference; truth and region may be known besides",
            )


def _cut(case: Case, out: Path, name: str) -> Path:
    path = out / MASKS / f"{name}.png"
    with as_output_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        data = encode_png(case.mask)
        if not path.is_file() or path.read_bytes() != data:  # its time is part of what resumes
            write_file(path, lambda stream: stream.write(data))
    return path


def _group(files: CaseFiles, known: KnownCase) -> Group:
    digests = dict(known.case.digests)
    if known.region is not None:
        digests["region"] = digest_of(known.region)
    if known.truth is not None:
        digests["truth"] = digest_of(known.truth)
    return Group(files, digests, known.case.image.size, known.case.reference.size)


def digest_of(pixels: NDArray) -> str:
    """sha256 of the samples of a picture."""
    return hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
