"""What hypotheses compete by, and when one is verified and exact."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.geometry import Box, Crop
from artifix.registration.context_band import BandScore
from artifix.registration.hypothesis import Candidate, Hypothesis, Support, distinct
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION as TUNED


def found(agreement: float, texture: float = 1.0, inliers: int = 64, source: str = "sift") -> Hypothesis:
    support = Support(source, "homography", inliers, 3.0)
    return Hypothesis(Transform(np.eye(3)), support, BandScore(agreement, texture))


def test_twice_the_exact_matches_are_worth_a_little_agreement():
    more, fewer = found(0.5, inliers=64).score, found(0.5, inliers=32).score
    assert more - fewer == pytest.approx(TUNED.inliers_worth)
    assert found(0.5, inliers=0).score == pytest.approx(0.5)
    assert found(0.5, source="attention").score == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("inliers", "source", "agreement", "texture", "verified"),
    [
        (TUNED.sharp_inliers, "sift", TUNED.least_sharp_agreement, 1.0, True),
        (TUNED.sharp_inliers, "sift", TUNED.least_sharp_agreement - 0.01, 1.0, False),
        (TUNED.sharp_inliers, "sift", -0.5, TUNED.least_texture, False),
        (TUNED.sharp_inliers, "sift", -0.5, TUNED.least_texture - 0.01, True),
        (TUNED.sharp_inliers - 1, "sift", TUNED.least_sharp_agreement, 1.0, False),
        (TUNED.sharp_inliers - 1, "sift", TUNED.least_agreement, 1.0, True),
        (400, "attention", TUNED.least_agreement, 1.0, True),
        (400, "attention", TUNED.least_agreement - 0.01, 1.0, False),
        (400, "attention", TUNED.least_agreement - 0.01, 0.0, False),
    ],
)
def test_so_much_agreement_verifies(inliers, source, agreement, texture, verified):
    assert found(agreement, texture, inliers, source).is_verified is verified


@pytest.mark.parametrize(
    ("given", "verification"),
    [
        (found(-0.5, 0.0), 1.0),  # mute, and many matches decide
        (found(TUNED.least_agreement, 0.0), TUNED.least_agreement),
        (found(-0.5, 0.0, inliers=3), 0.0),
        (found(0.2, TUNED.least_texture), 0.2),
        (found(-0.5, 1.0), 0.0),
    ],
)
def test_verification_is_the_agreement_unless_matches_decide(given, verification):
    assert given.verification == pytest.approx(verification)


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (found(0.2), True),
        (found(-0.2), False),
        (found(TUNED.least_exact_agreement, source="attention"), True),
        (found(TUNED.least_exact_agreement - 0.01, source="attention"), False),
    ],
)
def test_coarse_matches_need_more_agreement_to_be_exact(given, exact):
    assert given.is_exact is exact


def shifted(right: float) -> Candidate:
    matrix = np.array([[1, 0, right], [0, 1, 0], [0, 0, 1.0]])
    return Candidate(Transform(matrix), found(0).support)


def test_those_nearer_to_an_earlier_one_than_asked_are_left_out():
    crop = Crop(Box(10, 20, 110, 70), (25, 50))  # half the size: 4 px of the image are 2
    given = [shifted(right) for right in (0, 3.9, 4.1, 8.0, -4.1)]
    kept = distinct(given, crop, 2.0)
    assert kept == [given[0], given[2], given[4]]


def test_corners_tell_turned_ones_apart():
    turn = np.deg2rad(4)
    c, s = np.cos(turn), np.sin(turn)
    turned = np.array([[c, -s, 60 - 60 * c + 45 * s], [s, c, 45 - 60 * s - 45 * c], [0, 0, 1]])
    crop = Crop(Box(10, 20, 110, 70), (50, 100))  # about its centre
    given = [shifted(0), replace(shifted(0), transform=Transform(turned))]
    assert len(distinct(given, crop, 3.0)) == 2
    assert len(distinct(given, crop, 4.5)) == 1
