from dataclasses import replace

import numpy as np
import pytest

from artifix.attention.correspondence import View, look, matches_of, merged
from artifix.attention.probe import Probe
from artifix.geometry import Box, Crop
from artifix.scene import Scene

LAYER = "up_blocks.1.attentions.0"
QUERIES, TOKENS = 8, 16  # sides of the grids
WHOLE = Box(0, 0, 160, 160)  # the reference
TARGET = 5, 9  # column and row of the token that the mask attends to


def view_of(reference_box: Box = WHOLE, target: tuple[int, int] = TARGET) -> View:
    """The masked queries attend to one token, all others to the first."""
    mask = np.zeros((32, 32), bool)
    mask[8:16, 12:20] = True  # queries 2 and 3 down, 3 and 4 right
    probabilities = np.zeros((QUERIES, QUERIES, TOKENS, TOKENS), np.float32)
    probabilities[..., 0, 0] = 1
    probabilities[2:4, 3:5] = 0
    probabilities[2:4, 3:5, target[1], target[0]] = 1
    flat = probabilities.reshape(QUERIES**2, TOKENS**2)
    return View(Crop(Box(10, 20, 74, 84), (32, 32)), Crop(reference_box, (128, 128)), mask, flat)


def test_the_map_is_where_the_masked_queries_look():
    found = view_of().correspondence()
    assert found.sum() == pytest.approx(1)
    assert found[TARGET[1], TARGET[0]] == pytest.approx(1)


def test_a_mask_smaller_than_a_query_cell_still_asks():
    view = view_of()
    speck = np.zeros_like(view.mask)
    speck[9, 13] = True
    view = replace(view, mask=speck)
    assert view.query_weights().max() == pytest.approx(1)
    assert view.correspondence()[TARGET[1], TARGET[0]] == pytest.approx(1)


def test_merged_map_peaks_at_the_token_in_the_reference():
    full = merged([view_of(), view_of()], (160, 160, 3))
    rows, columns = np.nonzero(full == full.max())
    assert full.shape == (160, 160)
    assert full.max() == 1
    assert (rows.mean(), columns.mean()) == pytest.approx((94.5, 54.5))


def test_merged_map_is_zero_outside_the_part_looked_at():
    box = Box(40, 60, 72, 92)
    full = merged([view_of(box)], (200, 240))
    assert not np.delete(full, np.s_[60:92], axis=0).any()
    assert not np.delete(full, np.s_[40:72], axis=1).any()
    row, column = np.unravel_index(full.argmax(), full.shape)
    assert abs(row - (60 + 9.5 * 2 - 0.5)) <= 1
    assert abs(column - (40 + 5.5 * 2 - 0.5)) <= 1


def test_views_that_disagree_share_the_map():
    full = merged([view_of(), view_of(target=(12, 3))], (160, 160))
    assert full[95, 55] > 0.5
    assert full[35, 125] > 0.5


def test_every_query_becomes_a_match_at_its_own_place():
    matches = matches_of(view_of())
    assert len(matches) == QUERIES**2
    assert matches.source == "attention"
    assert matches.tolerance_px == pytest.approx(0.8 * 64 / QUERIES)
    index = 2 * QUERIES + 3  # row 2, column 3
    assert matches.image[index] == pytest.approx([10 + 3.5 * 8 - 0.5, 20 + 2.5 * 8 - 0.5])
    assert matches.reference[index] == pytest.approx([54.5, 94.5])
    assert matches.reference[0] == pytest.approx([4.5, 4.5])  # the first token lies in the corner
    assert matches.weights == pytest.approx(1)


def test_attention_between_two_tokens_points_between_them():
    view = view_of()
    shared = view.probabilities.copy()
    shared[:] = 0
    shared[:, 9 * TOKENS + 5], shared[:, 9 * TOKENS + 6] = 0.6, 0.2
    matches = matches_of(replace(view, probabilities=shared))
    assert matches.reference[7] == pytest.approx([54.5 + 0.25 * 10, 94.5])
    assert matches.weights == pytest.approx(0.8)


def test_one_pass_looks_at_all_crops(tiny_network, scene):
    image, reference = scene(), scene(140, 200, 1)
    mask = np.zeros(image.shape[:2], bool)
    mask[60:95, 70:110] = True
    probe = Probe(tiny_network, LAYER, 0, 7)
    boxes, whole = [Box(40, 30, 140, 130), Box(60, 50, 120, 110)], Box(0, 0, 200, 140)
    views = look(probe, Scene(image, mask, reference), boxes, whole)
    assert [view.crop.box for view in views] == boxes
    for view in views:
        assert view.probabilities.shape == (16, 256)
        assert view.probabilities.sum(1) == pytest.approx(1, abs=1e-4)
        assert view.mask.any()
    again = look(probe, Scene(image, mask, reference), boxes, whole)
    assert all(np.array_equal(a.probabilities, b.probabilities) for a, b in zip(views, again, strict=True))
