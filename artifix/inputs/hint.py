"""Where the masked part lies in the reference, given by hand: a box, a mask over the reference, or points."""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import index
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.box import Box, box_of_text
from artifix.errors import InputError, UsageError
from artifix.inputs.file_bytes import read_bytes
from artifix.inputs.images import Picture, read_picture
from artifix.inputs.marking import marked_by
from artifix.setting_names import setting

COLUMNS = ("x", "y", "x_ref", "y_ref")
LEAST_POINTS = 2  # enough for a shift, a turn and a scale
_LINES_FORM = f"write a line {','.join(COLUMNS)} for each match, in pixels; at least {LEAST_POINTS} of them"
_ROWS_FORM = f"give a row {', '.join(COLUMNS)} for each match, in pixels; at least {LEAST_POINTS} of them"

RegionLike = Sequence[int] | NDArray[np.bool_]  # x0, y0, x1, y1 or (H_ref, W_ref)
PointsLike = Sequence[Sequence[float]] | NDArray[Any]  # (N, 4) x, y, x_ref, y_ref


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
    given = {setting("region"): box, setting("ref_mask"): mask_path, setting("points"): points_path}
    named = [option for option, value in given.items() if value is not None]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} both say where the part lies", "give one of them")
    if box is not None:
        return _within(parse_box(box, reference), reference)
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


def hint_of_arrays(
    region: RegionLike | None, points: PointsLike | None, image: Picture, reference: Picture
) -> Hint:
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
        raise UsageError(
            f"{setting('region')} and {setting('points')} both say where the part lies", "give one of them"
        )
    if points is not None:
        rows = [(f"points[{number}]", row) for number, row in enumerate(points)]
        return Hint(points=_matches("points", rows, _ROWS_FORM, image, reference))
    if region is None:
        return Hint()
    if np.ndim(region) == 1:
        sides: list[Any] = list(region)
        return _within(_inside(_box_of(sides), ",".join(map(str, sides)), reference), reference)
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
    return _inside(box_of_text(text, anywhere=True), text, reference)


def _box_of(sides: Sequence[Any]) -> Box | None:
    """The box with these four whole sides; None where they are something else."""
    try:
        left, top, right, bottom = map(index, sides)
    except (TypeError, ValueError):
        return None
    return Box(left, top, right, bottom)


def _inside(box: Box | None, shown: str, reference: Picture) -> Box:
    """The box, which lies in the reference; errors name it as `shown`."""
    height, width = reference.size
    hint = f"{reference.path} is {width}x{height} px: 0 <= x0 < x1 <= {width} and 0 <= y0 < y1 <= {height}"
    if box is None:
        raise UsageError(f"{setting('region')} {shown}: is not x0,y0,x1,y1 in whole pixels", hint)
    if box.is_empty() or box != box.clip(height, width):
        raise UsageError(f"{setting('region')} {shown}: does not lie in the reference", hint)
    return box


def _within(box: Box, reference: Picture) -> Hint:
    return Hint(region=box.filled(*reference.size), told={"region": list(box.as_tuple())})


def parse_points(data: bytes, path: Path, image: Picture, reference: Picture) -> NDArray[np.float64]:
    """(N, 4) matches of a CSV file.

    Raises:
        InputError: a line is no match, lies outside, or there are too few; `path` and the line are named.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"{error.reason} at byte {error.start}"
        raise InputError(f"{path}: is not text ({what})", _LINES_FORM) from error
    rows = []
    for number, row in enumerate(_lines(text, path), 1):
        words = [word.strip() for word in row]
        if any(words) and not (number == 1 and tuple(words) == COLUMNS):
            rows.append((f"{path}, line {number}", words))
    return _matches(str(path), rows, _LINES_FORM, image, reference)


def _lines(text: str, path: Path) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV: {error}", _LINES_FORM) from error


def _matches(
    source: str,
    rows: Sequence[tuple[str, Sequence[float | str]]],
    form: str,
    image: Picture,
    reference: Picture,
) -> NDArray[np.float64]:
    """(N, 4) of rows, each with where it stands.

    Raises:
        InputError: a row is no match, lies outside, or there are too few of them; `form` is the remedy.
    """
    matches = [_match(row, where, form, image, reference) for where, row in rows]
    points = np.array(matches, np.float64).reshape(-1, 4)
    for part, picture in ((points[:, :2], "image"), (points[:, 2:], "reference")):
        if len(np.unique(part, axis=0)) < LEAST_POINTS:
            few = f"holds {len(points)} matches, and fewer than {LEAST_POINTS} points of the {picture}"
            raise InputError(f"{source}: {few}", form)
    return points


def _match(
    row: Sequence[float | str], where: str, form: str, image: Picture, reference: Picture
) -> list[float]:
    try:
        x, y, x_ref, y_ref = values = [float(number) for number in row]
    except (TypeError, ValueError):
        raise InputError(f"{where}: {','.join(map(str, np.ravel(row)))} is no match", form) from None
    for px, py, picture in ((x, y, image), (x_ref, y_ref, reference)):
        height, width = picture.size
        if not (-0.5 <= px <= width - 0.5 and -0.5 <= py <= height - 0.5):
            raise InputError(
                f"{where}: {px:g},{py:g} lies outside {picture.path} of {width}x{height} px", form
            )
    return values


def _file(name: str, path: Path, digest: str) -> dict[str, Any]:
    return {name: {"name": path.name, "sha256": digest}}
