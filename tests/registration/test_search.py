"""All hypotheses, ranked by how probable they are."""

import numpy as np
import pytest
import torch

from artifix.config import AlignmentConfig
from artifix.matching.descriptors import describe_by, describe_plainly
from artifix.matching.pool import Pool, pool_of
from artifix.registration import search as searching
from artifix.registration.context_band import BandScore
from artifix.registration.evidence import NAMES, Evidence
from artifix.registration.hypothesis import Candidate, Hypothesis, Support, rate
from artifix.registration.search import RankedHypothesis, is_sure, ordered, search, verified_logit, verify
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION
from artifix.scene import Matches, Scene

SIZE = 300, 320
RIGHT, DOWN = 30, 24  # the image is the reference from here on
MASK = np.zeros(SIZE, bool)
MASK[100:200, 110:220] = True
CORNERS = np.array([[110.0, 100], [219, 100], [110, 199], [219, 199]])
DEFAULT = AlignmentConfig().matchers


@pytest.fixture(scope="module")
def reference(label) -> np.ndarray:
    return label(1, 380, 420)


@pytest.fixture(scope="module")
def shown(reference, melted) -> Scene:
    part = reference[DOWN : DOWN + SIZE[0], RIGHT : RIGHT + SIZE[1]]
    return Scene(melted(part, MASK), MASK, reference)


def field(right: float = 0.0, down: float = 0.0, trust: float = 0.6) -> Matches:
    """Attention that sees the part so far away from where it is."""
    y, x = np.mgrid[70:240:12, 80:260:12].reshape(2, -1).astype(float)
    points = np.column_stack([x, y])
    moved = points + np.array([RIGHT + right, DOWN + down])
    return Matches(points, moved, np.full(len(points), trust), "attention", 12.0)


NOWHERE = field(5000, 5000, 0.05)


def guess(right: float = 0.0, down: float = 0.0, scale: float = 1.0) -> Candidate:
    matrix = np.array([[scale, 0, RIGHT + right], [0, scale, DOWN + down], [0, 0, 1.0]])
    return Candidate(Transform(matrix), Support("attention", "similarity", 100, 12.0))


def found_in(scene, pool, guesses, attention, describe) -> list[RankedHypothesis]:
    return search(scene, pool, verify(scene, pool.matches), guesses, attention, describe)


def error_px(transform: Transform) -> float:
    return float(np.abs(transform.points(CORNERS) - CORNERS - np.array([RIGHT, DOWN])).max())


def test_a_right_guess_wins_over_what_many_wrong_matches_propose(shown, describe):
    wrong = field(60, 45)
    found = found_in(shown, Pool((wrong,), (wrong,)), [guess(8, -6)], wrong, describe)
    assert error_px(found[0].transform) < 4
    assert found[0].probability > 0.5
    assert any(error_px(h.transform) > 40 for h in found)  # it was compared


def test_matches_alone_propose_the_right_one(shown, describe):
    right = field(3, -3)
    found = found_in(shown, Pool((right,), (right,)), [], right, describe)
    assert error_px(found[0].transform) < 3
    assert found[0].evidence.attention > 0.9


def test_the_most_probable_come_first(shown, describe):
    found = found_in(shown, Pool(), [guess(8, -6), guess(90, 60), guess(scale=1.3)], field(), describe)
    logit = [h.logit for h in found]
    assert logit[0] >= max(logit) - REGISTRATION.as_probable
    assert all(0 <= h.probability <= 1 for h in found)


def test_the_first_is_corrected_at_the_edge_of_the_mask_and_no_surer_for_that(shown, describe, monkeypatch):
    asked = Pool(), [guess(2, -1), guess(90, 60)], field(), describe
    found = found_in(shown, *asked)
    monkeypatch.setattr(searching, "meeting_at_edge", lambda scene, transform: transform)
    plain = found_in(shown, *asked)
    points = np.argwhere(MASK)[::97, ::-1].astype(float)
    assert found[0].transform.correction is not None
    assert 0 < np.abs(found[0].transform.points(points) - plain[0].transform.points(points)).max() < 4
    assert (found[0].logit, found[0].hypothesis.band) == (plain[0].logit, plain[0].hypothesis.band)
    assert all(h.transform.correction is None for h in found[1:])


def test_where_nothing_is_proposed_nothing_is_found(shown, describe):
    assert found_in(shown, Pool(), [], NOWHERE, describe) == []


def test_where_nothing_lands_in_the_reference_nothing_is_found(shown, describe):
    away = field(3000, 0)
    assert found_in(shown, Pool((away,)), [guess(3000, 0), guess(0, -900)], away, describe) == []


def test_a_region_given_by_hand_keeps_out_what_lies_elsewhere(shown, describe):
    within = np.zeros(shown.reference.shape[:2], bool)
    within[:60, :60] = True
    kept = Scene(shown.image, shown.mask, shown.reference, within=within)
    assert found_in(kept, Pool(), [guess()], field(), describe) == []


def test_a_sure_exact_transform_ends_the_search(shown, describe, monkeypatch):
    monkeypatch.setattr(searching, "register", lambda *_: pytest.fail("something else was sought"))
    pool = pool_of(shown, ("sift",), (), "cpu")
    assert is_sure(verify(shown, pool.matches))
    (found,) = found_in(shown, pool, [guess(8, 8)], NOWHERE, describe)
    assert (found.hypothesis.support.source, found.hypothesis.is_exact) == ("sift", True)
    assert error_px(found.transform) < 0.5
    assert found.probability > 0.95


