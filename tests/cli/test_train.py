"""`artifix train`: from a folder of images to weights that load."""

import importlib.util
import json
import shutil
import subprocess
import sys
import tomllib

import pytest
from PIL import Image

from artifix.config_sections import to_dict
from artifix.network.building import tiny_config
from artifix.training.record import to_toml
from artifix.weights.finding import find_weights
from artifix.weights.verification import verify_weights

RECIPE = """
steps = 3

[data]
lettering = 2
source_px = 64
decal_px = 32

[optimizer]
warmup_steps = 1

[[phases]]
crop_px = 32
alignment_batch = 2
refinement_batch = 2
share = 1.0
"""


@pytest.fixture(autouse=True)
def short_validation(monkeypatch):
    monkeypatch.setattr("artifix.training.validation.COUNT", 4)


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    for number in range(3):
        Image.effect_noise((96, 96), 60).convert("RGB").save(tmp_path / "data" / f"{number}.png")
    return tmp_path / "data"


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE + to_toml({"network": to_dict(tiny_config())}))
    return path


def train(artifix, data, recipe, run, *more):
    return artifix("train", "--data", data, "--out", run, "--config", recipe, "--device", "cpu", *more)


def settings_of(run):
    return tomllib.loads((run / "config.toml").read_text())


def test_a_run_leaves_weights_and_can_be_resumed(artifix, data, recipe, tmp_path):
    first = train(artifix, data, recipe, tmp_path / "run", "--steps", "1", "--json")
    assert first.code == 0, first.err
    told = json.loads(first.out)
    assert (told["step"], told["steps"], told["pairs_seen"]) == (1, 1, 4)
    weights = find_weights(str(tmp_path / "run" / "weights"))
    assert verify_weights(weights)
    assert tomllib.loads((weights / "training.toml").read_text()) == settings_of(tmp_path / "run")
    assert "training on cpu" in first.err
    assert told["confidence_odds"] is None
    assert "confidence is not calibrated: too few objects were held out: 1, and 8 are the least" in first.err
    refused = train(artifix, data, recipe, tmp_path / "run", "--steps", "2")
    assert refused.code == 7
    assert "--resume" in refused.err
    second = train(artifix, data, recipe, tmp_path / "run", "--steps", "2", "--resume")
    assert second.code == 0, second.err
    assert "2 of 2 steps" in second.out


def test_weights_do_not_tell_where_their_base_lay(artifix, data, recipe, tmp_path):
    first = train(artifix, data, recipe, tmp_path / "first", "--steps", "1", "-q")
    base = tmp_path / "first" / "weights"
    more = ("--steps", "1", "-q", "--set", f"base.pipeline={base}")
    second = train(artifix, data, recipe, tmp_path / "second", *more)
    assert (first.code, second.code) == (0, 0), second.err
    assert settings_of(tmp_path / "second")["base"]["pipeline"] == str(base)
    weights = tmp_path / "second" / "weights"
    assert tomllib.loads((weights / "training.toml").read_text())["base"]["pipeline"] == "weights"
    texts = [path.read_text() for end in ("json", "md", "toml") for path in weights.rglob(f"*.{end}")]
    assert not any(str(tmp_path) in text for text in texts)


def test_settings_are_changed_by_name(artifix, data, recipe, tmp_path):
    changes = (
        "steps=1",
        "loop.precision=fp32",
        "optimizer.learning_rate=1",
        "losses.layers=['mid_block.attentions.0']",
    )
    more = [word for change in changes for word in ("--set", change)]
    run = train(artifix, data, recipe, tmp_path / "run", *more, "--seed", "7", "-q")
    assert (run.code, run.out, run.err) == (0, "", "")
    used = settings_of(tmp_path / "run")
    assert (used["steps"], used["seed"], used["loop"]["precision"]) == (1, 7, "fp32")
    assert used["optimizer"]["learning_rate"] == 1.0
    assert used["losses"]["layers"] == ["mid_block.attentions.0"]


