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
