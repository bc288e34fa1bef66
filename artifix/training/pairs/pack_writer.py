"""Write the pictures of a pack one by one, below a limit, each with where it comes from."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.errors import OutputError
from artifix.training.pairs.folders import Unusable, read_image, read_photo
from artifix.training.pairs.pack import DECAL_SUFFIX, INDEX, Pack, Pair, Picture, Source, index_text
from artifix.training.pairs.photo_geometry import PairRules
from artifix.training.pairs.real_pairs import MOST_PHOTO_PX, RealPair
from artifix.training.pairs.squares import between_squares, middle_of, squares_of

ROW_BYTES = 260  # of the index, for a picture, about
PROVENANCE = "PROVENANCE.txt"
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What goes into a pack."""

    images: tuple[Path, ...] = ()  # folders of single pictures, and of decals with alpha
    objects: tuple[Path, ...] = ()  # folders of objects in several photos
    pattern: str = ""  # whose group is an object's name, see `find_objects`
    hold_out: tuple[str, ...] = ()  # objects that must not be in the pack
    hold_out_half: bool = False  # every second object besides, by name
    side_px: int = 192
    pair_side_px: int = 288  # few pictures that much is learned from: less is lost of their print
    decal_px: int = 128
    most_decals: int = 150
    quality: int = 88  # of the JPEGs
    most_bytes: int = 25_000_000
    matchers: tuple[str, ...] = ()  # all that are installed
    rules: PairRules = field(default_factory=PairRules)
    seed: int = 0


def source_of(path: Path, root: Path) -> Source:
    """Where a picture comes from: the nearest PROVENANCE.txt up to `root` tells licence and repository."""
    for folder in path.parents:
        note = folder / PROVENANCE
        if note.is_file():
            told = dict(re.findall(r"(?m)^(\w+):\s*(.+)$", note.read_text(encoding="utf-8")))
            licence = told.get("licence") or told.get("license") or "not told"
            return Source(folder.resolve().name, licence, told.get("repository", ""))
        if folder == root:
            break
    return Source(root.resolve().name, "not told", "")


class PackWriter:
    """A pack that is being written, with the pictures written so far."""

    def __init__(self, folder: Path, plan: PackPlan) -> None:
        self.plan = plan
        self.folder = folder
        self.pictures: list[Picture] = []
        self.sources: dict[str, Source] = {}
        self.seen: set[Path] = set()
        self.bytes = 0
        self.decals = 0

    def add_pairs(self, name: str, pairs: Sequence[RealPair]) -> list[Pair]:
        """The photos of an object, each one square around what others match of it, and its pairs."""
        crops = squares_of(pairs, self.plan.pair_side_px)
        moved = [between_squares(pair, crops) for pair in pairs]
        usable = [(pair, new) for pair, new in zip(pairs, moved, strict=True) if new is not None]
        places: dict[Path, int] = {}
        for path in sorted({path for pair, _ in usable for path in (pair.first, pair.second)}):
            square = crops[path].cut(read_photo(path, MOST_PHOTO_PX))
            folders = self.plan.objects
            root = next((folder for folder in folders if path.is_relative_to(folder)), path.parent)
            places[path] = self._add(path, root, _jpeg(square, self.plan.quality), ".jpg", name)
        return [
            Pair(
                first=places[pair.first],
                second=places[pair.second],
                matrix=tuple(tuple(float(f"{value:.9g}") for value in row) for row in matrix),
                inliers=pair.geometry.inliers,
                agreement=round(pair.geometry.agreement, 3),
                points=tuple((round(float(x)), round(float(y))) for x, y in points),
                matcher=pair.geometry.matcher,
            )
            for pair, (matrix, points) in usable
        ]

    def require_below_limit(self, pairs: int) -> None:
        """The index is counted as it will be; a pair takes about 600 bytes of it."""
        self.bytes += 600 * pairs + 4096
        if self.bytes > self.plan.most_bytes:
            raise OutputError(
                f"the photos of the pairs take {self.bytes / 1e6:.1f} MB, the limit is "
                f"{self.plan.most_bytes / 1e6:.1f} MB",
                "raise the limit, hold more objects out, or make the squares smaller",
            )

    def add_singles(self, singles: Iterator[tuple[Path, Path]], report: Report) -> None:
        """Squares out of the middle, until the limit is reached."""
        for path, root in singles:
            try:
                picture = read_image(path, self.plan.side_px, self.plan.decal_px)
                is_decal = picture.shape[2] == 4
                if is_decal and self.decals >= self.plan.most_decals:
                    continue
                square = picture if is_decal else middle_of(path, self.plan.side_px)
            except Unusable as error:
                report(f"skipped {path}: {error}")
                continue
            data = _png(square) if is_decal else _jpeg(square, self.plan.quality)
            if self.bytes + len(data) + ROW_BYTES > self.plan.most_bytes:
                report(f"{self.plan.most_bytes / 1e6:.1f} MB are reached")
                return
            self.decals += is_decal
            self._add(path, root, data, DECAL_SUFFIX if is_decal else ".jpg", "")

    def _add(self, path: Path, root: Path, data: bytes, suffix: str, object_name: str) -> int:
        source = source_of(path, root)
        self.sources[source.name] = source
        file = f"pictures/{len(self.pictures):05d}{suffix}"
        place = self.folder / file
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        self.pictures.append(Picture(file, source.name, digest, object_name))
        self.seen.add(path.resolve())
        self.bytes += len(data) + ROW_BYTES
        return len(self.pictures) - 1

    def finish(self, pairs: Sequence[Pair], held_out: tuple[str, ...], matchers: tuple[str, ...]) -> Pack:
        """Write the index."""
        if not self.pictures:
            raise OutputError(
                "no picture is left for the pack", "name more folders, or hold fewer objects out"
            )
        pack = Pack(
            side_px=self.plan.side_px,
            pair_side_px=self.plan.pair_side_px,
            sources=tuple(self.sources[name] for name in sorted(self.sources)),
            held_out=held_out,
            matchers=matchers,
            pictures=tuple(self.pictures),
            pairs=tuple(pairs),
        )
        (self.folder / INDEX).write_text(index_text(pack), encoding="utf-8")
        return pack


def _jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "JPEG", quality=quality, optimize=True)
    return held.getvalue()


def _png(pixels: NDArray[np.uint8]) -> bytes:
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG", optimize=True)
    return held.getvalue()
