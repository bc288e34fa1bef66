import numpy as np
import pytest

from artifix.outputs.drawing import (
    INK,
    LABEL_PX,
    MARGIN_PX,
    PANEL_GREY,
    Line,
    Panel,
    dimmed,
    fitting_size,
    outline,
    sheet,
    shown_mask,
)

GREEN = (0, 255, 0)


def flat(height, width, colour=(90, 120, 200)):
    return np.full((height, width, 3), colour, np.uint8)


def test_a_sheet_shows_its_panels_unchanged_in_a_row():
    left, right = flat(100, 300), flat(60, 200, GREEN)
    made = sheet([Panel("a", left), Panel("b", right)])
    inside = made[LABEL_PX : LABEL_PX + 100, MARGIN_PX:-MARGIN_PX]
    assert np.array_equal(inside[:, :300], left)
    assert np.array_equal(inside[20:80, 308:508], right)
    assert (inside[:20, 308:508] == PANEL_GREY).all()  # the lower one stands in the middle


def test_a_caption_is_wrapped_to_the_sheet():
    panel = Panel("a", flat(50, 600))
    one, many = sheet([panel], [Line("short")]), sheet([panel], [Line("word " * 60)])
    assert many.shape[0] > one.shape[0]
    assert many.shape[1] == one.shape[1]
    assert (many[:, -MARGIN_PX:] == 255).all()  # no letter reaches into the margin


def test_a_narrow_picture_still_has_room_for_its_caption():
    made = sheet([Panel("a title of some length", flat(100, 5))], [Line("a caption")])
    assert made.shape[1] > 500
    assert (made[:, -MARGIN_PX:] == 255).all()


def test_a_line_shows_the_colour_of_what_it_speaks_of():
    plain, coloured = (sheet([Panel("a", flat(50, 600))], [Line("b", colour)]) for colour in (None, GREEN))
    assert not (plain == GREEN).all(2).any()
    assert (coloured == GREEN).all(2).sum() == 144


def test_titles_are_written_above():
    made = sheet([Panel("title", flat(50, 600))])
    assert made[:LABEL_PX].min() <= max(INK) + 60
    assert (sheet([Panel("", flat(50, 600))])[:LABEL_PX] == 255).all()


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 200), (200, 400)), ((1000, 100), (300, 30)), ((1, 4000), (1, 400))]
)
def test_a_picture_touches_its_panel_from_within(size, expected):
    assert fitting_size(*size, (300, 400)) == expected


def test_an_outline_goes_around_what_it_marks_and_changes_only_a_copy():
    picture, marked = flat(60, 60), np.zeros((60, 60), bool)
    marked[20:40, 20:40] = True
    drawn = outline(picture, marked, GREEN, 2)
    assert np.array_equal(drawn[22:38, 22:38], picture[22:38, 22:38])
    assert (drawn[15:45, 15:45] == GREEN).all(2).any()
    assert np.array_equal(picture, flat(60, 60))


def test_a_speck_is_still_shown_where_the_picture_shrinks():
    marked = np.zeros((2000, 2000), bool)
    marked[1001:1006, 1001:1006] = True
    assert shown_mask(marked, (400, 400)).any()
    assert not shown_mask(np.zeros((2000, 2000), bool), (400, 400)).any()


def test_dimming_makes_darker_and_paler():
    picture = flat(4, 4)
    grounds = dimmed(picture)
    assert (grounds < picture).all()
    assert np.ptp(grounds[0, 0]) < np.ptp(picture[0, 0].astype(int))
