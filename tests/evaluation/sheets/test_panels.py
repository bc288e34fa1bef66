"""What a column shows of a row, and how it is drawn."""

import numpy as np
import pytest

from artifix.evaluation.sheets.columns import Column
from artifix.evaluation.sheets.panels import draw, shown_in
from artifix.evaluation.sheets.pictures import RowPictures
from artifix.outputs.drawing import MASK_COLOUR, PAPER, REGION_COLOUR

GREY, GREEN, BLUE = (120, 120, 120), (0, 160, 0), (0, 0, 160)


def plain(colour, height=100, width=100):
    return np.full((height, width, 3), colour, np.uint8)


def square(top, left, side, height=100, width=100):
    mask = np.zeros((height, width), bool)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.fixture
def row():
    image = plain(GREY)
    image[60:80, 60:80] = GREEN
    reference = plain(GREY, 200, 100)
    reference[20:60, 20:60] = BLUE
    region = square(20, 20, 40, 200, 100)
    pictures = {"image": image, "ours": plain(BLUE), "reference": reference}
    return RowPictures(pictures, square(60, 60, 20), region, region.astype(np.float32))


def has(picture, colour):
    return bool((picture == colour).all(-1).any())


def test_the_image_has_the_masks_outline_around_what_stays_as_it_is(row):
    panel = draw(shown_in(Column("image", ""), row), (100, 100), 2)
    assert has(panel, MASK_COLOUR)
    assert (panel[63:77, 63:77] == GREEN).all()
    assert not has(draw(shown_in(Column("artifact", ""), row), (100, 100), 2), MASK_COLOUR)


def test_a_zoom_shows_the_masked_part_alone(row):
    shown = shown_in(Column("artifact", "", "zoom"), row)
    assert shown.size == (32, 32)  # 1.6 times the mask
    panel = draw(shown, (64, 64), 1)
    assert panel.shape == (64, 64, 3)
    assert (panel == GREEN).all(-1).mean() > 0.25


def test_a_zoom_on_the_reference_shows_the_region(row):
    shown = shown_in(Column("region", "", "zoom"), row)
    assert shown.size == (52, 52)
    assert has(draw(shown, (104, 104), 2), REGION_COLOUR)
    assert (shown.picture == BLUE).all(-1).mean() > 0.5


def test_an_enlargement_lies_in_the_corner_that_hides_nothing_and_the_part_is_framed(row):
    panel = draw(shown_in(Column("artifact", "", "inset"), row), (200, 200), 2)
    assert (panel[120:160, 120:160] == GREEN).all(-1).mean() > 0.7  # the part itself, framed around
    assert has(panel, PAPER)
    corner = panel[:88, :88]
    assert (corner == GREEN).all(-1).mean() > 0.4
    assert not (panel[:88, 112:] == GREEN).all(-1).any()


def test_the_mask_is_white_on_black(row):
    panel = draw(shown_in(Column("mask", ""), row), (100, 100), 2)
    assert np.array_equal((panel == 255).all(-1), row.mask)


def test_the_correspondence_is_a_heat_map_on_a_dimmed_reference(row):
    panel = draw(shown_in(Column("correspondence", ""), row), (200, 100), 2)
    assert panel[40, 40].sum() > panel[150, 50].sum() + 100
    assert has(panel, REGION_COLOUR)


@pytest.mark.parametrize("size", [(50, 100), (100, 50), (37, 211)])
def test_a_panel_fits_its_place_and_keeps_its_proportions(row, size):
    panel = draw(shown_in(Column("reference", ""), row), size, 1)
    assert panel.shape[0] == size[0] or panel.shape[1] == size[1]
    assert panel.shape[0] <= size[0]
    assert panel.shape[1] <= size[1]
    assert panel.shape[0] / panel.shape[1] == pytest.approx(2, rel=0.06)


@pytest.mark.parametrize(
    "column",
    [
        Column("truth", ""),
        Column("image", ""),
        Column("ours", "", "zoom"),
        Column("region", ""),
        Column("correspondence", ""),
        Column("reference", "", "inset"),
        Column("mask", ""),
    ],
)
def test_what_is_missing_is_not_drawn(row, column):
    bare = RowPictures({name: row.pictures[name] for name in ("image", "ours", "reference")})
    assert shown_in(column, bare) is None
