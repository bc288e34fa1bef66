"""Boxes as a user writes them."""

import pytest

from artifix.box import Box, box_of_text


def test_a_box_is_written_as_its_corners():
    assert box_of_text(" 1, 2,3 ,4 ") == Box(1, 2, 3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "1,2,1,4",
        "3,0,1,1",
        "-1,0,1,1",
        "1.0,2,3,4",
        "a",
        "1,2,3," + "9" * 5000,
        "\u0661,2,3,4",
    ],
)
def test_what_is_no_box_is_none(text):
    assert box_of_text(text) is None


@pytest.mark.parametrize("text", ["-1,0,1,1", "0,-2,1,1", "5,5,5,9", "9,5,5,9"])
def test_a_box_outside_of_any_picture_is_one_only_for_callers_that_tell_so(text):
    assert box_of_text(text) is None
    assert box_of_text(text, anywhere=True) == Box(*map(int, text.split(",")))
    assert box_of_text("1,2,3", anywhere=True) is None
