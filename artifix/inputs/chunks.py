"""What a picture's file says besides its samples, carried over to its repair as chunks of a PNG.

Generation parameters and workflows, what the camera noted, resolution, and how colours are meant.
"""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

# Kept as they are: text, resolution, meaning of the colours. The colour profile is kept by itself.
KEPT = (b"tEXt", b"zTXt", b"iTXt", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"cICP")
_ORIENTATION, _SHORT = 0x0112, 3
_OURS = (b"artifix\0", b"XML:com.adobe.xmp\0")  # are written anew
_MOST_BYTES = 16 * 2**20  # of all; more is no note on a picture
_INCH_M = 0.0254

Chunk = tuple[bytes, bytes]  # name and data


def chunks_of(image: Image.Image, data: bytes) -> tuple[Chunk, ...]:
    """What is to be carried over from a picture's file.

    Args:
        image: opened from `data`.
        data: all of the file.

    Returns:
        In the order of the file; without the orientation, as samples are turned upright.
    """
    found = list(_png_chunks(data)) if image.format == "PNG" else _resolution(image)
    exif = image.info.get("exif")
    if isinstance(exif, bytes) and exif:
        found.append((b"eXIf", upright(exif.removeprefix(b"Exif\0\0"))))
    return tuple(found) if sum(len(chunk) for _, chunk in found) <= _MOST_BYTES else ()


def upright(exif: bytes) -> bytes:
    """EXIF data whose orientation, if it names one, says that the picture is upright."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return exif
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    if start + 2 > len(exif):
        return exif
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    for place in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind = struct.unpack_from(f"{order}HH", exif, place)
        if (tag, kind) == (_ORIENTATION, _SHORT):
            return exif[: place + 8] + struct.pack(f"{order}H", 1) + exif[place + 10 :]
    return exif


def _png_chunks(data: bytes) -> Iterator[Chunk]:
    place = 8  # behind the signature
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        name, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (told,) = (
            struct.unpack_from(">I", data, place + 8 + length) if place + 12 + length <= len(data) else (-1,)
        )
        if name in KEPT and not content.startswith(_OURS) and told == zlib.crc32(name + content):
            yield name, content
        place += 12 + length


def _resolution(image: Image.Image) -> list[Chunk]:
    try:
        x, y = (round(float(value) / _INCH_M) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError):
        return []
    return [(b"pHYs", struct.pack(">IIB", x, y, 1))] if 0 < x < 2**31 and 0 < y < 2**31 else []
