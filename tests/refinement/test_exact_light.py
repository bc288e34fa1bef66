"""The light of a reference that lies exactly in place."""

import numpy as np

from artifix.refinement.exact_light import match_light_exactly


def picture(height: int = 80, width: int = 90) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.kron(rng.uniform(40, 200, (height // 5, width // 5, 3)), np.ones((5, 5, 1))).astype(np.float32)


def hole() -> np.ndarray:
    mask = np.zeros((80, 90), bool)
    mask[30:50, 30:60] = True
    return mask


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
