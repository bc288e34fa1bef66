"""A smooth warp is corrected on the context band."""

import cv2
import numpy as np
import pytest

from artifix.registration.context_band import band_around
from artifix.registration.sampling import grid_of, points_on, sample
from artifix.registration.spline import SplineWarp, energy
from artifix.registration.spline_fit import identity, polish_spline_warp

HEIGHT, WIDTH = 150, 190


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    random = np.random.default_rng(2)
    drawn = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    for _ in range(260):
        x, y = random.integers(0, WIDTH), random.integers(0, HEIGHT)
        drawn[y : y + random.integers(4, 14), x : x + random.integers(4, 14)] = random.integers(20, 236, 3)
    return cv2.GaussianBlur(drawn, (0, 0), 1.5)


@pytest.fixture(scope="module")
def mask() -> np.ndarray:
    marked = np.zeros((HEIGHT, WIDTH), bool)
    marked[55:95, 70:120] = True
    return marked


@pytest.fixture(scope="module")
def truth(reference, mask) -> SplineWarp:
    """The image's surface is bowed: right and down by up to about a pixel and a half."""
    flat = identity(band_around(reference, mask))
    rows, columns = np.mgrid[: flat.coefficients.shape[0], : flat.coefficients.shape[1]]
    bowed = np.stack([1.5 * np.sin(rows / 1.7), 1.5 * np.cos(columns / 1.9)], -1)
    return SplineWarp(flat.box, bowed)


@pytest.fixture(scope="module")
def image(reference, truth) -> np.ndarray:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    points = truth.points(np.column_stack([columns.ravel(), rows.ravel()]).astype(float))
    return np.clip(sample(reference, points, (HEIGHT, WIDTH))[0], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("covered", [False, True], ids=["all in sight", "a part of the band covered"])
def test_a_warp_follows_a_bowed_surface_to_a_fraction_of_its_bow(reference, mask, truth, image, covered):
    if covered:
        image = image.copy()
        image[40:52, 60:90] = (250, 10, 10)
    band = band_around(image, mask)

    def show(warp: SplineWarp) -> np.ndarray:
        return sample(reference, points_on(band.crop, warp.points), band.crop.size)[0]

    start = identity(band)
    found = polish_spline_warp(band, show, start, energy(start, 0.6))
    points = grid_of(band.crop)[band.weight.ravel() > 0.5]
    before, after = (
        np.linalg.norm(warp.points(points) - truth.points(points), axis=1).mean() for warp in (start, found)
    )
    assert before > 0.8
    assert after < 0.4 * before
    assert start.coefficients.any() == np.False_  # it is another one that is given back


def test_what_matches_hold_fast_is_not_moved(reference, mask, image):
    band = band_around(image, mask)

    def show(warp: SplineWarp) -> np.ndarray:
        return sample(reference, points_on(band.crop, warp.points), band.crop.size)[0]

    start = identity(band)
    held = energy(start, 0.6) + 1e6 * np.eye(start.coefficients[..., 0].size)
    assert np.abs(polish_spline_warp(band, show, start, held).coefficients).max() < 0.05


def test_a_warp_that_matches_hold_fast_stays_where_it_starts_though_it_is_bowed(
    reference, mask, truth, image
):
    band = band_around(image, mask)

    def show(warp: SplineWarp) -> np.ndarray:
        return sample(reference, points_on(band.crop, warp.points), band.crop.size)[0]

    start = SplineWarp(truth.box, truth.coefficients + np.array([0.4, -0.7]))
    held = 1e7 * np.eye(start.coefficients[..., 0].size)
    found = polish_spline_warp(band, show, start, held)
    assert found.coefficients == pytest.approx(start.coefficients, abs=0.01)


@pytest.mark.parametrize(("held", "moved"), [(0.1, 0.366), (3.0, 0.051), (1000.0, 1.79e-4)])
def test_pictures_half_a_pixel_apart_move_a_warp_by_what_the_prior_leaves_them(mask, held, moved):
    """As many windows as the band holds speak against it, each by the square of the outliers' limit."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    reference, image = (
        np.repeat((128 + 60 * np.sin((x + right) / 4) * np.cos(y / 5))[..., None], 3, 2) for right in (0, 0.5)
    )
    band = band_around(np.round(image).astype(np.uint8), mask)

    def show(warp: SplineWarp) -> np.ndarray:
        return sample(reference.astype(np.float32), points_on(band.crop, warp.points), band.crop.size)[0]

    start = identity(band)
    found = polish_spline_warp(band, show, start, held * np.eye(start.coefficients[..., 0].size))
    points = grid_of(band.crop)[band.weight.ravel() > 0.5]
    right, down = (found.points(points) - points).mean(0)
    assert right == pytest.approx(moved, rel=0.05)
    assert abs(down) < 0.06 * right
