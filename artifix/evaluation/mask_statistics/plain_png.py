"""PNGs of nothing but black and white, which most masks are, decoded by the shortest way."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER, _HEADER_AT = struct.Struct(">IIBBBBB"), 16  # width, height, bits a sample, kind, 0, 0, interlaced
_CHANNELS = {0: 1, 2: 3}  # of the kinds: grey, RGB
# Others may turn the picture, make it transparent, or hold more than one.
_HARMLESS = {b"IHDR", b"IDAT", b"IEND", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"tIME"}
_MOST_PIXELS = 2**26  # of larger ones the longer way says whether they are safe to open
_AROUND = 12  # bytes of a chunk besides its data


def plain_white(data: bytes) -> NDArray[np.bool_] | None:
    """(H, W) True where a PNG is white, if it is a sound one of black and white alone; None else."""
    samples = _sound_samples(data) if data.startswith(_SIGNATURE) else None
    if samples is None:
        return None
    width, height, bits, kind, _, _, interlaced = _HEADER.unpack_from(data, _HEADER_AT)
    if kind not in _CHANNELS or interlaced or width * height > _MOST_PIXELS:
        return None
    line = 1 + (width * bits * _CHANNELS[kind] + 7) // 8
    # OpenCV takes too few samples for black ones.
    if not _holds(samples, height * line):
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


def _sound_samples(data: bytes) -> bytes | None:
    """The compressed samples of a PNG whose chunks are all as they were written, and say no more; or None."""
    place, name, parts = len(_SIGNATURE), b"", []
    while place + _AROUND <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        name = data[place + 4 : place + 8]
        told = data[end : end + 4]
        if name not in _HARMLESS or told != zlib.crc32(data[place + 4 : end]).to_bytes(4, "big"):
            return None
        if name == b"IDAT":
            parts.append(data[place + 8 : end])
        place = end + 4
    return b"".join(parts) if name == b"IEND" and place == len(data) else None


def _holds(samples: bytes, size: int) -> bool:
    """Whether compressed data are of so many bytes, no more and no less."""
    stream = zlib.decompressobj()
    try:
        found = len(stream.decompress(samples, size + 1))
    except zlib.error:
        return False
    return found == size and stream.eof
