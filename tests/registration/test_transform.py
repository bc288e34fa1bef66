import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.geometry import Box, Crop, transform_points
from artifix.matching.sift import match_features
from artifix.registration import transform
from artifix.registration.context_band import ring_around, verdict
from artifix.registration.sampling import points_on
from artifix.registration.spline import Bend
from artifix.registration.transform import Transform, best_transform, find_transform
from artifix.scene import Matches, Scene

VIEW = np.array([[1.1, 0.12, 12.0], [-0.1, 1.05, 22.0], [1e-4, -5e-5, 1.0]])  # image to reference


def scene(height: int = 220, width: int = 260, seed: int = 0) -> np.ndarray:
    """A picture with corners and soft shading."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128, np.uint8)
    for _ in range(height * width // 200):
        x, y, w, h = rng.integers(0, width), rng.integers(0, height), rng.integers(4, 20), rng.integers(4, 20)
        picture[y : y + h, x : x + w] = rng.integers(30, 226, 3)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def photo_of(reference: np.ndarray, size: tuple[int, int] = (160, 180)) -> np.ndarray:
    """The image that `VIEW` maps into the reference, darker and of less contrast."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return (cv2.warpPerspective(reference, VIEW, size[::-1], flags=flags) * 0.7 + 20).astype(np.uint8)


def spot(size: tuple[int, int] = (160, 180)) -> np.ndarray:
    mask = np.zeros(size, bool)
    mask[60:95, 70:110] = True
    return mask


def garbled(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., None], image[::-1, ::-1], image)


def by_features(scene: Scene) -> Transform | None:
    return find_transform(scene, [match_features(scene.image, scene.hidden, scene.reference)])


def worst_px(transform: Transform) -> float:
    """Largest error on the mask."""
    points = np.argwhere(spot())[:, ::-1].astype(float)
    return float(np.linalg.norm(transform.points(points) - transform_points(VIEW, points), axis=1).max())


def test_a_known_view_is_found_to_a_third_of_a_pixel():
    reference = scene()
    found = by_features(Scene(garbled(photo_of(reference), spot()), spot(), reference))
    assert found is not None
    assert worst_px(found) < 0.35
    assert found.agreement > 0.8
    assert found.source == "sift"


def test_attention_matches_alone_are_polished_to_the_pixel():
    reference = scene()
    rng = np.random.default_rng(3)
    points = rng.uniform(30, 140, (60, 2))
    targets = transform_points(VIEW, points) + rng.normal(0, 2, (60, 2))
    coarse = Matches(points, targets, np.ones(60), "attention", 6.0)
    alone = best_transform(Scene(photo_of(reference), spot(), reference), [coarse])
    assert alone is not None
    assert alone.source == "attention"
    assert worst_px(alone) < 1.0


def test_a_proved_transform_wins_over_one_of_more_merit_that_is_not(monkeypatch):
    agreements = {"sift": 0.15, "attention": 0.33}
    monkeypatch.setattr(transform, "rate", lambda t, *_: rated(t, agreements[t.source]))
    monkeypatch.setattr(transform, "polish_on", lambda found, *_: found)
    monkeypatch.setattr(transform, "_bent", lambda found, *_: found)
    points = np.random.default_rng(0).uniform(20, 150, (80, 2))
    pool = [
        Matches(points, transform_points(VIEW, points) + shift, np.ones(80), source, 3.0)
        for source, shift in (("sift", 0.0), ("attention", 10.0))
    ]
    best = best_transform(Scene(photo_of(scene()), spot(), scene()), pool)
    assert (best.source, best.is_proved) == ("sift", True)
    rival = rated(best, agreements["attention"], "attention")
    assert rival.merit > best.merit
    assert not rival.is_proved


def rated(found, agreement: float, source: str | None = None, inliers: int | None = None) -> Transform:
    support = found.inliers if inliers is None else inliers
    return Transform(found.matrix, agreement, source or found.source, found.model, support, 3.0)


