"""Bytes of a user's file to an image: Pillow reads, and whatever it refuses is told."""

import io
import struct
import warnings
import zlib
from pathlib import Path

import cv2
from PIL import Image

from artifix.errors import InputError
from artifix.inputs.file_bytes import SAVE_AGAIN
from artifix.inputs.kinds import is_heif, unidentified

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
# What Pillow's plugins raise on damaged data; there is no common class.
DECODER_FAILURES = (
    cv2.error, OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, AttributeError,
    OverflowError, NotImplementedError, ZeroDivisionError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
_PREVIEW, _DNG_VERSION = 0x00FE, 0xC612  # tags of TIFF
_NOTES = (b"tEXt", b"zTXt", b"iTXt")
_TELLING = (b"XML:com.adobe.xmp\0", b"Raw profile type ")  # notes that may say how a picture is turned


def open_image(data: bytes, path: Path) -> Image.Image:
    """Decode all of `data` with Pillow. Raises InputError, naming `path`, if anything is missing or amiss."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _open_and_load(data, path)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = f"{(Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} million pixels"
        raise InputError(
            f"{path}: has more than {limit}, the most that is safe to open", "shrink or crop it first"
        ) from error
    except Image.UnidentifiedImageError as error:
        raise unidentified(data, path, _readable(data)) from error
    except DECODER_FAILURES as error:
        raise InputError(f"{path}: the file is damaged or cut short ({error})", SAVE_AGAIN) from error


def _open_and_load(data: bytes, path: Path) -> Image.Image:
    formats = _readable(data)
    try:
        return _loaded(data, path, formats)
    except ValueError:  # notes larger than Pillow takes: the samples are sound for all that
        without = _without_notes(data)
        if len(without) == len(data):
            raise
        return _loaded(without, path, formats)


def _loaded(data: bytes, path: Path, formats: tuple[str, ...]) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=formats)
    if image.format == "PNG":
        image.verify()  # the checksums, which load() skips; afterwards the file must be opened anew
        image = Image.open(io.BytesIO(data), formats=formats)
    _check_no_raw_photo(image, path)
    frames = getattr(image, "n_frames", 1)
    # Phones write MPO: a JPEG whose further frames are previews or depth of the first.
    if frames > 1 and image.format != "MPO":
        raise InputError(f"{path}: holds {frames} frames or pages", "save the one you mean as a PNG")
    image.load()
    return image


def _without_notes(data: bytes) -> bytes:
    """A PNG without text that says nothing of its samples; other data as it is."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    parts, place = [data[:8]], 8
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        name, content = data[place + 4 : place + 8], data[place + 8 : end]
        if name not in _NOTES or content.startswith(_TELLING):
            parts.append(data[place:end])
        place = end
    return b"".join([*parts, data[place:]])


def _check_no_raw_photo(image: Image.Image, path: Path) -> None:
    """Raise InputError for a camera's raw file: a TIFF whose first page is only a small preview."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    if _DNG_VERSION in tags or tags.get(_PREVIEW, 0) == 1:
        raise InputError(
            f"{path}: is a raw photo of a camera, or another TIFF that begins with a preview "
            f"({image.width}x{image.height} px)",
            "develop it, and save it as PNG or JPEG",
        )


def _readable(data: bytes) -> tuple[str, ...]:
    """The formats that Pillow may try: those it can decode here, and HEIC where the extra is installed."""
    Image.init()
    known = tuple(name for name in FORMATS if name in Image.OPEN)
    if not is_heif(data[:64]):
        return known
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return known
    register_heif_opener()
    return (*known, "HEIF")
