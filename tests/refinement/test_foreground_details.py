"""Where exactly a paste is cut, and what may not make it be cut."""

import cv2
import numpy as np
import pytest

from artifix.refinement.foreground import foreground

SIDE = 128  # px; a crop of this size is not shrunk
EVERYWHERE = np.ones((SIDE, SIDE), bool)
COLUMNS = np.arange(SIDE)
ORANGE, GREEN, WHITE = (200, 110, 40), (40, 130, 50), (240, 240, 240)


def halves(left: tuple[int, ...], right: tuple[int, ...]) -> np.ndarray:
    """A thing on the left, a ground on the right, and little noise: (h, w, 3) float32."""
    picture = np.empty((SIDE, SIDE, 3), np.float32)
    picture[:, :70], picture[:, 70:] = left, right
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    return cv2.GaussianBlur((picture + noise).clip(0, 255).astype(np.float32), (0, 0), 1)


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def agreeing(left: float, right: float) -> np.ndarray:
    return np.tile(np.where(COLUMNS < 70, left, right).astype(np.float32), (SIDE, 1))


MASK = square(40, 45, 50)
PASTE, IMAGE = halves(ORANGE, WHITE), halves(ORANGE, GREEN)


def is_cut(found: np.ndarray) -> bool:
    return bool(found.min() < 0.5)


@pytest.mark.parametrize(("side", "thin", "wide"), [(60, 4, 14), (14, 2, 5)])
def test_only_bands_wide_for_the_mask_are_another_thing(side, thin, wide):
    mask = square(64 - side // 2, 70 - side // 2, side)
    first = 70 + side // 2 + 2  # the first column beside the mask

    def found(width_px: int) -> np.ndarray:
        agreement = agreeing(0.9, 0.9)
        agreement[:, first : first + width_px] = 0.1
        return foreground(PASTE, EVERYWHERE, IMAGE, mask, agreement)

    assert (found(thin) == 1).all()
    assert is_cut(found(wide))


@pytest.mark.parametrize(("agreement", "cut"), [(0.58, True), (0.6, False), (0.7, False)])
def test_a_ground_on_which_descriptors_do_not_disagree_is_not_another_thing(agreement, cut):
    found = foreground(PASTE, EVERYWHERE, IMAGE, MASK, agreeing(0.9, agreement))
    assert is_cut(found) is cut


@pytest.mark.parametrize(("agreement", "cut"), [(0.8, True), (0.75, False), (0.5, False)])
def test_a_thing_in_other_colours_is_the_same_where_descriptors_agree(agreement, cut):
    """Its hue is off by more than what is the same and less than twice that."""
    image = halves((190, 120, 70), GREEN)
    found = foreground(PASTE, EVERYWHERE, image, MASK, agreeing(agreement, 0.1))
    assert is_cut(found) is cut


def test_a_cut_edge_is_soft_across_and_down():
    across = foreground(PASTE, EVERYWHERE, IMAGE, MASK, agreeing(0.9, 0.1))
    turned = (np.ascontiguousarray(picture.swapaxes(0, 1)) for picture in (PASTE, IMAGE))
    paste, image = turned
    down = foreground(paste, EVERYWHERE, image, MASK.T.copy(), agreeing(0.9, 0.1).T.copy())
    for row in (across[64], down[:, 64]):
        assert ((row > 0.02) & (row < 0.98)).sum() in (2, 3, 4)
        assert row[:66].min() > 0.98
        assert row[75:90].max() < 0.02


def test_a_large_crop_is_cut_where_a_small_one_is():
    def larger(picture: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(picture.repeat(3, 0).repeat(3, 1))

    small = foreground(PASTE, EVERYWHERE, IMAGE, MASK, agreeing(0.9, 0.1))
    arguments = (PASTE, EVERYWHERE, IMAGE, MASK, agreeing(0.9, 0.1))
    large = foreground(*(larger(part) for part in arguments))
    assert large.shape == (3 * SIDE, 3 * SIDE)
    assert np.abs(large[1::3, 1::3] - small).max() < 0.1


@pytest.mark.parametrize("side_px", [64, 100, 128])
def test_a_cut_edge_is_blurred_by_0_8_px_of_a_crop_that_is_not_shrunk(side_px):
    """A Gaussian of 0.8 px holds 1, 0.458 and 0.044 from its middle on: all together 2.005."""
    half = side_px // 2
    paste, image = np.empty((2, side_px, side_px, 3), np.float32)
    paste[:, :half], paste[:, half:] = ORANGE, WHITE
    image[:, :half], image[:, half:] = ORANGE, GREEN
    mask = np.zeros((side_px, side_px), bool)
    mask[half - 12 : half + 12, half - 12 : half + 12] = True
    agreement = np.tile(np.where(np.arange(side_px) < half, 0.9, 0.1).astype(np.float32), (side_px, 1))
    found = foreground(paste, np.ones(mask.shape, bool), image, mask, agreement)
    edge = found[half, half - 3 : half + 3]
    np.testing.assert_allclose(edge, [1, 0.978, 0.749, 0.251, 0.022, 0], atol=0.002)
