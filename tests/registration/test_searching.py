"""What is looked at, followed, polished and ranked in a search, whatever the pictures show.

What is proposed is made up here, and so is how alike and how probable each is.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from artifix.matching.descriptors import CELLS, describe_plainly
from artifix.matching.pool import Pool
from artifix.registration import search as searching
from artifix.registration.context_band import BandScore
from artifix.registration.evidence import LEARNED, NAMES, PLAIN, Evidence
from artifix.registration.hypothesis import Candidate, Hypothesis, Support
from artifix.registration.search import RankedHypothesis, search, verified_logit
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION as TUNED
from artifix.scene import Matches, Scene

MASK = np.zeros((300, 320), bool)
MASK[100:200, 110:220] = True  # its crop is 220 px wide
SCENE = Scene(np.zeros((300, 320, 3), np.uint8), MASK, np.zeros((500, 700, 3), np.uint8))
POINTS = np.argwhere(np.ones((10, 10), bool))[:, ::-1] * 10.0 + 100
FIELD = Matches(POINTS, POINTS, np.ones(100), "attention", 12.0)


def candidate(right: float, inliers: int = 40, source: str = "attention") -> Candidate:
    """The image lies so far to the right in the reference."""
    matrix = np.array([[1, 0, right], [0, 1, 0], [0, 0, 1.0]])
    return Candidate(Transform(matrix), Support(source, "similarity", inliers, 3.0))


def right_of(one) -> float:
    return round(float(one.transform.points(np.zeros((1, 2)))[0, 0]), 6)


def rated(one: Candidate, agreement: float = 0.2) -> Hypothesis:
    return Hypothesis(one.transform, one.support, BandScore(agreement))


def evidence(**given: float) -> Evidence:
    return Evidence(**(dict.fromkeys(NAMES, 0.0) | given))


def describe(pictures) -> np.ndarray:
    return np.ones((len(pictures), CELLS, CELLS, 1), np.float32)


class Asked:
    """What each step was asked for, by how far to the right it lies."""

    looked_at: list[float]
    registered: list[float]
    polished: list[float]


@pytest.fixture
def sought(monkeypatch):
    """sought(proposed, alike, likely): a search in which these are made up by the shift; what it asks."""

    def set_up(
        proposed: list[Candidate],
        alike: Callable[[float], float] = lambda _: 0.5,
        likely: Callable[[float], float] = lambda _: 0.5,
        followed: Callable[[float], float] = lambda right: right,
        polished: Callable[[float], float] = lambda right: right,
    ) -> Asked:
        asked = Asked()

        def likeness_of(content, reference, transforms):
            asked.looked_at = [t.matrix[0, 2] for t in transforms]
            return [alike(right) for right in asked.looked_at]

        def register(content, reference, transforms):
            asked.registered = [t.matrix[0, 2] for t in transforms]
            return [(0.0, candidate(followed(right)).transform) for right in asked.registered]

        def polish_on(hypothesis, *_):
            asked.polished = [*getattr(asked, "polished", []), right_of(hypothesis)]
            return replace(hypothesis, transform=candidate(polished(right_of(hypothesis))).transform)

        monkeypatch.setattr(searching, "propose", lambda *_: iter(proposed))
        monkeypatch.setattr(searching, "likeness_of", likeness_of)
        monkeypatch.setattr(searching, "register", register)
        monkeypatch.setattr(searching, "polish_on", polish_on)
        monkeypatch.setattr(searching, "rate", lambda one, *_: rated(one))
        monkeypatch.setattr(searching, "gather", lambda h, *_: evidence(surroundings=likely(right_of(h))))
        monkeypatch.setattr(searching, "warp_along", lambda content, reference, transform: transform)
        return asked

    return set_up


def found_in(guesses=(), verified=None, matches=(FIELD,), by=describe) -> list[RankedHypothesis]:
    return search(SCENE, Pool(tuple(matches)), verified, list(guesses), FIELD, by)


def test_fourteen_starts_are_looked_at_what_is_verified_and_guessed_first_then_by_their_matches(sought):
    proposed = [candidate(10 * i, inliers=10 + i) for i in range(20)]
    asked = sought(proposed)
    found_in([candidate(300), candidate(310)], rated(candidate(320)))
    assert asked.looked_at == [320, 300, 310, *range(190, 80, -10)]


def test_the_five_most_alike_are_followed_and_of_equals_the_earlier(sought):
    alike = {0: 0.1, 20: 0.5, 40: 0.3, 60: 0.5, 80: 0.2, 100: 0.4, 120: 0.2}
    asked = sought([], alike.__getitem__)
    found_in([candidate(right) for right in alike])
    assert asked.registered == [20, 60, 100, 40, 80]


def test_starts_a_twenty_fifth_of_the_crop_apart_are_looked_at_each(sought):
    asked = sought([])
    found_in([candidate(right) for right in (0, 8.7, 8.9, 300)])  # of 220 px
    assert asked.looked_at == [0, 8.9, 300]


def test_what_is_proposed_must_be_a_view_and_what_is_verified_flat_to_start_from(sought):
    mirrored = Candidate(Transform(np.diag([-1.0, 1, 1])), candidate(0).support)
    asked = sought([mirrored, candidate(50)])
    bent = SplineWarp((0.0, 0, 320, 300), np.full((5, 5, 2), 1.0))
    warped = Candidate(replace(candidate(100).transform, displacement=bent), candidate(0).support)
    found_in([], rated(warped))
    assert asked.looked_at == [50]


def test_what_was_followed_is_compared_with_where_it_started_unless_they_are_nearly_the_same(sought):
    sought([], followed=lambda right: {0: 2.1, 100: 102.3, 200: 5000}[right])  # a hundredth is 2.2 px
    found = found_in([candidate(0), candidate(100), candidate(200)])
    assert {right_of(h) for h in found} == {2.1, 100, 102.3, 200}
    followed = next(h for h in found if right_of(h) == 2.1)
    assert followed.hypothesis.support == candidate(0).support


def test_the_three_that_lead_are_polished_and_compared_with_the_others(sought):
    likely = {0: 0.1, 40: 0.4, 80: 0.2, 120: 0.3, 1: 0.1, 41: 0.5, 81: 0.2, 121: 0.3}
    asked = sought([], likely=likely.__getitem__, polished=lambda right: right + 1)
    found = found_in([candidate(right) for right in (0, 40, 80, 120)])
    assert asked.polished == [40, 120, 80]
    assert [right_of(h) for h in found] == [41, 40, 120, 121, 80, 81, 0]


@pytest.mark.parametrize(("by", "weights"), [(describe, LEARNED), (describe_plainly, PLAIN)])
def test_the_logit_is_weighed_by_what_described_the_cells(sought, by, weights):
    sought([])
    (found,) = found_in([candidate(0)], by=by)[:1]
    assert found.logit == pytest.approx(weights["bias"] + 0.5 * weights["surroundings"])


def test_exact_matches_that_explain_it_make_a_hypothesis_theirs(sought):
    sought([])
    exact = Matches(POINTS, POINTS + np.array([50.0, 0]), np.ones(100), "sift", 2.5)
    for count, right, is_theirs in ((30, 50, True), (29, 50, False), (100, 60, False)):
        found = found_in([candidate(right)], matches=[FIELD, exact.take(np.arange(count))])[0]
        wanted = Support("sift", "similarity", count, 2.5) if is_theirs else candidate(0).support
        assert found.hypothesis.support == wanted


def test_what_exact_matches_verify_is_at_least_so_probable(sought):
    sought([], likely=lambda _: 0.0)
    found = found_in([], rated(candidate(0, 64, "sift"), 0.5))
    assert found[0].logit == pytest.approx(8 * 0.5 + 6 - 4)


@pytest.mark.parametrize(
    ("source", "inliers", "agreement", "near", "logit"),
    [
        ("sift", 64, 0.5, 9.0, 8 * 0.5 + 6 - 4),
        ("sift", 12, 0.75, 0.0, 8 * 0.75 + np.log2(12) - 4),
        ("sift", 11, 0.75, 9.0, -np.inf),
        ("sift", 20, 0.3, 9.0, -np.inf),
        ("xfeat", 30, 0.0, 6.0, 6 - 4.5),
        ("efficientloftr", 500, 0.9, 2.5, 2.5 - 4.5),
        ("xfeat", 29, 0.9, 6.0, -np.inf),
        ("attention", 500, 0.9, 6.0, -np.inf),
    ],
)
def test_log_odds_by_exact_and_by_learned_matches(source, inliers, agreement, near, logit):
    hypothesis = rated(candidate(0, inliers, source), agreement)
    assert verified_logit(hypothesis, evidence(learned=near, classical=3.0)) == pytest.approx(logit)


def test_the_place_is_told_by_the_band_the_surroundings_and_exact_matches():
    ranked = RankedHypothesis(rated(candidate(0), 0.4), evidence(surroundings=0.6, classical=3.0), 1.0)
    assert ranked.placement == pytest.approx(0.4 + 0.5 * 0.6 + 0.15 * 3)
    assert ranked.probability == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_warp_comes_first_and_is_no_more_probable_than_what_it_was_made_of(sought, monkeypatch):
    bent = SplineWarp((0.0, 0, 320, 300), np.full((5, 5, 2), 7.0))
    for there, logit in ((0.9, 0.5), (0.3, 0.3)):
        sought([], likely={0: 0.5, 7: there}.__getitem__)
        monkeypatch.setattr(searching, "warp_along", lambda content, _, t: replace(t, displacement=bent))
        warped, flat = found_in([candidate(0)])[:2]
        assert (right_of(warped), right_of(flat)) == (7, 0)
        assert warped.logit == pytest.approx(LEARNED["bias"] + logit * LEARNED["surroundings"])


def test_what_is_exact_or_bent_already_is_not_warped(sought, monkeypatch):
    bent = SplineWarp((0.0, 0, 320, 300), np.full((5, 5, 2), 7.0))
    warped = Candidate(replace(candidate(100).transform, displacement=bent), candidate(0, 64, "sift").support)
    for verified in (rated(candidate(0, 64, "sift"), 0.9), rated(warped, 0.9)):
        sought([])
        monkeypatch.setattr(searching, "warp_along", lambda *_: pytest.fail("it was warped"))
        assert len(found_in([], verified)) == 1


@pytest.mark.parametrize(("agreement", "inliers"), [(TUNED.sure_agreement, 29), (0.59, 40)])
def test_what_is_not_sure_is_sought_on_and_stays_among_the_found(sought, agreement, inliers):
    asked = sought([candidate(200)])
    found = found_in([], rated(candidate(0, inliers, "sift"), agreement))
    assert asked.looked_at == [0, 200]
    assert {right_of(h) for h in found} == {0, 200}
