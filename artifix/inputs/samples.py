"""The samples of a loaded image: nothing is cut to 8 bit on the way."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from artifix.errors import InputError
from artifix.inputs.decoding import DECODER_FAILURES
from artifix.inputs.file_bytes import SAVE_AGAIN

_SAVE_PLAIN = "save it as PNG with 8 or 16 bits per channel"
_KINDS = {"F": "32-bit floats", "I": "whole numbers of 32 bits or with a sign"}
_EIGHT_BIT_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "YCbCr")


def samples_of(image: Image.Image, data: bytes | None, path: Path) -> tuple[NDArray, NDArray | None]:
    """The colours and the alpha of a loaded image at their native depth, turned upright by its EXIF tag.

    Args:
        image: loaded by `open_image`, or the caller's own.
        data: the file's bytes, needed to see 16-bit colour; None for an image made in memory.
        path: named in errors.

    Returns:
        RGB (H, W, 3) uint8 or uint16, and alpha (H, W) of the same type, not premultiplied, or None.
    """
    try:
        if image.mode.startswith("I;16"):
            pixels, alpha = _grey_16(image)
        elif data is not None and _bits_per_channel(image, data) == 16 and image.mode in ("RGB", "RGBA"):
            pixels, alpha = _colour_16(image, data, path)
        else:
            pixels, alpha = _colour_8(image, data, path)
    except DECODER_FAILURES as error:
        raise InputError(f"{path}: the samples cannot be decoded ({error})", _SAVE_PLAIN) from error
    orientation = orientation_of(image)
    return turn_upright(pixels, orientation), None if alpha is None else turn_upright(alpha, orientation)


def profile_of(image: Image.Image) -> bytes | None:
    """The ICC profile if it describes RGB: those of CMYK or grey sources do not fit the RGB pixels."""
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile[16:20] == b"RGB " and image.mode != "CMYK":
        return profile
    return None


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where the tag is missing or unreadable. Pillow turns TIFFs by itself."""
    try:
        value = image.getexif().get(0x0112, 1)
    except DECODER_FAILURES:
        return 1
    return value if value in range(1, 9) else 1


def turn_upright(array: NDArray, orientation: int) -> NDArray:
    """Undo EXIF `orientation` 1..8 on an array (H, W, ...)."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)  # 5 to 8 are stored with rows and columns exchanged
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return np.ascontiguousarray(array)


def _bits_per_channel(image: Image.Image, data: bytes) -> int:
    if image.format == "PNG":
        return data[24]  # IHDR comes first: signature 8, length 4, name 4, width 4, height 4
    if image.format == "TIFF":
        return max(image.tag_v2.get(258, (1,)))  # type: ignore[attr-defined]
    return 8


def _grey_16(image: Image.Image) -> tuple[NDArray, NDArray | None]:
    grey = np.asarray(image).astype(np.uint16)
    if image.format == "TIFF":
        bits = max(image.tag_v2.get(258, (16,)))  # type: ignore[attr-defined]
        if bits < 16:
            grey = (grey.astype(np.uint32) * 65535 // ((1 << bits) - 1)).astype(np.uint16)
        if image.tag_v2.get(262) == 0:  # type: ignore[attr-defined]
            grey = 65535 - grey  # "white is zero", which Pillow inverts at 8 bit only
    alpha = _keyed_alpha(grey[..., None], image.info.get("transparency"))
    return np.repeat(grey[..., None], 3, axis=2), alpha


def _colour_16(image: Image.Image, data: bytes, path: Path) -> tuple[NDArray, NDArray | None]:
    """16-bit RGB, RGBA or grey with alpha, of which Pillow gives the upper eight bits only."""
    with _quiet_opencv():
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    shallow = np.asarray(image)
    # Pillow's own view guards against layouts that OpenCV reads differently (premultiplied, planar).
    if decoded is None or decoded.dtype != np.uint16 or decoded.ndim != 3:
        raise InputError(f"{path}: its 16-bit layout is not supported", _SAVE_PLAIN)
    pixels: NDArray[np.uint16] = np.ascontiguousarray(decoded[..., 2::-1], np.uint16)
    alpha = np.ascontiguousarray(decoded[..., 3]) if image.mode == "RGBA" else None
    if pixels.shape[:2] != shallow.shape[:2] or not np.array_equal(pixels >> 8, shallow[..., :3]):
        raise InputError(f"{path}: its 16-bit layout is not supported", _SAVE_PLAIN)
    if alpha is None:
        alpha = _keyed_alpha(pixels, image.info.get("transparency"))
    return pixels, alpha


def _keyed_alpha(pixels: NDArray, key: object) -> NDArray | None:
    """Alpha of a PNG whose tRNS chunk names one transparent 16-bit colour."""
    if not isinstance(key, int | tuple):
        return None
    return np.where((pixels == np.array(key)).all(axis=2), 0, 65535).astype(np.uint16)


def _colour_8(image: Image.Image, data: bytes | None, path: Path) -> tuple[NDArray, NDArray | None]:
    if image.mode == "CMYK":
        return np.array(_rgb_of_cmyk(image)), None
    if image.mode not in _EIGHT_BIT_MODES:
        raise InputError(f"{path}: its samples are {_KINDS.get(image.mode, image.mode)}", _SAVE_PLAIN)
    if image.mode == "P" and image.palette is None:
        raise InputError(f"{path}: the file is damaged: its palette is missing", SAVE_AGAIN)
    if not image.has_transparency_data:
        return np.array(image.convert("RGB")), None
    rgba = np.asarray(_with_scaled_key(image, data).convert("RGBA"))
    return np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3])


def _with_scaled_key(image: Image.Image, data: bytes | None) -> Image.Image:
    """The image, its transparent grey scaled as its samples are: Pillow leaves that of 2 and 4 bits."""
    key = image.info.get("transparency")
    if image.format != "PNG" or data is None or image.mode != "L" or not isinstance(key, int):
        return image
    scaled = image.copy()
    scaled.info["transparency"] = key * 255 // ((1 << data[24]) - 1)
    return scaled


def _rgb_of_cmyk(image: Image.Image) -> Image.Image:
    """Convert by the image's own profile, as viewers do; by plain arithmetic where it has none."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        turned = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return turned or image.convert("RGB")
    except (KeyError, OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return image.convert("RGB")


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """OpenCV's TIFF warnings stay off the user's terminal; the log level is put back."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
