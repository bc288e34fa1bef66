"""What is scored: sizes that fit, and which region stands for the part."""

import numpy as np
import pytest

from artifix.errors import InputError


def test_the_true_region_goes_before_the_one_found(repaired):
    true, found = np.zeros((120, 160), bool), np.zeros((120, 160), bool)
    true[0, 0] = found[5, 5] = True
    assert repaired(region=true, found=found).place is true
    assert repaired(region=None, found=found).place is found
    assert repaired(region=None, found=None).place is None


def test_an_empty_region_is_none(repaired):
    empty, found = np.zeros((120, 160), bool), np.ones((120, 160), bool)
    assert repaired(region=empty, found=found).place is found
    assert repaired(region=None, found=empty).place is None


@pytest.mark.parametrize(
    ("what", "size", "said"),
    [
        ("refined", (99, 120, 3), "the result is 120x99 px but the image is 120x100 px"),
        ("truth", (100, 119, 3), "the truth is 119x100 px but the image is 120x100 px"),
        ("mask", (100, 121), "the mask is 121x100 px but the image is 120x100 px"),
        ("region", (100, 120), "the true region is 120x100 px but the reference is 160x120 px"),
        ("found", (1, 1), "the region found is 1x1 px but the reference is 160x120 px"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_size(repaired, what, size, said):
    with pytest.raises(InputError, match=f"drawn: {said}"):
        repaired(**{what: np.ones(size, bool if len(size) == 2 else np.uint8)})


def test_an_empty_mask_is_refused(repaired):
    with pytest.raises(InputError, match="drawn: the mask is empty"):
        repaired(mask=np.zeros((100, 120), bool))
