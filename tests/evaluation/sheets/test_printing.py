"""Figures as files."""

import io
import re
import zlib

import numpy as np
import pytest
from PIL import Image

from artifix.errors import UsageError
from artifix.evaluation.sheets.config import FigureConfig
from artifix.evaluation.sheets.grid import Page, Text
from artifix.evaluation.sheets.printing import font_of, printed

CONFIG = FigureConfig(width=100, dpi=300, font_size=8)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def page(*texts):
    return Page(700, 500, [(30, 100, noise(200, 150)), (333, 123, noise(77, 301, 1))], [], list(texts), [400])


def test_a_png_has_every_pixel_of_every_picture_and_its_resolution():
    data, notes = printed(page(Text(300, 20, "Title", 300)), CONFIG, "png")
    image = Image.open(io.BytesIO(data))
    assert image.size == (700, 500)
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.5)
    pixels = np.asarray(image.convert("RGB"))
    assert np.array_equal(pixels[100:300, 30:180], noise(200, 150))
    assert np.array_equal(pixels[123:200, 333:634], noise(77, 301, 1))
    assert (pixels[:50] < 100).any()  # the title
    assert notes == []


def streams(data):
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            yield found[1]


def test_a_pdf_has_text_as_text_and_pictures_of_all_pixels():
    data, _ = printed(page(Text(300, 20, "Title", 300)), CONFIG, "pdf")
    assert data.startswith(b"%PDF")
    sizes = set(re.findall(rb"/Width (\d+) /Height (\d+)", data))
    assert sizes == {(b"150", b"200"), (b"301", b"77")}
    assert b"/FontFile2" in data  # TrueType, not outlines
    assert any(b"Tj" in stream or b"TJ" in stream for stream in streams(data))
    width, height = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", data).groups()
    assert (float(width), float(height)) == pytest.approx((700 * 72 / 300, 500 * 72 / 300), abs=0.1)


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_equal_figures_are_equal_bytes(form):
    assert printed(page(), CONFIG, form) == printed(page(), CONFIG, form)


def test_text_without_room_is_set_smaller_with_all_of_its_kind_and_that_is_told():
    texts = [
        Text(300, 20, "A very long title of a column", 100, kind="title"),
        Text(500, 20, "B", 100, kind="title"),
    ]
    data, notes = printed(page(*texts), CONFIG, "png")
    assert notes
    assert "points" in notes[0]
    dark = (np.asarray(Image.open(io.BytesIO(data)).convert("L"))[:60] < 128).nonzero()
    assert dark[1][dark[1] < 450].min() >= 248
    assert dark[1][dark[1] < 450].max() <= 352


def test_signs_that_the_font_lacks_are_told():
    _, notes = printed(page(Text(300, 20, "\N{CJK UNIFIED IDEOGRAPH-732B}", 300)), CONFIG, "png")
    assert notes == ["DejaVu Sans lacks signs that the figure has"]


def test_fonts_are_found_by_family_or_file(tmp_path):
    from matplotlib import font_manager

    path = font_manager.findfont("DejaVu Serif")
    assert font_of("DejaVu Serif").get_name() == "DejaVu Serif"
    assert font_of(path).get_name() == "DejaVu Serif"
    (tmp_path / "broken.ttf").write_text("no font")
    for name, said in (
        ("Nonesuch", "no such font is installed"),
        (str(tmp_path / "broken.ttf"), "cannot be read"),
    ):
        with pytest.raises(UsageError, match=said):
            font_of(name)
