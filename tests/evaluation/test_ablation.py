"""Gamma: scores for every layer and timestep, and the cell chosen."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.attention.coarse_match import match_coarsely
from artifix.attention.probe import Probe
from artifix.errors import UsageError
from artifix.evaluation.ablation import Axes, CaseGrid, Cell, axes_of, mean, measure
from artifix.evaluation.cases import read_known_case
from artifix.evaluation.config import AblationConfig
from artifix.evaluation.metrics import filled_box, token_iou
from artifix.scene import Scene

CONTEXTS = (1.8,)
LAYER = "up_blocks.1.attentions.0"


@pytest.fixture
def known(cases):
    return read_known_case(cases / "known")


def grid_of(values):
    """Of one reading."""
    values = np.array([values], np.float32)
    return CaseGrid("a", values, values / 2, np.zeros((1, *values.shape, 16, 16), np.float32))


def test_levels_are_spread_from_the_first_to_the_last(tiny_network):
    axes = axes_of(tiny_network, AblationConfig(timesteps=4))
    assert axes.readings == ("single",)
    assert axes.timesteps == (0, 333, 666, 999)
    assert len(axes.layers) == 7
    assert axes.layers[5] == LAYER


def test_levels_may_be_named(tiny_network):
    assert axes_of(tiny_network, AblationConfig(at=(500, 3, 500))).timesteps == (3, 500)


def test_both_readings_are_asked_for_at_once(tiny_network):
    assert axes_of(tiny_network, AblationConfig(reading="both")).readings == ("single", "chain")


def test_levels_that_the_schedule_does_not_have_are_refused(tiny_network):
    short = replace(tiny_network, scheduler=type(tiny_network.scheduler)(num_train_timesteps=10))
    with pytest.raises(UsageError, match="at 10: is outside") as caught:
        axes_of(short, AblationConfig(at=(10,)))
    assert "0 to 9" in caught.value.hint
    with pytest.raises(UsageError, match="timesteps 11: the schedule has 10"):
        axes_of(short, AblationConfig())
    assert axes_of(short, AblationConfig(timesteps=10)).timesteps == tuple(range(10))
    assert axes_of(short, AblationConfig(at=(3,))).timesteps == (3,)


def test_a_case_is_scored_at_every_layer_and_level_of_every_reading(tiny_network, known):
    axes = axes_of(tiny_network, AblationConfig(reading="both", timesteps=2))
    grid = measure(tiny_network, known, axes, CONTEXTS, 0)
    assert grid.name == "known"
    assert grid.miou.shape == grid.box_miou.shape == (2, 2, 7)
    assert grid.tokens.shape == (1, 2, 2, 7, 16, 16)
    assert ((grid.miou >= 0) & (grid.miou <= 1)).all()


def test_the_score_is_that_of_what_stage_1_sees(tiny_network, known):
    axes = axes_of(tiny_network, AblationConfig(at=(0, 700)))
    grid = measure(tiny_network, known, axes, CONTEXTS, 3)
    scene = Scene(known.case.image.rgb, known.case.mask, known.case.reference.rgb)
    seen = match_coarsely(Probe(tiny_network, LAYER, 700, 3), scene, CONTEXTS, zoom=False).correspondence
    cell = Cell(0, 1, 5)
    assert grid.correspondence(cell, seen.shape) == pytest.approx(seen, abs=1e-5)
    found = known.region.copy()
    found[:] = seen >= np.quantile(seen, 0.9)
    own = measure(tiny_network, replace(known, region=found), axes, CONTEXTS, 3)
    assert own.miou[cell] == pytest.approx(token_iou(seen, found))
    assert own.box_miou[cell] == pytest.approx(token_iou(seen, filled_box(found)))
    assert own.miou[cell] > 0


def test_maps_of_several_mask_groups_are_one_by_their_maximum(tiny_network, known):
    blend = known.case.blend.copy()
    blend[2:12, 70:85] = 1
    two = replace(known, case=replace(known.case, blend=blend))
    grid = measure(tiny_network, two, axes_of(tiny_network, AblationConfig(at=(0,))), CONTEXTS, 0)
    assert grid.tokens.shape[0] == 2
    cell, shape = Cell(0, 0, 5), known.region.shape
    alone = [replace(grid, tokens=maps[None]).correspondence(cell, shape) for maps in grid.tokens]
    assert not np.array_equal(*alone)
    assert np.array_equal(grid.correspondence(cell, shape), np.maximum(*alone))


def test_gamma_is_the_mean_over_cases_and_its_best_cell_the_highest():
    axes = Axes(("single",), (0, 500), ("a", "b", "c"))
    gamma = mean(axes, [grid_of([[0, 0.9, 0.2], [0.1, 0, 0]]), grid_of([[0.6, 0.1, 0.2], [0.1, 0, 0.8]])])
    assert gamma.cases == 2
    assert gamma.miou[0] == pytest.approx(np.array([[0.3, 0.5, 0.2], [0.1, 0, 0.4]]))
    assert gamma.box_miou == pytest.approx(gamma.miou / 2)
    assert gamma.best == Cell(0, 0, 1)
    assert gamma.miou[gamma.best] == gamma.miou.max()


def test_the_best_cell_is_of_the_single_reading_where_there_is_one():
    axes = Axes(("single", "chain"), (0,), ("a", "b"))
    values = np.array([[[0.1, 0.2]], [[0.9, 0.3]]], np.float32)
    gamma = mean(axes, [CaseGrid("a", values, values, np.zeros((1, 2, 1, 2, 16, 16), np.float32))])
    assert gamma.best == Cell(0, 0, 1)


def test_of_equal_cells_the_least_noisy_is_chosen():
    axes = Axes(("single",), (0, 500), ("a", "b"))
    assert mean(axes, [grid_of([[0.2, 0.5], [0.5, 0.5]])]).best == Cell(0, 0, 1)
