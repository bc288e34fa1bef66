"""PNGs of nothing but black and white, which most masks are, decoded by the shortest way."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER, _HEADER_AT = struct.Struct(">IIBBBBB"), 16  # width, height, bits a sample, kind, 0, 0, interlaced
_READ = {(8, 0): 1, (1, 0): 1, (8, 2): 3}  # bits a sample and kind (grey, RGB): samples of a pixel
_TO_LEFT, _TO_LINE_ABOVE = 1, 2  # ways of storing a line
# Others may turn the picture, make it transparent, or hold more than one.
_HARMLESS = {b"IHDR", b"IDAT", b"IEND", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"tIME"}
_MOST_PIXELS = 2**26  # of larger ones the longer way says whether they are safe to open
_AROUND = 12  # bytes of a chunk besides its data


def plain_white(data: bytes) -> NDArray[np.bool_] | None:
    """(H, W) True where a PNG is white, if it is a sound one of black and white alone; None else."""
    packed = _sound_samples(data) if data.startswith(_SIGNATURE) else None
    if packed is None:
        return None
    width, height, bits, kind, _, _, interlaced = _HEADER.unpack_from(data, _HEADER_AT)
    if (bits, kind) not in _READ or interlaced or width * height > _MOST_PIXELS:
        return None
    channels = _READ[bits, kind]
    line = (width * bits * channels + 7) // 8
    filtered = _unpacked(packed, height * (1 + line))
    if filtered is None:
        return None
    level = _unfiltered(filtered.reshape(height, 1 + line), channels)
    if level is None:
        # OpenCV takes too few samples for black ones; here it is known that there are enough.
        return _decoded(data)
    if bits == 1:
        return np.unpackbits(level, axis=1, count=width).view(np.bool_)
    return _white(level.reshape(height, width, channels))


def _white(level: NDArray) -> NDArray[np.bool_] | None:
    """(H, W) True where samples (H, W, C) are 255, if all else is 0 and channels agree; None else."""
    first = np.ascontiguousarray(level[..., 0])
    if not all(np.array_equal(level[..., other], first) for other in range(1, level.shape[2])):
        return None
    white = first == 255
    return white if cv2.countNonZero(first) == np.count_nonzero(white) else None


def _decoded(data: bytes) -> NDArray[np.bool_] | None:
    level = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if level is None or level.dtype != np.uint8:
        return None
    return _white(level.reshape(*level.shape[:2], -1))


def _unfiltered(lines: NDArray[np.uint8], channels: int) -> NDArray[np.uint8] | None:
    """The bytes of lines that are stored as they are, or as differences to the left or to the line above.

    Args:
        lines: (H, 1 + n), the first byte of each tells which.
        channels: bytes to the sample on the left.

    Returns:
        (H, n); None where a line is stored in another way.
    """
    kinds, found = lines[:, 0], lines[:, 1:].copy()
    if kinds.max() > _TO_LINE_ABOVE:
        return None
    left = np.flatnonzero((kinds == _TO_LEFT) & found.any(axis=1))  # a line of no differences is black
    if len(left):
        steps = found[left].reshape(len(left), -1, channels)
        found[left] = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(len(left), -1)
    above = np.concatenate([[False], kinds == _TO_LINE_ABOVE, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    for begin, end in edges.reshape(-1, 2):  # runs of such lines
        start = max(begin - 1, 0)  # above the first is nothing but zeros
        np.cumsum(found[start:end], axis=0, dtype=np.uint8, out=found[start:end])
    return found


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


def _unpacked(packed: bytes, size: int) -> NDArray[np.uint8] | None:
    """The bytes of compressed samples if they are so many, no more and no less; None else."""
    stream = zlib.decompressobj()
    try:
        samples = stream.decompress(packed, size + 1)
    except zlib.error:
        return None
    return np.frombuffer(samples, np.uint8) if len(samples) == size and stream.eof else None
