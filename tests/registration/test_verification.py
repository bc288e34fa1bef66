"""The best hypothesis among many is found, and what nothing verifies is refused."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.geometry import transform_points
from artifix.matching.sift import match_features
from artifix.registration import tuning, verification
from artifix.registration.context_band import BandScore, band_around, compare
from artifix.registration.hypothesis import Candidate, Hypothesis, Support
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION
from artifix.registration.verification import best_hypothesis, find_hypothesis
from artifix.scene import Matches, Scene
from tests.registration.conftest import VIEW, scene, spot


def photo_of(reference: np.ndarray, size: tuple[int, int] = (160, 180)) -> np.ndarray:
    """The image that `VIEW` maps into the reference, darker and of less contrast."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return (cv2.warpPerspective(reference, VIEW, size[::-1], flags=flags) * 0.7 + 20).astype(np.uint8)


def garbled(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., None], image[::-1, ::-1], image)


def by_features(scene: Scene) -> Hypothesis | None:
    return find_hypothesis(scene, [match_features(scene.image, scene.hidden, scene.reference)])


def worst_px(found: Hypothesis) -> float:
    """Largest error on the mask."""
    points = np.argwhere(spot())[:, ::-1].astype(float)
    return float(
        np.linalg.norm(found.transform.points(points) - transform_points(VIEW, points), axis=1).max()
    )


def test_a_known_view_is_found_to_a_third_of_a_pixel():
    reference = scene()
    found = by_features(Scene(garbled(photo_of(reference), spot()), spot(), reference))
    assert found is not None
    assert worst_px(found) < 0.35
    assert found.band.agreement > 0.8
    assert found.support.source == "sift"


def test_attention_matches_alone_are_polished_to_the_pixel():
    reference = scene()
    rng = np.random.default_rng(3)
    points = rng.uniform(30, 140, (60, 2))
    targets = transform_points(VIEW, points) + rng.normal(0, 2, (60, 2))
    coarse = Matches(points, targets, np.ones(60), "attention", 6.0)
    alone = best_hypothesis(Scene(photo_of(reference), spot(), reference), [coarse])
    assert alone is not None
    assert alone.support.source == "attention"
    assert worst_px(alone) < 1.0


def test_a_verified_hypothesis_wins_over_one_of_a_higher_score_that_is_not(monkeypatch):
    agreements = {"sift": 0.15, "attention": 0.33}
    monkeypatch.setattr(verification, "rate", lambda c, *_: rated(c, agreements[c.support.source]))
    monkeypatch.setattr(verification, "polish_on", lambda found, *_: found)
    monkeypatch.setattr(verification, "_with_spline_warp", lambda found, *_: found)
    points = np.random.default_rng(0).uniform(20, 150, (80, 2))
    pool = [
        Matches(points, transform_points(VIEW, points) + shift, np.ones(80), source, 3.0)
        for source, shift in (("sift", 0.0), ("attention", 10.0))
    ]
    best = best_hypothesis(Scene(photo_of(scene()), spot(), scene()), pool)
    assert (best.support.source, best.is_verified) == ("sift", True)
    rival = rated(best, agreements["attention"], "attention")
    assert rival.score > best.score
    assert not rival.is_verified


def rated(found: Candidate | Hypothesis, agreement: float, source: str | None = None) -> Hypothesis:
    support = replace(found.support, source=source or found.support.source)
    return Hypothesis(found.transform, support, BandScore(agreement))


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
    assert found is None or found.is_verified


def test_a_full_and_an_empty_mask_have_no_context_band():
    image = scene(64, 64)
    assert by_features(Scene(image, np.ones((64, 64), bool), image)) is None
    assert by_features(Scene(image, np.zeros((64, 64), bool), image)) is None


def test_agreement_ignores_gain_and_offset_and_falls_with_misfit():
    image = scene(100, 100)
    mask = np.zeros((100, 100), bool)
    mask[40:60, 40:60] = True
    band = band_around(image, mask)
    everywhere = np.ones(band.weight.shape, bool)
    right = compare(band, band.picture * 0.6 + 30, everywhere).agreement
    shifted = compare(band, np.roll(band.picture, 3, 1), everywhere).agreement
    other = scene(100, 100, 5)[band.crop.box.slices()].astype(np.float32)
    unrelated = compare(band, other, everywhere).agreement
    assert right > 0.8 > shifted > unrelated
    assert abs(unrelated) < 0.25
    assert compare(band, band.picture, ~everywhere).agreement == -1


def test_many_exact_matches_decide_where_the_band_has_no_texture():
    reference = scene()
    flat = spot()
    flat[30:130, 40:150] = True  # the band around the mask lies in here
    image = photo_of(reference)
    image[flat] = 120
    reference = reference.copy()
    corners = transform_points(VIEW, np.array([[40.0, 30], [149, 30], [149, 129], [40, 129]]))
    cv2.fillPoly(reference, [np.round(corners).astype(np.int32)], (120, 120, 120))
    found = by_features(Scene(image, spot(), reference))
    assert found is not None
    assert found.band.texture < REGISTRATION.least_texture
    assert found.support.inliers >= REGISTRATION.sharp_inliers
    assert worst_px(found) < 1.5


def test_a_band_without_texture_verifies_nothing_for_few_or_coarse_matches():
    for source, inliers in (("sift", 29), ("attention", 400)):
        found = Hypothesis(
            Transform(np.eye(3)), Support(source, "homography", inliers, 3.0), BandScore(0.0, 0.01)
        )
        assert not found.is_verified
    assert Hypothesis(
        Transform(np.eye(3)), Support("sift", "homography", 30, 3.0), BandScore(0.0, 0.01)
    ).is_verified
    assert not Hypothesis(
        Transform(np.eye(3)), Support("sift", "homography", 30, 3.0), BandScore(0.0, 0.5)
    ).is_verified


def test_candidates_that_are_nearly_the_same_are_polished_once(monkeypatch):
    reference = scene()
    image = photo_of(reference)
    pairs = np.argwhere(np.ones((8, 9), bool))[:, ::-1] * 20.0
    exact = Matches(pairs, transform_points(VIEW, pairs), np.ones(len(pairs)), "sift", 1.0)
    shifted = Matches(pairs, exact.reference + 0.5, exact.weights, "sift", 1.0)
    far = Matches(pairs, exact.reference + 8, exact.weights, "sift", 1.0)
    seen = []
    monkeypatch.setattr(tuning, "REGISTRATION", replace(REGISTRATION, most_polished_first=50))
    monkeypatch.setattr(verification, "polish_on", lambda found, *_: seen.append(found) or found)
    find_hypothesis(Scene(image, spot(), reference), [exact, shifted])
    assert sum(found.support.model == "homography" for found in seen) == 1
    find_hypothesis(Scene(image, spot(), reference), [exact, shifted, far])
    assert sum(found.support.model == "homography" for found in seen) == 1 + 2
