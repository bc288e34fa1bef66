"""What a repair has to stand on."""

import numpy as np
import pytest

from artifix.alignment.repairing import PLACED, placed_by, repair_confidence_in, weakest
from artifix.alignment.transform import Transform


def transform(agreement, source, inliers=40):
    return Transform(np.eye(3), agreement, source, "affine", inliers, 3.0)


@pytest.mark.parametrize(
    ("found", "placed"),
    [
        (transform(0.4, "sift"), "exact"),
        (transform(0.5, "attention"), "exact"),
        (transform(0.4, "attention"), "rough"),  # proved, but not to the pixel
        (transform(0.0, "attention"), "rough"),
        (transform(-0.5, "points"), "exact"),  # the person is responsible
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
    confidences = [repair_confidence_in(placed, 0.5, 0.8) for placed in PLACED]
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < confidences[-1] < confidences[0] <= 0.8
    assert repair_confidence_in("region only", None, 1.0) <= 1
    assert repair_confidence_in("rough", -1.0, 0.0) == 0
