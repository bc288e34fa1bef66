import numpy as np
import pytest

from artifix.outputs.comparison import FIELDS, checkerboard, comparison_sheet, comparison_size
from artifix.outputs.drawing import GUTTER_PX, LABEL_PX, MARGIN_PX, MASK_COLOUR, PANEL_GREY

RED, BLUE = (200, 0, 0), (0, 0, 200)
SIDE = 400


def flat(colour, height=SIDE, width=SIDE):
    return np.full((height, width, 3), colour, np.uint8)


@pytest.fixture
def panels():
    """The four pictures of a red image, and a blue reference that misses the right half."""
    mask, valid = np.zeros((SIDE, SIDE), bool), np.ones((SIDE, SIDE), bool)
    mask[150:250, 150:250] = True
    valid[:, 200:] = False
    made = comparison_sheet(flat(RED), flat(BLUE), valid, mask, "said")
    starts = [MARGIN_PX + k * (SIDE + GUTTER_PX) for k in range(4)]
    return [made[LABEL_PX : LABEL_PX + SIDE, start : start + SIDE] for start in starts]


def test_image_and_reference_stand_side_by_side(panels):
    image, warped, _, _ = panels
    assert (image[20, 20] == RED).all()
    assert (warped[20, 20] == BLUE).all()


def test_the_blend_is_half_of_each(panels):
    assert (panels[2][20, 20] == (100, 0, 100)).all()


def test_where_the_reference_does_not_show_it_is_grey_and_the_image_stands_for_it(panels):
    _, warped, blend, board = panels
    assert (warped[20, 380] == PANEL_GREY).all()
    assert (blend[20, 380] == RED).all()
    assert (board[:50, 350:] == RED).all()
    assert (board[:100, :200] == BLUE).all(2).any()


def test_the_mask_is_outlined_but_on_the_reference(panels):
    assert [(panel == MASK_COLOUR).all(2).any() for panel in panels] == [True, False, True, True]


def test_the_checkerboard_shows_both_pictures_in_turn():
    board = checkerboard(flat(RED), flat(BLUE))
    field = SIDE // FIELDS
    centres = board[field // 2 :: field, field // 2 :: field]
    odd = np.indices((FIELDS, FIELDS)).sum(0) % 2 == 1
    assert centres.shape[:2] == (FIELDS, FIELDS)
    assert (centres[~odd] == RED).all()
    assert (centres[odd] == BLUE).all()
    assert (board == RED).all(2).mean() == 0.5


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (37, 20)])
def test_pictures_of_any_shape_have_a_checkerboard_of_squares(size):
    board = checkerboard(flat(RED, *size), flat(BLUE, *size))
    assert board.shape == (*size, 3)
    assert (board[0, 0] == RED).all()


@pytest.mark.parametrize(
    ("box", "expected"), [((100, 100), (400, 400)), ((900, 450), (400, 200)), ((1, 9000), (1, 400))]
)
def test_crops_are_shown_at_the_size_of_a_panel(box, expected):
    assert comparison_size(*box) == expected
