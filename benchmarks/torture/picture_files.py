"""Picture files of all kinds, and what may happen to one: cut, flipped, spliced, or lying about itself."""

import io
import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
from material import drawn
from PIL import Image, ImageCms, PngImagePlugin

from artifix.outputs.encode import encode_png

HEIGHT, WIDTH = 36, 44
_SIZES = (0, 1, 7, 0xFF, 0x7FFF, 0x8000, 9400, 65500, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_EXIF_ORIENTATION = 0x0112


def base_files() -> list[bytes]:
    """Sound files of every format, mode and depth that there is a rule for, and some of none."""
    picture = drawn(HEIGHT, WIDTH, 1)
    rgb = Image.fromarray(picture)
    alpha = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    rgba = Image.fromarray(np.dstack([picture, alpha]))
    return [
        *_pngs(rgb, rgba), *_deep_pngs(picture, alpha), *_jpegs(rgb), *_tiffs(rgb, rgba), *_others(rgb, rgba),
    ]  # fmt: skip


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _pngs(rgb: Image.Image, rgba: Image.Image) -> list[bytes]:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a" * 4000, zip=True)
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = [_saved(rgb.convert(mode), "PNG") for mode in ("1", "L", "P", "RGB", "I;16")]
    plain += [_saved(rgba, "PNG"), _saved(rgba.convert("LA"), "PNG"), _saved(rgb, "PNG", pnginfo=text)]
    plain += [
        _saved(rgb, "PNG", icc_profile=profile, exif=exif),
        _saved(rgb.convert("P"), "PNG", transparency=3),
    ]
    plain.append(_saved(rgb, "PNG", transparency=(200, 190, 160)))
    return [*plain, _saved(rgb, "PNG", save_all=True, append_images=[rgb.rotate(180)])]


def _deep_pngs(picture: np.ndarray, alpha: np.ndarray) -> list[bytes]:
    deep, deep_alpha = picture.astype(np.uint16) * 257, alpha.astype(np.uint16) * 257
    made = [encode_png(deep), encode_png(deep, deep_alpha), encode_png(deep[..., 0])]
    return [*made, interlaced(picture)]


def interlaced(picture: np.ndarray) -> bytes:
    """The picture as a PNG in the seven passes of Adam7, unfiltered."""
    rows = b""
    for top, left, down, right in (
        (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)
    ):  # fmt: skip
        part = picture[top::down, left::right]
        rows += b"".join(b"\0" + row.tobytes() for row in part)
    header = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8, 2, 0, 0, 1)
    return png_of([(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG of chunks, their checksums right."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _jpegs(rgb: Image.Image) -> list[bytes]:
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = 5
    made = [_saved(rgb.convert(mode), "JPEG", quality=80) for mode in ("L", "RGB", "CMYK")]
    made += [_saved(rgb, "JPEG", progressive=True), _saved(rgb, "JPEG", exif=exif, restart_marker_rows=1)]
    return [*made, _saved(rgb, "MPO", save_all=True, append_images=[rgb])]


def _tiffs(rgb: Image.Image, rgba: Image.Image) -> list[bytes]:
    made = [
        _saved(rgb, "TIFF", compression=how) for how in (None, "tiff_lzw", "tiff_deflate", "jpeg", "packbits")
    ]
    made += [_saved(rgb.convert(mode), "TIFF") for mode in ("1", "L", "P", "CMYK", "I;16", "F", "LAB")]
    made += [_saved(rgba, "TIFF"), _saved(rgb, "TIFF", save_all=True, append_images=[rgb])]
    import cv2

    deep = np.asarray(rgb).astype(np.uint16) * 257
    for how in (1, 5, 8):  # none, LZW, deflate
        made.append(cv2.imencode(".tiff", deep, [cv2.IMWRITE_TIFF_COMPRESSION, how])[1].tobytes())
    return made


def _others(rgb: Image.Image, rgba: Image.Image) -> list[bytes]:
    made = [_saved(rgb.convert(mode), "BMP") for mode in ("1", "L", "P", "RGB")]
    made += [_saved(rgb, "WEBP"), _saved(rgba, "WEBP", lossless=True), _saved(rgb, "GIF")]
    frames = [rgb.rotate(angle) for angle in range(0, 90, 30)]
    made += [_saved(rgb, kind, save_all=True, append_images=frames) for kind in ("GIF", "WEBP")]
    return [*made, b"\0\0\0\x18ftypheic" + bytes(40), b"GIF89a", b"BM" + bytes(60), b"\x89PNG\r\n\x1a\n"]


def large_files() -> list[bytes]:
    """As large as may be opened: 8-bit colour, 16-bit grey, 16-bit colour with alpha, and bits."""
    return [_blank(9400, 8, 2), _blank(9400, 16, 0), _blank(6600, 16, 6), _blank(9400, 1, 0)]


def _blank(side: int, depth: int, colour: int, filled: float = 1.0) -> bytes:
    """A black PNG, of which only a share may be there."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    packed = zlib.compressobj(9)
    row = b"\0" + bytes((side * channels * depth + 7) // 8)
    rows = b"".join([packed.compress(row * 100) for _ in range(int(side * filled) // 100)]) + packed.flush()
    header = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0)
    return png_of([(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")])


def bombs() -> list[bytes]:
    """Small files that say they are huge, or hold something huge beside their pixels."""
    made = [_blank(30_000, 8, 0, 0.01), _blank(9000, 8, 2, 0.02)]
    small = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    profile = zlib.compress(bytes(200 * 2**20))
    rest = [(b"IDAT", zlib.compress(bytes(17 * 16))), (b"IEND", b"")]
    made += [png_of([(b"IHDR", small), (name, b"a\0\0" + profile), *rest]) for name in (b"iCCP", b"zTXt")]
    tiny = Image.new("P", (16, 16))
    frames = [Image.new("P", (16, 16), index % 250) for index in range(3000)]
    return [*made, _saved(tiny, "GIF", save_all=True, append_images=frames)]


def mutated(bases: list[bytes], heavy: list[bytes], draw: random.Random) -> bytes:
    """One of the files, one to four things done to it."""
    data = draw.choice(heavy if draw.random() < 0.005 else bases)
    for _ in range(draw.choice((0, 1, 1, 1, 2, 3, 4))):
        data = draw.choice(_CHANGES)(data, bases, draw)
    return data


def _cut(data: bytes, bases: list[bytes], draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _flipped(data: bytes, bases: list[bytes], draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8, 40)) if changed else 0):
        # Most of what a file says of itself stands at its beginning, in a TIFF at its end.
        reach = draw.choice((64, 400, len(changed)))
        place = draw.randrange(min(reach, len(changed)))
        changed[place if draw.random() < 0.8 else -1 - place] = draw.randrange(256)
    return bytes(changed)


def _spliced(data: bytes, bases: list[bytes], draw: random.Random) -> bytes:
    other = draw.choice(bases)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


def _number_set(data: bytes, bases: list[bytes], draw: random.Random) -> bytes:
    """A length, size or count somewhere becomes an unlikely one."""
    form = draw.choice((">I", "<I", ">H", "<H", "B"))
    size = struct.calcsize(form)
    if len(data) < size:
        return data
    place = draw.randrange(min(len(data) - size + 1, draw.choice((70, 400, len(data)))))
    number = draw.choice(_SIZES) & (256**size - 1)
    return data[:place] + struct.pack(form, number) + data[place + size :]


def _chunks_changed(data: bytes, bases: list[bytes], draw: random.Random) -> bytes:
    """A PNG whose chunks were changed by someone who minds the checksums."""
    chunks = _chunks_of(data)
    if not chunks:
        return _flipped(data, bases, draw)
    place = draw.randrange(len(chunks))
    name, body = chunks[place]
    match draw.randrange(5):
        case 0:
            chunks.insert(draw.randrange(len(chunks) + 1), (name, body))
        case 1:
            del chunks[place]
        case 2:
            chunks[place] = draw.choice((b"tRNS", b"PLTE", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"IDAT")), body
        case 3:
            chunks[place] = name, _number_set(body, bases, draw)
        case _:
            chunks[place] = name, _flipped(body, bases, draw)
    return png_of(chunks)


def _chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while data.startswith(b"\x89PNG") and place + 12 <= len(data):
        size = min(int.from_bytes(data[place : place + 4], "big"), len(data))
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + size]))
        place += 12 + size
    return chunks


def _stretched(data: bytes, bases: list[bytes], draw: random.Random) -> bytes:
    place, size = draw.randrange(len(data) + 1), draw.randrange(1, 600)
    return data[:place] + draw.choice((bytes(size), draw.randbytes(size), data[:size])) + data[place:]


def _shrunk(data: bytes, bases: list[bytes], draw: random.Random) -> bytes:
    place = draw.randrange(len(data) + 1)
    return data[:place] + data[place + draw.randrange(1, 200) :]


_CHANGES: tuple[Callable[[bytes, list[bytes], random.Random], bytes], ...] = (
    _cut, _flipped, _flipped, _flipped, _spliced, _number_set, _number_set, _chunks_changed, _chunks_changed,
    _stretched, _shrunk,
)  # fmt: skip
