import contextlib
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from artifix.errors import InputError
from artifix.inputs.decoding import FORMATS, open_image
from artifix.inputs.images import read_picture
from artifix.inputs.samples import samples_of, turn_upright


def read_bytes_as_picture(data: bytes, folder: Path, name: str):
    (folder / name).write_bytes(data)
    return read_picture(folder / name)


def png_bytes(samples: NDArray, colour_type: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG written by hand: (H, W, C) uint8 or uint16 samples, unfiltered, with extra chunks before IDAT."""
    height, width = samples.shape[:2]
    big_endian = samples.astype(samples.dtype.newbyteorder(">"))
    rows = b"".join(b"\0" + row.tobytes() for row in big_endian)
    header = struct.pack(">IIBBBBB", width, height, samples.dtype.itemsize * 8, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def oriented_tiff(samples: np.ndarray, orientation: int, extra_samples: int = 2) -> bytes:
    """A little-endian, uncompressed TIFF of 16-bit RGBA, written by hand."""
    height, width = samples.shape[:2]
    entries = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, 4, 0), (259, 3, 1, 1), (262, 3, 1, 2),
        (273, 4, 1, 0), (274, 3, 1, orientation), (277, 3, 1, 4), (278, 3, 1, height),
        (279, 4, 1, samples.nbytes), (284, 3, 1, 1), (338, 3, 1, extra_samples),
    ]  # fmt: skip
    bits_at = 8 + 2 + 12 * len(entries) + 4
    places = {258: bits_at, 273: bits_at + 8}
    directory = len(entries).to_bytes(2, "little")
    for tag, kind, count, value in entries:
        directory += b"".join(n.to_bytes(2, "little") for n in (tag, kind))
        directory += count.to_bytes(4, "little") + places.get(tag, value).to_bytes(4, "little")
    bits = (16).to_bytes(2, "little") * 4
    return b"II*\0\x08\0\0\0" + directory + bytes(4) + bits + samples.astype("<u2").tobytes()


def encoded(kind: str) -> bytes:
    noise = np.random.default_rng(3).integers(0, 256, (24, 36, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp"])
def test_lossless_8_bit_files_keep_every_sample(save_array, colours, suffix):
    path = save_array(colours, f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    picture = read_picture(path)
    assert picture.pixels.dtype == np.uint8
    assert np.array_equal(picture.pixels, colours)
    assert picture.alpha is None


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_keeps_all_16_bits_in_rgb_order(tmp_path, deep_colours, suffix, channels):
    bgr = deep_colours[..., [2, 1, 0, 3][:channels]]
    picture = read_bytes_as_picture(cv2.imencode(suffix, bgr)[1].tobytes(), tmp_path, f"a{suffix}")
    assert picture.pixels.dtype == np.uint16
    assert np.array_equal(picture.pixels, deep_colours[..., :3])
    if channels == 4:
        assert np.array_equal(picture.alpha, deep_colours[..., 3])


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_grey_keeps_all_16_bits(tmp_path, deep_colours, suffix):
    grey = deep_colours[..., 0]
    picture = read_bytes_as_picture(cv2.imencode(suffix, grey)[1].tobytes(), tmp_path, f"a{suffix}")
    assert np.array_equal(picture.pixels, np.repeat(grey[..., None], 3, 2))


def test_16_bit_grey_with_alpha_keeps_both(tmp_path, deep_colours):
    picture = read_bytes_as_picture(png_bytes(deep_colours[..., :2], 4), tmp_path, "a.png")
    assert np.array_equal(picture.pixels, np.repeat(deep_colours[..., :1], 3, 2))
    assert np.array_equal(picture.alpha, deep_colours[..., 1])


def test_16_bit_transparent_colour_becomes_alpha(tmp_path, deep_colours):
    key = deep_colours[5, 6, :3]
    data = png_bytes(deep_colours[..., :3], 2, (b"tRNS", key.astype(">u2").tobytes()))
    picture = read_bytes_as_picture(data, tmp_path, "a.png")
    assert np.array_equal(picture.pixels, deep_colours[..., :3])
    assert picture.alpha[5, 6] == 0
    assert (picture.alpha == 65535).sum() == picture.alpha.size - 1


def test_16_bit_white_is_zero_tiff_is_not_inverted(tmp_path, deep_colours):
    grey = deep_colours[..., 0]
    Image.fromarray(grey).save(tmp_path / "a.tif", tiffinfo={262: 0})
    with Image.open(tmp_path / "a.tif") as image:
        assert image.tag_v2[262] == 0
    assert np.array_equal(read_picture(tmp_path / "a.tif").pixels[..., 0], 65535 - grey)


def test_reading_16_bit_tiff_leaves_the_log_level_of_opencv(tmp_path, deep_colours):
    before = cv2.utils.logging.getLogLevel()
    read_bytes_as_picture(cv2.imencode(".tiff", deep_colours)[1].tobytes(), tmp_path, "a.tiff")
    assert cv2.utils.logging.getLogLevel() == before


def test_palette_png_with_transparency_gives_colours_and_alpha(tmp_path, colours):
    palette = Image.fromarray(colours).quantize(16)
    palette.save(tmp_path / "p.png", transparency=3)
    picture = read_picture(tmp_path / "p.png")
    assert picture.mode == "P"
    assert np.array_equal(picture.pixels, np.asarray(palette.convert("RGB")))
    assert np.array_equal(picture.alpha == 0, np.asarray(palette) == 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_common_mode_becomes_three_channels(tmp_path, colours, mode):
    source = Image.fromarray(colours).convert(mode)
    source.save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    assert np.array_equal(picture.rgb, np.asarray(source.convert("RGB")))
    assert (picture.alpha is not None) == mode.endswith("A")


def test_alpha_is_not_premultiplied(save_array, colours):
    rgba = np.dstack([colours, np.zeros(colours.shape[:2], np.uint8)])
    picture = read_picture(save_array(rgba, "a.png"))
    assert np.array_equal(picture.pixels, colours)
    assert not picture.alpha.any()


def test_cmyk_jpeg_becomes_rgb_without_its_profile(tmp_path, colours, srgb_profile):
    smooth = Image.fromarray(colours[..., [0, 1, 1]])
    smooth.convert("CMYK").save(tmp_path / "a.jpg", quality=95, icc_profile=srgb_profile)
    picture = read_picture(tmp_path / "a.jpg")
    assert (picture.mode, picture.icc_profile) == ("CMYK", None)
    assert np.abs(picture.rgb.astype(int) - np.asarray(smooth)).mean() < 8


def test_rgb_profile_is_carried_and_a_grey_one_is_not(save_array, colours, srgb_profile):
    assert read_picture(save_array(colours, "a.png", icc_profile=srgb_profile)).icc_profile == srgb_profile
    grey_profile = srgb_profile[:16] + b"GRAY" + srgb_profile[20:]
    assert read_picture(save_array(colours[..., 0], "b.png", icc_profile=grey_profile)).icc_profile is None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_exif_orientation_turns_pixels_and_alpha_as_pillow_does(save_array, colours, suffix, orientation):
    rgba = np.dstack([colours, colours[..., 0]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True, "exact": True} if suffix == "webp" else {}
    path = save_array(rgba, f"a.{suffix}", exif=exif, **options)
    picture = read_picture(path)
    turned = turn_upright(rgba, orientation)
    assert np.array_equal(picture.pixels, turned[..., :3])
    assert np.array_equal(picture.alpha, turned[..., 3])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_exif_orientation_turns_16_bit_pictures(tmp_path, deep_colours, suffix, orientation):
    if suffix == ".png":
        tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0\0\0\0\0\0"
        data = png_bytes(deep_colours, 6, (b"eXIf", tiff))
    else:
        data = oriented_tiff(deep_colours, orientation)
    picture = read_bytes_as_picture(data, tmp_path, f"a{suffix}")
    turned = turn_upright(deep_colours, orientation)
    assert np.array_equal(picture.pixels, turned[..., :3])
    assert np.array_equal(picture.alpha, turned[..., 3])


def test_the_16_bit_tiff_written_by_hand_is_sound(tmp_path, deep_colours):
    picture = read_bytes_as_picture(oriented_tiff(deep_colours, 1), tmp_path, "a.tif")
    assert np.array_equal(picture.pixels, deep_colours[..., :3])


def test_premultiplied_16_bit_alpha_is_refused_rather_than_misread(tmp_path, deep_colours):
    data = oriented_tiff(deep_colours, 1, extra_samples=1)
    with pytest.raises(InputError, match="16-bit layout is not supported"):
        read_bytes_as_picture(data, tmp_path, "a.tif")


def test_turning_upright_agrees_with_pillow(colours):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        buffer = io.BytesIO()
        Image.fromarray(colours).save(buffer, "PNG", exif=exif)
        expected = ImageOps.exif_transpose(Image.open(buffer))
        assert np.array_equal(turn_upright(colours, orientation), np.asarray(expected))


def test_a_phone_jpeg_with_a_preview_frame_is_read_as_its_first_frame(tmp_path, colours):
    frames = [Image.fromarray(colours), Image.fromarray(255 - colours)]
    frames[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.format == "JPEG"
    assert np.abs(picture.rgb.astype(int) - colours).mean() < 30


@pytest.mark.parametrize(
    ("name", "kind"), [("a.gif", "GIF"), ("a.png", "PNG"), ("a.tif", "TIFF"), ("a.webp", "WEBP")]
)
def test_several_frames_are_refused(tmp_path, colours, name, kind):
    frames = [Image.fromarray(colours), Image.fromarray(255 - colours), Image.fromarray(colours)]
    frames[0].save(tmp_path / name, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=f"{name}: holds 3 frames or pages") as caught:
        read_picture(tmp_path / name)
    assert "PNG" in caught.value.hint


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=60, deadline=None)
@given(share=st.floats(0.01, 0.98))
def test_a_file_cut_short_never_passes_with_other_pixels(kind, share):
    data = encoded(kind)
    cut = data[: max(1, int(len(data) * share))]
    with pytest.raises(InputError, match="cut short"):
        samples_of(open_image(cut, Path("a")), cut, Path("a"))


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 0.999), value=st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused_but_never_crashes(kind, place, value):
    data = bytearray(encoded(kind))
    data[int(len(data) * place)] = value
    with contextlib.suppress(InputError):
        pixels, _ = samples_of(open_image(bytes(data), Path("a")), bytes(data), Path("a"))
        assert pixels.ndim == 3


def test_a_float_tiff_is_refused(tmp_path):
    Image.fromarray(np.ones((20, 20), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(InputError, match="samples are 32-bit floats") as caught:
        read_picture(tmp_path / "a.tif")
    assert "8 or 16 bits" in caught.value.hint


def test_a_decompression_bomb_is_refused_and_the_limit_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    Image.new("L", (1200, 1000)).save(tmp_path / "warned.png")
    Image.new("L", (2400, 1000)).save(tmp_path / "bomb.png")
    for name in ("warned.png", "bomb.png"):
        with pytest.raises(InputError, match=f"{name}: has more than 1 million pixels"):
            read_picture(tmp_path / name)
    assert Image.MAX_IMAGE_PIXELS == 1_000_000


def test_a_heic_photo_is_named_as_such(tmp_path):
    with pytest.raises(InputError, match="HEIC") as caught:
        read_bytes_as_picture(b"\0\0\0\x18ftypheic" + bytes(99), tmp_path, "a.heic")
    assert "PNG or JPEG" in caught.value.hint


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_transparent_grey_of_few_bits_becomes_alpha(tmp_path, bits):
    grey = np.random.default_rng(1).integers(0, 1 << bits, (24, 32))
    planes = (grey[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    rows = np.packbits(planes.reshape(24, -1).astype(np.uint8), axis=1)
    data = bytearray(png_bytes(rows[..., None], 0, (b"tRNS", b"\0\1")))
    data[16:25] = struct.pack(">IIB", 32, 24, bits)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    picture = read_bytes_as_picture(bytes(data), tmp_path, "a.png")
    assert np.array_equal(picture.pixels[..., 0], grey * 255 // ((1 << bits) - 1))
    assert np.array_equal(picture.alpha == 0, grey == 1)


def test_text_larger_than_pillow_takes_hides_no_picture(tmp_path, colours, srgb_profile):
    note = b"parameters\0\0" + zlib.compress(b"a" * 3_000_000)
    profile = b"icc\0\0" + zlib.compress(srgb_profile)
    data = png_bytes(colours, 2, (b"iCCP", profile), (b"zTXt", note))
    picture = read_bytes_as_picture(data, tmp_path, "a.png")
    assert np.array_equal(picture.pixels, colours)
    assert picture.icc_profile == srgb_profile
    assert (b"zTXt", note) in picture.chunks


def test_how_a_picture_is_turned_is_read_beside_text_that_is_too_large(tmp_path, colours):
    exif = Image.Exif()
    exif[0x0112] = 6
    note = (b"zTXt", b"a\0\0" + zlib.compress(b"a" * 3_000_000))
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    turns = (b"eXIf", exif.tobytes()[6:]), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    for turn in turns:
        picture = read_bytes_as_picture(png_bytes(colours, 2, turn, note), tmp_path, "a.png")
        assert np.array_equal(picture.pixels, turn_upright(colours, 6))


def test_damage_in_a_png_with_text_is_still_damage(tmp_path, colours):
    data = png_bytes(colours, 2, (b"tEXt", b"a\0b"))
    with pytest.raises(InputError, match="damaged"):
        read_bytes_as_picture(data[:-20], tmp_path, "a.png")


def test_the_preview_of_a_raw_photo_is_not_taken_for_the_photo(tmp_path, colours):
    image = Image.fromarray(colours)
    for tags in ({0xFE: 1}, {0xC612: b"\1\4\0\0"}):
        image.save(tmp_path / "a.tif", tiffinfo=tags)
        with pytest.raises(InputError, match=r"begins with a preview \(36x24 px\)"):
            read_picture(tmp_path / "a.tif")
