from dataclasses import asdict, replace

import pytest

from artifix.config import from_dict
from artifix.errors import UsageError
from artifix.training.config import Phase, TrainingConfig


def test_phases_follow_each_other_by_their_shares():
    first, second = Phase(64, 1, 1, 0.25), Phase(128, 1, 1, 0.75)
    config = TrainingConfig(steps=100, phases=(first, second))
    assert [config.phase(step) for step in (0, 24, 25, 99, 500)] == [first, first, second, second, second]


def test_recipe_is_read_from_plain_values():
    values = {"steps": 7, "learning_rate": 1, "network": {"patch_px": 4}, "phases": [{"crop_px": 32}]}
    config = from_dict(TrainingConfig, values, "recipe.toml")
    assert config == replace(
        TrainingConfig(),
        steps=7,
        learning_rate=1.0,
        network=replace(TrainingConfig().network, patch_px=4),
        phases=(Phase(crop_px=32),),
    )


def test_unknown_setting_is_refused():
    with pytest.raises(UsageError, match="stepps"):
        from_dict(TrainingConfig, {"stepps": 7}, "recipe.toml")


def test_recipe_is_plain_data():
    assert asdict(TrainingConfig())["network"]["unet_widths"] == TrainingConfig().network.unet_widths
