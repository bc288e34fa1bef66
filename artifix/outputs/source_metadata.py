"""The metadata of a source (Exif, texts, resolution), from its PNG chunks, for formats that are no PNG."""

import struct
import zlib
from collections.abc import Sequence

from PIL import Image

Chunk = tuple[bytes, bytes]  # name and data
_PARAMETERS = "parameters"  # of a generation, as Stable Diffusion programs write them
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
_INCH_M = 0.0254
_MOST_TEXT_BYTES = 2**20


def carried_exif(chunks: Sequence[Chunk]) -> bytes:
    """EXIF data without its header; empty where there is nothing to say.

    Generation parameters go into the user comment, where the programs that write them look in other formats.
    """
    known = dict(chunks).get(b"eXIf", b"")
    parameters = texts_of(chunks).get(_PARAMETERS)
    if parameters is None:
        return known
    exif = Image.Exif()
    try:
        exif.load(known)
        inner = exif.get_ifd(_EXIF_IFD)
        if _USER_COMMENT in inner:
            return known
        inner[_USER_COMMENT] = b"UNICODE\0" + parameters.encode("utf-16-be", "replace")
        return exif.tobytes().removeprefix(b"Exif\0\0")
    except (SyntaxError, ValueError, TypeError, struct.error, OSError):  # damaged, and kept as it is
        return known


def left_behind(chunks: Sequence[Chunk]) -> list[str]:
    """Names of the texts and of the meanings of colours that only a PNG can hold."""
    texts = [name for name in texts_of(chunks) if name != _PARAMETERS]
    return [*texts, *(name.decode() for name, _ in chunks if name in (b"gAMA", b"cHRM", b"cICP"))]


def resolution_of(chunks: Sequence[Chunk]) -> tuple[float, float] | None:
    """Pixels an inch, across and down; None where the source does not say."""
    data = dict(chunks).get(b"pHYs", b"")
    if len(data) != 9 or data[8] != 1:
        return None
    x, y = struct.unpack(">II", data[:8])
    return round(x * _INCH_M, 2), round(y * _INCH_M, 2)


def texts_of(chunks: Sequence[Chunk]) -> dict[str, str]:
    """Texts by their keyword; one that cannot be read is left out."""
    found = {}
    for name, data in chunks:
        keyword, _, rest = data.partition(b"\0")
        text = _text(name, rest)
        if text is not None:
            found[keyword.decode("latin-1")] = text
    return found


def _text(name: bytes, rest: bytes) -> str | None:
    try:
        if name == b"tEXt":
            return rest.decode("latin-1")
        if name == b"zTXt":
            return _inflated(rest[1:]).decode("latin-1")
        if name == b"iTXt":
            is_compressed = rest[:1] == b"\1"
            text = rest[2:].split(b"\0", 2)[2]
            return (_inflated(text) if is_compressed else text).decode()
    except (zlib.error, IndexError, UnicodeDecodeError):
        pass
    return None


def _inflated(data: bytes) -> bytes:
    """No more than what a text may have: some bytes may say gigabytes."""
    return zlib.decompressobj().decompress(data, _MOST_TEXT_BYTES)
