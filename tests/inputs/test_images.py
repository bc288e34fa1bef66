import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.inputs.images import eight_bit, read_picture

SIZE = (24, 36)


def test_a_picture_knows_its_file(save_array, colours):
    path = save_array(colours, "a.png")
    picture = read_picture(path)
    assert picture.path == path
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", SIZE)
    assert picture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_network_sees_is_rounded_to_8_bit():
    samples = np.array([[[0, 128, 129], [65535, 65406, 257]]], np.uint16)
    assert eight_bit(samples).tolist() == [[[0, 0, 1], [255, 254, 1]]]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.png: no such file") as caught:
        read_picture(tmp_path / "absent.png")
    assert "spelling" in caught.value.hint


def test_a_file_used_as_a_folder_is_a_missing_file(save_array, colours):
    with pytest.raises(InputError, match="no such file"):
        read_picture(save_array(colours, "a.png") / "b.png")


def test_a_name_too_long_for_the_disk_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        read_picture(tmp_path / ("a" * 300))


def test_a_url_is_told():
    with pytest.raises(InputError, match="is a URL") as caught:
        read_picture(Path("https://example.org/a.png"))
    assert "download" in caught.value.hint


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder, not an image file"):
        read_picture(tmp_path)


def test_a_device_is_refused_rather_than_read_for_ever(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is not a regular file"):
        read_picture(tmp_path / "pipe")


def test_a_file_without_permission_is_refused(save_array, colours, monkeypatch):
    def deny(self):
        raise PermissionError(13, "Permission denied")

    path = save_array(colours, "a.png")
    monkeypatch.setattr(type(path), "read_bytes", deny)  # root may read anything, so it is simulated
    with pytest.raises(InputError, match=r"a\.png: permission to read it is denied") as caught:
        read_picture(path)
    assert "chmod" in caught.value.hint


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match=r"a.png: the file is empty \(0 bytes\)"):
        read_picture(tmp_path / "a.png")


def test_text_is_not_an_image(tmp_path):
    (tmp_path / "a.png").write_text("not an image at all")
    with pytest.raises(InputError, match="is not an image in a known format") as caught:
        read_picture(tmp_path / "a.png")
    assert "PNG, JPEG" in caught.value.hint


def test_a_truncated_jpeg_is_refused(save_array, colours):
    path = save_array(np.tile(colours, (10, 10, 1)), "a.jpg")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match=r"a\.jpg: the file is damaged or cut short") as caught:
        read_picture(path)
    assert "download it again" in caught.value.hint


@pytest.mark.parametrize(("size", "fits"), [((16, 16), True), ((15, 40), False), ((40, 15), False)])
def test_sides_under_16_px_are_refused(save_array, size, fits):
    path = save_array(np.zeros((*size, 3), np.uint8), "a.png")
    if fits:
        assert read_picture(path).size == size
        return
    with pytest.raises(InputError, match=f"{size[1]}x{size[0]} px is too small, 16 px"):
        read_picture(path)


def test_a_picture_of_colour_numbers_without_their_colours_is_damaged(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.zeros((20, 20), np.uint8)).convert("P").save(path)
    data = path.read_bytes()
    start = data.index(b"PLTE") - 4
    size = int.from_bytes(data[start : start + 4], "big") + 12
    path.write_bytes(data[:start] + data[start + size :])
    with pytest.raises(InputError, match="its palette is missing"):
        read_picture(path)


def test_pictures_higher_than_a_band_are_computed_with_as_a_whole():
    deep = np.random.default_rng(0).integers(0, 65536, (600, 3, 3)).astype(np.uint16)
    assert np.array_equal(eight_bit(deep), (deep / 257).round().astype(np.uint8))
