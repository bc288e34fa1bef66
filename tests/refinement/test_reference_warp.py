"""What of a reference with transparency shows."""

from pathlib import Path

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.inputs.images import Picture
from artifix.refinement.reference_warp import warp_of


class AsItLies:
    """Lays the reference over the image without moving it."""

    def warp_reference(self, reference, box, size):
        return reference[box.slices()].astype(np.float32), np.ones(size, bool)


def shown(alpha: np.ndarray) -> np.ndarray:
    pixels = np.full((*alpha.shape, 3), 120, np.uint8)
    picture = Picture(Path("r.png"), pixels, pixels, alpha, None, "PNG", "RGBA", "")
    height, width = alpha.shape
    return warp_of(AsItLies(), picture)(Box(0, 0, width, height), (height, width))[1]


def cutout(inside: int, outside: int, dtype=np.uint8) -> np.ndarray:
    alpha = np.full((20, 20), outside, dtype)
    alpha[5:15, 5:15] = inside
    return alpha


@pytest.mark.parametrize(("inside", "dtype"), [(255, np.uint8), (250, np.uint8), (64_000, np.uint16)])
def test_what_is_nearly_opaque_shows(inside, dtype):
    alpha = cutout(inside, 0, dtype)
    assert (shown(alpha) == (alpha > 0)).all()


def test_a_layer_of_even_opacity_shows_where_it_is():
    alpha = cutout(180, 0)
    assert (shown(alpha) == (alpha > 0)).all()


def test_what_is_half_transparent_does_not_show():
    assert not shown(cutout(255, 120))[0, 0]
    assert shown(cutout(255, 120))[10, 10]


def test_nothing_shows_of_what_is_wholly_transparent():
    assert not shown(np.zeros((20, 20), np.uint8)).any()


@pytest.mark.parametrize(("most", "least"), [(200, 180), (255, 230), (10, 9), (1, 1)])
def test_from_nine_tenths_of_the_greatest_opacity_on_the_reference_shows(most, least):
    assert shown(cutout(most, least)).all()
    below = shown(cutout(most, least - 1))
    assert below[10, 10]
    assert not below[0, 0]
