"""The probability that a region is right."""

import numpy as np
import pytest

from artifix.alignment.confidence import confidence_in
from artifix.alignment.transform import Transform
from artifix.config import AlignmentConfig

LEAST = AlignmentConfig().min_confidence


def found(source: str, agreement: float, inliers: int) -> Transform:
    return Transform(np.eye(3), agreement, source, "homography", inliers, 3.0)


def test_more_trust_and_more_certainty_give_more_confidence():
    assert confidence_in(0.2, 0.5, None) < confidence_in(0.5, 0.5, None) < confidence_in(0.5, 0.9, None)


@pytest.mark.parametrize(("trust", "certainty"), [(0.35, 0.6), (0.2, 0.9), (0.3, 0.75)])
def test_what_attention_says_of_other_objects_is_refused(trust, certainty):
    assert confidence_in(trust, certainty, None) < LEAST


@pytest.mark.parametrize(("trust", "certainty"), [(0.38, 0.95), (0.5, 0.9), (0.8, 0.98)])
def test_what_attention_says_of_generated_images_is_accepted(trust, certainty):
    assert confidence_in(trust, certainty, None) >= LEAST


def test_many_exact_matches_are_believed_where_attention_sees_nothing():
    assert confidence_in(0.1, 0.3, found("sift", 0.9, 200)) > 0.98
    assert confidence_in(0.1, 0.3, found("sift", 0.4, 5)) < confidence_in(0.1, 0.3, found("sift", 0.4, 50))


def test_coarse_matches_that_barely_agree_are_not_believed_alone():
    assert confidence_in(0.25, 0.7, found("attention", 0.36, 70)) < LEAST
    assert confidence_in(0.25, 0.7, found("attention", 0.6, 400)) > 0.9


def test_a_transform_that_is_not_proved_says_nothing():
    assert confidence_in(0.5, 0.8, found("sift", 0.3, 20)) == confidence_in(0.5, 0.8, None)
