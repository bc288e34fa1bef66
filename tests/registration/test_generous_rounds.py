"""Which proposal a generous mask is tightened by, how often, and what is made of it.

What matches propose is made up here, and so is what is verified.
"""

import numpy as np
import pytest

from artifix.registration import generous_mask
from artifix.registration.context_band import BandScore
from artifix.registration.generous_mask import verify_inside
from artifix.registration.hypothesis import Candidate, Hypothesis, Support
from artifix.registration.transform import Transform
from artifix.scene import Matches, Scene

SIZE = 120, 160
MASK = np.zeros(SIZE, bool)
MASK[20:100, 40:120] = True  # 80 x 80 px: what is within 8 px of a right point is right
OTHER = np.zeros(SIZE, bool)
OTHER[5:10, 5:10] = True  # another artifact
SCENE = Scene(np.zeros((*SIZE, 3), np.uint8), MASK, np.zeros((*SIZE, 3), np.uint8), masked=MASK | OTHER)


def moved(right: float, inliers: int = 40) -> Candidate:
    matrix = np.array([[1, 0, right], [0, 1, 0], [0, 0, 1.0]])
    return Candidate(Transform(matrix), Support("sift", "affine", inliers, 2.0))


def points_in(left: int, right: int, step: int = 4, top: int = 20, bottom: int = 100) -> np.ndarray:
    y, x = np.mgrid[top:bottom:step, left:right:step]
    return np.column_stack([x.ravel(), y.ravel()]).astype(float)


def matches(*parts: tuple[np.ndarray, float]) -> Matches:
    """Points, and how far to the right the reference shows them."""
    image = np.vstack([points for points, _ in parts])
    off = np.concatenate([np.full(len(points), by) for points, by in parts])
    return Matches(image, image + off[:, None] * np.array([1.0, 0]), np.ones(len(image)), "sift", 2.0)


@pytest.fixture
def verifying(monkeypatch):
    """verifying(proposed, *verified): the scenes and matches asked for; these are found in turn."""

    def set_up(proposed: list[Candidate], *verified: Candidate | None) -> list[tuple[Scene, Matches]]:
        asked, answers = [], iter(verified)

        def verify(scene, given):
            asked.append((scene, *given))
            one = next(answers)
            return None if one is None else Hypothesis(one.transform, one.support, BandScore(0.5))

        monkeypatch.setattr(generous_mask, "propose", lambda *_: iter(proposed))
        monkeypatch.setattr(generous_mask, "verify", verify)
        monkeypatch.setattr(
            generous_mask, "rate", lambda one, *_: Hypothesis(one.transform, one.support, BandScore(0.25))
        )
        return asked

    return set_up


RIGHT_THERE = matches((points_in(40, 70), 0.0), (points_in(80, 120), 50.0))


def test_the_proposal_of_the_most_inliers_tells_what_is_right(verifying):
    asked = verifying([moved(9, 35), moved(0, 36), moved(50, 30)], None)
    assert verify_inside(SCENE, RIGHT_THERE) is None
    ((tight, _),) = asked
    assert not tight.mask[:, :75].any()
    assert tight.mask[20:100, 77:120].mean() > 0.98
    asked = verifying([moved(9, 35), moved(0, 36), moved(50, 37)], None)
    verify_inside(SCENE, RIGHT_THERE)
    assert asked[0][0].mask[30:90, 42:70].all()  # the other one's right points are wrong for it


@pytest.mark.parametrize(("inliers", "is_asked"), [(29, False), (30, True)])
def test_thirty_inliers_are_enough_to_tighten_a_mask(verifying, inliers, is_asked):
    asked = verifying([moved(0, inliers)], None)
    assert verify_inside(SCENE, RIGHT_THERE) is None
    assert bool(asked) == is_asked


def test_where_nothing_is_proposed_nothing_is_verified(verifying):
    verifying([])
    assert verify_inside(SCENE, RIGHT_THERE) is None


@pytest.mark.parametrize(("ends", "is_asked"), [(45, False), (49, True), (70, True), (120, False)])
def test_a_part_is_verified_of_which_some_is_wrong_but_at_most_eight_tenths(verifying, ends, is_asked):
    """Right points up to a column and 8 px beyond: 13 of 80 columns, 17, 38 (69 ends them), and all."""
    asked = verifying([moved(0)], None)
    verify_inside(SCENE, matches((points_in(40, ends), 0.0), (points_in(60, 64), 50.0)))
    assert bool(asked) == is_asked


def test_what_the_mask_covers_without_need_is_seen_and_other_artifacts_stay_hidden(verifying):
    asked = verifying([moved(0)], None)
    around = np.array([[20.0, 60], [7, 7], [140, 110]])
    verify_inside(SCENE, matches((points_in(40, 70), 0.0), (points_in(88, 112), 50.0), (around, 0.0)))
    ((tight, given),) = asked
    np.testing.assert_array_equal(tight.hidden, tight.mask | OTHER)
    kept = {tuple(point) for point in given.image.tolist()}
    assert {(20.0, 60.0), (140.0, 110.0), (44.0, 60.0)} <= kept
    assert not kept & {(7.0, 7.0), (100.0, 60.0)}


def test_what_is_verified_tightens_the_mask_once_more_and_the_last_that_is_verified_is_given(verifying):
    asked = verifying([moved(0)], moved(50, 50), moved(3, 12))
    found = verify_inside(SCENE, RIGHT_THERE)
    assert len(asked) == 2
    assert asked[1][0].mask[30:90, 42:68].all()
    assert not asked[1][0].mask[:, 84:].any()
    assert found.transform.matrix[0, 2] == 3
    assert found.support.inliers == 12
    assert found.band.agreement == 0.25  # around the whole mask
    verifying([moved(0)], moved(50, 50), None)
    found = verify_inside(SCENE, RIGHT_THERE)
    assert found.transform.matrix[0, 2] == 50
    assert found.support.inliers == 29  # in the mask they do not make its band comparable
