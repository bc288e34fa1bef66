"""A reference is made as soft as the image around the mask."""

import cv2
import numpy as np
import pytest

from artifix.refinement.sharpness import match_sharpness
from artifix.refinement.tuning import REFINEMENT
from tests.refinement.conftest import hole, picture

EVERYWHERE = np.ones((80, 90), bool)


def woven() -> np.ndarray:
    """Fields of colour with fine texture: outlines and texture both tell how sharp it is."""
    threads = np.random.default_rng(1).normal(0, 1, (80, 90)).astype(np.float32)
    return (picture() + 60 * blurred(threads, 0.8)[..., None]).clip(0, 255)


def blurred(picture: np.ndarray, deviation_px: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), deviation_px)


def shares_left(soft: np.ndarray, expected: np.ndarray) -> float:
    """Error inside the hole, over that of the sharp picture."""
    left, before = (np.abs(p - expected)[hole()].mean() for p in (soft, woven()))
    return float(left / before)


@pytest.mark.parametrize("deviation_px", [0.9, 1.6])
def test_a_sharp_reference_is_made_as_soft_as_the_image(deviation_px):
    image = blurred(woven(), deviation_px)
    assert shares_left(match_sharpness(woven(), EVERYWHERE, image, hole()), image) < 0.5


def test_edges_need_not_lie_in_place_to_tell_how_sharp_they_are():
    soft = blurred(woven(), 1.6)
    image = np.roll(soft, (3, 4), (0, 1))
    assert shares_left(match_sharpness(woven(), EVERYWHERE, image, hole()), soft) < 0.5


def test_soft_outlines_with_fine_texture_are_not_blurred():
    """Fur before a background out of focus is as fine as the reference."""
    threads = 60 * blurred(np.random.default_rng(1).normal(0, 1, (80, 90)).astype(np.float32), 0.8)
    image = (blurred(picture(), 2) + threads[..., None]).clip(0, 255)
    np.testing.assert_array_equal(match_sharpness(woven(), EVERYWHERE, image, hole()), woven())


@pytest.mark.parametrize("deviation_px", [0.0, 1.2])
def test_a_reference_that_is_no_sharper_stays_as_it_is(deviation_px):
    warped = blurred(woven(), deviation_px) if deviation_px else woven()
    np.testing.assert_array_equal(match_sharpness(warped, EVERYWHERE, woven(), hole()), warped)


def test_a_reference_is_never_blurred_by_more_than_the_most():
    """Nothing tells how sharp an image of one colour is."""
    flat = np.full_like(woven(), 120)
    soft = match_sharpness(woven(), EVERYWHERE, flat, hole())
    assert soft.std() >= 0.99 * blurred(woven(), REFINEMENT.blurs_px[-1]).std()


def test_the_sharpness_of_the_artifact_does_not_count():
    image = np.where(hole()[..., None], blurred(woven(), 6), woven()).astype(np.float32)
    np.testing.assert_array_equal(match_sharpness(woven(), EVERYWHERE, image, hole()), woven())


def test_without_a_ring_the_sharpness_stays_as_it_is():
    warped, soft = woven(), blurred(woven(), 2)
    np.testing.assert_array_equal(match_sharpness(warped, EVERYWHERE, soft, EVERYWHERE), warped)
    np.testing.assert_array_equal(match_sharpness(warped, ~EVERYWHERE, soft, hole()), warped)
