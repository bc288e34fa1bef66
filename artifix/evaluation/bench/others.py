"""Results of another tool: which file of its folder belongs to which case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.evaluation.bench.groups import Group, listed
from artifix.evaluation.bench.methods import Method
from artifix.inputs.images import read_picture
from artifix.inputs.layouts.folders import SUFFIXES, pictures
from artifix.inputs.table import counted
from artifix.setting_names import setting

REFINED, REGION = "refined", "region"


@dataclass(frozen=True, slots=True)
class OtherResult:
    """The files of one case."""

    refined: Path
    region: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """All of them."""
        return [self.refined, *([] if self.region is None else [self.region])]


@dataclass(frozen=True, slots=True, eq=False)
class ReadResult:
    """What another tool made of a case."""

    refined: NDArray[np.uint8]  # (H, W, 3) RGB
    region: NDArray[np.bool_] | None  # (H_ref, W_ref)
    digests: dict[str, str]  # sha256 of the files


def read_result(result: OtherResult, size: tuple[int, int], reference_size: tuple[int, int]) -> ReadResult:
    """Read the files of one case.

    Args:
        result: the files.
        size: (height, width) of the image [px].
        reference_size: of the reference.

    Raises:
        InputError: a file cannot be read, or its size is not that of the image, or of the reference.
    """
    refined = read_picture(result.refined, least_side_px=1)
    _require_size(result.refined, refined.size, size, "image")
    digests = {"result": refined.sha256}
    if result.region is None:
        return ReadResult(refined.rgb, None, digests)
    region = read_picture(result.region, least_side_px=1)
    _require_size(result.region, region.size, reference_size, "reference")
    digests["region of the result"] = region.sha256
    return ReadResult(refined.rgb, region.rgb.mean(axis=-1) > 127, digests)


def _require_size(path: Path, size: tuple[int, int], wanted: tuple[int, int], of: str) -> None:
    if size != wanted:
        raise InputError(
            f"{path}: is {size[1]}x{size[0]} px but the {of} is {wanted[1]}x{wanted[0]} px",
            f"give it in the size of the {of}; bench resizes nothing",
        )


def results_of(method: Method, groups: Sequence[Group], allow_missing: bool) -> dict[str, OtherResult]:
    """The results in a folder, by the names of the cases.

    They are CASE.png (or of another format), or CASE/refined.png beside region.png, white on the part of the
    reference that was used, if the tool says so.

    Args:
        method: of a folder.
        groups: the cases.
        allow_missing: cases without a result are left out, and results of no case.

    Raises:
        InputError: some are missing or belong to no case, there are two for one case, or there is none.
    """
    folder = method.folder
    assert folder is not None
    names = {group.name for group in groups}
    found = _found(folder, names)
    missing, extra = sorted(names - found.keys()), sorted(found.keys() - names)
    told = [
        f"{counted(len(group), 'image')} {what}: {listed(group)}"
        for what, group in (("missing", missing), ("of no case", extra))
        if group
    ]
    if told and not allow_missing:
        raise InputError(
            f"{folder}: {'; '.join(told)}",
            f"name its files after the cases, or pass {setting('allow_missing', True)} to compare those that "
            "are there",
        )
    if not names & found.keys():
        raise InputError(
            f"{folder}: holds a result of none of {counted(len(names), 'case')}",
            "results are CASE.png or CASE/refined.png",
        )
    return {name: found[name] for name in sorted(names & found.keys())}


def _found(folder: Path, names: Collection[str]) -> dict[str, OtherResult]:
    found: dict[str, OtherResult] = {}
    for path in pictures(folder):
        _add(found, _name_of(path.stem, names), OtherResult(path), folder)
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        refined = _only(inner, REFINED)
        if refined is not None:
            _add(found, _name_of(inner.name, names), OtherResult(refined, _only(inner, REGION)), folder)
    return found


def _name_of(stem: str, names: Collection[str]) -> str:
    """The case that a file is named after; numbers may have leading zeros."""
    bare = stem.lstrip("0") or "0"
    return bare if stem not in names and stem.isdigit() and bare in names else stem


def _add(found: dict[str, OtherResult], name: str, result: OtherResult, folder: Path) -> None:
    if name in found:
        names = " and ".join(one.refined.relative_to(folder).as_posix() for one in (found[name], result))
        raise InputError(f"{folder}: {names} may both be meant", "keep one of them there")
    found[name] = result


def _only(folder: Path, stem: str) -> Path | None:
    places = [folder / f"{stem}{suffix}" for suffix in SUFFIXES]
    there = [path for path in places if path.is_file()]
    if len(there) > 1:
        raise InputError(
            f"{folder}: {there[0].name} and {there[1].name} may both be meant", "keep one of them"
        )
    return there[0] if there else None
