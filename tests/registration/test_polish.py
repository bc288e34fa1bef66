"""A transform is corrected to sub-pixel on the context band, in pictures of any shape and light."""

import cv2
import numpy as np
import pytest

from artifix.registration.context_band import ContextBand, band_around
from artifix.registration.polish import normalised, polish
from artifix.registration.tuning import REGISTRATION

HEIGHT, WIDTH = 90, 170  # no square: each axis has a middle of its own


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    random = np.random.default_rng(5)
    drawn = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    for _ in range(120):
        x, y = random.integers(0, WIDTH), random.integers(0, HEIGHT)
        drawn[y : y + random.integers(4, 16), x : x + random.integers(4, 16)] = random.integers(20, 236, 3)
    return cv2.GaussianBlur(drawn, (0, 0), 1.5)


@pytest.fixture(scope="module")
def band(picture) -> ContextBand:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[35:55, 60:110] = True
    return band_around(picture, mask)


def seen_by(picture: np.ndarray, matrix: np.ndarray, band: ContextBand) -> np.ndarray:
    """The reference, which is `picture`, as `matrix` warps it into the band's frame."""
    to_image = np.linalg.inv(band.crop.matrix())
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = band.crop.size[::-1]
    return cv2.warpPerspective(picture.astype(np.float32), matrix @ to_image, size, flags=flags)


def errors_px(matrix: np.ndarray) -> np.ndarray:
    """How far four points around the mask lie from where they should: the truth is no change."""
    points = np.array([[50.0, 30], [120, 30], [50, 60], [120, 60]])
    mapped = cv2.perspectiveTransform(points[None], matrix)[0]
    return np.linalg.norm(mapped - points, axis=1)


def about_the_mask(linear: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    middle = np.array([85.0, 45])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, middle - linear @ middle + shift
    return matrix


@pytest.mark.parametrize(
    ("model", "matrix"),
    [
        ("translation", about_the_mask(np.eye(2), (1.5, -1.0))),
        ("affine", about_the_mask(np.array([[1.02, 0.015], [-0.015, 0.985]]), (0.8, 0.6))),
        ("homography", about_the_mask(np.array([[1.015, 0.01], [-0.01, 0.99]]), (-0.6, 0.7))),
    ],
)
def test_a_small_error_is_taken_back(picture, band, model, matrix):
    found = polish(band, seen_by(picture, matrix, band), matrix, model, 4.0, REGISTRATION.window_px)
    assert errors_px(matrix).max() > 0.9
    assert errors_px(found).max() < 0.2


def test_brightness_and_contrast_do_not_matter(picture, band):
    matrix = about_the_mask(np.eye(2), (1.2, 0.9))
    darker = seen_by(picture, matrix, band) * 0.6 + 30
    found = polish(band, darker, matrix, "translation", 4.0, REGISTRATION.window_px)
    assert errors_px(found).max() < 0.2


def test_what_covers_a_part_of_the_band_hardly_pulls(picture, band):
    matrix = about_the_mask(np.eye(2), (1.2, -0.9))
    covered = seen_by(picture, matrix, band)
    covered[: covered.shape[0] // 4] = np.random.default_rng(0).uniform(0, 255, 3)
    found = polish(band, covered, matrix, "translation", 4.0, REGISTRATION.window_px)
    assert errors_px(found).max() < 0.3


def test_the_prior_holds_back_what_is_not_expected(picture, band):
    matrix = about_the_mask(np.eye(2), (1.5, -1.0))
    seen = seen_by(picture, matrix, band)
    moved = [
        errors_px(np.linalg.inv(matrix) @ polish(band, seen, matrix, "translation", expected, 3.0)).max()
        for expected in (4.0, 0.002)
    ]
    assert moved[1] < 0.2 * moved[0]


def test_normalised_values_are_about_0_whatever_the_light(picture):
    grey = picture.astype(np.float32)
    anywhere = np.ones((HEIGHT, WIDTH), np.float32)
    plain, lit = (normalised(p, anywhere, 3.0) for p in (grey, grey * 0.5 + 60))
    assert abs(float(plain.mean())) < 0.1
    assert np.abs(plain - lit).mean() < 0.25
    assert np.abs(normalised(np.full_like(grey, 90), anywhere, 3.0)).max() == pytest.approx(0, abs=1e-3)
