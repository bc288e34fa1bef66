"""What is given by hand: read, checked, refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError, UsageError
from artifix.inputs.hint import parse_box, parse_points, read_hint
from artifix.inputs.images import read_picture


@pytest.fixture
def pictures(tmp_path):
    """An image of 40 x 30 px and a reference of 60 x 50 px."""
    sizes = {"image": (30, 40), "reference": (50, 60)}
    for name, (height, width) in sizes.items():
        Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(tmp_path / f"{name}.png")
    return tuple(read_picture(tmp_path / f"{name}.png") for name in sizes)


def points_of(text: str, pictures) -> np.ndarray:
    return parse_points(text.encode(), Path("points.csv"), *pictures)


def test_nothing_given_is_an_empty_hint(pictures):
    hint = read_hint(None, None, None, *pictures)
    assert (hint.region, hint.points, hint.paths, hint.told) == (None, None, (), {})


def test_a_box_becomes_a_region(pictures):
    hint = read_hint("10, 5,60,50", None, None, *pictures)
    assert hint.region.sum() == 50 * 45
    assert hint.region[5, 10]
    assert not hint.region[4, 10]
    assert hint.told == {"region": [10, 5, 60, 50]}


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1.5,2,3,4"])
def test_what_is_no_box_is_refused(pictures, text):
    with pytest.raises(UsageError, match="is not x0,y0,x1,y1"):
        parse_box(text, pictures[1])


@pytest.mark.parametrize("text", ["0,0,61,50", "0,0,60,51", "-1,0,5,5", "5,5,5,9", "9,5,5,9"])
def test_a_box_outside_the_reference_is_refused_with_its_size(pictures, text):
    with pytest.raises(UsageError, match="does not lie in the reference") as caught:
        parse_box(text, pictures[1])
    assert "60x50" in caught.value.hint


def test_a_mask_over_the_reference_becomes_a_region(pictures, tmp_path):
    mask = np.zeros((50, 60), np.uint8)
    mask[10:20, 30:40] = 255
    Image.fromarray(mask).save(tmp_path / "where.png")
    hint = read_hint(None, tmp_path / "where.png", None, *pictures)
    assert np.array_equal(hint.region, mask > 0)
    assert hint.paths == (tmp_path / "where.png",)
    assert hint.told["ref_mask"]["name"] == "where.png"


def test_a_mask_of_the_images_size_is_refused_by_the_references(pictures, tmp_path):
    Image.fromarray(np.eye(40, dtype=np.uint8)[:30] * 255).save(tmp_path / "where.png")
    with pytest.raises(InputError, match="40x30 px but the reference is 60x50 px") as caught:
        read_hint(None, tmp_path / "where.png", None, *pictures)
    assert "fit_mask" not in caught.value.hint


@pytest.mark.parametrize("start", ["", "x,y,x_ref,y_ref\n", "\ufeffx, y, x_ref, y_ref\r\n"])
def test_points_are_read_with_or_without_a_header(pictures, start):
    found = points_of(f"{start}1,2,3,4\n\n5.5,6,7,8\n", pictures)
    assert found.tolist() == [[1, 2, 3, 4], [5.5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3,4\n1,2,3", "line 2: 1,2,3 is no match"),
        ("1,2,3,4\nx,y,x_ref,y_ref", "line 2: x,y,x_ref,y_ref is no match"),
        ("1,2,3,4\n41,2,3,4", "line 2: 41,2 lies outside .*image.png of 40x30 px"),
        ("1,2,3,4\n4,2,3,50", "line 2: 3,50 lies outside .*reference.png of 60x50 px"),
        ("1,2,3,4\nnan,2,3,4", "line 2: nan,2 lies outside"),
        ("", "holds 0 matches"),
        ("1,2,3,4", "holds 1 matches"),
        ("1,2,3,4\n1,2,9,9", "holds 2 matches, and fewer than 2 points of the image"),
        ("1,2,3,4\n9,9,3,4", "holds 2 matches, and fewer than 2 points of the reference"),
    ],
)
def test_points_that_cannot_be_used_are_refused_by_line(pictures, text, said):
    with pytest.raises(InputError, match=said):
        points_of(text, pictures)


def test_a_picture_is_no_file_of_points(pictures):
    with pytest.raises(InputError, match=r"image.png: is not text"):
        read_hint(None, None, pictures[0].path, *pictures)


def test_two_hints_are_refused(pictures):
    with pytest.raises(UsageError, match="region and points"):
        read_hint("0,0,5,5", None, Path("points.csv"), *pictures)


def test_points_may_end_their_lines_as_an_old_mac_does(pictures):
    assert points_of("1,2,3,4\r5,6,7,8\r", pictures).shape == (2, 4)


def test_points_that_are_no_csv_are_refused(pictures):
    with pytest.raises(InputError, match=r"points\.csv: is not CSV"):
        points_of("1,2,3," + "4" * 200_000, pictures)
