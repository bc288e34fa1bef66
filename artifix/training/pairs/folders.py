"""Folders of training pictures: what lies in them, and how a file becomes a square of bytes.

Single images may lie anywhere below their folder. Objects in several views lie in one of two ways:

- each object has its own subfolder, whose pictures are its views; beside `front.jpg` there may be a mask of
  the object, `front_mask.png` (white = object, of the same size);
  without one, the alpha of a view is its mask;
- or `metadata.csv` / `metadata.jsonl` in the folder, as Hugging Face's ImageFolder reads it, names the files
  (`file_name`), the object that each shows (`object`) and, where there is one, its mask (`mask_file_name`).
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from artifix.errors import InputError
from artifix.geometry import resize

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
MASK_ENDING = "_mask"
METADATA = ("metadata.csv", "metadata.jsonl")
LEAST_SIDE_PX = 64
UNREADABLE = (OSError, ValueError, EOFError, SyntaxError, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class View:
    """One picture of an object of which there are others."""

    path: Path
    object: str
    mask_path: Path | None


class Unusable(Exception):
    """A file that is skipped; the text says why."""


def find_images(folder: Path) -> list[Path]:
    """Image files below `folder`, sorted.

    Raises:
        InputError: the folder is missing or holds no image.
    """
    paths = _pictures_below(folder)
    if not paths:
        raise InputError(f"{folder}: holds no image", f"put {', '.join(sorted(SUFFIXES))} files below it")
    return paths


def find_views(folder: Path) -> list[View]:
    """Views of objects below `folder`, those of one object in a row.

    Raises:
        InputError: the folder is missing, holds no object, or its metadata cannot be understood.
    """
    tables = [folder / name for name in METADATA if (folder / name).is_file()]
    if len(tables) > 1:
        raise InputError(f"{folder}: holds {' and '.join(METADATA)}", "keep one of the two")
    views = _listed(tables[0]) if tables else _in_subfolders(folder)
    if not views:
        raise InputError(
            f"{folder}: holds no object in several views",
            f"put the views of each object into a subfolder, or list them in {METADATA[0]}",
        )
    return sorted(views, key=lambda view: view.object)


def _pictures_below(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: is not a folder", "name a folder of training images")
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def _in_subfolders(folder: Path) -> list[View]:
    paths = _pictures_below(folder)
    known = set(paths)
    views = []
    for path in paths:
        is_mask = path.stem.endswith(MASK_ENDING)
        if path.parent == folder or is_mask:
            continue
        mask_path = path.with_name(f"{path.stem}{MASK_ENDING}.png")
        views.append(View(path, str(path.parent), mask_path if mask_path in known else None))
    return views


def _listed(table: Path) -> list[View]:
    views = []
    for number, row in enumerate(_rows(table), start=1):
        if not row.get("file_name") or row.get("object") in (None, ""):
            raise InputError(
                f"{table}: row {number} has no file_name or no object",
                "give every row the name of a file and of the object it shows",
            )
        mask = row.get("mask_file_name")
        mask_path = table.parent / str(mask) if mask else None
        views.append(
            View(table.parent / str(row["file_name"]), f"{table.parent}: {row['object']}", mask_path)
        )
    return views


def _rows(table: Path) -> list[dict[str, object]]:
    try:
        text = table.read_text(encoding="utf-8-sig")
        if table.suffix == ".csv":
            return [dict(row) for row in csv.DictReader(text.splitlines(), strict=True)]
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{table}: cannot be read: {error}", "save it as UTF-8 CSV or JSON lines") from error
    if not all(isinstance(row, dict) for row in rows):
        raise InputError(
            f"{table}: a line is no JSON object", 'write lines like {"file_name": ..., "object": ...}'
        )
    return rows


def read_image(path: Path, side_px: int, decal_px: int) -> NDArray[np.uint8]:
    """A scene (side_px, side_px, 3); of a picture with transparent parts, a decal (decal_px, decal_px, 4).

    Raises:
        Unusable: unreadable or too small.
    """
    pixels = _decoded(path, side_px)
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 250:
        return _fitted(pixels, decal_px)
    return resize(pixels[..., :3], (side_px, side_px))


def read_view(view: View, side_px: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """A view (side_px, side_px, 3) and where in it the object is, if that is known: its mask, or its alpha.

    Raises:
        Unusable: picture or mask unreadable, too small, or of different sizes; a mask that masks nothing.
    """
    pixels = _decoded(view.path, side_px)
    rgb, mask = pixels[..., :3], None
    if view.mask_path is not None:
        mask = _decoded(view.mask_path, side_px)[..., :3].max(2) >= 128
        if mask.shape != rgb.shape[:2]:
            raise Unusable(
                f"its mask {view.mask_path.name} is {mask.shape[1]}x{mask.shape[0]} px, "
                f"the picture {rgb.shape[1]}x{rgb.shape[0]} px"
            )
    elif pixels.shape[2] == 4 and pixels[..., 3].min() < 250:
        mask = pixels[..., 3] >= 128
    if mask is not None:
        mask = resize(mask, (side_px, side_px))
        if not mask.any():
            raise Unusable("its mask is empty")
    return resize(rgb, (side_px, side_px)), mask


def read_photo(path: Path, most_px: int) -> NDArray[np.uint8]:
    """A photo (H, W, 3) of its own shape, the longer side at most `most_px`.

    Raises:
        Unusable: unreadable or too small.
    """
    rgb = _decoded(path, most_px)[..., :3]
    scale = min(1.0, most_px / max(rgb.shape[:2]))
    return resize(rgb, (max(round(rgb.shape[0] * scale), 1), max(round(rgb.shape[1] * scale), 1)))


def _decoded(path: Path, side_px: int) -> NDArray[np.uint8]:
    """(H, W, 3), or (H, W, 4) with alpha; large JPEGs at a fraction of their size."""
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (2 * side_px, 2 * side_px))
            picture = ImageOps.exif_transpose(opened)
            has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
            pixels = np.asarray(_eight_bit(picture).convert("RGBA" if has_alpha else "RGB"))
    except UNREADABLE as error:
        raise Unusable(f"{path.name} cannot be read: {error}") from error
    if min(pixels.shape[:2]) < LEAST_SIDE_PX:
        raise Unusable(f"{pixels.shape[1]}x{pixels.shape[0]} px, the least side is {LEAST_SIDE_PX} px")
    return pixels


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
