"""Which of many hypotheses is chosen, polished, warped and torn, whatever the pictures show.

What the band says of a transform is made up here, and so is what each step finds.
"""

from collections.abc import Callable

import numpy as np
import pytest

from artifix.geometry import Box, box_of
from artifix.registration import verification
from artifix.registration.context_band import BandScore, band_around
from artifix.registration.disparity import DisparityMap
from artifix.registration.hypothesis import Candidate, Hypothesis, Support
from artifix.registration.parallax import Parallax
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION as TUNED
from artifix.registration.verification import (
    best_hypothesis,
    find_hypothesis,
    has_context,
    polish_on,
    polished,
)
from artifix.scene import Matches, Scene
from tests.registration.conftest import spot

SCENE = Scene(np.zeros((160, 180, 3), np.uint8), spot(), np.zeros((220, 260, 3), np.uint8))
POINTS = np.argwhere(np.ones((10, 10), bool))[:, ::-1] * 10.0 + 40
EXACT = Matches(POINTS, POINTS, np.ones(100), "sift", 1.5)
COARSE = Matches(POINTS, POINTS, np.ones(100), "attention", 12.0)


def candidate(right: float, source: str = "sift", inliers: int = 40, tolerance_px: float = 3.0) -> Candidate:
    """The image lies so far to the right in the reference."""
    matrix = np.array([[1, 0, right], [0, 1, 0], [0, 0, 1.0]])
    return Candidate(Transform(matrix), Support(source, "homography", inliers, tolerance_px))


def bent(by: float) -> SplineWarp:
    return SplineWarp((0.0, 0, 200, 200), np.full((5, 5, 2), by))


def right_of(transform: Transform) -> float:
    """How far it moves the image to the right."""
    return round(float(transform.points(np.zeros((1, 2)))[0, 0]), 6)


@pytest.fixture
def proposed(monkeypatch):
    """proposed(candidates, agreement): what matches propose, and what the band says by a shift."""

    def set_up(candidates: list[Candidate], agreement: Callable[[float], float]) -> list[Hypothesis]:
        asked: list[Hypothesis] = []

        def rate(one, *_):
            return Hypothesis(one.transform, one.support, BandScore(agreement(right_of(one.transform))))

        monkeypatch.setattr(verification, "propose", lambda *_: iter(candidates))
        monkeypatch.setattr(verification, "rate", rate)
        monkeypatch.setattr(verification, "polish_on", lambda one, *_: asked.append(one) or one)
        monkeypatch.setattr(verification, "fit_spline_warp", lambda *_: None)
        monkeypatch.setattr(verification, "find_parallax", lambda *_: None)
        return asked

    return set_up


def test_six_of_the_highest_score_are_polished_and_the_best_verified_one_of_the_rest(proposed):
    coarse = [candidate(10 * i, "attention") for i in range(7)]
    exact = [candidate(80, inliers=30), candidate(90, inliers=40), candidate(100, inliers=64)]
    said = {10.0 * i: 0.34 - 0.001 * i for i in range(7)} | {80: 0.11, 90: 0.15, 100: 0.12}
    asked = proposed([*exact, *reversed(coarse)], said.__getitem__)
    best = best_hypothesis(SCENE, [EXACT])
    assert [right_of(h.transform) for h in asked] == [0, 10, 20, 30, 40, 50, 90]
    assert right_of(best.transform) == 90
    assert best.is_verified


def test_of_verified_ones_that_of_the_highest_score_is_found(proposed):
    proposed([candidate(0), candidate(30), candidate(60)], {0: 0.5, 30: 0.7, 60: 0.6}.__getitem__)
    assert right_of(find_hypothesis(SCENE, [EXACT]).transform) == 30


def test_those_that_are_two_px_of_the_band_apart_are_polished_each(proposed):
    asked = proposed([candidate(right) for right in (0, 1.9, 2.1)], lambda right: 0.9 - right / 100)
    best_hypothesis(SCENE, [EXACT])
    assert [right_of(h.transform) for h in asked] == [0, 2.1]


