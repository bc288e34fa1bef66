"""Results to bytes: PNG with profile and provenance, NPY, CSV, JSON."""

import csv
import io
import json
import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.outputs.provenance import KEYWORD, xmp_packet

_NUMBERS = re.compile(r"\[\n([-+0-9.eE,\s]+)\n\s*\]")  # a list of them, one on each line
_COMPRESSION = 4  # of 0..9: beyond it PNGs of photos hardly shrink but take twice the time
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY_WITH_ALPHA, _UP = 4, 2  # PNG's colour type, and its filter: differences to the line above
_SIGNATURE_AND_HEADER = 8 + 25  # bytes before the place where our chunks go


def encodable(text: str) -> str:
    """A text, such as a file's name, with what UTF-8 cannot say written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def encode_png(
    pixels: NDArray,
    alpha: NDArray | None = None,
    icc_profile: bytes | None = None,
    metadata: Mapping[str, Any] | None = None,
    chunks: Iterable[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG of 8 or 16 bits a sample, as `pixels` has.

    Args:
        pixels: (H, W, 3) RGB or (H, W) grey, uint8 or uint16; bool is written as 0 and 255.
        alpha: (H, W) of the same type as `pixels`, not premultiplied.
        icc_profile: of `pixels`.
        metadata: provenance, written as JSON into an iTXt chunk "artifix", beside an XMP packet that
            declares the picture a composite with generated content. None writes neither.
        chunks: further ones by name and data, as a source held them.
    """
    ours = []
    if icc_profile is not None:
        ours.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile)))
    if metadata is not None:
        ours.append(_text_chunk(KEYWORD, json_text(metadata)))
        ours.append(_text_chunk("XML:com.adobe.xmp", xmp_packet()))
    ours += [_chunk(*chunk) for chunk in chunks]
    plain = _encode_samples(pixels, alpha)
    # The profile must come before the samples; everything of ours goes right behind the header.
    return plain[:_SIGNATURE_AND_HEADER] + b"".join(ours) + plain[_SIGNATURE_AND_HEADER:]


def encode_npy(array: NDArray) -> bytes:
    """The bytes of an .npy file; never a pickle."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def encode_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 CSV under a line of the columns' names; floats with six decimals."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([f"{cell:.6f}" if isinstance(cell, float) else cell for cell in row] for row in rows)
    return text.getvalue().encode()


def encode_json(record: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON with sorted keys, the same bytes for equal records; numpy numbers and arrays are allowed.

    A list of numbers stands on one line, so that a matrix can be read.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
        TypeError: a value is of a kind that JSON does not have.
    """
    text = json_text(record, indent=2)
    on_one_line = _NUMBERS.sub(lambda found: f"[{', '.join(found[1].replace(',', ' ').split())}]", text)
    return (on_one_line + "\n").encode()


def json_text(record: Mapping[str, Any], indent: int | None = None) -> str:
    """JSON with sorted keys; numpy numbers and arrays are allowed. Raises as `encode_json`."""
    return json.dumps(
        record, indent=indent, sort_keys=True, allow_nan=False, ensure_ascii=False, default=_plain
    )


def _plain(value: object) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _encode_samples(pixels: NDArray, alpha: NDArray | None) -> bytes:
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"a PNG holds uint8 or uint16, not {pixels.dtype}")
    if alpha is not None and alpha.dtype != pixels.dtype:
        raise TypeError("alpha must be of the same type as the pixels")
    if alpha is not None and pixels.ndim == 2:
        return _grey_with_alpha(pixels, alpha)
    samples = pixels
    if pixels.ndim == 3:
        bgr = pixels[..., ::-1]
        samples = bgr if alpha is None else np.concatenate([bgr, alpha[..., None]], axis=2)
    written, data = cv2.imencode(
        ".png", np.ascontiguousarray(samples), [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION]
    )
    assert written
    return data.tobytes()


def _grey_with_alpha(grey: NDArray, alpha: NDArray) -> bytes:
    """OpenCV writes no such PNG."""
    height, width = grey.shape
    samples = np.stack([grey, alpha], axis=2).astype(grey.dtype.newbyteorder(">"))
    lines = samples.view(np.uint8).reshape(height, -1)
    above = np.concatenate([np.zeros_like(lines[:1]), lines[:-1]])
    filtered = np.concatenate([np.full((height, 1), _UP, np.uint8), lines - above], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8 * grey.dtype.itemsize, _GREY_WITH_ALPHA, 0, 0, 0)
    content = zlib.compress(filtered.tobytes(), _COMPRESSION)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", content) + _chunk(b"IEND", b"")


def _text_chunk(keyword: str, text: str) -> bytes:
    # keyword, not compressed, no language, no translated keyword
    return _chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
