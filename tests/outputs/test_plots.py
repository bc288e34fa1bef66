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
        framed(pixels(grid_chart(chart(timesteps=(0, 999), layers=LAYERS[:2], chosen=chosen))))
        for chosen in ((0, 0, 0), (0, 1, 0), (0, 0, 1))
    )
    assert later[1] > first[1] + 40
    assert later[0] == pytest.approx(first[0], abs=2)
    assert lower[0] > first[0] + 30
    assert lower[1] == pytest.approx(first[1], abs=2)


def test_the_heat_map_grows_with_the_grid_so_that_its_values_stay_readable():
    few = chart(timesteps=(0,), layers=LAYERS[:1], chosen=(0, 0, 0))
    many = chart(timesteps=range(0, 1000, 100), layers=LAYERS * 3)
    both = chart(("single", "chain"), (0,), layers=LAYERS[:1], chosen=(0, 0, 0))
    small, large, double = (pixels(grid_chart(grid)).shape for grid in (few, many, both))
    assert large[1] > small[1] + 9 * 50
    assert large[0] > small[0] + 11 * 35
    assert double[1] > small[1] + 100


def test_values_are_written_into_the_cells():
    def drawn(value):
        grid = chart(timesteps=(0,), layers=LAYERS[:2], chosen=(0, 0, 1))
        grid.miou[:] = 1.0  # the scale of colours ends here
        grid.miou[0, 0, 0] = value
        return pixels(grid_chart(grid)).astype(int)

    def strong_changes(value):
        return int((np.abs(drawn(value) - drawn(0.254)).max(-1) > 100).sum())

    assert strong_changes(0.252) == 0  # to the eye the colour is the same, and so are the digits
    assert strong_changes(0.256) > 5


@pytest.mark.parametrize("draw", [grid_chart, curve_chart])
def test_a_grid_of_zeros_can_be_drawn(draw):
    empty = chart(timesteps=(0, 999), layers=LAYERS[:2], chosen=(0, 0, 0))
    empty.miou[:], empty.box_miou[:] = 0, 0
    assert pixels(draw(empty)).std() > 0


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
    small = chart(timesteps=(0,), layers=LAYERS[:2], chosen=(0, 0, 0))
    assert draw(small) == draw(small)


def test_matplotlib_is_loaded_only_to_draw_and_its_global_state_never():
    program = (
        "import sys, numpy, artifix.outputs.plots as p; assert 'matplotlib' not in sys.modules; "
        "v = numpy.ones((1, 1, 1), 'float32'); "
        "p.grid_chart(p.GridChart(['a'], [0], ['b'], v, v, (0, 0, 0), 1)); "
        "assert 'matplotlib.figure' in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
