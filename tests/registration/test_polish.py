"""A transform is corrected to sub-pixel on the context band."""

import cv2
import numpy as np
import pytest

from artifix.geometry import transform_points
from artifix.registration.context_band import band_around, window_mean
from artifix.registration.polish import normalised, polish
from artifix.registration.transform import Transform

SIZE = 130, 170
MASK = np.zeros(SIZE, bool)
MASK[50:80, 65:105] = True
CORNERS = np.array([[65.0, 50], [104, 50], [65, 79], [104, 79]])


@pytest.fixture(scope="module")
def picture(scene):
    return scene(*SIZE)


def polished(
    picture: np.ndarray,
    off: np.ndarray,
    model: str,
    image: np.ndarray | None = None,
    expected_px: float = 4.0,
) -> np.ndarray:
    """The identity is right; `off` is what is corrected."""
    band = band_around(picture if image is None else image, MASK)
    warped, _ = Transform(off).warp_reference(picture, band.crop.box, band.crop.size)
    found = polish(band, warped, off, model, expected_px, 3.0)
    assert found is not None
    return found


def error_px(matrix: np.ndarray) -> float:
    return float(np.abs(transform_points(matrix, CORNERS) - CORNERS).max())


@pytest.mark.parametrize(
    ("model", "off"),
    [
        ("translation", [[1, 0, 1.5], [0, 1, -1], [0, 0, 1]]),
        ("affine", [[1.015, 0, -1], [0, 0.985, 1], [0, 0, 1]]),
        ("affine", [[1, 0.015, -1], [-0.015, 1, 1.2], [0, 0, 1]]),
        ("homography", [[1.01, 0.01, -1], [0, 1, 0.5], [1e-4, 0, 1]]),
        ("homography", [[1, 0.01, -1], [0, 1, 0.5], [0, -1.2e-4, 1]]),
    ],
    ids=["moved", "stretched", "turned", "tilted to the right", "tilted down"],
)
def test_a_small_error_is_corrected(picture, model, off):
    off = np.array(off, float)
    assert error_px(polished(picture, off, model)) < 0.15 < error_px(off) / 2


def test_a_stiff_model_corrects_no_more_than_it_can(picture):
    found = polished(picture, np.array([[1.02, 0, 0], [0, 1, 1.0], [0, 0, 1]]), "translation")
    assert found[:2, :2] == pytest.approx(np.diag([1.02, 1]))


def test_light_and_an_occluder_on_the_band_do_not_pull(picture):
    image = (picture * 0.5 + 60).astype(np.uint8)
    image[82:110, 70:85] = (255, 0, 0)
    off = np.array([[1.01, 0, 0.5], [0, 1, -1.2], [0, 0, 1]])
    assert error_px(polished(picture, off, "affine", image)) < 0.25


def test_what_tells_nothing_leaves_the_transform(picture):
    flat, off = np.full_like(picture, 90), np.array([[1, 0, 1.5], [0, 1, -1], [0, 0, 1.0]])
    assert polished(flat, off, "homography") == pytest.approx(off, abs=1e-6)


def test_normalised_values_keep_no_brightness_and_no_contrast(picture):
    everywhere = np.ones(SIZE, np.float32)
    one = picture.astype(np.float32)
    first = normalised(one, everywhere, 3.0)
    assert normalised(one + 40, everywhere, 3.0) == pytest.approx(first, abs=1e-2)
    strong = cv2.Laplacian(first, cv2.CV_32F) ** 2 > 0.5
    assert np.corrcoef(normalised(one * 0.5, everywhere, 3.0)[strong], first[strong])[0, 1] > 0.99
    noise = np.random.default_rng(0).normal(0, 1, (*SIZE, 1)).astype(np.float32).repeat(3, 2)
    for sigma, left in ((4, 1 / np.sqrt(5)), (40, 1)):  # noise of 4 grey levels stays below a half
        assert normalised(100 + sigma * noise, everywhere, 3.0).std() == pytest.approx(left, rel=0.05)


def test_means_of_windows_count_what_is_supported_alone():
    plane, support = np.full(SIZE, 7, np.float32), np.zeros(SIZE, np.float32)
    plane[:, 80:], support[:, :80] = 99, 1
    found = window_mean(plane, support, 3.0)
    assert found[:, :86] == pytest.approx(np.full((SIZE[0], 86), 7), abs=0.01)


def test_brightness_and_contrast_do_not_matter(picture):
    off = np.array([[1, 0, 1.2], [0, 1, 0.9], [0, 0, 1.0]])
    darker = (picture * 0.6 + 30).astype(np.uint8)
    assert error_px(polished(picture, off, "translation", darker)) < 0.2


def test_what_covers_a_part_of_the_band_hardly_pulls(picture):
    off = np.array([[1, 0, 1.2], [0, 1, -0.9], [0, 0, 1.0]])
    image = picture.copy()
    image[:40] = np.random.default_rng(0).integers(0, 255, 3)
    assert error_px(polished(picture, off, "translation", image)) < 0.3


def test_the_prior_holds_back_what_is_not_expected(picture):
    off = np.array([[1, 0, 1.5], [0, 1, -1], [0, 0, 1.0]])
    moved = [
        error_px(np.linalg.inv(off) @ polished(picture, off, "translation", expected_px=expected))
        for expected in (4.0, 0.002)
    ]
    assert moved[1] < 0.2 * moved[0]


def test_normalised_values_are_about_0_whatever_the_light(picture):
    grey, anywhere = picture.astype(np.float32), np.ones(SIZE, np.float32)
    plain, lit = (normalised(p, anywhere, 3.0) for p in (grey, grey * 0.5 + 60))
    assert abs(float(plain.mean())) < 0.1
    assert np.abs(plain - lit).mean() < 0.25
    assert np.abs(normalised(np.full_like(grey, 90), anywhere, 3.0)).max() == pytest.approx(0, abs=1e-3)
