"""A pack: training pictures as small squares in one folder, with the geometry of real pairs and the licences.

What a run needs on a machine that has not the data. `pack.json` lists the pictures (single ones, photos of
objects in several views, decals with alpha), which photos show the same object how they lie to each
other, where each picture comes from, and which objects were held out. packing.py makes packs.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError

INDEX = "pack.json"
FORMAT = 1
DECAL_SUFFIX = ".png"


@dataclass(frozen=True, slots=True)
class Source:
    """Where pictures come from."""

    name: str
    licence: str
    origin: str  # a repository or a page; "" = not told


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a pack."""

    file: str  # below the pack
    source: str
    sha256: str
    object: str = ""  # that other pictures show too; "" = none


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos of an object, by their places among the pictures.

    Attributes:
        first: place of the first photo.
        second: place of the second.
        matrix: 3 rows of 3, pixels of the first to pixels of the second, pixel centres at integers.
        inliers: number of point matches that agree.
        agreement: correlation of the two photos where they match.
        points: some of the matches (x, y) in pixels of the first; near them, the matrix holds.
        matcher: who found them.
    """

    first: int
    second: int
    matrix: tuple[tuple[float, ...], ...]
    inliers: int
    agreement: float
    points: tuple[tuple[int, int], ...]
    matcher: str


@dataclass(frozen=True, slots=True)
class Pack:
    """What `pack.json` tells."""

    side_px: int  # of the single pictures
    pair_side_px: int  # of the photos in pairs
    sources: tuple[Source, ...]
    held_out: tuple[str, ...]  # objects that were left out
    matchers: tuple[str, ...]
    pictures: tuple[Picture, ...]
    pairs: tuple[Pair, ...]

    @property
    def singles(self) -> list[Picture]:
        """Pictures of no object, and decals."""
        return [picture for picture in self.pictures if not picture.object]

    def frame_map(self, pair: Pair) -> NDArray[np.float64]:
        """(3, 3) the pair's matrix between frames in which both photos are [-1, 1] x [-1, 1]."""
        side = self.pair_side_px
        to_frame = np.array([[2 / side, 0, 1 / side - 1], [0, 2 / side, 1 / side - 1], [0, 0, 1.0]])
        return to_frame @ np.array(pair.matrix) @ np.linalg.inv(to_frame)


def is_pack(folder: Path) -> bool:
    """Whether `folder` holds a pack, sound or not."""
    return (folder / INDEX).is_file()


def index_text(pack: Pack) -> str:
    """`pack.json`, one picture and one pair a line."""
    values = asdict(pack)
    head = {name: value for name, value in values.items() if name not in ("pictures", "pairs")}
    lines = [
        f" {json.dumps(name)}: {json.dumps(value)}" for name, value in {"format": FORMAT, **head}.items()
    ]
    for name in ("pictures", "pairs"):
        rows = ",\n".join(f"  {json.dumps(row)}" for row in values[name])
        lines.append(f" {json.dumps(name)}: [\n{rows}\n ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_index(folder: Path) -> Pack:
    """What the index of a pack tells; the pictures are not looked at.

    Raises:
        InputError: there is no pack, or its index is damaged, contradicts itself or is of another version.
    """
    path = folder / INDEX
    with _as_input_error(path):
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        pack = Pack(
            side_px=int(values.pop("side_px")),
            pair_side_px=int(values.pop("pair_side_px")),
            sources=tuple(Source(**row) for row in values.pop("sources")),
            held_out=tuple(values.pop("held_out")),
            matchers=tuple(values.pop("matchers")),
            pictures=tuple(Picture(**row) for row in values.pop("pictures")),
            pairs=tuple(_pair(row) for row in values.pop("pairs")),
        )
        if values:
            raise ValueError(f"it tells of {', '.join(values)}, which is not known")
        _require_sound(pack)
    return pack


def read_pack(folder: Path) -> Pack:
    """As `read_index`; every picture is there and is what it was.

    Raises:
        InputError: as `read_index`, or a picture is missing or was changed.
    """
    pack = read_index(folder)
    for picture in pack.pictures:
        path = folder / picture.file
        with _as_input_error(path):
            if hashlib.sha256(path.read_bytes()).hexdigest() != picture.sha256:
                raise ValueError("it is not the picture that the index tells of")
    return pack


def _pair(row: dict[str, Any]) -> Pair:
    matrix = tuple(tuple(float(value) for value in line) for line in row.pop("matrix"))
    points = tuple((int(x), int(y)) for x, y in row.pop("points"))
    return Pair(matrix=matrix, points=points, **row)


def _require_sound(pack: Pack) -> None:
    names = {source.name for source in pack.sources}
    for picture in pack.pictures:
        if Path(picture.file).is_absolute() or ".." in Path(picture.file).parts:
            raise ValueError(f"{picture.file} lies outside the pack")
        if picture.source not in names:
            raise ValueError(f"{picture.file} comes from {picture.source}, of which nothing is told")
        if picture.object and picture.object in pack.held_out:
            raise ValueError(f"{picture.file} shows {picture.object}, which is held out")
    for number, pair in enumerate(pack.pairs):
        places = pair.first, pair.second
        if not all(0 <= place < len(pack.pictures) for place in places):
            raise ValueError(f"pair {number} names pictures that are not listed")
        shown = [pack.pictures[place].object for place in places]
        if not shown[0] or shown[0] != shown[1] or pair.first == pair.second:
            raise ValueError(f"pair {number} is not of two pictures of one object")
        matrix = np.array(pair.matrix)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
            raise ValueError(f"pair {number} has no matrix of 3 x 3 numbers that can be inverted")
        if len(pair.points) < 3:
            raise ValueError(f"pair {number} tells fewer than three matches")


@contextmanager
def _as_input_error(path: Path) -> Iterator[None]:
    try:
        yield
    # A missing file or name, cut JSON, and values of another kind.
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        told = f"it does not tell {error}" if isinstance(error, KeyError) else str(error)
        reason = getattr(error, "strerror", None) or told
        raise InputError(
            f"{path}: is damaged or missing: {reason}", "copy the whole pack again, or make it anew"
        ) from error
