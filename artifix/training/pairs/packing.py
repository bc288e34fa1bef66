"""Packs are made here: pictures chosen, cut to squares, and written with their geometry and licences."""

import hashlib
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.errors import OutputError, UsageError
from artifix.training.pairs.folders import LEAST_SIDE_PX, Unusable, find_images, read_image, read_photo
from artifix.training.pairs.pack import DECAL_SUFFIX, INDEX, Pack, Pair, Picture, Source, index_text
from artifix.training.pairs.real_pairs import (
    MOST_PHOTO_PX,
    PairRules,
    RealPair,
    find_matchers,
    find_objects,
    find_pairs,
)
from artifix.training.pairs.squares import between_squares, middle_of, squares_of
from artifix.writing import as_output_error, new_folder

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


def write_pack(out: Path, plan: PackPlan, report: Report = lambda line: None) -> Pack:
    """Make a pack; the same pictures, versions and plan give the same bytes.

    Real pairs come first; decals and single pictures of all sources in turn fill what is left of the limit.

    Args:
        out: appears whole or not at all; an earlier pack there is replaced.
        plan: what goes in.
        report: takes lines on the way.

    Raises:
        UsageError: nothing to pack, or a name to hold out that no object has.
        InputError: a folder without pictures or objects, or an unknown matcher.
        OutputError: `out` holds something else, the limit is too low for the pairs, or the disk refuses.
    """
    if not plan.images and not plan.objects:
        raise UsageError(
            "nothing is to be packed", "name folders of pictures, or of objects in several photos"
        )
    sides = plan.side_px, plan.pair_side_px, plan.decal_px
    if min(sides) < LEAST_SIDE_PX:
        raise UsageError(
            f"squares of {sides[0]}, {sides[1]} and {sides[2]} px are asked for",
            f"training reads pictures of {LEAST_SIDE_PX} px and more",
        )
    matchers = find_matchers(plan.matchers)
    _require_replaceable(out)
    objects = _objects(plan)
    held_out = _held_out(plan, sorted(objects))
    kept = {name: paths for name, paths in objects.items() if name not in held_out}
    left_out = {path.resolve() for name in held_out for path in objects[name]}
    report(f"{len(kept)} objects, {len(held_out)} held out: {', '.join(held_out) or 'none'}")
    with as_output_error(out), new_folder(out.resolve()) as unfinished:
        writer = _Writer(unfinished, plan)
        pairs = find_pairs(kept, plan.rules, matchers, plan.seed, report)
        packed = [pair for name in pairs for pair in writer.add_pairs(name, pairs[name])]
        writer.require_below_limit(len(packed))
        singles = _singles(plan, held_out, left_out | writer.seen)
        writer.add_singles(singles, report)
        return writer.finish(packed, held_out, tuple(matchers))


def _require_replaceable(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: exists and is a file", "move it away")
    if out.is_dir() and any(out.iterdir()) and not (out / INDEX).is_file():
        raise OutputError(f"{out}: exists and holds no pack, but something else", "move it away")


def _objects(plan: PackPlan) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for folder in plan.objects:
        for name, paths in find_objects(folder, plan.pattern).items():
            found.setdefault(name, []).extend(paths)
    return found


def _held_out(plan: PackPlan, names: Sequence[str]) -> tuple[str, ...]:
    if unknown := [name for name in plan.hold_out if name not in names]:
        raise UsageError(
            f"no object is called {', '.join(unknown)}, and so none can be held out",
            f"objects are: {', '.join(names) or 'none'}",
        )
    half = names[::2] if plan.hold_out_half else ()
    return tuple(sorted({*plan.hold_out, *half}))


def _singles(plan: PackPlan, held_out: Sequence[str], left_out: set[Path]) -> Iterator[tuple[Path, Path]]:
    """(file, its folder of `images`): sources in turn, the pictures of each in a drawn order."""
    rows: dict[str, list[tuple[Path, Path]]] = {}
    for folder in plan.images:
        for path in find_images(folder):
            named = re.search(plan.pattern, path.relative_to(folder).as_posix()) if plan.pattern else None
            if path.resolve() not in left_out and not (named and named[1] in held_out):
                rows.setdefault(source_of(path, folder).name, []).append((path, folder))
    for name, row in rows.items():
        order = np.random.default_rng([plan.seed, *name.encode()]).permutation(len(row))
        rows[name] = [row[place] for place in order]
    for together in itertools.zip_longest(*rows.values()):
        yield from (found for found in together if found is not None)


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


class _Writer:
    """Pictures written so far."""

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
