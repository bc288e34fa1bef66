"""What a repair has to stand on."""

import numpy as np
import pytest

from artifix.alignment.repairing import placed_by, weakest
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
