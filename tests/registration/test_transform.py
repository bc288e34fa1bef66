"""Where a transform leads, what it explains, and what it shows of the reference."""

import numpy as np
import pytest

from artifix.geometry import Box, Crop
from artifix.registration.sampling import points_on
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform
from artifix.scene import Matches
from tests.registration.conftest import VIEW, scene, spot


@pytest.mark.parametrize("zoom", [0.25, 1.0, 4.0])
def test_a_match_is_explained_within_its_tolerance_in_pixels_of_the_image(zoom):
    view = Transform(np.diag([zoom, zoom, 1]))
    image = np.array([[10.0, 20], [30, 40], [50, 60]])
    reference = (image + np.array([[0, 0], [1.9, 0], [0, 2.1]])) * zoom
    matches = Matches(image, reference, np.ones(3), "sift", 2.0)
    assert view.explains(matches).tolist() == [True, True, False]


def test_a_match_beyond_the_horizon_is_not_explained():
    view = Transform(np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]))
    image = np.array([[100.0, 20], [0, 0]])  # the first on the horizon
    assert view.explains(Matches(image, image, np.ones(2), "sift", 2.0)).tolist() == [False, True]


def test_no_matches_are_explained_by_any_transform():
    view = Transform(np.eye(3))
    assert view.explains(Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "sift", 2.0)).shape == (0,)


def test_the_region_is_the_mask_seen_in_the_reference():
    shift = Transform(np.array([[1, 0, 30.0], [0, 1, 10], [0, 0, 1]]))
    region = shift.region(spot(), (220, 260, 3))
    assert region.shape == (220, 260)
    np.testing.assert_array_equal(region[70:105, 100:140], True)
    assert region.sum() == spot().sum()


def test_warping_at_scale_one_is_a_crop_and_marks_what_lies_outside():
    reference = scene()
    shift = Transform(np.array([[1, 0, 250.0], [0, 1, 10], [0, 0, 1]]))
    pixels, valid = shift.warp_reference(reference, Box(0, 0, 20, 15), (15, 20))
    np.testing.assert_allclose(pixels[:, :10], reference[10:25, 250:], atol=0.01)
    np.testing.assert_array_equal(valid, np.arange(20)[None].repeat(15, 0) < 10)


def test_warping_shrinks_without_aliasing_and_grows_without_leaving_the_range():
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = 255
    same = Transform(np.eye(3))
    small, _ = same.warp_reference(stripes, Box(0, 0, 128, 128), (16, 16))
    np.testing.assert_allclose(small, 127.5, atol=20)
    large, _ = same.warp_reference(stripes, Box(0, 0, 32, 32), (96, 96))
    assert large.min() >= 0
    assert large.max() <= 255


def test_a_box_across_the_horizon_is_warped_without_a_warning():
    tilted = Transform(np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]))
    pixels, valid = tilted.warp_reference(scene(), Box(0, 0, 200, 50), (50, 200))
    assert np.isfinite(pixels).all()
    assert not valid.all()


def test_a_large_picture_is_warped_as_a_small_one_is():
    warp = SplineWarp((0.0, 0, 400, 400), np.random.default_rng(3).normal(0, 6, (8, 8, 2)))
    warped = Transform(VIEW, warp)
    crop = Crop(Box(20, 30, 220, 180), (150, 200))
    assert points_on(crop, warped.points, 2000) == pytest.approx(points_on(crop, warped.points), abs=0.05)