def test_an_occluder_beside_the_mask_does_not_pull_the_transform():
    reference = scene()
    image = photo_of(reference)
    image[50:120, 112:125] = (250, 10, 10)
    found = by_features(Scene(garbled(image, spot()), spot(), reference))
    assert found is not None
    assert worst_px(found) < 0.6


@pytest.mark.parametrize(
    "other", [scene(seed=9), np.full((220, 260, 3), 77, np.uint8), scene()[:, ::-1].copy()]
)
def test_unrelated_flat_and_mirrored_references_are_refused(other: np.ndarray):
    assert by_features(Scene(photo_of(scene()), spot(), other)) is None


def test_a_mask_the_reference_does_not_show_is_refused():
    reference = scene()
    assert by_features(Scene(photo_of(reference), spot(), reference[:, :90].copy())) is None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_tiny_pictures_never_crash(height: int, width: int, side: int, seed: int):
    mask = np.zeros((height, width), bool)
    mask[height // 2, width // 2 :] = True
    found = by_features(Scene(scene(height, width, seed), mask, scene(side, side, seed)))
    assert found is None or found.is_proved


def test_a_full_and_an_empty_mask_have_no_ring():
    image = scene(64, 64)
    assert by_features(Scene(image, np.ones((64, 64), bool), image)) is None
    assert by_features(Scene(image, np.zeros((64, 64), bool), image)) is None


def test_agreement_ignores_gain_and_offset_and_falls_with_misfit():
    image = scene(100, 100)
    mask = np.zeros((100, 100), bool)
    mask[40:60, 40:60] = True
    ring = ring_around(image, mask)
    everywhere = np.ones(ring.weight.shape, bool)
    right = verdict(ring, ring.picture * 0.6 + 30, everywhere)[0]
    shifted = verdict(ring, np.roll(ring.picture, 3, 1), everywhere)[0]
    unrelated = verdict(ring, scene(100, 100, 5)[ring.crop.box.slices()].astype(np.float32), everywhere)[0]
    assert right > 0.8 > shifted > unrelated
    assert abs(unrelated) < 0.25
    assert verdict(ring, ring.picture, ~everywhere)[0] == -1


@pytest.mark.parametrize("zoom", [0.25, 1.0, 4.0])
def test_a_match_is_explained_within_its_tolerance_in_pixels_of_the_image(zoom):
    view = Transform(np.diag([zoom, zoom, 1]), 1.0, "sift", "similarity", 4, 2.0)
    image = np.array([[10.0, 20], [30, 40], [50, 60]])
    reference = (image + np.array([[0, 0], [1.9, 0], [0, 2.1]])) * zoom
    matches = Matches(image, reference, np.ones(3), "sift", 2.0)
    assert view.explains(matches).tolist() == [True, True, False]


def test_a_match_beyond_the_horizon_is_not_explained():
    view = Transform(np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]), 1.0, "sift", "homography", 4, 2.0)
    image = np.array([[100.0, 20], [0, 0]])  # the first on the horizon
    assert view.explains(Matches(image, image, np.ones(2), "sift", 2.0)).tolist() == [False, True]


def test_no_matches_are_explained_by_any_transform():
    view = Transform(np.eye(3), 1.0, "sift", "similarity", 4, 2.0)
    assert view.explains(Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "sift", 2.0)).shape == (0,)


def test_the_region_is_the_mask_seen_in_the_reference():
    shift = Transform(np.array([[1, 0, 30.0], [0, 1, 10], [0, 0, 1]]), 1.0, "sift", "affine", 9, 3.0)
    region = shift.region(spot(), (220, 260, 3))
    assert region.shape == (220, 260)
    np.testing.assert_array_equal(region[70:105, 100:140], True)
    assert region.sum() == spot().sum()


