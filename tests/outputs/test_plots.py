"""The charts of an ablation, as pictures."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from artifix.outputs.plots import GridChart, curve_chart, grid_chart

LAYERS = [f"up_blocks.1.attentions.{i}" for i in range(4)]
FRAME = (0x00, 0xC8, 0xFF)


def chart(readings=("single",), timesteps=(0, 500, 999), chosen=(0, 1, 2), layers=LAYERS):
    values = np.random.default_rng(0).random((len(readings), len(timesteps), len(layers))).astype(np.float32)
    return GridChart(readings, timesteps, layers, values, 0.9 * values, chosen, 84)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def framed(picture: np.ndarray) -> np.ndarray:
    """(y, x) of the middle of the frame around the chosen cell."""
    return np.argwhere((picture == FRAME).all(-1)).mean(0)


def test_the_chosen_cell_is_framed_where_it_lies():
    first, later, lower = (
        framed(pixels(grid_chart(chart(chosen=chosen)))) for chosen in ((0, 0, 0), (0, 2, 0), (0, 0, 3))
    )
    assert later[1] > first[1] + 50
    assert later[0] == pytest.approx(first[0], abs=2)
    assert lower[0] > first[0] + 50
    assert lower[1] == pytest.approx(first[1], abs=2)


def test_the_heat_map_grows_with_the_grid_so_that_its_values_stay_readable():
    small = pixels(grid_chart(chart()))
    wide = pixels(grid_chart(chart(timesteps=range(0, 1000, 50))))
    high = pixels(grid_chart(chart(layers=[f"up_blocks.1.attentions.{i}" for i in range(16)])))
    both = pixels(grid_chart(chart(readings=("single", "chain"))))
    assert wide.shape[1] > small.shape[1] + 17 * 50
    assert high.shape[0] > small.shape[0] + 12 * 35
    assert both.shape[1] > small.shape[1] + 3 * 50


def test_values_are_written_into_the_cells():
    def drawn(value):
        grid = chart()
        grid.miou[:] = 1.0  # the scale of colours ends here
        grid.miou[0, 0, 0] = value
        return pixels(grid_chart(grid)).astype(int)

    def strong_changes(value):
        return int((np.abs(drawn(value) - drawn(0.254)).max(-1) > 100).sum())

    assert strong_changes(0.252) == 0  # to the eye the colour is the same, and so are the digits
    assert strong_changes(0.256) > 5


def test_a_grid_of_zeros_can_be_drawn():
    empty = chart()
    empty.miou[:] = 0
    assert pixels(grid_chart(empty)).shape[0] > 100
    assert pixels(curve_chart(empty)).shape[0] > 100


def test_curves_have_a_colour_for_each_reading():
    def has(picture, colour):
        return (picture == colour).all(-1).sum() > 200

    one, two = (pixels(curve_chart(chart(readings))) for readings in (("single",), ("single", "chain")))
    red, blue = (0xC8, 0x40, 0x1E), (0x1E, 0x64, 0xC8)
    assert has(one, red)
    assert not has(one, blue)
    assert has(two, red)
    assert has(two, blue)


@pytest.mark.parametrize("draw", [grid_chart, curve_chart])
def test_equal_figures_are_equal_bytes(draw):
    assert draw(chart()) == draw(chart())


def test_matplotlib_is_loaded_only_to_draw():
    program = "import sys, artifix.outputs.plots; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_drawing_changes_no_global_state():
    program = (
        "import sys, numpy, artifix.outputs.plots as p; v = numpy.ones((1, 2, 1), 'float32'); "
        "p.grid_chart(p.GridChart(['a'], [0, 1], ['b'], v, v, (0, 0, 0), 1)); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
