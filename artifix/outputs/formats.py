"""A repaired picture as a file of the format that was asked for."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.outputs.encode import encode_png, json_text
from artifix.outputs.provenance import xmp_packet
from artifix.outputs.source_metadata import carried_exif, resolution_of
from artifix.outputs.tiff import encode_tiff

ENDINGS = {
    ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".tif": "tiff", ".tiff": "tiff",
}  # fmt: skip
USUAL_SUFFIX = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tif"}
LOSSLESS, DEEP = ("png", "webp", "tiff"), ("png", "tiff")  # can be exact; hold 16 bits a sample
_MOST_EXIF_BYTES = 65_000  # of a JPEG, in whose segment it must fit
_WEBP_SIDE_PX, _JPEG_SIDE_PX = 16383, 65535
MOST_SIDE_PX = {"webp": _WEBP_SIDE_PX, "jpeg": _JPEG_SIDE_PX}


@dataclass(frozen=True, slots=True)
class Form:
    """How a picture is coded."""

    name: str = "png"  # png, jpeg, webp or tiff
    quality: int | None = None  # 1 to 100 of a lossy coding; None where it is exact, or has `tables`
    tables: Mapping[int, Sequence[int]] | None = None  # quantisation of a JPEG, instead of a quality
    sampling: int = 0  # of a JPEG's colours: 0 in full, 1 half across, 2 half both ways
    is_progressive: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether samples come back as they were."""
        return self.name in LOSSLESS and self.quality is None

    def __str__(self) -> str:
        if self.tables is not None:
            return "JPEG with the quantisation of the image"
        return self.name.upper() if self.quality is None else f"{self.name.upper()} of quality {self.quality}"


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A picture and what its file is to say besides."""

    samples: NDArray  # (H, W, 3) or grey (H, W), uint8 or uint16
    alpha: NDArray | None = None  # (H, W) of the same type, not premultiplied
    icc_profile: bytes | None = None
    metadata: Mapping[str, Any] | None = None  # provenance; None says nothing of models
    chunks: Sequence[tuple[bytes, bytes]] = ()  # of the source, by PNG's names

    @property
    def stacked(self) -> NDArray:
        """(H, W) or (H, W, C): grey, grey and alpha, RGB or RGBA."""
        if self.alpha is None:
            return self.samples
        return np.dstack([self.samples, self.alpha])


def encode_picture(sheet: Sheet, form: Form) -> bytes:
    """The bytes of the file; of a format of 8 bits a sample `sheet` must be.

    Raises:
        ValueError: the format has no transparency, or not so large pictures.
    """
    if form.name == "png":
        return encode_png(sheet.samples, sheet.alpha, sheet.icc_profile, sheet.metadata, sheet.chunks)
    xmp = None if sheet.metadata is None else xmp_packet(json_text(sheet.metadata)).encode()
    if form.name == "tiff":
        return encode_tiff(_readable(sheet.stacked), sheet.icc_profile, xmp, carried_exif(sheet.chunks))
    return _by_pillow(sheet, form, xmp)


def _readable(pixels: NDArray) -> NDArray:
    """Grey with alpha of 16 bits is a TIFF that few programs know: such is written in colour."""
    if pixels.ndim == 3 and pixels.shape[2] == 2 and pixels.dtype == np.uint16:
        return pixels[..., [0, 0, 0, 1]]
    return pixels


def _by_pillow(sheet: Sheet, form: Form, xmp: bytes | None) -> bytes:
    exif = carried_exif(sheet.chunks)
    said: dict[str, Any] = {"icc_profile": sheet.icc_profile or b""}
    if exif and (form.name != "jpeg" or len(exif) <= _MOST_EXIF_BYTES):
        said["exif"] = b"Exif\0\0" + exif
    if xmp is not None:
        said["xmp"] = xmp
    buffer = io.BytesIO()
    how = _jpeg(sheet, form) if form.name == "jpeg" else _webp(form)
    Image.fromarray(sheet.stacked).save(buffer, form.name, **how, **said)
    return buffer.getvalue()


def _jpeg(sheet: Sheet, form: Form) -> dict[str, Any]:
    if sheet.alpha is not None:
        raise ValueError("a JPEG has no transparency")
    how: dict[str, Any] = {"optimize": True, "progressive": form.is_progressive}
    if sheet.samples.ndim == 3:
        how["subsampling"] = form.sampling
    if dpi := resolution_of(sheet.chunks):
        how["dpi"] = dpi
    if form.tables is not None:
        return {**how, "qtables": {number: list(table) for number, table in form.tables.items()}}
    return {**how, "quality": form.quality}


def _webp(form: Form) -> dict[str, Any]:
    if form.quality is None:
        return {"lossless": True, "exact": True}  # exact: colours under full transparency too
    return {"quality": form.quality, "exact": True}
