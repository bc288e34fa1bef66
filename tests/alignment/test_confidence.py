"""The probability that a region is right, by attention alone."""

import numpy as np
import pytest

from artifix.alignment.confidence import Told, confidence_in, fit_logit_weights
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


def test_odds_fitted_to_places_tell_right_from_wrong_however_many_there_are_of_each():
    random = np.random.default_rng(0)
    right = [Told(trust, 0.9, True) for trust in random.uniform(0.5, 0.9, 60)]
    wrong = [Told(trust, 0.6, False) for trust in random.uniform(0.1, 0.4, 15)]
    logit = fit_logit_weights([*right, *wrong])
    assert confidence_in(0.7, 0.9, logit) > 0.9
    assert confidence_in(0.25, 0.6, logit) < 0.1
    assert fit_logit_weights([*right, *wrong, *wrong]) == pytest.approx(logit, rel=0.05)
    nowhere = [Told(0.0, 0.9, True)] * 30
    assert fit_logit_weights([*right, *wrong, *nowhere]) == pytest.approx(logit)
