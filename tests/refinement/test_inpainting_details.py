"""What specks are filled from."""

import numpy as np

from artifix.refinement.inpainting import inpaint

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
