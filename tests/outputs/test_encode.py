import io
import json
import math
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms

from artifix.outputs.encode import encode_csv, encode_json, encode_npy, encode_png

SIDES = st.integers(1, 40)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Names and contents of a PNG's chunks; their checksums are verified."""
    found, place = [], 8
    while place < len(data):
        length = struct.unpack(">I", data[place : place + 4])[0]
        name, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0] == zlib.crc32(
            name + content
        )
        found.append((name, content))
        place += 12 + length
    return found


@settings(deadline=None)
@given(st.data(), st.sampled_from([np.uint8, np.uint16]), st.booleans(), st.booleans())
def test_png_gives_every_sample_back(data, kind, with_alpha, with_metadata):
    height, width = data.draw(SIDES), data.draw(SIDES)
    samples = data.draw(arrays(kind, (height, width, 4), elements=st.integers(0, np.iinfo(kind).max)))
    encoded = encode_png(
        samples[..., :3],
        samples[..., 3] if with_alpha else None,
        metadata={"seed": 1} if with_metadata else None,
    )
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded.dtype == kind
    assert np.array_equal(decoded, samples[..., [2, 1, 0, 3][: 3 + with_alpha]])


def test_8_bit_png_is_the_same_to_pillow():
    samples = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    assert np.array_equal(np.asarray(opened(encode_png(samples[..., :3], samples[..., 3]))), samples)


def test_grey_and_bool_make_one_channel():
    mask = np.eye(5, dtype=bool)
    image = opened(encode_png(mask))
    assert image.mode == "L"
    assert np.array_equal(np.asarray(image), mask * 255)


@settings(deadline=None)
@given(st.data(), st.sampled_from([np.uint8, np.uint16]))
def test_grey_with_alpha_stays_two_channels(data, kind):
    height, width = data.draw(SIDES), data.draw(SIDES)
    samples = data.draw(arrays(kind, (height, width, 2), elements=st.integers(0, np.iinfo(kind).max)))
    encoded = encode_png(samples[..., 0], samples[..., 1], metadata={"seed": 1})
    colour_type = encoded[25]
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)  # grey three times
    assert (colour_type, decoded.dtype) == (4, kind)
    assert np.array_equal(decoded[..., [0, 3]], samples)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_profile_text_and_xmp_are_read_by_pillow(kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    metadata = {"version": "0.1", "prompt": "grüße 猫", "seed": np.int64(7)}
    image = opened(encode_png(np.zeros((16, 20, 3), kind), None, profile, metadata))
    assert image.info["icc_profile"] == profile
    assert json.loads(image.text["artifix"]) == {"version": "0.1", "prompt": "grüße 猫", "seed": 7}
    description = ElementTree.fromstring(image.info["xmp"]).find(".//{*}Description")
    assert description.attrib["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"] == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    )


def test_chunks_are_in_the_order_the_format_demands():
    data = encode_png(np.zeros((16, 20, 3), np.uint16), None, b"p" * 200, {"a": 1})
    names = [name for name, _ in chunks_of(data)]
    assert names[:4] == [b"IHDR", b"iCCP", b"iTXt", b"iTXt"]
    assert names[-1] == b"IEND"
    assert set(names[4:-1]) == {b"IDAT"}


def test_without_metadata_nothing_is_told():
    data = encode_png(np.zeros((16, 20, 3), np.uint8))
    assert {name for name, _ in chunks_of(data)} == {b"IHDR", b"IDAT", b"IEND"}


def test_the_same_picture_gives_the_same_bytes():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert encode_png(pixels, metadata={"a": 1, "b": 2}) == encode_png(pixels, metadata={"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("pixels", "alpha"),
    [
        (np.zeros((4, 4, 3), np.float32), None),
        (np.zeros((4, 4, 3), np.uint16), np.zeros((4, 4), np.uint8)),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint16)),
    ],
)
def test_samples_a_png_cannot_hold_are_refused(pixels, alpha):
    with pytest.raises(TypeError):
        encode_png(pixels, alpha)


def test_npy_is_read_back_without_pickle():
    array = np.random.default_rng(0).random((7, 9), np.float32)
    assert np.array_equal(np.load(io.BytesIO(encode_npy(array)), allow_pickle=False), array)
    with pytest.raises(ValueError, match="allow_pickle"):
        encode_npy(np.array([object()]))


def test_json_is_equal_for_equal_records():
    first = encode_json({"b": np.float32(0.5), "a": np.arange(3), "ü": np.True_})
    assert first == encode_json({"ü": True, "a": [0, 1, 2], "b": 0.5})
    assert first.endswith(b"}\n")
    assert "ü" in first.decode()


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32(math.nan), np.array([1.0, math.nan])])
def test_json_refuses_what_is_no_number(value):
    with pytest.raises(ValueError, match="JSON"):
        encode_json({"confidence": value})


def test_json_refuses_paths_so_that_none_leak():
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        encode_json({"image": Path("/home/someone/a.png")})


def test_csv_has_a_line_of_names_and_quotes_what_needs_it():
    data = encode_csv(("name", "count", "share"), [("a,b", 3, 0.25), ('say "é"', -1, 1 / 3)])
    assert data.decode() == 'name,count,share\n"a,b",3,0.250000\n"say ""é""",-1,0.333333\n'