@pytest.mark.parametrize("spoiled", [0, 255])
def test_an_artifact_of_one_colour_does_not_make_a_sure_transform_unsure(shown, describe, spoiled):
    image = np.where(MASK[..., None], spoiled, shown.image).astype(np.uint8)
    scene = Scene(image, MASK, shown.reference)
    found = found_in(scene, pool_of(scene, ("sift",), (), "cpu"), [], NOWHERE, describe)
    assert found[0].probability > 0.95
    assert error_px(found[0].transform) < 0.5


def test_what_many_exact_matches_support_counts_as_theirs(shown, describe):
    exact = field()
    exact = Matches(exact.image, exact.reference, exact.weights, "sift", 3.0)
    few = exact.take(np.arange(10))
    for matches, source in ((exact, "sift"), (few, "attention")):
        judge = searching._Judge(
            shown,
            searching.content_of(shown, describe),
            searching.band_around(shown.image, MASK),
            [matches],
            NOWHERE,
        )
        (found,) = judge([rate(guess(), judge.band, shown.reference)])
        assert found.hypothesis.support.source == source


def test_another_print_is_not_believed(shown, describe, label):
    stranger = Scene(shown.image, MASK, label(8, 380, 420))
    pool = pool_of(stranger, ("sift",), (), "cpu")
    found = found_in(stranger, pool, [guess()], NOWHERE, describe)
    assert found[0].probability < AlignmentConfig().min_confidence


def test_without_xfeat_the_plain_descriptors_search(shown, lacking):
    describe = describe_by(DEFAULT, torch.device("cpu"))
    assert describe is describe_plainly
    pool = pool_of(shown, DEFAULT, (field(),), "cpu")
    found = found_in(shown, Pool(pool.matches[1:]), [guess(12, -10, 1.1)], NOWHERE, describe)
    assert error_px(found[0].transform) < 4


@pytest.mark.parametrize("size", [(16, 16), (20, 33)])
def test_small_images_are_searched(describe, label, size):
    small, mask = label()[90 : 90 + size[0], 90 : 90 + size[1]].copy(), np.zeros(size, bool)
    mask[4:8, 5:9] = True
    scene = Scene(small, mask, label())
    for h in found_in(
        scene,
        Pool(),
        [Candidate(Transform(np.eye(3)), Support("attention", "similarity", 4, 9.0))],
        NOWHERE,
        describe,
    ):
        assert np.isfinite(h.logit)


def test_without_exact_matches_nothing_is_verified(shown):
    assert verify(shown, (field(),)) is None
    assert not is_sure(None)
    assert not is_sure(Hypothesis(guess().transform, guess().support, BandScore(0.9)))


def ranked(logit: float, band: float) -> RankedHypothesis:
    hypothesis = Hypothesis(guess().transform, guess().support, BandScore(band))
    return RankedHypothesis(hypothesis, Evidence(**(dict.fromkeys(NAMES, 0.0) | {"band": band})), logit)


def test_of_the_probable_ones_the_one_that_lies_best_in_place_comes_first():
    probable, exact, wrong = ranked(5.0, 0.2), ranked(4.0, 0.8), ranked(-2.0, 0.9)
    assert ordered([wrong, probable, exact]) == [exact, probable, wrong]
    assert ordered([]) == []


def exact(agreement: float, inliers: int, texture: float = 0.5, source: str = "sift") -> Hypothesis:
    support = Support(source, "similarity", inliers, 3.0)
    return Hypothesis(guess().transform, support, BandScore(agreement, texture))


def test_where_the_band_has_no_texture_many_exact_matches_place_a_transform():
    evidence = Evidence(**dict.fromkeys(NAMES, 0.0))
    two = exact(0.0, 60, 0.02), exact(0.0, 60, 0.5, "attention")
    mute, unsure = (RankedHypothesis(one, evidence, 2.0) for one in two)
    assert ordered([unsure, mute]) == [mute, unsure]


@pytest.mark.parametrize(
    ("agreement", "inliers", "is_verified"),
    [(0.6, 14, True), (0.6, 8, False), (0.2, 14, False), (0.2, 40, True)],
)
def test_exact_matches_verify_what_the_band_agrees_with(agreement, inliers, is_verified):
    evidence = Evidence(**dict.fromkeys(NAMES, 0.0))
    assert (verified_logit(exact(agreement, inliers), evidence) > 1) == is_verified


@pytest.mark.parametrize(
    ("near", "inliers", "is_verified"), [(6.0, 80, True), (3.0, 80, False), (6.0, 12, False)]
)
def test_many_learned_matches_verify_where_many_of_them_lie_near_the_mask(near, inliers, is_verified):
    evidence = Evidence(**(dict.fromkeys(NAMES, 0.0) | {"learned": near}))
    learned = exact(0.0, inliers, source="xfeat")
    assert (verified_logit(learned, evidence) > 0.5) == is_verified


def test_log_odds_are_told_as_a_probability():
    assert ranked(0.0, 0).probability == 0.5
    assert ranked(np.log(9), 0).probability == pytest.approx(0.9)
