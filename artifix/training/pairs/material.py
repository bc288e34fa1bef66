"""The three kinds of training material, read and mixed: single images, objects in views, drawn scenes."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from artifix.errors import InputError, UsageError
from artifix.geometry import box_of
from artifix.training.pairs.folders import Unusable, View, find_images, find_views, read_image, read_view
from artifix.training.pairs.lettering import draw_decals
from artifix.training.pairs.procedural import draw_scene
from artifix.training.pairs.sources import ALONE, BUSY_CELLS, Sources, assemble

if TYPE_CHECKING:
    from artifix.training.config import DataConfig


def load_data(
    images: Sequence[Path],
    pairs: Sequence[Path],
    config: "DataConfig",
    seed: int,
    device: torch.device,
) -> Sources:
    """Read and draw all material and mix it by the shares of the config.

    Args:
        images: folders of single images; pictures with alpha become decals.
        pairs: folders of objects in several views, as folders.py describes them.
        config: shares, which need not sum to 1, and sizes.
        seed: of the drawn scenes and the lettering.
        device: where the bytes are kept.

    Raises:
        UsageError: shares and folders contradict each other.
        InputError: a folder without enough usable images.
    """
    _require_shares(images, pairs, config)
    gathered = _Gathered(config.source_px, config.decal_px)
    files = [(folder, find_images(folder)) for folder in images]
    views = [(folder, find_views(folder)) for folder in pairs]
    scenes = config.procedural_scenes if config.procedural_share else 0
    found_files = sum(len(paths) for _, paths in files) + sum(len(found) for _, found in views)
    gathered.reserve(found_files + scenes)
    for folder, paths in files:
        gathered.add_images(folder, paths)
    singles = gathered.count
    if images and singles < 2:
        raise InputError(
            f"{_named(images)}: {singles} usable scenes", "two are the least; thousands are usual"
        )
    for folder, found in views:
        gathered.add_views(folder, found)
    shown = gathered.count
    gathered.add_scenes(scenes, seed)
    weights = torch.zeros(gathered.count)
    weights[:singles] = config.images_share / max(singles, 1)
    weights[singles:shown] = config.pairs_share * gathered.view_weights()
    weights[shown:] = config.procedural_share / max(scenes, 1)
    if config.lettering:
        gathered.decals += list(draw_decals(config.lettering, config.decal_px, seed))
    return gathered.sources(weights, device)


def _require_shares(images: Sequence[Path], pairs: Sequence[Path], config: "DataConfig") -> None:
    shares = {
        "images_share": config.images_share,
        "pairs_share": config.pairs_share,
        "procedural_share": config.procedural_share,
    }
    told = ", ".join(f"{name} = {share:g}" for name, share in shares.items())
    if min(shares.values()) < 0 or not sum(shares.values()):
        raise UsageError(f"the data's shares are {told}", "none may be negative, and one must be more than 0")
    for name, folders, what in (
        ("images_share", images, "images"),
        ("pairs_share", pairs, "objects in several views"),
    ):
        if shares[name] and not folders:
            raise UsageError(
                f"{name} is {shares[name]:g}, but no folder of {what} is given",
                f"name one, or set {name} to 0",
            )
        if folders and not shares[name]:
            raise UsageError(
                f"{_named(folders)} is given as {what}, but {name} is 0",
                f"raise {name}, or leave the folder out",
            )
    if config.procedural_share and config.procedural_scenes < 2:
        raise UsageError(
            f"procedural_share is {config.procedural_share:g}, but procedural_scenes is "
            f"{config.procedural_scenes}",
            "draw two scenes at least, or set procedural_share to 0",
        )


def _named(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))


class _Gathered:
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

    def reserve(self, count: int) -> None:
        self.images = np.empty((count, 3, self.side_px, self.side_px), np.uint8)

    def add_images(self, folder: Path, paths: Sequence[Path]) -> None:
        decals_before, count_before, skipped_before = len(self.decals), self.count, len(self.skipped)
        for path, pixels in _each(lambda path: read_image(path, self.side_px, self.decal_px), paths):
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
        count_before, skipped_before = self.count, len(self.skipped)
        waiting: dict[str, tuple[View, Any] | None] = {}  # the first view, until there is a second
        for view, read in _each(lambda view: read_view(view, self.side_px), views):
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

    def add_scenes(self, count: int, seed: int) -> None:
        for _, pixels in _each(lambda number: draw_scene(self.side_px, (seed, number)), range(count)):
            self._keep(pixels)

    def view_weights(self) -> Tensor:
        """(V,) of the views, summing to 1: every object is as likely as any other."""
        sizes = Counter(self.objects.values())
        return torch.tensor([1 / sizes[name] / len(sizes) for name in self.objects.values()])

    def sources(self, weights: Tensor, device: torch.device) -> Sources:
        objects = torch.full((self.count,), ALONE)
        numbers = {name: number for number, name in enumerate(dict.fromkeys(self.objects.values()))}
        coverage = torch.ones(self.count, BUSY_CELLS**2)
        boxes = torch.tensor([0.0, 0.0, 1.0, 1.0]).repeat(self.count, 1)
        for place, name in self.objects.items():
            objects[place], coverage[place] = numbers[name], _middle()
        for place, share in self.coverage.items():
            coverage[place], boxes[place] = share, torch.tensor(self.boxes[place])
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


def _each(work: Callable[[Any], Any], things: Sequence[Any]) -> Any:
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
