from dataclasses import asdict

import pytest

from artifix.config_sections import from_dict
from artifix.errors import UsageError
from artifix.network.building import NetworkConfig
from artifix.training.config import OptimizerConfig, Phase, TrainingConfig
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

SHORT = {"steps": 7, "phases": [{"crop_px": 32}]}


def test_phases_follow_each_other_by_their_shares():
    first, second = Phase(64, 0.25), Phase(128, 0.75)
    config = TrainingConfig(steps=100, phases=(first, second))
    assert [config.phase(step) for step in (0, 24, 25, 99, 500)] == [first, first, second, second, second]


def test_a_phase_names_only_the_tasks_that_have_a_batch():
    assert Phase(64, matching_batch=3).batches == {MATCHING: 3}
    assert list(Phase(64, 1.0, 1, 2, 3).batches.items()) == [(MATCHING, 1), (ALIGNMENT, 2), (REFINEMENT, 3)]


def test_recipe_is_read_from_plain_values():
    values = SHORT | {"network": {"patch_px": 4}, "optimizer": {"learning_rate": 1}}
    assert from_dict(TrainingConfig, values, "recipe.toml") == TrainingConfig(
        steps=7,
        phases=(Phase(crop_px=32),),
        network=NetworkConfig(patch_px=4),
        optimizer=OptimizerConfig(learning_rate=1.0),
    )


def test_a_rate_that_may_be_absent_is_read_as_a_number():
    values = SHORT | {"optimizer": {"projection_learning_rate": 1}}
    rate = from_dict(TrainingConfig, values, "recipe.toml").optimizer.projection_learning_rate
    assert (type(rate), rate) == (float, 1.0)
    assert TrainingConfig(7, ()).optimizer.projection_learning_rate is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (SHORT | {"stepps": 7}, "recipe.toml: unknown setting stepps"),
        ({"steps": 7}, "recipe.toml: has no setting phases"),
        ({}, "recipe.toml: has no setting steps, phases"),
        ({"steps": 7, "phases": [{"share": 1.0}]}, "recipe.toml: phases: has no setting crop_px"),
        (SHORT | {"optimizer": {"learning_rate": "1e-4"}}, "optimizer: learning_rate is '1e-4'"),
        (SHORT | {"optimizer": {"projection_learning_rate": True}}, "projection_learning_rate is True"),
    ],
)
def test_a_recipe_that_lacks_or_misspells_a_setting_is_refused(values, said):
    with pytest.raises(UsageError, match=said):
        from_dict(TrainingConfig, values, "recipe.toml")


def test_recipe_is_plain_data_and_comes_back_from_it():
    config = TrainingConfig(7, (Phase(32),))
    assert from_dict(TrainingConfig, asdict(config), "record") == config
