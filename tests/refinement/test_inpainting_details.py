"""What specks are filled from."""

import cv2
import numpy as np
import pytest

from artifix.refinement.inpainting import inpaint, inpainted_note

SIZE = 80, 120


def halves() -> np.ndarray:
    picture = np.zeros((*SIZE, 3), np.uint8)
    picture[:, :60], picture[:, 60:] = (30, 120, 210), (200, 40, 90)
    return picture


def test_each_speck_is_filled_with_the_colours_beside_it():
    truth, hole = halves(), np.zeros(SIZE, bool)
    hole[10:13, 10:13] = hole[60:63, 100:103] = hole[40:42, 20:22] = True
    spoilt = np.where(hole[..., None], 255, truth).astype(np.uint8)
    assert np.abs(inpaint(spoilt, hole).astype(int) - truth).max() <= 2


def test_specks_close_to_each_other_are_not_filled_from_each_other():
    truth, hole = halves(), np.zeros(SIZE, bool)
    hole[20:22, 10:50:5] = True
    spoilt = np.where(hole[..., None], 255, truth).astype(np.uint8)
    assert np.abs(inpaint(spoilt, hole).astype(int) - truth).max() <= 2


def test_a_speck_in_the_bend_of_a_scratch_is_filled_too():
    truth, hole = halves(), np.zeros(SIZE, bool)
    hole[5:75, 5] = hole[75, 5:55] = hole[30:32, 40:42] = True
    spoilt = np.where(hole[..., None], 255, truth).astype(np.uint8)
    assert np.abs(inpaint(spoilt, hole).astype(int) - truth).max() <= 2


def test_a_scratch_across_an_edge_keeps_the_edge():
    truth, hole = halves(), np.zeros(SIZE, bool)
    hole[40:42, 50:70] = True
    spoilt = np.where(hole[..., None], 255, truth).astype(np.uint8)
    filled = inpaint(spoilt, hole).astype(int)
    assert np.abs(filled - truth)[40:42, 50:57].max() <= 8
    assert np.abs(filled - truth)[40:42, 63:70].max() <= 8


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_specks_are_filled_as_if_the_whole_picture_were_looked_at(dtype):
    """What is asked around a pixel lies within 3 px of it, by Telea's method, in each channel by itself."""
    random = np.random.default_rng(0)
    truth = cv2.GaussianBlur(random.uniform(0, 1, (*SIZE, 3)), (0, 0), 2)
    picture = (truth * np.iinfo(dtype).max).astype(dtype)
    hole = np.zeros(SIZE, bool)
    hole[0:2, 0:3] = hole[20:24, 30:33] = hole[20:22, 46:50] = hole[50:51, 10:60] = hole[77:80, 116:120] = (
        True
    )
    hole[36:44, 90] = True
    whole = [
        cv2.inpaint(np.ascontiguousarray(picture[..., i]), hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        for i in range(3)
    ]
    np.testing.assert_array_equal(inpaint(picture, hole), np.dstack(whole))


def test_the_note_tells_how_many_pixels_were_filled_from_around():
    hole = np.zeros(SIZE, bool)
    hole[3:5, 7:10] = True
    wanted = (
        "6 px of the mask are in parts too small or thin to be found in the reference: filled from around"
    )
    assert inpainted_note(hole) == wanted
