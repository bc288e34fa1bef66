import numpy as np
import pytest

from artifix.outputs import match_lines
from artifix.outputs.drawing import GUTTER_PX, LABEL_PX, MARGIN_PX
from artifix.outputs.match_lines import (
    AGREEING,
    MOST_AGREEING,
    OTHER,
    UNJUDGED,
    MatchSet,
    join,
    matches_sheet,
)

GREY = np.full((100, 100, 3), 128, np.uint8)  # shown at 640 px
NOWHERE = np.zeros((100, 100), bool)


def drawn(*sets, image=GREY, reference=GREY):
    """What `matches_sheet` shows: the two pictures."""
    made = matches_sheet(
        image, np.zeros(image.shape[:2], bool), reference, np.zeros(reference.shape[:2], bool), sets, "said"
    )
    return made[LABEL_PX : LABEL_PX + 640, MARGIN_PX : MARGIN_PX + 2 * 640 + GUTTER_PX].astype(int)


def match_set(image, reference, agrees=True, source="sift"):
    points = np.atleast_2d(np.array(image, float)), np.atleast_2d(np.array(reference, float))
    return MatchSet(*points, source, None if agrees is None else np.full(len(points[0]), agrees))


def strength(picture, colour):
    """(h, w) how far each pixel went from grey towards the colour."""
    way = np.array(colour) - 128
    return (picture - 128) @ way / (way @ way)


def at_row(picture, y, colour):
    """How much of the colour a level line through row `y` of the image has."""
    row = round((y + 0.5) * 6.4 - 0.5)
    return strength(picture[row - 1 : row + 2, 400], colour).max()


def test_a_match_is_drawn_from_its_spot_to_its_spot():
    shown = strength(drawn(match_set((20, 30), (70, 50))), AGREEING)
    start = np.array([20.5, 30.5]) * 6.4 - 0.5
    end = np.array([70.5, 50.5]) * 6.4 - 0.5 + np.array([640 + GUTTER_PX, 0])
    for share in (0, 0.2, 0.4, 0.7, 1):
        x, y = np.round(start + share * (end - start)).astype(int)
        if not 640 <= x < 640 + GUTTER_PX:
            assert shown[y - 1 : y + 2, x - 1 : x + 2].max() > 0.5
    beyond = shown[int(start[1]) - 2 : int(start[1]) + 3, : int(start[0]) - 4]
    assert np.abs(beyond).max() == 0
    assert (np.abs(shown[:, :640]) > 0.05).mean() < 0.01  # and nothing else


def test_inliers_and_others_are_coloured_apart_and_the_others_are_fainter():
    inlier = match_set((20, 20), (20, 20))
    other = match_set((20, 80), (20, 80), False)
    picture = drawn(inlier, other)
    assert at_row(picture, 20, AGREEING) > 0.7
    assert 0.3 < at_row(picture, 80, OTHER) < 0.6


def test_one_set_may_hold_both():
    both = MatchSet(
        np.array([[20.0, 20], [20, 80]]), np.array([[20.0, 20], [20, 80]]), "sift", np.array([True, False])
    )
    picture = drawn(both)
    assert at_row(picture, 20, AGREEING) > 0.7
    assert at_row(picture, 80, OTHER) > 0.3


def test_without_a_transform_no_match_has_the_colour_of_an_inlier():
    picture = drawn(match_set((20, 20), (20, 20), None))
    assert at_row(picture, 20, UNJUDGED) > 0.7
    assert not (np.abs(picture - AGREEING).sum(2) < 60).any()


@pytest.mark.parametrize("outside", [(-30, 20), (20, 130), (np.nan, 5)])
def test_a_match_outside_a_picture_is_left_out(outside):
    assert np.array_equal(drawn(match_set(outside, (20, 20))), drawn())
    assert np.array_equal(drawn(match_set((20, 20), outside)), drawn())


def test_a_thicket_is_thinned_evenly(monkeypatch):
    lines = []
    monkeypatch.setattr(match_lines.cv2, "line", lambda picture, first, *rest: lines.append(first))
    rows = np.linspace(0, 99, 1000)
    points = np.column_stack([np.full(1000, 50.0), rows])
    drawn(match_set(points, points))
    assert len(lines) == pytest.approx(MOST_AGREEING, abs=2)
    assert np.ptp(np.diff([y for _, y in lines])) <= 16 * 2  # in sixteenths of a pixel


def test_few_matches_are_all_drawn(monkeypatch):
    lines = []
    monkeypatch.setattr(match_lines.cv2, "line", lambda *line: lines.append(line))
    points = np.random.default_rng(0).uniform(0, 99, (MOST_AGREEING, 2))
    drawn(match_set(points, points))
    assert len(lines) == MOST_AGREEING


def test_pictures_of_other_shapes_stand_beside_each_other_in_the_middle():
    wide, tall = np.full((50, 200, 3), 10, np.uint8), np.full((300, 60, 3), 20, np.uint8)
    canvas, left, right = join(wide, tall)
    assert (canvas[left.slices()] == 10).all()
    assert (canvas[right.slices()] == 20).all()
    assert left.size == (200, 800)
    assert right.size == (640, 128)
    assert left.corner == (0, 220)
    (corner,) = right.place(np.array([[-0.5, -0.5]]))
    assert corner == pytest.approx((807.5, -0.5))


def captions(monkeypatch, *sets):
    told = []
    monkeypatch.setattr(match_lines, "sheet", lambda panels, caption: told.extend(c.text for c in caption))
    matches_sheet(GREY, NOWHERE, GREY, NOWHERE, sets, "said")
    return told


def test_the_caption_counts_by_source(monkeypatch):
    three = np.full((3, 2), 5.0)
    told = captions(
        monkeypatch,
        match_set(three, three),
        match_set(three[:1], three[:1], False),
        match_set(three, three, True, "attention"),
        match_set(three[:2], three[:2], False, "attention"),
    )
    assert told == [
        "said",
        "agree with the transform: 3 of 4 by sift, 3 of 5 by attention",
        "do not: 1 by sift, 2 by attention",
    ]


def test_the_caption_says_of_matches_without_a_transform_only_how_many_there_are(monkeypatch):
    assert captions(monkeypatch, match_set((5, 5), (5, 5), None)) == ["said", "found: 1 by sift"]
    assert captions(monkeypatch) == ["said"]