def test_warping_at_scale_one_is_a_crop_and_marks_what_lies_outside():
    reference = scene()
    shift = Transform(np.array([[1, 0, 250.0], [0, 1, 10], [0, 0, 1]]), 1.0, "sift", "affine", 9, 3.0)
    pixels, valid = shift.warp_reference(reference, Box(0, 0, 20, 15), (15, 20))
    np.testing.assert_allclose(pixels[:, :10], reference[10:25, 250:], atol=0.01)
    np.testing.assert_array_equal(valid, np.arange(20)[None].repeat(15, 0) < 10)


def test_warping_shrinks_without_aliasing_and_grows_without_leaving_the_range():
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = 255
    same = Transform(np.eye(3), 1.0, "sift", "affine", 9, 3.0)
    small, _ = same.warp_reference(stripes, Box(0, 0, 128, 128), (16, 16))
    np.testing.assert_allclose(small, 127.5, atol=20)
    large, _ = same.warp_reference(stripes, Box(0, 0, 32, 32), (96, 96))
    assert large.min() >= 0
    assert large.max() <= 255


def test_a_box_across_the_horizon_is_warped_without_a_warning():
    tilted = Transform(np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]), 1.0, "sift", "homography", 9, 3.0)
    pixels, valid = tilted.warp_reference(scene(), Box(0, 0, 200, 50), (50, 200))
    assert np.isfinite(pixels).all()
    assert not valid.all()


def test_many_exact_matches_decide_where_the_ring_is_mute():
    reference = scene()
    flat = spot()
    flat[30:130, 40:150] = True  # the ring around the mask lies in here
    image = photo_of(reference)
    image[flat] = 120
    reference = reference.copy()
    corners = transform_points(VIEW, np.array([[40.0, 30], [149, 30], [149, 129], [40, 129]]))
    cv2.fillPoly(reference, [np.round(corners).astype(np.int32)], (120, 120, 120))
    found = by_features(Scene(image, spot(), reference))
    assert found is not None
    assert found.speech < transform.LEAST_SPEECH
    assert found.inliers >= transform.SHARP_INLIERS
    assert worst_px(found) < 1.5


def test_a_mute_ring_proves_nothing_for_few_or_coarse_matches():
    for source, inliers in (("sift", 29), ("attention", 400)):
        found = Transform(np.eye(3), 0.0, source, "homography", inliers, 3.0, speech=0.01)
        assert not found.is_proved
    assert Transform(np.eye(3), 0.0, "sift", "homography", 30, 3.0, speech=0.01).is_proved
    assert not Transform(np.eye(3), 0.0, "sift", "homography", 30, 3.0, speech=0.5).is_proved


def test_candidates_that_are_nearly_the_same_are_polished_once(monkeypatch):
    reference = scene()
    image = photo_of(reference)
    pairs = np.argwhere(np.ones((8, 9), bool))[:, ::-1] * 20.0
    exact = Matches(pairs, transform_points(VIEW, pairs), np.ones(len(pairs)), "sift", 1.0)
    shifted = Matches(pairs, exact.reference + 0.5, exact.weights, "sift", 1.0)
    far = Matches(pairs, exact.reference + 8, exact.weights, "sift", 1.0)
    seen = []
    monkeypatch.setattr(transform, "POLISHED", 50)
    monkeypatch.setattr(transform, "polish_on", lambda found, *_: seen.append(found) or found)
    find_transform(Scene(image, spot(), reference), [exact, shifted])
    assert sum(found.model == "homography" for found in seen) == 1
    find_transform(Scene(image, spot(), reference), [exact, shifted, far])
    assert sum(found.model == "homography" for found in seen) == 1 + 2


def test_a_large_picture_is_bent_as_a_small_one_is():
    bend = Bend((0.0, 0, 400, 400), np.random.default_rng(3).normal(0, 6, (8, 8, 2)))
    bent = Transform(VIEW, 1.0, "sift", "homography", 40, 3.0, bend)
    crop = Crop(Box(20, 30, 220, 180), (150, 200))
    assert points_on(crop, bent.points, 2000) == pytest.approx(points_on(crop, bent.points), abs=0.05)