def test_the_precision_written_is_the_one_that_was_computed_in(artifix, data, recipe, tmp_path):
    run = train(artifix, data, recipe, tmp_path / "run", "--set", "loop.precision=auto")
    assert run.code == 0, run.err
    settled = settings_of(tmp_path / "run")["loop"]["precision"]
    assert settled in ("bf16", "fp32")
    exported = tomllib.loads((tmp_path / "run" / "weights" / "training.toml").read_text())
    assert exported["loop"]["precision"] == settled
    assert f"computing in {'fp32' if settled == 'no' else settled}" in run.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("optimizer.rate=1", "--set optimizer.rate=1: optimizer: unknown setting rate"),
        ("rate=1", "--set rate=1: unknown setting rate"),
        ("optimiser.learning_rate=1", "there is no section optimiser"),
        ("steps.more=1", "there is no section steps"),
        ("optimizer.learning_rate=fast", "optimizer: learning_rate is 'fast', expected float"),
        ("loop.precision=1", "loop: precision is 1, expected str"),
        ("steps", "--set steps: is no assignment"),
        ("loop.precision=no", "loop.precision is 'no'"),
        ("phases=[]", "phases is empty"),
        ("data.procedural_share=0.5", "1.5 together"),
    ],
)
def test_a_change_that_cannot_be_made_exits_2(artifix, data, recipe, tmp_path, change, said):
    run = train(artifix, data, recipe, tmp_path / "run", "--set", change)
    assert (run.code, (tmp_path / "run").exists()) == (2, False)
    assert said in run.err


def test_fp16_on_a_cpu_exits_6(artifix, data, recipe, tmp_path):
    run = train(artifix, data, recipe, tmp_path / "run", "--set", "loop.precision=fp16")
    assert (run.code, (tmp_path / "run").exists()) == (6, False)
    assert "loop.precision is fp16" in run.err


def test_a_gpu_that_is_not_there_exits_6(artifix, data, recipe, tmp_path):
    run = artifix(
        "train", "--data", data, "--out", tmp_path / "run", "--config", recipe, "--device", "cuda:63"
    )
    assert (run.code, (tmp_path / "run").exists()) == (6, False)


def test_a_batch_that_no_memory_holds_exits_6_before_the_data_are_read(
    artifix, data, recipe, tmp_path, monkeypatch
):
    monkeypatch.setattr("artifix.training.memory.free_bytes", lambda device: 22 * 2**30)
    monkeypatch.setattr("artifix.training.loop.load_data", lambda *_: pytest.fail("data were read"))
    change = "phases=[{crop_px=32,refinement_batch=200000}]"
    run = train(artifix, data, recipe, tmp_path / "run", "--set", change)
    assert (run.code, (tmp_path / "run").exists()) == (6, False)
    assert "GiB, 22 GiB are free on cpu" in run.err
    assert "loop.gradient_checkpointing=true" in run.err


def test_odds_fitted_to_held_out_pairs_go_with_the_weights(artifix, data, recipe, tmp_path, monkeypatch):
    from artifix.training.logit_weights import Fitted

    fitted = Fitted((7.5, 3.25, -6.0), "fitted to 20 right and 30 wrong places")
    monkeypatch.setattr("artifix.training.ending.fitted_logit_weights", lambda *_: fitted)
    run = train(artifix, data, recipe, tmp_path / "run", "--steps", "1", "--json")
    assert run.code == 0, run.err
    assert json.loads(run.out)["confidence_odds"] == [7.5, 3.25, -6.0]
    index = json.loads((tmp_path / "run" / "weights" / "model_index.json").read_text())
    assert index["confidence_odds"] == [7.5, 3.25, -6.0]
    assert "confidence: fitted to 20 right and 30 wrong places" in run.err


