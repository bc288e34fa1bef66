"""What makes one hypothesis more probable than another, and when a warp comes first."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from artifix.matching.descriptors import describe_plainly
from artifix.matching.pool import Pool
from artifix.registration.content import content_of
from artifix.registration.context_band import BandScore, band_around
from artifix.registration.evidence import NAMES, Evidence, gather
from artifix.registration.flow import warp_along
from artifix.registration.hypothesis import Candidate, Hypothesis, Support, rate
from artifix.registration.search import RankedHypothesis, is_sure, ordered, search, verified_logit
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION
from artifix.scene import Matches, Scene

SIZE = 300, 320
MASK = np.zeros(SIZE, bool)
MASK[120:180, 130:200] = True
SAME = Transform(np.eye(3))
ATTENTION = Support("attention", "similarity", 100, 12.0)


def evidence(**given: float) -> Evidence:
    return Evidence(**(dict.fromkeys(NAMES, 0.0) | given))


def hypothesis(agreement: float, inliers: int, source: str = "sift") -> Hypothesis:
    return Hypothesis(SAME, Support(source, "similarity", inliers, 3.0), BandScore(agreement))


def rises(values: list[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


def test_exact_matches_speak_louder_the_more_the_band_agrees():
    assert rises([verified_logit(hypothesis(a, 40), evidence()) for a in (0.4, 0.5, 0.7, 0.9)])


def test_twice_the_exact_matches_are_worth_the_same_every_time():
    found = [verified_logit(hypothesis(0.7, count), evidence()) for count in (16, 32, 64, 128)]
    assert rises(found)
    assert np.diff(found) == pytest.approx(np.diff(found)[0])


def test_learned_matches_speak_louder_the_more_lie_near_the_mask_whatever_the_band_says():
    near = (3.0, 4.0, 6.0, 8.0)
    found = [verified_logit(hypothesis(0.0, 80, "xfeat"), evidence(learned=n)) for n in near]
    assert rises(found)
    assert verified_logit(hypothesis(0.9, 80, "xfeat"), evidence(learned=3.0)) == found[0]


@pytest.mark.parametrize(
    ("agreement", "inliers", "source"),
    [(0.7, 11, "sift"), (0.0, 40, "sift"), (0.9, 29, "xfeat"), (0.9, 400, "attention"), (0.9, 0, "sift")],
)
def test_too_few_matches_or_those_of_attention_verify_nothing(agreement, inliers, source):
    assert verified_logit(hypothesis(agreement, inliers, source), evidence(learned=9.0)) == -np.inf


@pytest.mark.parametrize(
    ("inliers", "source", "is_enough"), [(12, "sift", True), (11, "sift", False), (30, "xfeat", True)]
)
def test_the_least_matches_that_verify_are_enough(inliers, source, is_enough):
    found = verified_logit(hypothesis(0.7, inliers, source), evidence(learned=6.0))
    assert np.isfinite(found) == is_enough


@pytest.mark.parametrize(
    ("agreement", "inliers", "source", "sure"),
    [
        (0.6, 30, "sift", True),
        (0.59, 30, "sift", False),
        (0.6, 29, "sift", False),
        (0.9, 90, "xfeat", False),
    ],
)
def test_many_exact_matches_with_an_agreeing_band_are_sure(agreement, inliers, source, sure):
    assert is_sure(hypothesis(agreement, inliers, source)) is sure


def ranked(logit: float, agreement: float) -> RankedHypothesis:
    return RankedHypothesis(hypothesis(agreement, 9, "attention"), evidence(band=agreement), logit)


def test_as_probable_means_up_to_a_bound_and_including_it():
    most, bound = ranked(5.0, 0.1), REGISTRATION.as_probable
    at, below = ranked(5.0 - bound, 0.9), ranked(5.0 - bound - 0.01, 0.95)
    assert ordered([most, at, below]) == [at, most, below]


def test_those_that_are_less_probable_follow_by_their_probability():
    found = [ranked(9.0, 0.1), ranked(-3.0, 0.9), ranked(1.0, 0.2), ranked(-1.0, 0.5)]
    assert [h.logit for h in ordered(found)] == [9.0, 1.0, -1.0, -3.0]


def test_what_surrounds_the_mask_and_exact_matches_decide_between_bands_that_agree_alike():
    plain = ranked(2.0, 0.5)
    for more in (evidence(surroundings=0.8), evidence(classical=3.0)):
        better = RankedHypothesis(plain.hypothesis, more, 2.0)
        assert better.placement > plain.placement


@pytest.fixture(scope="module")
def bent_scene(label, melted) -> Scene:
    """The image shows the print bent sideways, as no matrix bends it."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    bent = cv2.remap(label(), x + 14 * np.sin(y / 24), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return Scene(melted(bent, MASK), MASK, label())


@pytest.fixture(scope="module")
def flat_scene(label, melted) -> Scene:
    return Scene(melted(label(), MASK), MASK, label())


NOTHING = Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "attention", 12.0)


def found_in(scene: Scene) -> list[RankedHypothesis]:
    return search(scene, Pool(), None, [Candidate(SAME, ATTENTION)], NOTHING, describe_plainly)


def test_a_bent_print_is_placed_by_a_warp_before_the_flat_hypotheses(bent_scene):
    warped, flat, *_ = found_in(bent_scene)
    assert warped.transform.displacement is not None
    assert flat.transform.displacement is None
    assert warped.evidence.surroundings > flat.evidence.surroundings
    assert warped.logit <= flat.logit  # a warp makes nothing more probable


def test_a_warp_is_kept_where_what_surrounds_the_mask_is_clearly_more_alike(bent_scene):
    content = content_of(bent_scene, describe_plainly)
    assert warp_along(content, bent_scene.reference, SAME).displacement is not None


def test_no_warp_is_kept_where_what_surrounds_the_mask_was_alike_without(flat_scene):
    content = content_of(flat_scene, describe_plainly)
    assert warp_along(content, flat_scene.reference, SAME) is SAME


@pytest.mark.parametrize("trust", [0.001, 0.5, 100.0])
def test_a_field_of_attention_counts_by_shares_of_its_trust(flat_scene, trust):
    content, band = content_of(flat_scene, describe_plainly), band_around(flat_scene.image, MASK)
    image = np.array([[140.0, 130], [160, 150], [180, 170], [150, 160]])
    away = image + np.array([[0, 0], [0, 0], [0, 0], [90, 0]])
    field = Matches(image, away, np.array([1, 1, 1, 2.0]) * trust, "attention", 4.0)
    (seen,) = content.view([SAME], flat_scene.reference)
    rated = rate(Candidate(SAME, ATTENTION), band, flat_scene.reference)
    assert gather(rated, content, seen, flat_scene, (), field).attention == pytest.approx(0.6)


def test_patches_of_dinov2_verify_nothing_however_many_agree():
    assert verified_logit(hypothesis(0.9, 500, "dinov2"), evidence(learned=9.0)) == -np.inf


def test_no_hypothesis_is_not_sure():
    assert is_sure(None) is False
