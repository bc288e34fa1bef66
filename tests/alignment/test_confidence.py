"""The probability that a region is right, by attention alone."""

import pytest

from artifix.alignment.confidence import confidence_in
from artifix.config import AlignmentConfig

LEAST = AlignmentConfig().min_confidence


def test_more_trust_and_more_certainty_give_more_confidence():
    assert 0 < confidence_in(0.2, 0.5) < confidence_in(0.5, 0.5) < confidence_in(0.5, 0.9) < 1


@pytest.mark.parametrize(("trust", "certainty"), [(0.35, 0.6), (0.2, 0.9), (0.3, 0.75)])
def test_what_attention_says_of_other_objects_is_refused(trust, certainty):
    assert confidence_in(trust, certainty) < LEAST


@pytest.mark.parametrize(("trust", "certainty"), [(0.45, 0.95), (0.5, 0.9), (0.8, 0.98)])
def test_what_attention_says_of_generated_images_is_accepted(trust, certainty):
    assert confidence_in(trust, certainty) >= LEAST


def test_a_field_that_leads_nowhere_is_refused_however_sure_a_view_is():
    assert confidence_in(0.0, 1.0) < LEAST


def test_the_odds_of_other_weights_decide():
    assert confidence_in(0.9, 0.9, (0.0, 0.0, -5.0)) < 0.01
    assert confidence_in(0.0, 0.0, (0.0, 0.0, 5.0)) > 0.99
