"""The rings around a mask that light is fitted on."""

import numpy as np
import pytest

from artifix.refinement.ring import is_too_small, rings_around
from artifix.refinement.tuning import REFINEMENT as TUNED


def test_rings_begin_beyond_the_bleed_and_end_at_their_reach():
    mask = np.zeros((60, 60), bool)
    mask[:, :10] = True  # column 9 + d lies d px away
    fit, field = rings_around(mask, np.ones(mask.shape, bool))
    bleed = int(TUNED.light_bleed_px)
    for ring, reach in ((fit, TUNED.light_fit_reach_px), (field, TUNED.light_field_reach_px)):
        assert np.flatnonzero(ring[30]).tolist() == list(range(9 + bleed + 1, 9 + int(reach) + 1))


def test_where_the_reference_shows_nothing_there_is_no_ring():
    mask, valid = np.zeros((60, 60), bool), np.ones((60, 60), bool)
    mask[:, :10], valid[20:40] = True, False
    for ring in rings_around(mask, valid):
        assert not ring[20:40].any()
        assert ring[:20].any()


@pytest.mark.parametrize(("more", "little"), [(-1, True), (0, False)])
def test_few_pixels_say_too_little(more, little):
    assert is_too_small(np.ones(TUNED.least_ring_pixels + more, bool)) is little
