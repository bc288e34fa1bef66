import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.geometry import Box
from artifix.outputs.overlay import PANEL_PX, OverviewRow, heat_map, overview


@pytest.fixture
def reference():
    return np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)


def row_for(height, width, box):
    correspondence = np.zeros((height, width), np.float32)
    correspondence[height // 4 : height // 2, width // 4 : width // 2] = 1
    return OverviewRow(box, correspondence, correspondence > 0.5)


def test_heat_map_is_rgb_and_warm_where_the_match_is(reference):
    correspondence = np.zeros((60, 90), np.float32)
    correspondence[20:40, 30:60] = 0.7
    warm = heat_map(correspondence, reference)
    assert (warm.dtype, warm.shape) == (np.uint8, reference.shape)
    red, _, blue = warm[25:35, 40:50].reshape(-1, 3).mean(0)
    assert red > blue + 80  # with BGR taken for RGB it would be cold


def test_heat_map_leaves_its_arguments_alone(reference):
    before, correspondence = reference.copy(), np.ones((60, 90), np.float32)
    heat_map(correspondence, reference, correspondence > 0)
    assert np.array_equal(reference, before)


def test_heat_map_draws_the_region_around_not_over_what_it_marks(reference):
    region = np.zeros((60, 90), bool)
    region[20:40, 30:60] = True
    flat = np.zeros((60, 90), np.float32)
    changed = (heat_map(flat, reference, region) != heat_map(flat, reference)).any(2)
    assert changed.any()
    assert not changed[22:38, 32:58].any()


@pytest.mark.parametrize(("with_refined", "panels"), [(False, 4), (True, 5)])
def test_overview_has_a_panel_for_each_step(reference, with_refined, panels):
    image = np.full((80, 80, 3), 90, np.uint8)
    mask = np.zeros((80, 80), bool)
    mask[30:40, 30:40] = True
    sheet = overview(
        image, mask, reference, [row_for(60, 90, Box(20, 20, 50, 50))], image if with_refined else None
    )
    line = sheet[sheet.shape[0] // 2]
    gutters = np.flatnonzero(np.diff((line == 255).all(1).astype(int)) == 1).size
    assert sheet.dtype == np.uint8
    assert gutters >= panels
    assert sheet.shape[1] > panels * PANEL_PX


def test_overview_has_a_row_for_each_mask_group(reference):
    image, mask = np.zeros((80, 80, 3), np.uint8), np.eye(80, dtype=bool)
    row = row_for(60, 90, Box(0, 0, 40, 40))
    one, three = (overview(image, mask, reference, [row] * number) for number in (1, 3))
    assert three.shape[0] - one.shape[0] == 2 * (PANEL_PX + 8)
    assert three.shape[1] == one.shape[1]


def test_overview_zooms_on_the_mask_so_that_it_can_be_judged(reference):
    image = np.zeros((400, 400, 3), np.uint8)
    mask = np.zeros((400, 400), bool)
    mask[200:220, 200:220] = True
    image[mask] = (0, 255, 0)
    sheet = overview(image, mask, reference, [row_for(60, 90, Box(100, 100, 300, 300))])
    second_panel = sheet[:, 20 + PANEL_PX + 8 : 20 + 2 * PANEL_PX + 8]
    green = (second_panel == (0, 255, 0)).all(2).sum() / PANEL_PX**2
    assert green > 0.3


def test_overview_shows_the_whole_reference_where_no_region_was_found(reference):
    image, mask = np.zeros((40, 40, 3), np.uint8), np.eye(40, dtype=bool)
    nothing = OverviewRow(Box(0, 0, 40, 40), np.zeros((60, 90), np.float32), np.zeros((60, 90), bool))
    assert overview(image, mask, reference, [nothing]).shape[0] > PANEL_PX


@settings(max_examples=15, deadline=None)
@given(*[st.integers(16, 900)] * 4)
def test_overview_takes_pictures_of_any_shape(height, width, reference_height, reference_width):
    image = np.zeros((height, width, 3), np.uint8)
    mask = np.zeros((height, width), bool)
    mask[0, -1] = True
    sheet = overview(
        image,
        mask,
        np.zeros((reference_height, reference_width, 3), np.uint8),
        [row_for(reference_height, reference_width, Box(0, 0, width, height))],
        image,
    )
    assert sheet.shape[0] < 460
    assert sheet.shape[1] < 2600
