"""How far the outline of the mask is seen."""

import cv2
import numpy as np
import pytest

from artifix.evaluation.scores.seam import SeamScorer, seam_visibility


@pytest.fixture
def disc():
    """A mask of 60 px across."""
    mask = np.zeros((120, 120), np.uint8)
    cv2.circle(mask, (60, 60), 30, 1, -1)
    return mask > 0


def stepped(picture, mask, by):
    return np.clip(picture.astype(int) + by * mask[..., None], 0, 255).astype(np.uint8)


def ground(seed, size=120):
    """A soft gradient with fine noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    soft = 90 + 0.4 * rows + 0.3 * columns
    return np.clip(soft[..., None] + random.normal(0, 3, (size, size, 3)), 0, 255).astype(np.uint8)


def test_a_step_on_plain_ground_is_told_in_delta_e(disc):
    grey = np.full((120, 120, 3), 119, np.uint8)
    # L* of sRGB 119 is 50.0, of 129 it is 54.1. Pixels on the rim do not stand in one line: that spreads it.
    assert seam_visibility(stepped(grey, disc, 10), disc) == pytest.approx(4.1, rel=0.15)
    assert seam_visibility(grey, disc) == 0


def test_a_straight_seam_is_told_exactly():
    mask = np.zeros((120, 160), bool)
    mask[:, 80:] = True  # only its left side is in the picture
    picture = np.where(mask[..., None], 130, 100).astype(np.uint8).repeat(3, 2)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    assert seam_visibility(picture, mask) == pytest.approx(lab[0, 100, 0] - lab[0, 0, 0], rel=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_planted_steps_are_ranked_right(disc, seed):
    seams = [seam_visibility(stepped(ground(seed), disc, by), disc) for by in (0, 2, 5, 10)]
    assert seams[0] < 0.2
    assert seams[0] < seams[1] < seams[2] < seams[3]


def test_texture_and_edges_that_cross_the_outline_are_mostly_no_seam(disc, scene):
    pictures = [scene(120, 120, seed) for seed in range(10)]
    before = [seam_visibility(picture, disc) for picture in pictures]
    after = [seam_visibility(stepped(picture, disc, 30), disc) for picture in pictures]
    assert np.median(before) < 1.5
    assert all(a > b + 2 for a, b in zip(after, before, strict=True))


def test_a_step_of_hue_alone_is_seen(disc):
    picture = np.full((120, 120, 3), 120, np.uint8)
    picture[disc] = (140, 110, 120)
    assert seam_visibility(picture, disc) > 5


def test_a_mask_as_thin_as_a_line_is_compared_with_what_lies_outside():
    mask = np.zeros((80, 80), bool)
    mask[20:60, 38:42] = True
    assert seam_visibility(ground(0, 80), mask) < 0.5
    assert seam_visibility(stepped(ground(0, 80), mask, 20), mask) > 3


def test_where_no_outline_is_in_the_picture_nothing_is_said(repaired):
    everything = np.ones((100, 120), bool)
    assert np.isnan(SeamScorer().score(repaired(mask=everything))["seam"])


def test_the_result_is_looked_at_and_not_the_image(repaired):
    one = repaired()
    spoilt = stepped(one.image, one.mask, 40)
    assert SeamScorer().score(repaired(image=spoilt))["seam"] < 2
    assert SeamScorer().score(repaired(refined=spoilt))["seam"] > 5