def test_what_is_not_verified_is_the_best_but_not_found(proposed):
    proposed([candidate(0, "attention")], lambda _: 0.34)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 0
    assert find_hypothesis(SCENE, [EXACT]) is None


def test_what_does_not_land_or_is_no_view_is_not_looked_at(proposed, monkeypatch):
    mirrored = Candidate(Transform(np.diag([-1.0, 1, 1])), candidate(0).support)
    asked = proposed([candidate(400), mirrored], lambda _: 0.9)
    assert best_hypothesis(SCENE, [EXACT]) is None
    assert asked == []
    proposed([candidate(0), candidate(30)], lambda right: 0.9 - right / 100)
    away = Hypothesis(candidate(400).transform, candidate(0).support, BandScore(0.95))
    monkeypatch.setattr(verification, "polish_on", lambda h, *_: h if right_of(h.transform) else away)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 30  # the other was polished away


@pytest.mark.parametrize(
    ("image", "reference", "is_enough"),
    [
        ((16, 40), (40, 16), True),
        ((15, 40), (40, 40), False),
        ((40, 15), (40, 40), False),
        ((40, 40), (40, 15), False),
        ((40, 40), (15, 40), False),
    ],
)
def test_pictures_of_sixteen_px_hold_context_and_a_mask_all_over_leaves_none(image, reference, is_enough):
    mask = np.zeros(image, bool)
    mask[0, 0] = True
    pictures = np.zeros((*image, 3), np.uint8), np.zeros((*reference, 3), np.uint8)
    assert has_context(Scene(pictures[0], mask, pictures[1])) == is_enough
    assert not has_context(Scene(pictures[0], np.ones(image, bool), pictures[1]))


@pytest.fixture
def polishing(monkeypatch):
    """polishing(gain): a polish moves by 1 px, to where the band says so much; all that it is asked."""

    def set_up(gain: Callable[[float], float], step: np.ndarray | None = None) -> list[tuple]:
        asked = []
        step = np.array([[1, 0, 1.0], [0, 1, 0], [0, 0, 1]]) if step is None else step

        def polish(_, warped, matrix, model, error_px, window_px):
            asked.append((model, error_px, window_px, matrix[0, 2]))
            return step @ matrix

        def rate(one, *_):
            return Hypothesis(one.transform, one.support, BandScore(gain(right_of(one.transform))))

        monkeypatch.setattr(verification, "polish", polish)
        monkeypatch.setattr(verification, "rate", rate)
        return asked

    return set_up


def start(tolerance_px: float, agreement: float = 0.5) -> Hypothesis:
    one = candidate(0, tolerance_px=tolerance_px)
    return Hypothesis(one.transform, one.support, BandScore(agreement))


@pytest.mark.parametrize(
    ("tolerance_px", "error_px", "windows"), [(3, 4, (3,)), (6, 6, (3,)), (8, 8, (3,)), (9, 9, (9, 3))]
)
def test_coarse_starts_are_polished_with_a_wider_window_first(polishing, tolerance_px, error_px, windows):
    asked = polishing(lambda right: 0.5 + right / 100)
    found = polish_on(start(tolerance_px), band_around(SCENE.image, SCENE.mask), SCENE.reference)
    models = ("translation", "affine", "homography")
    wanted = [(model, error_px, window) for window in windows for model in models]
    assert [call[:3] for call in asked] == wanted
    assert [call[3] for call in asked] == list(range(3 * len(windows)))  # each goes on from the one before
    assert right_of(found.transform) == 3 * len(windows)


def test_the_error_is_told_in_px_of_the_bands_picture(polishing):
    large, mask = np.zeros((800, 900, 3), np.uint8), np.zeros((800, 900), bool)
    mask[200:500, 300:600] = True
    asked, band = polishing(lambda _: 0.5), band_around(large, mask)
    scale = TUNED.band_side_px / band.crop.box.width
    assert scale < 0.4
    polish_on(start(20.0), band, large)
    assert [error for _, error, *_ in asked] == pytest.approx([20 * scale] * 3)