def test_a_preview_shows_pairs_and_trains_nothing(artifix, data, recipe, tmp_path):
    run = train(artifix, data, recipe, tmp_path / "run", "--preview")
    assert run.code == 0, run.err
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["preview.png"]
    assert Image.open(tmp_path / "run" / "preview.png").width >= 3 * 32


def test_data_that_the_recipe_takes_must_be_given(artifix, recipe, tmp_path):
    run = artifix("train", "--out", tmp_path / "run", "--config", recipe)
    assert run.code == 2
    assert "no --data is given" in run.err
    run = artifix("train", "--out", tmp_path / "run", "--config", recipe, "--pairs", tmp_path / "none")
    assert run.code == 3


def test_resuming_what_is_not_there_exits_3(artifix, data, recipe, tmp_path):
    run = train(artifix, data, recipe, tmp_path / "run", "--resume")
    assert (run.code, (tmp_path / "run").exists()) == (3, False)
    assert "is not there to resume" in run.err


@pytest.mark.parametrize(("package", "more"), [("accelerate", ()), ("tensorboard", ("--tensorboard",))])
def test_a_missing_package_is_told_with_its_remedy(
    artifix, data, recipe, tmp_path, monkeypatch, package, more
):
    whole = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else whole(name))
    run = train(artifix, data, recipe, tmp_path / "run", *more)
    assert run.code == 2
    assert f"pip install {package}" in run.err


def test_typos_are_told_before_anything_heavy_is_imported(recipe, tmp_path):
    (tmp_path / "broken.toml").write_text("steps = ")
    program = (
        "import sys; from artifix.cli.app import main; code = main(sys.argv[1:]); "
        "sys.exit(code * ('torch' not in sys.modules))"
    )
    for arguments, code in (
        (["--config", "nothing.toml"], 3),
        (["--config", str(tmp_path / "broken.toml")], 3),
        (["--set", "steps"], 2),
        (["--data", "nowhere"], 3),
        (["--resume"], 3),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, "train", "--out", str(tmp_path / "run"), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr


REAL = ("--set", "data.images_share=0.5", "--set", "data.real_share=0.5")


def test_two_steps_on_a_pack_leave_weights_that_tell_the_licences(artifix, pack_folder, recipe, tmp_path):
    shares = ("images_share=0.3", "real_share=0.5", "procedural_share=0.2", "two_styles_share=0.5")
    changes = [word for share in shares for word in ("--set", f"data.{share}")]
    changes += ["--set", "data.procedural_scenes=4", "--steps", "2", "--json"]
    run = train(artifix, pack_folder, recipe, tmp_path / "run", *changes)
    assert run.code == 0, run.err
    assert json.loads(run.out)["step"] == 2
    assert verify_weights(find_weights(str(tmp_path / "run" / "weights")))
    card = (tmp_path / "run" / "weights" / "README.md").read_text()
    assert "CC0 1.0 (drawn)" in card
    assert "| single | 4 images | not told |" in card


def test_a_preview_of_a_pack_shows_real_pairs(artifix, pack_folder, recipe, tmp_path):
    run = train(artifix, pack_folder, recipe, tmp_path / "run", *REAL, "--preview")
    assert run.code == 0, run.err
    assert Image.open(tmp_path / "run" / "preview.png").width >= 3 * 32


def test_real_pairs_without_a_pack_exit_2_and_a_damaged_pack_exits_3(
    artifix, data, pack_folder, recipe, tmp_path
):
    run = train(artifix, data, recipe, tmp_path / "run", *REAL)
    assert (run.code, (tmp_path / "run").exists()) == (2, False)
    assert "no --data with a pack is given" in run.err
    damaged = shutil.copytree(pack_folder, tmp_path / "pack")
    (damaged / "pack.json").write_text("{")
    run = train(artifix, damaged, recipe, tmp_path / "run", *REAL)
    assert (run.code, (tmp_path / "run").exists()) == (3, False)
    assert "pack.json: is damaged" in run.err


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
