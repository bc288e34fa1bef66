"""Descriptors of cells: what they see, and what they leave alike."""

import numpy as np
import pytest
import torch

from artifix.config import AlignmentConfig
from artifix.errors import WeightsError
from artifix.matching.descriptors import (
    CELL_PX,
    CELLS,
    SIDE_PX,
    describe_by,
    describe_learned,
    describe_plainly,
    soft_features,
)
from artifix.matching.installed import xfeat_path

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def picture(label) -> np.ndarray:
    return label(0, SIDE_PX, SIDE_PX)


@pytest.fixture(scope="module")
def other(label) -> np.ndarray:
    return label(7, SIDE_PX, SIDE_PX)


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """Mean product of the descriptors of two pictures."""
    return float((a * b).sum(-1).mean())


def test_each_cell_has_a_descriptor_of_length_one(describe, picture, other):
    found = describe([picture, other])
    assert found.shape[:3] == (2, CELLS, CELLS)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.linalg.norm(found, axis=-1).max() <= 1 + 1e-4
    drawn = picture.reshape(CELLS, CELL_PX, CELLS, CELL_PX, 3).std((1, 3)).max(-1) > 30
    np.testing.assert_allclose(np.linalg.norm(found[0][drawn], axis=-1), 1, atol=0.1)


def test_pictures_are_described_one_by_one(describe, picture, other):
    together = describe([picture, other])
    np.testing.assert_allclose(together[1], describe([other])[0], atol=1e-5)


def test_the_same_in_another_light_is_more_alike_than_something_else(describe, picture, other):
    darker = (picture * 0.6 + 20).astype(np.uint8)
    plain, lit, strange = describe([picture, darker, other])
    assert alike(plain, lit) > 0.9
    assert alike(plain, lit) > alike(plain, strange) + 0.1


def test_what_moves_by_a_cell_is_found_a_cell_farther(describe, picture):
    before, after = describe([picture, np.roll(picture, CELL_PX, 1)])
    inner = slice(4, CELLS - 4)
    moved = np.roll(before, 1, 1)[inner, inner]
    assert alike(moved, after[inner, inner]) > alike(before[inner, inner], after[inner, inner])
    assert alike(moved, after[inner, inner]) > 0.95


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_of_one_colour_is_no_error(describe, grey):
    assert np.isfinite(describe([np.full((SIDE_PX, SIDE_PX, 3), grey, np.uint8)])).all()


def test_strokes_are_told_by_direction_whichever_side_is_dark():
    upright = np.full((64, 64, 3), 200, np.uint8)
    upright[:, 28:36] = 40
    lying, light = upright.transpose(1, 0, 2).copy(), 240 - upright
    at = (slice(20, 44), slice(20, 44))
    right, down = 0, 2  # directions of the gradient, of four
    strokes = [soft_features(p)[at][..., :4].mean((0, 1)) for p in (upright, lying, light)]
    assert strokes[0][right] > 5 * strokes[0][down]
    assert strokes[1][down] > 5 * strokes[1][right]
    np.testing.assert_allclose(strokes[2], strokes[0], atol=0.02)


def test_features_tell_colour_and_what_is_lighter_than_its_ground():
    picture = np.full((64, 64, 3), 90, np.uint8)
    picture[24:40, 24:40] = (200, 90, 90)
    found = soft_features(picture)
    assert found.shape == (64, 64, 7)
    assert found[32, 32, 4] > found[4, 4, 4] + 1  # redder
    assert found[32, 32, 6] > found[4, 4, 6] + 0.3  # lighter


def test_learned_descriptors_are_taken_where_xfeat_is_wanted_and_there(picture):
    if xfeat_path() is None:
        pytest.skip("XFeat is not installed")
    learned = describe_by(AlignmentConfig().matchers, CPU)
    assert learned is not describe_plainly
    np.testing.assert_array_equal(learned([picture]), describe_learned(CPU)([picture]))
    assert describe_by(("sift", "attention"), CPU) is describe_plainly


def test_plain_descriptors_are_taken_where_xfeat_is_not_installed(lacking):
    assert describe_by(AlignmentConfig().matchers, CPU) is describe_plainly
    with pytest.raises(WeightsError, match="is not installed"):
        describe_learned(CPU)
