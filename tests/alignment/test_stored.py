"""Alignments as plain data, and back."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from artifix.alignment.alignment import Alignment
from artifix.alignment.run_lengths import decode_region, encode_region
from artifix.alignment.stored import describe, restore
from artifix.errors import InputError
from artifix.geometry import Box
from artifix.registration.context_band import BandScore
from artifix.registration.disparity import DisparityMap
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform

SHAPE = 70, 90
MASK = np.zeros((50, 60), bool)
MASK[20:30, 20:36] = True
MATRIX = np.array([[1.1, 0.1, 5 / 3], [-0.1, 1.05, np.pi], [1e-4, 0, 1]])
FLAT = Hypothesis(Transform(MATRIX), Support("sift", "affine", 9, 3.0), BandScore(0.7, 0.4))


def alignment(hypothesis: Hypothesis | None = None) -> Alignment:
    region = np.zeros(SHAPE, bool)
    region[30:41, 22:50] = True
    region[33, 30] = False
    region = region if hypothesis is None else hypothesis.transform.region(MASK, SHAPE)
    box, heat = Box(10, 12, 50, 44), region.astype(np.float32)
    known = MASK, box, heat, region, hypothesis, 1 / 3, "mid_block.attentions.0", 7, "sift"
    return Alignment(*known, repair_confidence=1 / 7)


def warped() -> Hypothesis:
    coefficients = np.random.default_rng(0).normal(0, 1, (5, 6, 2))
    return Hypothesis(
        Transform(MATRIX, SplineWarp((5.5, 6, 55, 45), coefficients)),
        Support("sift", "homography", 31, 3.3),
        BandScore(0.7),
    )


def corrected() -> Hypothesis:
    coefficients = np.random.default_rng(3).normal(0, 1, (6, 5, 2))
    transform = replace(warped().transform, correction=SplineWarp((8.0, 9, 52, 46.5), coefficients))
    return replace(warped(), transform=transform)


def with_disparity() -> Hypothesis:
    steps = np.random.default_rng(0).integers(-90, 90, (20, 30)).astype(np.int16)
    disparity = DisparityMap(Box(-5, 6, 55, 46), (0.6, 0.8), steps)
    return Hypothesis(Transform(MATRIX, disparity), Support("sift", "affine", 31, 3.3), BandScore(0.7))


def told(*alignments: Alignment) -> list[dict]:
    return json.loads(json.dumps([describe(a) for a in alignments]))


def test_a_region_comes_back_bit_by_bit():
    (found,) = restore(told(alignment()), [MASK], SHAPE, None)
    assert np.array_equal(found.region, alignment().region)
    assert found.hypothesis is None
    assert np.array_equal(found.correspondence, found.region)  # no map was given
    assert (found.confidence, found.layer, found.timestep) == (1 / 3, "mid_block.attentions.0", 7)
    assert found.repair_confidence == 1 / 7


@pytest.mark.parametrize(
    "hypothesis",
    [
        FLAT,
        warped(),
        corrected(),
        with_disparity(),
    ],
)
def test_a_hypothesis_comes_back_bit_by_bit(hypothesis):
    heat = np.random.default_rng(1).random(SHAPE, np.float32)
    (found,) = restore(told(alignment(hypothesis)), [MASK], SHAPE, heat)
    points = np.random.default_rng(2).uniform(0, 50, (40, 2))
    assert np.array_equal(found.transform.points(points), hypothesis.transform.points(points))
    assert np.array_equal(found.region, alignment(hypothesis).region)
    assert found.correspondence is heat
    assert (found.hypothesis.support, found.hypothesis.band) == (hypothesis.support, hypothesis.band)


def test_an_edited_transform_moves_the_region():
    groups = told(alignment(FLAT))
    shift = np.array([[1, 0, 4], [0, 1, 0], [0, 0, 1]])
    groups[0]["transform"]["matrix"] = (shift @ MATRIX).tolist()
    (found,) = restore(groups, [MASK], SHAPE, None)
    before = alignment(FLAT).region
    assert np.array_equal(found.region[:, 4:], before[:, :-4])


def test_a_region_may_be_written_as_a_box():
    groups = told(alignment())
    groups[0]["region"] = [10, 20, 30, 25]
    (found,) = restore(groups, [MASK], SHAPE, None)
    assert found.region.sum() == 20 * 5


@given(numpy_st.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
@settings(deadline=None)
def test_run_lengths_hold_any_region(region):
    assert np.array_equal(decode_region(encode_region(region), region.shape, "region"), region)


WRONG = [
    ("mask_pixels", 3, "mask_pixels is 3, but the group has 160"),
    ("mask_pixels", "160", "mask_pixels: is '160', not int"),
    ("box", [1, 2, 3], "box: does not hold 4 finite numbers"),
    ("confidence", None, "confidence: does not hold 1 finite numbers"),
    ("confidence", 1.5, "confidence: is 1.5, not in [0, 1]"),
    ("repair_confidence", -0.5, "repair_confidence: is -0.5, not in [0, 1]"),
    ("repair_confidence", None, "repair_confidence: does not hold 1 finite numbers"),
    ("confidence", [0.5], "confidence: does not hold 1 finite numbers"),
    ("mirrored", 1, "mirrored: is 1, not true or false"),
    ("mirrored", None, "mirrored: is None, not true or false"),
    ("layer", 5, "layer: is 5, not str"),
    ("timestep", True, "timestep: is True, not int"),
    ("transform", [1], "transform: is list, not an object"),
    ("transform", {"matrix": [[1, 2], [3, 4]]}, "transform.matrix: does not hold 3x3 finite numbers"),
    ("transform", {"matrix": [[-1, 0, 60], [0, 1, 0], [0, 0, 1]]}, "is no view of a surface"),
    ("region", None, "region: does not hold 4 finite numbers"),
    ("region", [0, 0, 91, 5], "does not lie in the reference of 90x70 px"),
    ("region", {"size": [70, 90], "counts": [5]}, "does not fill the reference of 90x70 px"),
    ("region", {"size": [70, 90], "counts": [6301, -1]}, "does not fill the reference of 90x70 px"),
    ("region", {"size": [70, 90], "counts": [6300]}, "lies outside the reference"),
]


@pytest.mark.parametrize(
    ("name", "value", "said"), WRONG, ids=[f"{n} {i}" for i, (n, _, _) in enumerate(WRONG)]
)
def test_what_is_no_answer_is_refused_by_its_place(name, value, said):
    groups = told(alignment())
    groups[0][name] = value
    with pytest.raises(InputError, match=r"groups\[0\]") as caught:
        restore(groups, [MASK], SHAPE, None)
    assert said in caught.value.problem


MIRRORED = np.array([[-1, 0, 60], [0, 1, 5], [0, 0, 1.0]])


def mirrored(matrix, says: bool) -> list[dict]:
    seen = Hypothesis(Transform(matrix), Support("sift", "affine", 9, 3.0), BandScore(0.7))
    return told(replace(alignment(seen), mirrored=says))


def test_a_mirrored_transform_comes_back_bit_by_bit():
    groups = mirrored(MIRRORED, says=True)
    (found,) = restore(groups, [MASK], SHAPE, None)
    assert found.mirrored
    assert np.array_equal(found.transform.matrix, MIRRORED)
    assert np.array_equal(found.region, Transform(MIRRORED).region(MASK, SHAPE))
    assert told(found) == groups


def test_a_matrix_is_mirrored_only_where_the_group_says_so():
    with pytest.raises(InputError, match=r"is no view of a surface there \(mirrored, folded"):
        restore(mirrored(MIRRORED, says=False), [MASK], SHAPE, None)
    with pytest.raises(InputError, match=r"is no mirrored view of a surface there \(not mirrored, folded"):
        restore(mirrored(MATRIX, says=True), [MASK], SHAPE, None)


def test_a_mirrored_matrix_may_be_no_more_extreme_than_another():
    squeezed = MIRRORED @ np.diag([1, 1e-4, 1])
    with pytest.raises(InputError, match="is no mirrored view of a surface there"):
        restore(mirrored(squeezed, says=True), [MASK], SHAPE, None)


def test_what_does_not_say_whether_it_is_mirrored_is_not():
    groups = told(alignment())
    del groups[0]["mirrored"]
    (found,) = restore(groups, [MASK], SHAPE, None)
    assert found.mirrored is False


def test_what_is_filled_from_around_stays_so():
    groups = told(replace(alignment(), filled=True))
    (found,) = restore(groups, [MASK], SHAPE, None)
    assert found.placed == "filled"


@pytest.mark.parametrize("name", ["bend", "correction"])
@pytest.mark.parametrize(
    "displacement",
    [
        {"box": [5, 6, 5, 9], "coefficients": [[[0, 0]] * 4] * 4},
        {"box": [5, 6, 9, 9], "coefficients": []},
        {"box": [5, 6, 9, 9], "direction": [1, 0], "steps": [[0.5]]},
        {"box": [5, 6, 9, 9], "direction": [1, 0], "steps": [[40000]]},
        {"box": [5, 6, 9, 9], "direction": [1], "steps": [[4]]},
        {"box": [5, 6, 5, 9], "direction": [1, 0], "steps": [[4]]},
        {"box": [5, 6, 9, 9], "direction": [1, 0], "steps": []},
    ],
)
def test_a_displacement_that_is_none_is_refused(displacement, name):
    groups = told(alignment(warped()))
    groups[0]["transform"][name] = displacement
    with pytest.raises(InputError, match=rf"transform.{name}"):
        restore(groups, [MASK], SHAPE, None)


def test_a_file_of_an_earlier_version_holds_no_correction():
    groups = told(alignment(corrected()))
    del groups[0]["transform"]["correction"]
    (found,) = restore(groups, [MASK], SHAPE, None)
    points = np.random.default_rng(2).uniform(0, 50, (40, 2))
    assert found.transform.correction is None
    assert np.array_equal(found.transform.points(points), warped().transform.points(points))


def test_an_alignment_of_another_mask_is_refused():
    with pytest.raises(InputError, match="holds 2 groups, but the mask has 1"):
        restore(told(alignment(), alignment()), [MASK], SHAPE, None)
