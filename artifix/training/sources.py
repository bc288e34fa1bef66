"""Single images as training material: decoded once, kept as bytes on the device."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional

from artifix.errors import InputError
from artifix.geometry import resize

if TYPE_CHECKING:
    from artifix.training.config import DataConfig

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
LEAST_SIDE_PX = 64
BUSY_CELLS = 10  # cells a side of the map that says where an image is textured


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """The images that pairs are made of."""

    images: Tensor  # (N, 3, S, S) uint8, each squeezed to a square
    busyness: Tensor  # (N, G * G) float, share of each cell in the image's texture; rows sum to 1
    decals: Tensor  # (M, 4, D, D) uint8, RGB and alpha: logos and lettering to print on the images
    skipped: tuple[str, ...]  # files that could not be used, each with its reason

    def draw_busy_points(
        self, count: int, busy_share: float, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Choose images and a point in each, `busy_share` of them where there is print or texture.

        Returns:
            indices (count,) int64 and points (count, 2), (x, y) in [-1, 1].
        """
        device = self.images.device
        chosen = torch.randint(0, len(self.images), (count,), generator=random, device=device)
        even = torch.full_like(self.busyness[chosen], 1 / self.busyness.shape[1])
        is_busy = torch.rand((count, 1), generator=random, device=device) < busy_share
        cell = torch.multinomial(
            torch.where(is_busy, self.busyness[chosen], even), 1, generator=random
        ).squeeze(1)
        corner = torch.stack([cell % BUSY_CELLS, cell // BUSY_CELLS], dim=1)
        inside = torch.rand((count, 2), generator=random, device=device)
        return chosen, (corner + inside) / BUSY_CELLS * 2 - 1

    # Stand-in: the colleague's module replaces it at the merge.
    def split(self, kept: int) -> tuple["Sources", "Sources"]:
        """The scenes to train on and `kept` (half of them at most), spread evenly, held out."""
        kept = min(kept, len(self.images) // 2)
        is_held = torch.zeros(len(self.images), dtype=torch.bool, device=self.images.device)
        is_held[torch.linspace(0, len(self.images) - 1, kept).long()] = True
        training, held_out = (
            replace(self, images=self.images[chosen], busyness=self.busyness[chosen])
            for chosen in (~is_held, is_held)
        )
        return training, held_out


# Stand-in: the colleague's module replaces it at the merge.
def load_data(
    images: Sequence[Path], pairs: Sequence[Path], config: "DataConfig", seed: int, device: torch.device
) -> Sources:
    """Everything that pairs are made of."""
    from artifix.training.lettering import draw_decals

    sources = load_sources(images[0], config.source_px, config.decal_px, device)
    if not config.lettering:
        return sources
    drawn = _tensor(draw_decals(config.lettering, config.decal_px, seed), device)
    return replace(sources, decals=torch.cat([sources.decals, drawn]))


def find_images(folder: Path) -> list[Path]:
    """Image files below `folder`, sorted.

    Raises:
        InputError: the folder is missing or holds no image.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is not a folder", "name a folder of training images with --data")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise InputError(f"{folder}: holds no image", f"put {', '.join(sorted(SUFFIXES))} files below it")
    return paths


def load_sources(folder: Path, side_px: int, decal_px: int, device: torch.device) -> Sources:
    """Decode every image below `folder`; pictures with alpha become decals, the others scenes.

    Args:
        folder: searched with its subfolders.
        side_px: scenes are squeezed to this square.
        decal_px: decals are fitted into this square.
        device: where the bytes are kept.

    Raises:
        InputError: fewer than two usable scenes.
    """
    with ThreadPoolExecutor() as pool:
        loaded = list(pool.map(lambda path: _load(path, side_px, decal_px), find_images(folder)))
    scenes = [array for array in loaded if isinstance(array, np.ndarray) and array.shape[2] == 3]
    decals = [array for array in loaded if isinstance(array, np.ndarray) and array.shape[2] == 4]
    skipped = tuple(reason for reason in loaded if isinstance(reason, str))
    if len(scenes) < 2:
        raise InputError(
            f"{folder}: {len(scenes)} usable images, {len(skipped)} skipped",
            "two are the least; thousands are usual",
        )
    empty = np.zeros((0, decal_px, decal_px, 4), np.uint8)
    images = _tensor(scenes, device)
    return Sources(images, _busyness(images), _tensor(decals or empty, device), skipped)


def _busyness(images: Tensor) -> Tensor:
    rows = []
    for batch in images.split(256):
        grey = batch.float().mean(1, keepdim=True)
        slope = (grey[..., 1:, 1:] - grey[..., :-1, :-1]).abs()
        slope = slope + (grey[..., 1:, :-1] - grey[..., :-1, 1:]).abs()
        rows.append(functional.adaptive_avg_pool2d(slope, BUSY_CELLS).flatten(1) + 1)
    energy = torch.cat(rows)
    return energy / energy.sum(1, keepdim=True)


def _tensor(arrays: Sequence[NDArray] | NDArray, device: torch.device) -> Tensor:
    stack = np.stack(list(arrays)) if len(arrays) else np.asarray(arrays)
    return torch.from_numpy(stack).permute(0, 3, 1, 2).contiguous().to(device)


def _load(path: Path, side_px: int, decal_px: int) -> NDArray[np.uint8] | str:
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (2 * side_px, 2 * side_px))
            picture = ImageOps.exif_transpose(opened)
            has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
            pixels = np.asarray(_eight_bit(picture).convert("RGBA" if has_alpha else "RGB"))
    except (OSError, ValueError, EOFError, SyntaxError, Image.DecompressionBombError) as error:
        return f"{path}: {error}"
    if min(pixels.shape[:2]) < LEAST_SIDE_PX:
        return f"{path}: {pixels.shape[1]}x{pixels.shape[0]} px, the least side is {LEAST_SIDE_PX} px"
    if has_alpha and pixels[..., 3].min() < 250:
        return _fitted(pixels, decal_px)
    return resize(pixels[..., :3], (side_px, side_px))


def _eight_bit(picture: Image.Image) -> Image.Image:
    if not picture.mode.startswith("I;16"):
        return picture
    # Pillow clips 16-bit greys to white when it converts them.
    return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))


def _fitted(pixels: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """The picture centred in a transparent square, aspect kept."""
    height, width = pixels.shape[:2]
    scale = side_px / max(height, width)
    small = resize(pixels, (max(round(height * scale), 1), max(round(width * scale), 1)))
    square = np.zeros((side_px, side_px, 4), np.uint8)
    top, left = (side_px - small.shape[0]) // 2, (side_px - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square
