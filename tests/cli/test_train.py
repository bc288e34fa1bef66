"""`artifix train`: from a folder of images to weights that load."""

import json

import pytest
from PIL import Image

from artifix.network.weights import find_weights

RECIPE = """
lettering = 2
source_px = 64
decal_px = 32
warmup_steps = 1
validate_every_steps = 1000000

[network]
working_size_px = 32
unet_widths = [32, 32, 32]
attention_heads = 2
cross_attention_width = 32
norm_groups = 8
encoder_width = 32
encoder_layers = 1
encoder_heads = 2
detail_widths = [8, 8, 8]
detail_norm_groups = 4

[[phases]]
crop_px = 32
alignment_batch = 2
refinement_batch = 2
share = 1.0
"""


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    for number in range(3):
        Image.effect_noise((96, 96), 60).convert("RGB").save(tmp_path / "data" / f"{number}.png")
    return tmp_path / "data"


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def train(artifix, data, recipe, run, *more):
    return artifix("train", "--data", data, "--out", run, "--config", recipe, "--device", "cpu", *more)


def test_a_run_leaves_weights_and_can_be_resumed(artifix, data, recipe, tmp_path):
    first = train(artifix, data, recipe, tmp_path / "run", "--steps", "1", "--json")
    assert first.code == 0, first.err
    assert json.loads(first.out)["step"] == 1
    assert find_weights(str(tmp_path / "run" / "weights"))
    refused = train(artifix, data, recipe, tmp_path / "run", "--steps", "2")
    assert refused.code == 7
    assert "--resume" in refused.err
    second = train(artifix, data, recipe, tmp_path / "run", "--steps", "2", "--resume")
    assert second.code == 0, second.err
    assert "2 of 2 steps" in second.out


def test_a_missing_folder_of_images_exits_3(artifix, recipe, tmp_path):
    run = train(artifix, tmp_path / "none", recipe, tmp_path / "run")
    assert (run.code, (tmp_path / "run").exists()) == (3, False)


@pytest.mark.parametrize(
    ("name", "value"), [("--minutes", "0"), ("--minutes", "nan"), ("--steps", "0"), ("--seed", "-1")]
)
def test_a_wrong_number_exits_2(artifix, data, recipe, tmp_path, name, value):
    run = train(artifix, data, recipe, tmp_path / "run", name, value)
    assert (run.code, (tmp_path / "run").exists()) == (2, False)
    assert name in run.err


def test_an_unknown_setting_of_the_recipe_exits_2(artifix, data, recipe, tmp_path):
    recipe.write_text("stepz = 3")
    run = train(artifix, data, recipe, tmp_path / "run")
    assert run.code == 2
    assert "recipe.toml: unknown setting stepz" in run.err


def test_ctrl_c_says_how_to_go_on(artifix, data, recipe, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("artifix.training.loop.train", interrupt)
    run = train(artifix, data, recipe, tmp_path / "run")
    assert run.code == 130
    assert "--resume" in run.err
