"""Where the masked part lies in the reference, given by hand: a box, a mask over the reference, or points."""

import csv
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.box import Box, box_of_text
from artifix.errors import InputError, UsageError
from artifix.inputs.file_bytes import read_bytes
from artifix.inputs.images import Picture, read_picture
from artifix.inputs.marking import marked_by

COLUMNS = ("x", "y", "x_ref", "y_ref")
LEAST_POINTS = 2  # enough for a shift, a turn and a scale
_POINTS_FORM = f"write a line {','.join(COLUMNS)} for each match, in pixels; at least {LEAST_POINTS} of them"


@dataclass(frozen=True, slots=True, eq=False)
class Hint:
    """What a person says of the match; it overrules what is found. At most one of both is given."""

    region: NDArray[np.bool_] | None = None  # (H_ref, W_ref), True where the whole masked part lies
    points: NDArray[np.float64] | None = None  # (N, 4) x, y of the image, then of the reference
    paths: tuple[Path, ...] = ()  # the files read
    told: dict[str, Any] = field(default_factory=dict)  # for the record, JSON-ready


def read_hint(
    box: str | None, mask_path: Path | None, points_path: Path | None, image: Picture, reference: Picture
) -> Hint:
    """Read what was given by hand; nothing gives an empty hint.

    Args:
        box: "x0,y0,x1,y1" in pixels of the reference, x1 and y1 excluded.
        mask_path: a mask file of the reference's size, white on the part.
        points_path: CSV of matches, one a line: x,y,x_ref,y_ref; a header of these names may stand first.
        image: that the points lie in.
        reference: that all of them lie in.

    Raises:
        UsageError: several are given, or the box is none.
        InputError: a file cannot be used, or something lies outside its picture.
    """
    given = {"--region": box, "--ref-mask": mask_path, "--points": points_path}
    named = [option for option, value in given.items() if value is not None]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} both say where the part lies", "give one of them")
    if box is not None:
        found = parse_box(box, reference)
        return Hint(region=found.filled(*reference.size), told={"region": list(found.as_tuple())})
    if mask_path is not None:
        mask = read_picture(mask_path, least_side_px=1)
        region = marked_by(mask, reference.size, whole="reference").blend >= 0.5
        return Hint(region=region, paths=(mask_path,), told=_file("ref_mask", mask_path, mask.sha256))
    if points_path is not None:
        data = read_bytes(points_path)
        points = parse_points(data, points_path, image, reference)
        digest = hashlib.sha256(data).hexdigest()
        return Hint(points=points, paths=(points_path,), told=_file("points", points_path, digest))
    return Hint()


def hint_of_arrays(region: Any, points: Any, image: Picture, reference: Picture) -> Hint:
    """The same from memory.

    Args:
        region: a box (x0, y0, x1, y1) of the reference or (H_ref, W_ref) bool; None for none.
        points: (N, 4) numbers x, y, x_ref, y_ref; None for none.
        image: that the points lie in.
        reference: that all of them lie in.

    Raises:
        UsageError: both are given, or the box is none.
        InputError: the region is of another size or empty, or the points are no matches.
    """
    if region is not None and points is not None:
        raise UsageError("region and points both say where the part lies", "give one of them")
    if points is not None:
        lines = "\n".join(",".join(map(repr, map(float, row))) for row in np.asarray(points).tolist())
        return Hint(points=parse_points(lines.encode(), Path("points"), image, reference))
    if region is None:
        return Hint()
    if np.ndim(region) == 1:
        return read_hint(",".join(map(str, region)), None, None, image, reference)
    marked = np.asarray(region).astype(bool)
    if marked.shape != reference.size or not marked.any():
        height, width = reference.size
        raise InputError(
            f"region: marks {marked.sum()} pixels of an array {marked.shape}",
            f"give a box, or an array ({height}, {width}) that is True on the part",
        )
    return Hint(region=marked)


def parse_box(text: str, reference: Picture) -> Box:
    """The box "x0,y0,x1,y1" of the reference.

    Raises:
        UsageError: it is no such box, or lies outside.
    """
    height, width = reference.size
    inside = f"{reference.path} is {width}x{height} px: 0 <= x0 < x1 <= {width} and 0 <= y0 < y1 <= {height}"
    box = box_of_text(text, anywhere=True)
    if box is None:
        raise UsageError(f"--region {text}: is not x0,y0,x1,y1 in whole pixels", inside)
    if box.is_empty() or box != box.clip(height, width):
        raise UsageError(f"--region {text}: does not lie in the reference", inside)
    return box


def parse_points(data: bytes, path: Path, image: Picture, reference: Picture) -> NDArray[np.float64]:
    """(N, 4) matches of a CSV file.

    Raises:
        InputError: a line is no match, lies outside, or there are too few; `path` and the line are named.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"{error.reason} at byte {error.start}"
        raise InputError(f"{path}: is not text ({what})", _POINTS_FORM) from error
    rows = []
    for number, row in enumerate(_lines(text, path), 1):
        words = [word.strip() for word in row]
        if any(words) and not (number == 1 and tuple(words) == COLUMNS):
            rows.append(_point(words, f"{path}, line {number}", image, reference))
    points = np.array(rows, np.float64).reshape(-1, 4)
    for part, picture in ((points[:, :2], "image"), (points[:, 2:], "reference")):
        if len(np.unique(part, axis=0)) < LEAST_POINTS:
            raise InputError(
                f"{path}: holds {len(points)} matches, and fewer than {LEAST_POINTS} points of the {picture}",
                _POINTS_FORM,
            )
    return points


def _lines(text: str, path: Path) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV: {error}", _POINTS_FORM) from error


def _point(words: list[str], where: str, image: Picture, reference: Picture) -> list[float]:
    try:
        x, y, x_ref, y_ref = values = [float(word) for word in words]
    except ValueError:
        raise InputError(f"{where}: {','.join(words)} is no match", _POINTS_FORM) from None
    for px, py, picture in ((x, y, image), (x_ref, y_ref, reference)):
        height, width = picture.size
        if not (-0.5 <= px <= width - 0.5 and -0.5 <= py <= height - 0.5):
            raise InputError(
                f"{where}: {px:g},{py:g} lies outside {picture.path} of {width}x{height} px", _POINTS_FORM
            )
    return values


def _file(name: str, path: Path, digest: str) -> dict[str, Any]:
    return {name: {"name": path.name, "sha256": digest}}
