"""Specks, filled from around."""

import numpy as np
import pytest

from artifix.refinement.inpainting import inpaint, inpainted_note


def drawn(*boxes: tuple[int, int, int, int], size=(200, 240)) -> np.ndarray:
    mask = np.zeros(size, bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_specks_are_filled_from_around_and_nothing_else_changes(dtype):
    top = np.iinfo(dtype).max
    picture = np.full((60, 60, 3), top // 2, dtype)
    speck = drawn((30, 30, 32, 32), size=(60, 60))
    picture[speck] = top
    filled = inpaint(picture, speck)
    assert np.abs(filled[speck].astype(float) - top // 2).max() <= top / 100
    assert np.array_equal(filled[~speck], picture[~speck])
    assert (picture[speck] == top).all()  # the caller's is left alone


def test_specks_at_the_border_are_filled():
    picture = np.full((40, 40, 3), 90, np.uint8)
    assert (inpaint(picture, drawn((0, 39, 1, 40), size=(40, 40))) == 90).all()


def test_what_is_filled_is_told():
    assert "4 px of the mask are in parts too small or thin" in inpainted_note(drawn((0, 0, 2, 2)))
    assert inpainted_note(None) == ""


def test_no_hole_changes_nothing():
    picture = np.full((20, 20, 3), 7, np.uint8)
    assert inpaint(picture, None) is picture