@pytest.mark.parametrize("gain", [0.0, -0.1])
def test_a_polish_that_the_band_does_not_agree_better_with_is_not_kept(polishing, gain):
    polishing(lambda _: 0.5 + gain)
    begun = start(3.0)
    assert polish_on(begun, band_around(SCENE.image, SCENE.mask), SCENE.reference) is begun


def test_a_polish_that_leads_to_what_is_no_view_is_not_kept(polishing):
    polishing(lambda _: 0.9, np.diag([1.0, 4.0, 1.0]))
    begun = start(3.0)
    assert polish_on(begun, band_around(SCENE.image, SCENE.mask), SCENE.reference) is begun


def test_a_candidate_is_polished_unless_that_leads_out_of_the_reference(polishing):
    polishing(lambda right: 0.5 + right / 1000)
    assert right_of(polished(SCENE, candidate(0)).transform) == 3
    polishing(lambda right: 0.5 + right / 1000, candidate(400).transform.matrix)
    assert right_of(polished(SCENE, candidate(0)).transform) == 0


@pytest.fixture
def warping(proposed, monkeypatch):
    """warping(fits, agreement, polish): fits of each curvature by their shift, None where there is none."""

    def set_up(fits: list[float | None], agreement: dict[float, float], polish_to: float) -> list:
        proposed([candidate(0)], agreement.__getitem__)
        asked = []
        shifts = dict(zip(TUNED.warp_curvatures, fits, strict=True))

        def fit(matrix, matches, band, curvature):
            asked.append(matches)
            return None if shifts[curvature] is None else (bent(shifts[curvature]), f"of {curvature}")

        def polish(band, show, warp, information):
            assert show(warp).shape == band.picture.shape
            asked.append((warp.coefficients[0, 0, 0], information))
            return bent(polish_to)

        monkeypatch.setattr(verification, "fit_spline_warp", fit)
        monkeypatch.setattr(verification, "polish_spline_warp", polish)
        return asked

    return set_up


def test_a_freer_warp_is_polished_where_the_band_agrees_clearly_better_with_it(warping):
    said = {0: 0.4, 1: 0.5, 2: 0.509, 3: 0.511, 4: 0.52, 5: 0.6}
    asked = warping([1, 2, 3, 4], said, 5)
    best = best_hypothesis(SCENE, [EXACT, COARSE])
    assert asked == [EXACT] * 4 + [(3, "of 0.6")]  # warps go by exact matches alone
    assert right_of(best.transform) == 5
    assert best.band.agreement == 0.6


def test_the_first_warp_there_is_is_polished_though_the_band_agrees_less_with_it(warping):
    asked = warping([None, 2, 3, None], {0: 0.5, 2: 0.3, 3: 0.305, 6: 0.55}, 6)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 6
    assert asked[-1] == (2, "of 0.3")


def test_a_warp_is_kept_as_it_was_fitted_where_the_polish_is_no_gain(warping):
    warping([1, None, None, None], {0: 0.4, 1: 0.5, 2: 0.45}, 2)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 1


@pytest.mark.parametrize(("agreement", "right"), [(0.53, 0), (0.55, 2)])
def test_a_warp_must_gain_clearly_to_be_kept(warping, agreement, right):
    warping([1, None, None, None], {0: 0.5, 1: 0.2, 2: agreement}, 2)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == right


def test_without_a_warp_nothing_is_polished(warping):
    asked = warping([None] * 4, {0: 0.5}, 2)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 0
    assert asked == [EXACT] * 4


def test_a_warp_that_leads_out_of_the_reference_is_not_kept(warping):
    warping([1, None, None, None], {0: 0.5, 1: 0.6, 300: 0.9}, 300)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 0


def test_a_warp_that_folds_is_neither_polished_nor_kept(warping, monkeypatch):
    monkeypatch.setattr(verification, "is_smooth", lambda warp, box: warp.coefficients[0, 0, 0] != 2)
    warping([2, 1, None, None], {0: 0.4, 1: 0.5, 2: 0.9}, 2)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 1


