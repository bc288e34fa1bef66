"""A user's picture, read whole, upright and at its native depth."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.errors import InputError
from artifix.geometry import Box
from artifix.inputs.chunks import Chunk, chunks_of
from artifix.inputs.compression import PLAIN, Compression, compression_of
from artifix.inputs.decoding import open_image
from artifix.inputs.file_bytes import read_bytes
from artifix.inputs.samples import profile_of, samples_of

LEAST_SIDE_PX = 16
_BAND_ROWS = 256
_PNG_COLOUR_TYPE, _GREY_WITH_ALPHA = 25, 4  # place in the file, and the value


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a case, turned upright by its EXIF orientation."""

    path: Path  # as the user gave it
    rgb: NDArray[np.uint8]  # (H, W, 3): what the network sees
    pixels: NDArray  # (H, W, 3), uint8 or uint16: the samples as decoded
    alpha: NDArray | None  # (H, W) of the same type as `pixels`, not premultiplied
    icc_profile: bytes | None  # of the RGB pixels
    format: str  # "PNG", "JPEG", ...
    mode: str  # of the source, in Pillow's words: "L", "P", "CMYK", ...
    sha256: str  # of the file's bytes
    chunks: tuple[Chunk, ...] = ()  # what the file says besides, for its repair
    compression: Compression = PLAIN  # of the file's samples

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]


def read_picture(path: Path, least_side_px: int = LEAST_SIDE_PX, crop: Box | None = None) -> Picture:
    """Read an image file completely.

    Args:
        path: PNG, JPEG, WebP, AVIF, TIFF, BMP or GIF of one frame; HEIC where `artifix[heic]` is installed.
        least_side_px: a picture narrower or lower than this is refused.
        crop: the part that is meant, in pixels of the upright picture; None is all of it.

    Raises:
        InputError: the file is missing, damaged, no image, animated, too large or too small, or the crop
            lies outside.
    """
    data = read_bytes(path)
    image = open_image(data, path)
    pixels, alpha = samples_of(image, data, path)
    if crop is not None:
        pixels, alpha = _cropped(pixels, crop, path), None if alpha is None else _cropped(alpha, crop, path)
    check_least_side(pixels, path, least_side_px)
    return Picture(
        path=path,
        rgb=eight_bit(pixels),
        pixels=pixels,
        alpha=alpha,
        icc_profile=profile_of(image),
        format="JPEG" if image.format == "MPO" else str(image.format),
        mode=_mode_of(image, data),
        sha256=hashlib.sha256(data).hexdigest(),
        chunks=chunks_of(image, data),
        compression=compression_of(image, data),
    )


def _mode_of(image: Image.Image, data: bytes) -> str:
    """That of Pillow, which calls grey with alpha of 16 bits RGBA."""
    is_grey = image.format == "PNG" and data[_PNG_COLOUR_TYPE] == _GREY_WITH_ALPHA
    return "LA" if is_grey else image.mode


def check_least_side(pixels: NDArray, path: Path, least_side_px: int = LEAST_SIDE_PX) -> None:
    """Raise InputError if (H, W, 3) `pixels` are under `least_side_px` on a side."""
    height, width = pixels.shape[:2]
    if min(height, width) < least_side_px:
        raise InputError(
            f"{path}: {width}x{height} px is too small, {least_side_px} px a side is the least",
            "use a larger picture",
        )


def eight_bit(pixels: NDArray) -> NDArray[np.uint8]:
    """uint8 or uint16 samples as uint8, rounded to the nearest."""
    if pixels.dtype == np.uint8:
        return pixels
    result = np.empty(pixels.shape, np.uint8)
    for rows in bands(len(pixels)):
        result[rows] = (pixels[rows].astype(np.uint32) + 128) // 257
    return result


def _cropped(samples: NDArray, crop: Box, path: Path) -> NDArray:
    height, width = samples.shape[:2]
    if crop.is_empty() or crop.left < 0 or crop.top < 0 or crop.right > width or crop.bottom > height:
        told = ",".join(map(str, crop.as_tuple()))
        raise InputError(
            f"{path}: the crop {told} does not lie in the picture of {width}x{height} px",
            "give x0,y0,x1,y1 inside it, x1 and y1 excluded",
        )
    return np.ascontiguousarray(samples[crop.slices()])


def bands(height: int) -> Iterator[slice]:
    """Rows that are computed with at once: all of a large picture as floats would fill the memory."""
    yield from (slice(top, top + _BAND_ROWS) for top in range(0, height, _BAND_ROWS))
