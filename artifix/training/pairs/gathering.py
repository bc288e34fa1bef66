"""Training material while it is read: pictures, decals, which show the same object, and how they lie."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from artifix.errors import InputError
from artifix.geometry import box_of, resize
from artifix.training.pairs.folders import Unusable, View, read_image, read_view
from artifix.training.pairs.links import CELLS, cover_around, make_links
from artifix.training.pairs.pack import Pack
from artifix.training.pairs.procedural import draw_scene, draw_twins
from artifix.training.pairs.sources import ALONE, BUSY_CELLS, Sources, assemble

LEAST_COVERAGE = 0.5  # of a cell that a mask of a real pair is laid on


class Gathered:
    """Material read so far. All images share one block of bytes, so that nothing is ever held twice."""

    def __init__(self, side_px: int, decal_px: int) -> None:
        self.side_px = side_px
        self.decal_px = decal_px
        self.images = np.empty((0, 3, side_px, side_px), np.uint8)
        self.count = 0  # of the images in use
        self.decals: list[NDArray[np.uint8]] = []
        self.skipped: list[str] = []
        self.coverage: dict[int, Tensor] = {}  # (G * G) of the object, by image
        self.boxes: dict[int, tuple[float, float, float, float]] = {}
        self.objects: dict[int, str] = {}  # by image
        self.links: list[tuple[int, int, NDArray[np.float64], NDArray[np.float32]]] = []

    def reserve(self, count: int) -> None:
        """Make room for so many images."""
        self.images = np.empty((count, 3, self.side_px, self.side_px), np.uint8)

    def add_images(self, folder: Path, paths: Sequence[Path]) -> None:
        """Single images, and decals."""
        decals_before, count_before, skipped_before = len(self.decals), self.count, len(self.skipped)
        for path, pixels in each(lambda path: read_image(path, self.side_px, self.decal_px), paths):
            if isinstance(pixels, Unusable):
                self.skipped.append(f"{path}: {pixels}")
            elif pixels.shape[2] == 4:
                self.decals.append(pixels)
            else:
                self._keep(pixels)
        usable = self.count - count_before + len(self.decals) - decals_before
        if usable < 2:
            raise InputError(
                f"{folder}: {usable} usable images, {len(self.skipped) - skipped_before} skipped",
                "two are the least; thousands are usual",
            )

    def add_views(self, folder: Path, views: Sequence[View]) -> None:
        """Views of objects of which there are two at least."""
        count_before, skipped_before = self.count, len(self.skipped)
        waiting: dict[str, tuple[View, Any] | None] = {}  # the first view, until there is a second
        for view, read in each(lambda view: read_view(view, self.side_px), views):
            if isinstance(read, Unusable):
                self.skipped.append(f"{view.path}: {read}")
            elif view.object not in waiting:
                waiting[view.object] = view, read
            else:
                first = waiting[view.object]
                if first is not None:
                    self._keep_view(*first)
                waiting[view.object] = None
                self._keep_view(view, read)
        alone = [first for first in waiting.values() if first is not None]
        self.skipped += [f"{view.path}: the only usable view of its object" for view, _ in alone]
        if self.count == count_before:
            raise InputError(
                f"{folder}: no object has two usable views ({len(views)} files, "
                f"{len(self.skipped) - skipped_before} skipped)",
                "give each object two views or more",
            )

    def add_pairs(self, folder: Path, pack: Pack) -> None:
        """The photos of a pack that are in pairs, and how they lie to each other."""
        listed = sorted({place for pair in pack.pairs for place in (pair.first, pair.second)})
        places = {}

        def read(place: int) -> Any:
            return read_image(folder / pack.pictures[place].file, self.side_px, self.decal_px)

        for place, pixels in each(read, listed):
            path = folder / pack.pictures[place].file
            if isinstance(pixels, Unusable) or pixels.shape[2] == 4:
                raise InputError(f"{path}: is no photo that can be used", "make the pack anew")
            places[place] = self.count
            self.objects[self.count] = f"{folder}: {pack.pictures[place].object}"
            self._keep(pixels)
        for pair in pack.pairs:
            cover = cover_around(np.array(pair.points), pack.pair_side_px)
            self.links.append((places[pair.first], places[pair.second], pack.frame_map(pair), cover))

    def add_scenes(self, count: int, twins: int, seed: int) -> None:
        """Drawn scenes, the first `twins` of them in two styles."""
        for number, drawn in each(lambda n: draw_twins(self.side_px, (seed, n)), range(twins)):
            first, second, print_ = drawn
            self.objects[self.count] = self.objects[self.count + 1] = f"drawn scene {number}"
            cover = resize(print_, (CELLS, CELLS)).clip(0, 1)
            self.links.append((self.count, self.count + 1, np.eye(3), cover))
            self._keep(first)
            self._keep(second)
        for _, pixels in each(lambda n: draw_scene(self.side_px, (seed, n)), range(twins, count)):
            self._keep(pixels)

    def view_weights(self, start: int, end: int) -> Tensor:
        """(V,) of the views from `start` to `end`, summing to 1: every object is as likely as any other."""
        names = [self.objects[place] for place in range(start, end)]
        sizes = Counter(names)
        return torch.tensor([1 / sizes[name] / len(sizes) for name in names])

    def scene_weights(self, start: int) -> Tensor:
        """(S,) of the drawn scenes from `start` on, summing to 1: two styles of one count as one scene."""
        weights = torch.tensor([0.5 if p in self.objects else 1.0 for p in range(start, self.count)])
        return weights / weights.sum()

    def sources(self, weights: Tensor, device: torch.device) -> Sources:
        """What was gathered, chosen by `weights` (N,)."""
        objects = torch.full((self.count,), ALONE)
        numbers = {name: number for number, name in enumerate(dict.fromkeys(self.objects.values()))}
        coverage = torch.ones(self.count, BUSY_CELLS**2)
        boxes = torch.tensor([0.0, 0.0, 1.0, 1.0]).repeat(self.count, 1)
        for place, name in self.objects.items():
            objects[place], coverage[place] = numbers[name], _middle()
        for place, share in self.coverage.items():
            coverage[place], boxes[place] = share, torch.tensor(self.boxes[place])
        links = make_links(self.links)
        for place in links.first.unique().tolist():
            held = links.cover[links.first == place].amax(0)
            share = functional.adaptive_avg_pool2d(held, BUSY_CELLS).flatten()
            # The mask is laid where the maps hold; where they hold hardly anywhere, where they do so most.
            if share.max() > 0:
                coverage[place] = share * (share >= min(LEAST_COVERAGE, share.max().item()))
        empty = np.zeros((0, self.decal_px, self.decal_px, 4), np.uint8)
        decals = np.stack(self.decals) if self.decals else empty
        return assemble(
            torch.from_numpy(self.images[: self.count]).to(device),
            torch.from_numpy(decals).permute(0, 3, 1, 2).contiguous().to(device),
            self.skipped,
            weights=weights.to(device),
            objects=objects.to(device),
            coverage=coverage.to(device),
            boxes=boxes.to(device),
            links=links.to(device),
        )

    def _keep(self, pixels: NDArray[np.uint8]) -> None:
        self.images[self.count] = pixels.transpose(2, 0, 1)
        self.count += 1

    def _keep_view(self, view: View, read: tuple[NDArray[np.uint8], NDArray[np.bool_] | None]) -> None:
        pixels, mask = read
        self.objects[self.count] = view.object
        if mask is not None:
            box, half = box_of(mask), self.side_px / 2
            self.boxes[self.count] = (
                box.centre[0] / half - 1,
                box.centre[1] / half - 1,
                box.width / half / 2,
                box.height / half / 2,
            )
            share = functional.adaptive_avg_pool2d(torch.from_numpy(mask).float()[None], BUSY_CELLS)
            self.coverage[self.count] = share.flatten()
        self._keep(pixels)


def _middle() -> Tensor:
    """(G * G) where the object of a view without a mask is looked for: people put it in the middle."""
    rim = BUSY_CELLS // 5
    cells = torch.zeros(BUSY_CELLS, BUSY_CELLS)
    cells[rim : BUSY_CELLS - rim, rim : BUSY_CELLS - rim] = 1
    return cells.flatten()


def each(work: Callable[[Any], Any], things: Sequence[Any]) -> Any:
    """(thing, result) in order, worked on in parallel; a file that cannot be used gives its exception."""

    def attempt(thing: Any) -> Any:
        try:
            return work(thing)
        except Unusable as error:
            return error

    workers = min(32, 2 * (os.cpu_count() or 1))
    with ThreadPoolExecutor(workers) as pool:
        # Work in slices: results wait in memory only until they are copied.
        for start in range(0, len(things), 16 * workers):
            part = things[start : start + 16 * workers]
            yield from zip(part, pool.map(attempt, part), strict=True)
