"""A picture in every format: what comes back, and what it says besides its samples."""

import io
import json
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from artifix.outputs.encode import encode_png
from artifix.outputs.formats import Form, Sheet, encode_picture
from artifix.outputs.source_metadata import carried_exif, left_behind, resolution_of, texts_of
from artifix.outputs.srgb import in_srgb
from artifix.outputs.tiff import encode_tiff

RANDOM = np.random.default_rng(0)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SHAPES = [(40, 30), (40, 30, 2), (700, 600, 3), (40, 30, 4)]


def noise(shape: tuple[int, ...], kind: type) -> np.ndarray:
    return RANDOM.integers(0, np.iinfo(kind).max + 1, shape).astype(kind)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def sheet(pixels: np.ndarray, **more) -> Sheet:
    """Grey, grey and alpha, RGB or RGBA."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return Sheet(pixels, **more)
    colours = pixels[..., 0] if pixels.shape[2] == 2 else np.ascontiguousarray(pixels[..., :3])
    return Sheet(colours, np.ascontiguousarray(pixels[..., -1]), **more)


def chunks_with(**said) -> tuple[tuple[bytes, bytes], ...]:
    text = PngImagePlugin.PngInfo()
    for name, value in said.items():
        text.add_itxt(name, value)
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG", pnginfo=text)
    data, place, found = buffer.getvalue(), 8, []
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        name = data[place + 4 : place + 8]
        if name[:1].islower():
            found.append((name, data[place + 8 : place + 8 + length]))
        place += 12 + length
    return tuple(found)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", [Form("png"), Form("webp"), Form("tiff")], ids=lambda form: form.name)
def test_exact_formats_give_every_sample_of_8_bits_back(form, shape):
    pixels = noise(shape, np.uint8)
    image = opened(encode_picture(sheet(pixels), form))
    wanted = {2: "LA", 3: "RGB", 4: "RGBA"}[shape[2]] if len(shape) == 3 else "L"
    if form.name == "webp":  # has colours only
        image = image.convert(wanted)
    assert (form.is_exact, image.mode) == (True, wanted)
    assert np.array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("shape", [(40, 30), (700, 600, 3), (40, 30, 4)])
def test_a_tiff_of_16_bits_gives_every_sample_back(shape):
    pixels = noise(shape, np.uint16)
    decoded = cv2.imdecode(np.frombuffer(encode_picture(sheet(pixels), Form("tiff")), np.uint8), -1)
    if len(shape) == 3:
        decoded = decoded[..., [2, 1, 0, 3][: shape[2]]]
    assert decoded.dtype == np.uint16
    assert np.array_equal(decoded, pixels)


def test_a_tiff_of_grey_with_alpha_of_16_bits_is_one_of_colours_that_programs_read():
    pixels = noise((40, 30, 2), np.uint16)
    decoded = cv2.imdecode(np.frombuffer(encode_picture(sheet(pixels), Form("tiff")), np.uint8), -1)
    assert np.array_equal(decoded[..., [0, 3]], pixels)


def test_floats_are_no_tiff():
    with pytest.raises(TypeError, match="float64"):
        encode_tiff(np.zeros((4, 4)))


@pytest.mark.parametrize(
    "form", [Form("jpeg", 95), Form("webp", 90), Form("webp"), Form("tiff")], ids=lambda form: str(form)
)
def test_profile_camera_notes_and_provenance_are_in_every_format(form):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    chunks = ((b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")),)
    data = encode_picture(Sheet(noise((40, 30, 3), np.uint8), None, PROFILE, {"seed": 7}, chunks), form)
    image = opened(data)
    assert image.info["icc_profile"] == PROFILE
    assert image.getexif()[0x010F] == "A camera"
    packet = image.tag_v2[700] if form.name == "tiff" else image.info["xmp"]
    described = ElementTree.fromstring(packet).find(".//{*}Description")
    assert json.loads(described.attrib["{urn:artifix}provenance"]) == {"seed": 7}
    assert "compositeWithTrainedAlgorithmicMedia" in str(described.attrib)


def test_without_provenance_nothing_speaks_of_models():
    for name in ("jpeg", "webp", "tiff"):
        data = encode_picture(Sheet(noise((16, 16, 3), np.uint8)), Form(name, 90 if name == "jpeg" else None))
        assert b"artifix" not in data


@pytest.mark.parametrize("form", [Form("jpeg", 95), Form("webp")], ids=lambda form: form.name)
def test_generation_parameters_of_a_png_go_where_programs_look_in_other_formats(form):
    chunks = chunks_with(parameters="a mug, größe 20", workflow="{}")
    image = opened(encode_picture(Sheet(noise((16, 16, 3), np.uint8), chunks=chunks), form))
    comment = image.getexif().get_ifd(0x8769)[0x9286]
    assert comment.removeprefix(b"UNICODE\0").decode("utf-16-be") == "a mug, größe 20"
    assert left_behind(chunks) == ["workflow"]


def test_a_comment_that_is_there_already_is_not_replaced():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0mine"
    known = exif.tobytes().removeprefix(b"Exif\0\0")
    assert carried_exif(((b"eXIf", known), *chunks_with(parameters="other"))) == known


def test_damaged_notes_are_kept_or_left_out_and_raise_nothing():
    assert carried_exif(((b"eXIf", b"rubbish"), *chunks_with(parameters="x"))) == b"rubbish"
    assert texts_of(((b"zTXt", b"a\0\0no deflate"), (b"iTXt", b"b\0\0"), (b"tEXt", b"c\0d"))) == {"c": "d"}
    assert resolution_of(((b"pHYs", b"short"),)) is None


def test_colours_that_only_a_png_names_are_told():
    assert left_behind(((b"gAMA", b"\0" * 4), (b"cICP", b"\1\15\0\1"), (b"pHYs", b"\0" * 9))) == [
        "gAMA",
        "cICP",
    ]


def test_a_jpeg_keeps_the_resolution():
    chunk = (b"pHYs", (11811).to_bytes(4, "big") * 2 + b"\1")
    image = opened(encode_picture(Sheet(noise((16, 16, 3), np.uint8), chunks=(chunk,)), Form("jpeg", 90)))
    assert image.info["dpi"] == pytest.approx((300, 300), abs=1)


def test_a_jpeg_coded_with_the_tables_of_its_source_hardly_changes_again():
    source = cv2.GaussianBlur(noise((96, 96, 3), np.uint8), (0, 0), 2)
    buffer = io.BytesIO()
    Image.fromarray(source).save(buffer, "JPEG", quality=80, subsampling=2)
    first = opened(buffer.getvalue())
    pixels = np.asarray(first)
    form = Form("jpeg", None, first.quantization, 2)
    again = np.asarray(opened(encode_picture(Sheet(pixels), form)))
    fresh = np.asarray(opened(encode_picture(Sheet(pixels), Form("jpeg", 80))))
    assert (again != pixels).mean() < 0.2 * (fresh != pixels).mean()


def test_a_jpeg_has_no_transparency():
    with pytest.raises(ValueError, match="transparency"):
        encode_picture(sheet(noise((16, 16, 4), np.uint8)), Form("jpeg", 90))


def test_a_png_is_that_of_encode_png():
    pixels = noise((20, 20, 3), np.uint16)
    assert encode_picture(Sheet(pixels, None, PROFILE, {"a": 1}), Form()) == encode_png(
        pixels, None, PROFILE, {"a": 1}
    )


def wide_profile() -> bytes:
    """sRGB's curve over primaries of which red and green are exchanged."""
    profile = bytearray(PROFILE)
    count = int.from_bytes(profile[128:132], "big")
    entries = [profile[132 + 12 * i : 144 + 12 * i] for i in range(count)]
    places = {bytes(entry[:4]): 132 + 12 * i for i, entry in enumerate(entries)}
    red, green = (slice(places[name] + 4, places[name] + 12) for name in (b"rXYZ", b"gXYZ"))
    profile[red], profile[green] = profile[green], profile[red]
    return bytes(profile).replace(b"s\0R\0G\0B", b"x\0x\0x\0x").replace(b"sRGB", b"xxxx")


def test_previews_show_samples_of_another_profile_as_they_look():
    red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    shown = in_srgb(red, wide_profile())
    assert (abs(shown.astype(int) - (0, 255, 0)) <= 3).all()


@pytest.mark.parametrize("profile", [None, PROFILE, b"damaged" * 40], ids=["none", "sRGB", "damaged"])
def test_previews_leave_samples_alone_that_are_srgb_as_far_as_one_knows(profile):
    pixels = noise((4, 4, 3), np.uint8)
    assert in_srgb(pixels, profile) is pixels
