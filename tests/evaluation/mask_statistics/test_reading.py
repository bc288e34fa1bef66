"""Mask files are read as a repair reads them."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.evaluation.mask_statistics import reading
from artifix.evaluation.mask_statistics.plain_png import plain_white
from artifix.evaluation.mask_statistics.reading import MaskFile, read_mask
from artifix.geometry import Box
from artifix.inputs.images import read_picture
from artifix.inputs.marking import marked_by


def white_square(height=80, width=100):
    mask = np.zeros((height, width), np.uint8)
    mask[20:50, 30:60] = 255
    return mask


def saved(path: Path, picture: np.ndarray | Image.Image, **more) -> MaskFile:
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(path, **more)
    return MaskFile(path.name, path)


def marked(file: MaskFile, **more) -> np.ndarray:
    """What a repair would take for the artifact."""
    picture = read_picture(file.path, least_side_px=1)
    return marked_by(picture, picture.size, **more).blend >= 0.5


@pytest.mark.parametrize(
    "form", ["L", "1", "RGB", "RGBA", "P", "LA", "16 bits", "jpg", "bmp", "tif", "webp", "inverted"]
)
def test_every_form_marks_what_a_repair_repaints(tmp_path, form):
    plain = Image.fromarray(white_square())
    path = tmp_path / f"mask.{form if form.islower() and len(form) < 5 else 'png'}"
    if form == "16 bits":
        cv2.imwrite(str(path), white_square().astype(np.uint16) * 257)
        file = MaskFile("mask", path)
    elif form == "inverted":
        file = saved(path, ~white_square())
        file = MaskFile("mask", path, invert=True)
    else:
        file = saved(path, plain.convert(form) if form.isupper() or form == "1" else plain)
    read = read_mask(file)
    assert np.array_equal(read.mask, marked(file, invert=form == "inverted"))
    assert read.mask.sum() == pytest.approx(900, abs=40 if form in ("jpg", "webp") else 0)
    assert read.soft_share == 0 or form in ("jpg", "webp")


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_the_short_way_is_gone_for_plain_masks_and_gives_the_same(tmp_path, monkeypatch, mode):
    files = []
    for seed in range(4):
        noise = np.random.default_rng(seed).random((60, 70)) < 0.3
        files.append(saved(tmp_path / f"{seed}.png", Image.fromarray(noise).convert(mode)))
    short = [read_mask(file).mask for file in files]
    assert all(plain_white(file.path.read_bytes()) is not None for file in files)
    monkeypatch.setattr(reading, "plain_white", lambda data: None)
    assert all(np.array_equal(read_mask(file).mask, one) for file, one in zip(files, short, strict=True))


@pytest.mark.parametrize("way", range(5))
@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_every_way_of_storing_lines_gives_the_same(tmp_path, way, kind):
    strategies = [cv2.IMWRITE_PNG_FILTER_NONE, cv2.IMWRITE_PNG_FILTER_SUB, cv2.IMWRITE_PNG_FILTER_UP]
    strategies += [cv2.IMWRITE_PNG_FILTER_PAETH, cv2.IMWRITE_PNG_ALL_FILTERS]
    noise = np.kron(np.random.default_rng(way).random((20, 30)) < 0.4, np.ones((3, 3), bool))
    noise[20:23] = np.random.default_rng(way).random((3, 90)) < 0.5
    picture = noise.astype(np.uint8) * 255
    path = tmp_path / "mask.png"
    shown = picture if kind == "grey" else np.repeat(picture[..., None], 3, 2)
    cv2.imwrite(str(path), shown, [cv2.IMWRITE_PNG_FILTER, strategies[way]])
    assert np.array_equal(plain_white(path.read_bytes()), noise)


@pytest.mark.parametrize("what", ["turned", "transparent", "grey", "tinted", "cut short", "damaged", "jpeg"])
def test_whatever_is_not_plain_goes_the_longer_way(tmp_path, what):
    path = tmp_path / "mask.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    more = {"turned": {"exif": exif}, "transparent": {"transparency": 0}}.get(what, {})
    picture = white_square()
    if what == "grey":
        picture[20, 30] = 128
    elif what == "tinted":
        picture = np.stack([picture, picture, picture * 0], axis=2)
    saved(path, picture, **more)
    data = path.read_bytes()
    if what == "cut short":
        data = data[:-20]
    elif what == "damaged":
        data = data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]
    elif what == "jpeg":
        saved(tmp_path / "mask.jpg", picture)
        data = (tmp_path / "mask.jpg").read_bytes()
    assert plain_white(data) is None


@pytest.mark.parametrize("count", [0, 10, 39, 41])
def test_a_png_with_too_few_lines_or_too_many_goes_the_longer_way(count):
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def png(lines: int) -> bytes:
        header = struct.pack(">IIBBBBB", 40, 40, 8, 0, 0, 0, 0)
        samples = chunk(b"IDAT", zlib.compress(bytes(41 * lines)))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + samples + chunk(b"IEND", b"")

    assert plain_white(png(40)) is not None
    assert plain_white(png(count)) is None


def test_a_turned_mask_is_measured_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = saved(tmp_path / "mask.png", white_square(), exif=exif)
    assert read_mask(file).mask.shape == (100, 80)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_mask_that_marks_nothing_is_an_answer(tmp_path, mode):
    blank = Image.fromarray(np.zeros((40, 50), np.uint8)).convert(mode)
    assert not read_mask(saved(tmp_path / "mask.png", blank)).mask.any()


def test_a_soft_edge_counts_from_half_of_white_on_and_is_told(tmp_path):
    soft = cv2.GaussianBlur(white_square(), (0, 0), 3)
    file = saved(tmp_path / "mask.png", soft)
    read = read_mask(file)
    assert read.mask.sum() == pytest.approx(900, abs=60)
    assert 0.2 < read.soft_share < 0.9
    more = read_mask(MaskFile("mask", file.path, threshold=0.1))
    assert more.mask.sum() > read.mask.sum() + 100


def test_a_crop_is_measured_alone(tmp_path):
    file = saved(tmp_path / "mask.png", white_square())
    read = read_mask(MaskFile("mask", file.path, crop=Box(40, 10, 80, 70)))
    assert read.mask.shape == (60, 40)
    assert read.mask.sum() == 30 * 20


def test_holes_of_an_image_are_a_mask(tmp_path):
    picture = np.full((80, 100, 4), 255, np.uint8)
    picture[20:50, 30:60, 3] = 0
    file = saved(tmp_path / "image.png", picture)
    assert read_mask(MaskFile("mask", file.path, source="image-alpha")).mask.sum() == 900


@pytest.mark.parametrize("kind", ["photo", "label map of 0 and 1", "wrong side", "all of it", "text"])
def test_what_is_no_mask_is_refused_with_the_file(tmp_path, kind):
    path = tmp_path / "mask.png"
    random = np.random.default_rng(0)
    if kind == "text":
        path.write_text("no picture")
    else:
        pictures = {
            "photo": random.integers(60, 200, (80, 100, 3), np.uint8),
            "label map of 0 and 1": white_square() // 255,
            "wrong side": ~white_square(),
            "all of it": np.full((80, 100), 255, np.uint8),
        }
        saved(path, pictures[kind])
    with pytest.raises(InputError, match="mask.png: "):
        read_mask(MaskFile("mask", path))