@pytest.fixture
def tearing(proposed, monkeypatch):
    """tearing(agreement, stray, source): matches tell of depth, of which so many contradict the flat one."""

    def set_up(torn: float, stray: int = 50, source: str = "sift", right: float = 7.0) -> list:
        said = {0.0: 0.5, right: torn, 2.0: 0.99}  # 2: flat, by the parallax's own matrix
        proposed([candidate(0, source)], said.__getitem__)
        asked = []
        away = POINTS.copy()
        away[:stray, 0] += 30
        matches = Matches(POINTS[:100], away, np.ones(100), "sift", 1.5)
        parallax = Parallax(candidate(2).transform.matrix, np.array([1.0, 0]), 0.0, right, matches)

        def sweep(scene, found, surface):
            asked.append(surface)
            assert found is parallax
            box = Box(0, 0, 180, 160)
            return DisparityMap(box, (1.0, 0.0), np.full((160, 180), 16 * (right - 2), np.int16))

        def find(given, box):
            assert (given, box) == (EXACT, box_of(spot()))
            return parallax

        monkeypatch.setattr(verification, "find_parallax", find)
        monkeypatch.setattr(verification, "disparity_of", sweep)
        return asked

    return set_up


@pytest.mark.parametrize(("agreement", "right"), [(0.549, 0), (0.551, 7)])
def test_what_is_torn_must_agree_clearly_better(tearing, agreement, right):
    tearing(agreement)
    best = best_hypothesis(SCENE, [COARSE, EXACT])
    assert right_of(best.transform) == right
    if right:
        assert best.support == Support("sift", "affine", 100, 1.5)
        assert isinstance(best.transform.displacement, DisparityMap)


@pytest.mark.parametrize(("stray", "is_asked"), [(10, True), (9, False)])
def test_a_tenth_of_the_matches_must_contradict_a_flat_transform(tearing, stray, is_asked):
    asked = tearing(0.9, stray)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == (7 if is_asked else 0)
    assert len(asked) == is_asked


@pytest.mark.parametrize("source", ["sift", "attention"])
def test_exact_matches_tell_how_a_surface_slants_and_coarse_ones_do_not(tearing, monkeypatch, source):
    asked = tearing(0.9, source=source)
    monkeypatch.setattr(verification, "propose", lambda *_: iter([candidate(0.0, source)]))
    best_hypothesis(SCENE, [EXACT])
    assert len(asked) == 1
    np.testing.assert_array_equal(asked[0], candidate(0 if source == "sift" else 2).transform.matrix)


def test_what_is_torn_and_leads_out_of_the_reference_is_not_kept(tearing):
    tearing(0.9, right=300.0)
    assert right_of(best_hypothesis(SCENE, [EXACT]).transform) == 0


def test_of_matches_of_several_kinds_what_tears_best_is_kept(proposed, monkeypatch):
    said = {0.0: 0.5, 3.0: 0.8, 5.0: 0.7, 6.0: 0.84}
    proposed([candidate(0)], said.__getitem__)
    away = Matches(POINTS, POINTS + 30, np.ones(100), "sift", 1.5)
    found = iter([5.0, None, 3.0, 6.0])

    def find(*_):
        right = next(found)
        return None if right is None else Parallax(np.eye(3), np.array([1.0, 0]), 0.0, right, away)

    def sweep(scene, parallax, _):
        steps = np.full((160, 180), 16 * parallax.high, np.int16)
        return DisparityMap(Box(0, 0, 180, 160), (1.0, 0.0), steps)

    monkeypatch.setattr(verification, "find_parallax", find)
    monkeypatch.setattr(verification, "disparity_of", sweep)
    assert right_of(best_hypothesis(SCENE, [EXACT] * 4).transform) == 3  # 6 is no clear gain over 3


def test_matches_whose_sweep_tells_nothing_leave_it_to_the_next(tearing, monkeypatch):
    tearing(0.9)
    sweep, calls = verification.disparity_of, []

    def second(*given):
        calls.append(given)
        return None if len(calls) == 1 else sweep(*given)

    monkeypatch.setattr(verification, "disparity_of", second)
    assert right_of(best_hypothesis(SCENE, [EXACT, EXACT]).transform) == 7
    assert len(calls) == 2
