"""What a file is that is no image in a format that is read, and what to do about it."""

from pathlib import Path

from artifix.errors import InputError

_HEAD_BYTES = 512
_STARTS = (
    (b"version https://git-lfs", "is a pointer of Git LFS, not the image itself", "run: git lfs pull"),
    (b"\0\5\x16\7", "holds what macOS notes beside a file, not the image itself", "name the file without ._"),
    (b"%PDF", "is a PDF", "export the page as PNG"),
    (b"8BPS", "is a Photoshop file", "export it as PNG, its layers merged"),
    (b"gimp xcf", "is a GIMP file", "export it as PNG"),
    (b"PK\3\4", "is a ZIP archive, or a document made of one", "unpack it, and name the image"),
    (b"\x1f\x8b", "is compressed by gzip", "unpack it, and name the image"),
    (b"\x93NUMPY", "is an array of NumPy", "save it as PNG, or pass the array from Python"),
    (b"\x1aE\xdf\xa3", "is a video (Matroska or WebM)", "save the frame you mean as PNG"),
    (b"FORM", "is an IFF file", "export it as PNG"),
    (b"v/1\1", "is an OpenEXR file", "export it as PNG or TIFF with 16 bits per channel"),
    (b"#?RADIANCE", "is a Radiance HDR file", "export it as PNG or TIFF with 16 bits per channel"),
    (b"\0\0\0\x0cjP  ", "is a JPEG 2000 file", "export it as PNG or JPEG"),
    (b"\xff\x0a", "is a JPEG XL file", "export it as PNG or JPEG"),
    (b"\0\0\0\x0cJXL ", "is a JPEG XL file", "export it as PNG or JPEG"),
)  # fmt: skip
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_WEB, _DATA = "is a web page, not an image", "is text (JSON), not an image"


def unidentified(data: bytes, path: Path, formats: tuple[str, ...]) -> InputError:
    """The error for a file that no decoder knows.

    Args:
        data: all of it, or its beginning.
        path: named in the error.
        formats: that are read.
    """
    head = data[:_HEAD_BYTES]
    for start, what, remedy in _STARTS:
        if head.startswith(start):
            return InputError(f"{path}: {what}", remedy)
    if head[4:8] == b"ftyp" and len(head) >= 12:
        known = "HEIF" if is_heif(head) else "AVIF" if head[8:12] in (b"avif", b"avis") else ""
        if known in formats:
            return InputError(f"{path}: the file is damaged or cut short", "save or download it again")
        if known == "HEIF":
            return InputError(
                f"{path}: is a HEIC file", 'pip install "artifix[heic]", or export it as PNG or JPEG'
            )
        if known == "AVIF":
            return InputError(
                f"{path}: is an AVIF file, which the Pillow installed does not read", "pip install -U pillow"
            )
        return InputError(f"{path}: is a video", "save the frame you mean as PNG")
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return InputError(f"{path}: is a video (AVI)", "save the frame you mean as PNG")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return InputError(f"{path}: {_WEB}", "download the image itself: open it in a browser and save it")
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return InputError(f"{path}: is a drawing (SVG)", "export it as PNG")
    if text.startswith((b"{", b"[")) and b"\0" not in head:
        return InputError(f"{path}: {_DATA}", "name the image; an error of a server may have been saved")
    return InputError(
        f"{path}: is not an image in a known format, or is cut short", f"use one of {', '.join(formats)}"
    )


def is_heif(head: bytes) -> bool:
    """Whether a file that begins like this is a still picture in HEIF."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"avif" not in head[8:40]
