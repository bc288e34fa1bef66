"""PNGs of nothing but black and white, which most masks are, decoded by the shortest way."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBB")  # width, height, bits a sample, colour type
_GREY, _RGB = 0, 2
# Others may turn the picture, make it transparent, or hold more than one.
_HARMLESS = {b"IHDR", b"IDAT", b"IEND", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"tIME"}
_MOST_PIXELS = 2**26  # of larger ones the longer way says whether they are safe to open
_AROUND = 12  # bytes of a chunk besides its data


def plain_white(data: bytes) -> NDArray[np.bool_] | None:
    """(H, W) True where a PNG is white, if it is a sound one of black and white alone; None else."""
    if not data.startswith(_SIGNATURE) or not _is_sound(data):
        return None
    width, height, _, kind = _HEADER.unpack_from(data, 16)
    if kind not in (_GREY, _RGB) or width * height > _MOST_PIXELS:
        return None
    level = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if level is None or level.dtype != np.uint8 or level.shape[:2] != (height, width):
        return None
    if level.ndim == 3:
        level, *others = cv2.split(level)
        if not all(np.array_equal(level, other) for other in others):
            return None
    white = level == 255
    return white if cv2.countNonZero(level) == np.count_nonzero(white) else None


def _is_sound(data: bytes) -> bool:
    """Whether all chunks of a PNG are as they were written, and none says more than samples."""
    place, name = len(_SIGNATURE), b""
    while place + _AROUND <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + 8 + length
        name = data[place + 4 : place + 8]
        told = data[end : end + 4]
        if name not in _HARMLESS or told != zlib.crc32(data[place + 4 : end]).to_bytes(4, "big"):
            return False
        place = end + 4
    return name == b"IEND" and place == len(data)
