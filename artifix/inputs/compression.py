"""How lossily a picture's file holds its samples, so that its repair can be written alike."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PIL import Image, JpegImagePlugin

_FULL = 0


class Compression(NamedTuple):
    """Of a file's samples."""

    is_lossy: bool = False
    tables: Mapping[int, Sequence[int]] | None = None  # quantisation of a JPEG of grey or RGB samples
    sampling: int = _FULL  # of a JPEG's colours: 0 in full, 1 half across, 2 half both ways
    is_progressive: bool = False


PLAIN = Compression()


def compression_of(image: Image.Image, data: bytes) -> Compression:
    """How the file of an opened image is compressed.

    Args:
        image: opened from `data`.
        data: all of the file.
    """
    if image.format in ("JPEG", "MPO"):
        return _jpeg(image)
    if image.format == "WEBP":
        return Compression(is_lossy=b"VP8L" not in _webp_chunks(data))
    return Compression(is_lossy=image.format in ("AVIF", "HEIF"))


def _jpeg(image: Image.Image) -> Compression:
    tables = getattr(image, "quantization", None)
    is_progressive = bool(image.info.get("progressive"))
    if not tables or image.mode not in ("L", "RGB"):
        return Compression(is_lossy=True, is_progressive=is_progressive)
    sampling = JpegImagePlugin.get_sampling(image) if image.mode == "RGB" else _FULL
    # Of colours that are halved some other way, in full they lose least.
    return Compression(True, tables, sampling if sampling in (0, 1, 2) else _FULL, is_progressive)


def _webp_chunks(data: bytes) -> list[bytes]:
    """Names of a WebP's chunks."""
    names, place = [], 12
    while place + 8 <= len(data):
        names.append(data[place : place + 4])
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8 + length + length % 2
    return names
