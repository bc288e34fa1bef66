"""What a file is that is no image in a format that is read, or no text, and what to do about it."""

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
    (b"II\xbc\1", "is a JPEG XR file", "export it as PNG or JPEG"),
    (b"qoif", "is a QOI file", "export it as PNG"),
    (b"DDS ", "is a texture (DDS)", "export it as PNG"),
    (b"\0\0\1\0", "is an icon (ICO)", "export it as PNG"),
    (b"%!PS", "is a drawing (PostScript)", "export it as PNG"),
    (b"data:", "is the text of a data: address, not the image itself", "decode it, or save the image anew"),
    (b"\x89PNG\n", "is a PNG whose line ends were converted, as if it were text", "copy it again, as binary"),
    *((sign, "is a TIFF whose samples are of a kind that is not read, such as floats, or is cut short",
       "save it as PNG or TIFF with 8 or 16 bits per channel")
      for sign in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)  # fmt: skip
_LIKE_TEXT = (b"FORM", b"data:", b"DDS ", b"qoif", b"v/1\1", b"\xff\x0a")  # a table may begin so
_WORKBOOKS = (
    (b"xl/workbook", "is a workbook of Excel"),
    (b"opendocument.spreadsheet", "is a workbook (ODS)"),
    (b".iwa", "is a workbook of Numbers"),
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of JPEG that name its layout
_SAVE_CSV = "save its sheet as CSV (UTF-8)"
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
    if bits := _bits_of_jpeg(data):
        return InputError(
            f"{path}: is a JPEG of {bits} bits per channel, 8 are read", "export it as PNG with 16 bits"
        )
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


def check_is_text(data: bytes, path: Path) -> None:
    """Raise InputError if what should hold a table is a workbook, an archive, a picture or a web page."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{path}: is a workbook of an old Excel", _SAVE_CSV)
    if data.startswith(b"PK\3\4"):
        for sign, what in _WORKBOOKS:
            if sign in data:
                raise InputError(f"{path}: {what}, whatever its name says", _SAVE_CSV)
    head = data[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise InputError(f"{path}: is a web page, not a table", "download the table itself")
    for start, what, _ in _STARTS:
        if start not in _LIKE_TEXT and data.startswith(start):
            raise InputError(
                f"{path}: {what}, not a table", "name the table; a sheet is saved as CSV (UTF-8)"
            )
    if data.startswith(_PICTURES):
        raise InputError(f"{path}: is an image, not a table", "name the table")


def _bits_of_jpeg(data: bytes) -> int:
    """Bits per channel of a JPEG that has not 8; 0 of anything else."""
    place = 2
    while data.startswith(b"\xff\xd8\xff") and place + 5 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _FRAMES:
            return data[place + 4] if data[place + 4] != 8 else 0
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return 0


def is_heif(head: bytes) -> bool:
    """Whether a file that begins like this is a still picture in HEIF."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"avif" not in head[8:40]
