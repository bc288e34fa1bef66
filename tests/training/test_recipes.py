import subprocess
import sys

import pytest

from artifix.config_sections import from_dict
from artifix.errors import InputError
from artifix.training.config import TrainingConfig
from artifix.training.recipes import read_recipe, recipe_names


def test_recipes_for_scratch_tuning_real_pairs_and_full_size_come_with_the_package():
    assert recipe_names() == ["real", "sd15", "small", "tune"]


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_that_comes_with_the_package_is_whole(name):
    config = from_dict(TrainingConfig, read_recipe(name), name)
    assert sum(phase.share for phase in config.phases) == pytest.approx(1)
    assert all(phase.batches for phase in config.phases)


@pytest.mark.parametrize("name", recipe_names())
def test_no_recipe_repeats_a_default(name):
    values = read_recipe(name)
    defaults = TrainingConfig(steps=0, phases=())
    for section, settings in values.items():
        if isinstance(settings, dict) and section != "base":  # its empty paths show what is to be given
            for setting, value in settings.items():
                assert getattr(getattr(defaults, section), setting) != value, f"{section}.{setting}"


def test_the_full_size_recipe_has_the_numbers_of_the_paper():
    config = from_dict(TrainingConfig, read_recipe("sd15"), "sd15")
    pairs = sum(config.phases[0].batches.values()) * config.loop.gradient_accumulation
    assert pairs == 192
    assert config.steps * pairs > 45 * 167_000
    assert config.optimizer.learning_rate == 1e-5
    assert config.optimizer.projection_learning_rate == 4e-5
    assert config.losses.condition_drop == 0.1
    assert config.losses.layers[-1] == "up_blocks.1.attentions.2"


def test_a_recipe_of_ones_own_is_read_from_its_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("steps = 3\n")
    assert read_recipe(str(path)) == {"steps": 3}


def test_a_name_in_the_package_wins_over_a_file_without_suffix(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small").write_text("steps = 3\n")
    assert read_recipe("small")["steps"] != 3
    assert read_recipe("./small") == {"steps": 3}


def test_an_unknown_recipe_is_answered_with_those_there_are():
    with pytest.raises(InputError, match="sd16: no such recipe; known are: real, sd15, small, tune"):
        read_recipe("sd16")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none.toml: cannot be read"):
        read_recipe(str(tmp_path / "none.toml"))


def test_a_file_that_is_not_toml_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("steps = = 3")
    with pytest.raises(InputError, match="is not TOML"):
        read_recipe(str(path))


def test_reading_a_recipe_imports_nothing_heavy():
    program = (
        "import sys; from artifix.training.recipes import read_recipe; read_recipe('small'); "
        "assert not {'torch', 'numpy', 'diffusers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
