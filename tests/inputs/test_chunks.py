"""What a file says besides its samples."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from artifix.inputs.chunks import chunks_of, upright
from artifix.inputs.images import read_picture
from artifix.outputs.encode import encode_png

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)


def saved(tmp_path, name: str, **how):
    path = tmp_path / name
    Image.fromarray(PIXELS).save(path, **how)
    return read_picture(path)


def written(picture, metadata=None) -> Image.Image:
    data = encode_png(picture.pixels, None, picture.icc_profile, metadata, picture.chunks)
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def exif_with(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "A camera"
    return exif


def test_text_of_generators_is_carried_over(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a mug, steps: 20")
    text.add_itxt("workflow", '{"nodes": "größe"}')
    text.add_text("prompt", "x" * 5000, zip=True)
    image = written(saved(tmp_path, "a.png", pnginfo=text, dpi=(300, 300)), {"seed": 1})
    assert image.text["parameters"] == "a mug, steps: 20"
    assert image.text["workflow"] == '{"nodes": "größe"}'
    assert len(image.text["prompt"]) == 5000
    assert "artifix" in image.text
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert np.array_equal(np.asarray(image), PIXELS)


def test_what_an_earlier_repair_wrote_is_written_anew(tmp_path):
    first = tmp_path / "first.png"
    first.write_bytes(encode_png(PIXELS, metadata={"seed": 1}))
    assert read_picture(first).chunks == ()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_what_a_camera_noted_is_carried_over_upright(tmp_path, name, orientation):
    image = written(saved(tmp_path, name, exif=exif_with(orientation)))
    told = image.getexif()
    assert (told[0x010F], told[0x0112]) == ("A camera", 1)


def test_how_colours_are_meant_is_carried_over(tmp_path):
    chunks = ((b"gAMA", struct.pack(">I", 45455)), (b"cICP", bytes([12, 13, 0, 1])))
    path = tmp_path / "a.png"
    path.write_bytes(encode_png(PIXELS, chunks=chunks))
    assert read_picture(path).chunks == chunks


def test_broken_exif_stays_as_it_is():
    for exif in (b"", b"II", b"MM\0*\0\0\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"nonsense"):
        assert upright(exif) == exif


def test_notes_larger_than_pictures_are_left_behind(tmp_path):
    image = Image.new("RGB", (20, 20))
    image.format = "JPEG"
    image.info["exif"] = b"x" * (17 * 2**20)
    assert chunks_of(image, b"") == ()
