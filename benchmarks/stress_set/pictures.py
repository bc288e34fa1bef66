"""The pictures that cases are made of: photos, and decals to stick on them."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from artifix.errors import InputError
from artifix.geometry import resize

ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
LEAST_SIDE_PX = 200  # of a photo
LONGEST = 1.9  # longer side over the shorter, of photos and decals


@dataclass(frozen=True, slots=True)
class Pictures:
    """Files to draw from."""

    photos: tuple[Path, ...]
    decals: tuple[Path, ...]  # pictures with transparency; there may be none

    def draw_photo(self, random: Generator) -> tuple[NDArray[np.uint8], Path]:
        """A photo (H, W, 3) and its file."""
        path = self.photos[random.integers(len(self.photos))]
        return np.asarray(Image.open(path).convert("RGB")), path

    def draw_decal(self, random: Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A decal (H, W, 3) and how much of each pixel is there; a round part of a photo without decals."""
        if self.decals:
            path = self.decals[random.integers(len(self.decals))]
            pixels = np.asarray(Image.open(path).convert("RGBA"))
            return _trimmed(pixels[..., :3], pixels[..., 3].astype(np.float32) / 255)
        photo, _ = self.draw_photo(random)
        side = min(photo.shape[:2]) // 2
        top, left = (int(random.integers(length - side)) for length in photo.shape[:2])
        disc = np.zeros((side, side), np.float32)
        cv2.circle(disc, (side // 2, side // 2), side // 2 - 2, 1.0, -1, cv2.LINE_AA)
        return photo[top : top + side, left : left + side], disc


def find_pictures(folder: Path) -> Pictures:
    """The usable pictures below `folder`.

    Raises:
        InputError: there is no photo.
    """
    photos, decals = [], []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS):
        with Image.open(path) as picture:
            (width, height), mode = picture.size, picture.mode
        if max(width, height) > LONGEST * min(width, height):
            continue
        if mode == "RGBA":
            decals.append(path)
        elif min(width, height) >= LEAST_SIDE_PX:
            photos.append(path)
    if not photos:
        raise InputError(
            f"{folder}: holds no photo", f"name a folder with photos of at least {LEAST_SIDE_PX} px a side"
        )
    return Pictures(tuple(photos), tuple(decals))


def fit_shorter(picture: NDArray[np.uint8], shorter_px: float, longest_px: float) -> NDArray[np.uint8]:
    """The picture with a shorter side of so many pixels; what exceeds `longest_px` of the longer is cut."""
    height, width = picture.shape[:2]
    factor = shorter_px / min(height, width)
    grown = resize(picture, (round(height * factor), round(width * factor)))
    spare_y, spare_x = (max(0, side - int(longest_px)) // 2 for side in grown.shape[:2])
    return grown[spare_y : grown.shape[0] - spare_y, spare_x : grown.shape[1] - spare_x]


def cover_frame(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The middle of a picture, resized to fill (height, width) `size`."""
    factor = max(size[0] / picture.shape[0], size[1] / picture.shape[1])
    grown = resize(
        picture, tuple(max(round(s * factor), t) for s, t in zip(picture.shape, size, strict=False))
    )
    top, left = ((grown.shape[axis] - size[axis]) // 2 for axis in (0, 1))
    return grown[top : top + size[0], left : left + size[1]]


def stick(
    picture: NDArray[np.uint8],
    decal: NDArray[np.uint8],
    cover: NDArray[np.float32],
    centre: tuple[float, float],
    longer_px: float,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The picture with a decal on it, and the (H, W) pixels where it differs from what it hides."""
    factor = longer_px / max(cover.shape)
    size = tuple(max(1, round(side * factor)) for side in cover.shape)
    decal, cover = resize(decal, size), resize(cover, size).clip(0, 1)
    top, left = round(centre[1] - size[0] / 2), round(centre[0] - size[1] / 2)
    place = slice(top, top + size[0]), slice(left, left + size[1])
    under = picture[place].astype(np.float32)
    stuck = picture.copy()
    stuck[place] = (under + cover[..., None] * (decal - under)).round().clip(0, 255).astype(np.uint8)
    return stuck, np.abs(stuck.astype(np.int16) - picture).max(-1) > 25


def _trimmed(
    pixels: NDArray[np.uint8], cover: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    x, y, width, height = cv2.boundingRect((cover > 0.1).astype(np.uint8))
    part = (slice(y, y + height), slice(x, x + width)) if width else np.s_[:, :]
    return pixels[part], cover[part]
