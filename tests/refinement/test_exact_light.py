"""The light of a reference that lies exactly in place."""

import numpy as np

from artifix.refinement.exact_light import match_light_exactly
from tests.refinement.conftest import hole, picture


def error_inside(image: np.ndarray, warped: np.ndarray, truth: np.ndarray) -> float:
    fitted = match_light_exactly(warped, np.ones((80, 90), bool), image, hole())
    return float(np.abs(fitted - truth)[hole()].mean())


def test_gain_offset_and_tint_are_found_from_the_ring():
    truth = picture() * np.float32([0.7, 0.8, 0.6]) + np.float32([10, 30, 20])
    image = np.where(hole()[..., None], 0, truth)
    assert error_inside(image, picture(), truth) < 1.5


def test_a_gradient_of_light_is_continued_into_the_mask():
    truth = picture() * 0.6 + np.linspace(0, 60, 90, dtype=np.float32)[None, :, None]
    image = np.where(hole()[..., None], 0, truth)
    assert error_inside(image, picture(), truth) < 4


def test_an_occluder_on_the_ring_does_not_tint_the_mask():
    truth = picture() * 0.8 + 10
    image = np.where(hole()[..., None], 0, truth)
    image[50:70, 40:50] = (255, 0, 0)
    assert error_inside(image, picture(), truth) < 4


def test_without_a_ring_the_reference_stays_as_it_is():
    warped = picture()
    everywhere = np.ones((80, 90), bool)
    np.testing.assert_array_equal(match_light_exactly(warped, everywhere, warped * 0, everywhere), warped)
    np.testing.assert_array_equal(match_light_exactly(warped, ~everywhere, warped * 0, hole()), warped)
