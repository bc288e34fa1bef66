"""TIFF of 8 or 16 bits a sample, exact; Pillow has no RGB of 16 bits, and OpenCV keeps no colour profile."""

import struct
import zlib
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _SAMPLES, _ROWS, _LENGTHS, _PREDICTOR, _EXTRA = 273, 277, 278, 279, 317, 338
_XMP, _PROFILE, _EXIF_IFD = 700, 34675, 34665
_DEFLATE, _DIFFERENCES, _GREY, _RGB, _UNASSOCIATED = 8, 2, 1, 2, 2
_KEPT = range(269, 320)  # of EXIF's first directory: who, what, when, resolution
_LAYOUT = {_COMPRESSION, _PHOTOMETRIC, _OFFSETS, _SAMPLES, _ROWS, _LENGTHS, _PREDICTOR, 274, 284}
_STRIP_BYTES = 1 << 20
_LEVEL = 6
_HEADER = b"II*\0" + struct.pack("<I", 8)  # little-endian; the directory follows


def encode_tiff(
    pixels: NDArray, icc_profile: bytes | None = None, xmp: bytes | None = None, exif: bytes = b""
) -> bytes:
    """A little-endian TIFF, deflated.

    Args:
        pixels: (H, W) grey or (H, W, C) grey with alpha, RGB or RGBA, uint8 or uint16; alpha is not
            premultiplied.
        icc_profile: of `pixels`.
        xmp: a packet.
        exif: data without its header, whose notes are carried over.
    """
    if pixels.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"a TIFF holds uint8 or uint16, not {pixels.dtype}")
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, count = planes.shape
    rows = max(1, _STRIP_BYTES // (width * count * pixels.dtype.itemsize))
    strips = [_deflated(planes[top : top + rows]) for top in range(0, height, rows)]
    strips = [strip + b"\0" * (len(strip) % 2) for strip in strips]
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    _note(directory, exif)
    directory[_WIDTH], directory[_HEIGHT] = width, height
    directory[_BITS] = (8 * pixels.dtype.itemsize,) * count
    directory[_COMPRESSION], directory[_PREDICTOR] = _DEFLATE, _DIFFERENCES
    directory[_PHOTOMETRIC] = _GREY if count < 3 else _RGB
    directory[_SAMPLES], directory[_ROWS] = count, rows
    directory[_OFFSETS] = tuple(accumulate([0, *map(len, strips[:-1])]))  # Pillow adds where it ends itself
    directory[_LENGTHS] = tuple(map(len, strips))
    if count in (2, 4):
        directory[_EXTRA] = _UNASSOCIATED
    if xmp is not None:
        directory[_XMP] = xmp
    if icc_profile is not None:
        directory[_PROFILE] = icc_profile
    return b"".join([_HEADER, directory.tobytes(len(_HEADER)), *strips])


def _deflated(strip: NDArray) -> bytes:
    """Differences along the lines: photographs become a third smaller."""
    differences = strip.copy()
    differences[:, 1:] -= strip[:, :-1]
    return zlib.compress(differences.astype(strip.dtype.newbyteorder("<")).tobytes(), _LEVEL)


def _note(directory: ImageFileDirectory_v2, exif: bytes) -> None:
    if not exif:
        return
    known = Image.Exif()
    known.load(exif)
    for tag, value in known.items():
        if tag in _KEPT and tag not in _LAYOUT:
            directory[tag] = value
    if inner := known.get_ifd(_EXIF_IFD):
        directory[_EXIF_IFD] = dict(inner)
