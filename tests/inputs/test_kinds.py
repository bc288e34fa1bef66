"""Files that are no images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from artifix.errors import InputError
from artifix.inputs.decoding import open_image
from artifix.inputs.images import read_picture
from artifix.inputs.manifest import read_manifest
from artifix.inputs.table import read_text


@pytest.mark.parametrize(
    ("data", "what", "remedy"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "pointer of Git LFS", "git lfs pull"),
        (b"\0\5\x16\7\0\2\0\0Mac OS X        ", "macOS notes", "without ._"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html></html>", "web page", "browser"),
        (b"<html><body>404</body></html>", "web page", "browser"),
        (b'<?xml version="1.0"?><svg xmlns="a"/>', "drawing", "export it as PNG"),
        (b"%PDF-1.7\n", "PDF", "export"),
        (b"8BPS\0\1", "Photoshop", "merged"),
        (b"PK\3\4\0", "ZIP archive", "unpack"),
        (b'{"error": "not found"}', "JSON", "server"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "is a video", "frame"),
        (b"RIFF\0\0\0\0AVI LIST", "is a video", "frame"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", "export"),
        (b"\x89PNG\n\x1a\n\0\0\0\rIHDR", "line ends were converted", "binary"),
        (b"data:image/png;base64,iVBORw0KGgo=", "data: address", "decode"),
        (b"\0\0\1\0\1\0", "icon", "export"),
        (b"II*\0\x08\0\0\0\0\0", "TIFF whose samples", "8 or 16 bits"),
    ],
)
def test_a_file_is_told_for_what_it_is(tmp_path, data, what, remedy):
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"photo\.png: .*{what}") as caught:
        read_picture(path)
    assert remedy in caught.value.hint


def test_a_jpeg_of_12_bits_is_told(tmp_path):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (32, 24)).save(path)
    data = path.read_bytes()
    frame = data.index(b"\xff\xc0")
    path.write_bytes(data[: frame + 1] + b"\xc1" + data[frame + 2 : frame + 4] + b"\x0c" + data[frame + 5 :])
    with pytest.raises(InputError, match="is a JPEG of 12 bits per channel"):
        read_picture(path)


def test_heic_is_read_where_the_extra_is_installed_and_else_told(tmp_path):
    path = tmp_path / "photo.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    try:
        import pillow_heif
    except ImportError:
        with pytest.raises(InputError, match="is a HEIC file") as caught:
            read_picture(path)
        assert "artifix[heic]" in caught.value.hint
        return
    pillow_heif.register_heif_opener()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(path, "HEIF")
    assert read_picture(path).size == (48, 64)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_avif_is_read(tmp_path):
    path = tmp_path / "photo.avif"
    Image.new("RGB", (64, 48), (200, 30, 30)).save(path, quality=90)
    picture = read_picture(path)
    assert (picture.format, picture.size) == ("AVIF", (48, 64))
    assert np.abs(picture.rgb.astype(int) - (200, 30, 30)).max() < 8


def test_any_beginning_of_a_file_is_refused_by_an_error_of_ours():
    random = np.random.default_rng(0)
    for size in (1, 3, 8, 40, 600):
        data = random.integers(0, 256, size, np.uint8).tobytes()
        path = Path("x.png")
        with pytest.raises(InputError, match=r"x\.png"):
            open_image(data, path)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\3\4\x14[Content_Types].xml xl/workbook.xml", "a workbook of Excel"),
        (b"PK\3\4\x14mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "a workbook"),
        (b"PK\3\4\x14Index/Document.iwa", "a workbook of Numbers"),
        (b"PK\3\4\x14a.png", "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of an old Excel"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "an image"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
    ],
)
@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_what_is_no_table_is_told_whatever_its_name(tmp_path, data, what, name):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=rf"m\.\w+: is {what}"):
        read_manifest(tmp_path / name)


@pytest.mark.parametrize("text", ["FORM,image\n", "data:,image\n", "dds ,image\n", "qoif,image\n"])
def test_a_table_may_begin_as_some_files_do(tmp_path, text):
    (tmp_path / "m.csv").write_text(text)
    assert read_text(tmp_path / "m.csv") == text
