import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.ui.limits import Limits
from artifix.ui.visitor import new_visitor


def bomb(width, height):
    """A small PNG that says it is large."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    samples = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", samples) + chunk(b"IEND", b"")


def test_a_picture_within_the_limits_passes(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(path)
    Limits(max_side=30).check(path, "a.png")


def test_a_picture_one_pixel_too_wide_is_refused_with_both_numbers(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.zeros((20, 31, 3), np.uint8)).save(path)
    with pytest.raises(InputError, match="a.png: has 31x20 px, and this page takes 30 px a side"):
        Limits(max_side=30).check(path, "a.png")


def test_a_small_file_of_a_large_picture_is_refused_by_its_header(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(8000, 8000))
    with pytest.raises(InputError, match=r"bomb\.png: has 8000x8000 px"):
        Limits().check(path, "bomb.png")


@pytest.mark.parametrize("side", [20_000, 2**31 - 1])
def test_a_bomb_is_never_decoded(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(side, side))
    visitor = new_visitor(tmp_path / "visitors", Limits())
    tracemalloc.start()
    with pytest.raises(InputError, match=r"^bomb\.png: has|/bomb\.png: has more than 89 million pixels"):
        visitor.take_image(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10e6


def test_a_file_too_large_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(bytes(2_100_000))
    with pytest.raises(InputError, match=r"has 2\.1 MB, and this page takes 2 MB"):
        Limits(max_file_size=2).check(path, "a.png")


def test_what_is_no_picture_is_left_to_who_reads_it(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("no picture")
    Limits().check(path, "a.png")
