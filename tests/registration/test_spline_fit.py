import cv2
import numpy as np
import pytest

from artifix.geometry import Box, Crop
from artifix.matching.sift import match_features
from artifix.registration.context_band import ContextBand, band_around
from artifix.registration.hypothesis import Hypothesis
from artifix.registration.spline import SplineWarp, energy, is_smooth
from artifix.registration.spline_fit import fit_spline_warp, identity
from artifix.registration.transform import Transform
from artifix.registration.verification import best_hypothesis, find_hypothesis
from artifix.scene import Matches, Scene

SIZE = 300, 320  # (height, width) of the image
RADIUS_PX, AXIS_PX, TURN = 130.0, 160.0, np.deg2rad(20)  # of the can, and between the two views


def print_of(seed: int = 0, height: int = 340, width: int = 360) -> np.ndarray:
    """A picture full of corners, each spot another."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128, np.uint8)
    for _ in range(height * width // 150):
        x, y, w, h = rng.integers(0, width), rng.integers(0, height), rng.integers(4, 20), rng.integers(4, 20)
        picture[y : y + h, x : x + w] = rng.integers(30, 226, 3)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def on_the_can(points: np.ndarray) -> np.ndarray:
    """Reference points of (N, 2) image points: the can is turned and a little larger there."""
    angle = np.arcsin(np.clip((points[:, 0] - AXIS_PX) / RADIUS_PX, -0.97, 0.97))
    return np.column_stack([180 + 1.1 * RADIUS_PX * np.sin(angle + TURN), 1.1 * points[:, 1] + 5])


def photo_of(reference: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    points = on_the_can(np.column_stack([columns.ravel(), rows.ravel()]).astype(float))
    x, y = points.T.reshape(2, *SIZE).astype(np.float32)
    return (cv2.remap(reference, x, y, cv2.INTER_CUBIC) * 0.8 + 20).astype(np.uint8)


def spot() -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[120:170, 110:210] = True
    return mask


def garbled(image: np.ndarray) -> np.ndarray:
    return np.where(spot()[..., None], image[::-1, ::-1], image)


def errors_px(transform: Transform) -> np.ndarray:
    points = np.argwhere(spot())[:, ::-1].astype(float)
    return np.linalg.norm(transform.points(points) - on_the_can(points), axis=1)


def by_features(scene: Scene) -> Hypothesis | None:
    return find_hypothesis(scene, [match_features(scene.image, scene.hidden, scene.reference)])


@pytest.fixture(scope="module")
def found() -> Transform:
    reference = print_of()
    hypothesis = by_features(Scene(garbled(photo_of(reference)), spot(), reference))
    assert hypothesis is not None
    return hypothesis.transform


def test_a_can_is_followed_where_no_matrix_can(found):
    assert found.displacement is not None
    assert errors_px(found).max() < 1.5
    flat = Transform(found.matrix)
    assert errors_px(flat).max() > 3 * errors_px(found).max()


def test_the_region_of_a_warped_transform_is_where_its_points_lie(found):
    region = found.region(spot(), (340, 360, 3))
    inside = np.round(on_the_can(np.argwhere(spot())[:, ::-1].astype(float))).astype(int)
    assert region[inside[:, 1], inside[:, 0]].mean() > 0.97
    true_area = np.ptp(inside[:, 0]) * np.ptp(inside[:, 1])
    assert region.sum() == pytest.approx(true_area, rel=0.05)


def test_a_hole_in_the_mask_stays_one_in_the_region(found):
    holed = spot()
    holed[135:155, 145:175] = False
    middle = np.round(on_the_can(np.array([[160.0, 145.0]]))[0]).astype(int)
    region = found.region(holed, (340, 360, 3))
    assert region.any()
    assert not region[middle[1], middle[0]]


def test_a_warped_reference_shows_what_the_mask_hides(found):
    reference = print_of()
    box = Box(110, 120, 210, 170)
    seen, valid = found.warp_reference(reference, box, (50, 100))
    true = photo_of(reference)[box.slices()]
    assert valid.all()
    assert np.abs(seen * 0.8 + 20 - true).mean() < 6


def test_a_flat_scene_keeps_its_matrix():
    reference = print_of()
    view = np.array([[1.05, 0.08, 5.0], [-0.06, 1.02, 20.0], [1e-4, -5e-5, 1.0]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    image = cv2.warpPerspective(reference, view, SIZE[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    hypothesis = by_features(Scene(garbled(image), spot(), reference))
    assert hypothesis is not None
    assert hypothesis.transform.displacement is None


def test_unrelated_pictures_are_not_warped_into_agreement():
    assert by_features(Scene(photo_of(print_of()), spot(), print_of(seed=9))) is None


def test_matches_without_order_cannot_make_a_warp_verified():
    rng = np.random.default_rng(4)
    image, reference = photo_of(print_of()), print_of(seed=9)
    points = rng.uniform(60, 240, (80, 2))
    matches = Matches(points, points + rng.normal(0, 15, (80, 2)), np.ones(80), "sift", 3.0)
    best = best_hypothesis(Scene(image, spot(), reference), [matches])
    assert best is None or not best.is_verified


def test_too_few_matches_give_no_warp():
    band = band_around(photo_of(print_of()), spot())
    points = np.random.default_rng(1).uniform(60, 240, (8, 2))
    assert fit_spline_warp(np.eye(3), Matches(points, points, np.ones(8), "sift", 3.0), band, 0.6) is None


def test_wrong_matches_do_not_pull_the_warp():
    rng = np.random.default_rng(2)
    band = band_around(photo_of(print_of()), spot())
    points = rng.uniform(60, 240, (80, 2))
    targets = points + np.array([4.0, -3.0])
    targets[::4] += rng.uniform(-60, 60, (20, 2))
    fit = fit_spline_warp(np.eye(3), Matches(points, targets, np.ones(80), "sift", 3.0), band, 0.6)
    assert fit is not None
    moved = fit[0].points(np.array([[160.0, 145.0]]))
    np.testing.assert_allclose(moved, [[164, 142]], atol=0.7)


def test_a_plane_tilt_bends_no_plate():
    band = band_around(photo_of(print_of()), spot())
    warp = identity(band)
    rows, columns = np.mgrid[: warp.coefficients.shape[0], : warp.coefficients.shape[1]]
    tilt, bowl = (columns + 2.0 * rows).ravel(), (columns**2).ravel().astype(float)
    stiff, soft = energy(warp, 0.01), energy(warp, 1e6)
    assert tilt @ (stiff - soft) @ tilt < 1e-6 * (bowl @ (stiff - soft) @ bowl)


def test_beyond_its_box_a_warp_does_not_grow():
    warp = SplineWarp((0.0, 0.0, 100.0, 100.0), np.random.default_rng(0).normal(0, 3, (9, 9, 2)))
    far, edge = np.array([[1e6, 50.0]]), np.array([[100.0, 50.0]])
    np.testing.assert_allclose(warp.points(far) - far, warp.points(edge) - edge, atol=1e-6)


def test_a_fold_is_not_smooth():
    coefficients = np.zeros((9, 9, 2))
    assert is_smooth(SplineWarp((0.0, 0.0, 100.0, 100.0), coefficients), Box(20, 20, 80, 80))
    coefficients[:, 4, 0] = 60
    assert not is_smooth(SplineWarp((0.0, 0.0, 100.0, 100.0), coefficients), Box(20, 20, 80, 80))


BAND = band_around(np.zeros((*SIZE, 3), np.uint8), spot())


def lying(points: np.ndarray, move: np.ndarray, tolerance_px: float = 2.0) -> Matches:
    return Matches(points, points + move, np.ones(len(points)), "sift", tolerance_px)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_matches_beyond_any_side_of_the_warps_box_are_not_counted(side):
    left, top, right, bottom = identity(BAND).box
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    eleven = middle + np.random.default_rng(0).uniform(-30, 30, (11, 2))
    for beyond, is_fitted in ((1.0, False), (-1.0, True)):
        last = {
            "left": (left - beyond, middle[1]),
            "right": (right + beyond, middle[1]),
            "top": (middle[0], top - beyond),
            "bottom": (middle[0], bottom + beyond),
        }[side]
        points = np.vstack([eleven, last])
        found = fit_spline_warp(np.eye(3), lying(points, np.zeros((12, 2))), BAND, 0.1)
        assert (found is not None) == is_fitted


@pytest.mark.parametrize(("error", "tolerance_px"), [(0.0, 2.0), (1.9, 2.0), (2.0, 3.0)])
def test_the_information_weighs_matches_by_geman_and_mcclure_and_adds_the_energy(error, tolerance_px):
    """Every spot is told twice, of moves to either side: the warp lies between, as far from both."""
    points = np.random.default_rng(1).uniform(-60, 60, (20, 2)) + np.array([160, 145])
    both = np.vstack([points, points])
    move = np.repeat([[error, 0.0], [-error, 0.0]], 20, axis=0) + np.array([3.0, -2])
    warp, information = fit_spline_warp(np.eye(3), lying(both, move, tolerance_px), BAND, 0.1)
    assert warp.points(points) == pytest.approx(points + np.array([3.0, -2]), abs=0.02)
    basis = warp.basis(both)
    weight = (1 + (error / tolerance_px) ** 2) ** -2 * 4 / tolerance_px**2
    assert information == pytest.approx(weight * basis.T @ basis + energy(warp, 0.1), rel=0.02, abs=1e-4)


def test_a_match_far_off_moves_the_warp_by_next_to_nothing():
    points = np.random.default_rng(2).uniform(-60, 60, (40, 2)) + np.array([160, 145])
    move = np.tile([4.0, 1.0], (40, 1))
    move[:8] += 60
    warp, _ = fit_spline_warp(np.eye(3), lying(points, move), BAND, 0.05)
    assert warp.points(points) == pytest.approx(points + np.array([4.0, 1]), abs=0.1)


@pytest.mark.parametrize(("agreeing", "is_fitted"), [(11, False), (12, True)])
def test_twelve_matches_must_agree_whatever_others_say(agreeing, is_fitted):
    points = np.random.default_rng(3).uniform(-60, 60, (agreeing + 6, 2)) + np.array([160, 145])
    move = np.zeros((len(points), 2))
    move[agreeing:] = np.random.default_rng(4).uniform(400, 900, (6, 2))
    found = fit_spline_warp(np.eye(3), lying(points, move), BAND, 0.01)
    assert (found is not None) == is_fitted


@pytest.mark.parametrize(
    ("height", "width", "cells"), [(100, 200, (4, 6)), (200, 100, (6, 4)), (20, 200, (2, 6))]
)
def test_a_warp_reaches_a_tenth_of_the_longer_side_beyond_the_band_and_has_six_cells_along_it(
    height, width, cells
):
    box = Box(40, 30, 40 + width, 30 + height)
    shown = np.zeros((height, width), np.float32)
    band = ContextBand(Crop(box, (height, width)), np.zeros((height, width, 3), np.float32), shown)
    warp = identity(band)
    assert warp.box == pytest.approx((20, 10, 60 + width, 50 + height))
    assert warp.coefficients.shape == (cells[0] + 3, cells[1] + 3, 2)
    assert not warp.coefficients.any()
