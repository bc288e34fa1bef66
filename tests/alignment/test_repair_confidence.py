"""What a repair has to stand on."""

import numpy as np
import pytest

from artifix.alignment.repair_confidence import coarseness_of, placed_by, repair_confidence_in, weakest
from artifix.registration.context_band import BandScore
from artifix.registration.evidence import NAMES, Evidence
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform


def hypothesis(agreement, source, inliers=40):
    return Hypothesis(Transform(np.eye(3)), Support(source, "affine", inliers, 3.0), BandScore(agreement))


def evidence(**told: float) -> Evidence:
    return Evidence(**(dict.fromkeys(NAMES, 0.0) | told))


@pytest.mark.parametrize(
    ("found", "placed"),
    [
        (hypothesis(0.4, "sift"), "exact"),
        (hypothesis(0.6, "attention"), "exact"),
        (hypothesis(0.59, "attention"), "rough"),  # verified, but not to the pixel
        (hypothesis(0.0, "attention"), "rough"),
        (hypothesis(-0.5, "points"), "exact"),  # the person is responsible
        (None, "region only"),
    ],
)
def test_the_transform_says_how_the_reference_is_placed(found, placed):
    assert placed_by(found) == placed


def test_several_parts_are_placed_as_the_weakest_is():
    assert weakest(["exact", "rough", "exact"]) == "rough"
    assert weakest(["region only", "rough"]) == "region only"
    assert weakest(["exact"]) == "exact"


def test_a_repair_is_never_surer_than_its_place():
    exact, rough = hypothesis(0.9, "sift"), hypothesis(0.1, "attention")
    told = [
        repair_confidence_in(exact, evidence(band=0.9, strokes=0.7), 0.8, 1.0),
        repair_confidence_in(rough, evidence(band=0.1, strokes=0.5), 0.8, 1.0),
        repair_confidence_in(rough, evidence(band=0.0, strokes=0.1), 0.8, 1.0),
    ]
    assert 0 < told[2] < told[1] < told[0] <= 0.8
    assert repair_confidence_in(None, None, 1.0, None) < 1
    assert repair_confidence_in(rough, evidence(), 0.0, 1.0) == 0


def test_who_gives_points_is_believed_as_far_as_the_reference_is_sharp():
    by_hand = hypothesis(0.1, "points")
    assert repair_confidence_in(by_hand, None, 1.0, 1.2) == 1
    assert repair_confidence_in(by_hand, None, 1.0, 3.0) == pytest.approx(0.5)


def test_a_coarse_reference_makes_the_repair_less_sure():
    told = [
        repair_confidence_in(hypothesis(0.9, "sift"), evidence(band=0.9, strokes=0.7), 0.9, coarseness)
        for coarseness in (0.5, 1.5, 2.0, 4.0)
    ]
    assert told[0] == told[1] > told[2] > told[3] > 0


MASK = np.zeros((60, 80), bool)
MASK[20:40, 30:60] = True


def seen_through(matrix, displacement=None):
    return Transform(np.array(matrix, float), displacement)


@pytest.mark.parametrize(
    ("matrix", "coarseness"),
    [
        (np.eye(3), 1.0),
        ([[0.4, 0, 7], [0, 0.4, 9], [0, 0, 1]], 2.5),
        ([[0, -2, 90], [2, 0, 5], [0, 0, 1]], 0.5),  # turned, and twice as fine
        ([[-0.5, 0, 90], [0, 0.5, 5], [0, 0, 1]], 2.0),  # mirrored
        ([[1, 0, 0], [0, 0.25, 0], [0, 0, 1]], 2.0),  # squeezed: the mean of both axes
    ],
)
def test_the_reference_is_as_coarse_as_the_transform_shrinks(matrix, coarseness):
    assert coarseness_of(seen_through(matrix), MASK) == pytest.approx(coarseness)


def test_coarseness_is_that_at_the_mask():
    slanted = seen_through([[1, 0, 0], [0, 1, 0], [0.01, 0, 1]])
    left, right = np.zeros_like(MASK), np.zeros_like(MASK)
    left[:, :5], right[:, -5:] = True, True
    assert coarseness_of(slanted, left) < 1.1
    assert coarseness_of(slanted, right) > 2


def test_a_warp_counts_too():
    """It stretches the image to twice its width before the matrix maps it."""
    moved = np.zeros((6, 6, 2))
    moved[..., 0] = np.arange(6) * 80 / 3
    warp = SplineWarp((0.0, 0.0, 80.0, 60.0), moved)
    assert coarseness_of(seen_through(np.eye(3), warp), MASK) == pytest.approx(0.5**0.5, abs=0.01)


def test_where_nothing_is_led_to_nothing_is_said():
    assert coarseness_of(None, MASK) is None
    horizon = seen_through([[1, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert coarseness_of(horizon, MASK) is None
