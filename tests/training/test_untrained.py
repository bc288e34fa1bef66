"""Public base models put together; the bases here are random networks of the real classes."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import load_file
from transformers import Dinov2Model

from artifix.config_sections import to_dict
from artifix.errors import DeviceError, OutputError, WeightsError
from artifix.pretrained import load_pipeline
from artifix.training import memory
from artifix.training.config import BaseConfig, LoopConfig, OptimizerConfig, Phase
from artifix.training.export import Formats
from artifix.training.loop import Job, train
from artifix.training.record import to_toml
from artifix.training.step import LossConfig
from artifix.training.untrained import Bases, write_untrained
from artifix.weights.verification import verify_weights

CPU = torch.device("cpu")
FULL = Formats("fp32", "fp32")
SD_LAYERS = ("down_blocks.2.attentions.0", "up_blocks.1.attentions.1", "up_blocks.1.attentions.2")


@pytest.fixture(scope="module")
def made(inpainting, dinov2, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "base"
    return write_untrained(Bases(inpainting, dinov2), folder, FULL, seed=0, overwrite=False)


@pytest.fixture
def recipe(tiny_recipe, made):
    """Goes on from those weights for three steps."""
    return replace(
        tiny_recipe,
        steps=3,
        phases=(Phase(64, alignment_batch=1, refinement_batch=1),),
        base=BaseConfig(pipeline=str(made), frozen_image_encoder=True),
        losses=LossConfig(layers=SD_LAYERS),
        optimizer=OptimizerConfig(learning_rate=1e-3, warmup_steps=1),
        loop=LoopConfig(precision="fp32", checkpoint_every_s=1e9, validate_every_steps=10**9),
    )


def test_the_folder_is_a_whole_pipeline_without_calibrated_confidence(made):
    assert verify_weights(made)
    pipeline = load_pipeline(str(made), CPU, torch.float32)
    assert pipeline.config.confidence_odds is None
    assert pipeline.config.alignment_layer == SD_LAYERS[-1]
    assert isinstance(pipeline.codec, AutoencoderKL)
    assert not pipeline.network.residual
    assert pipeline.projection.config.token_width == 16
    assert pipeline.projection.config.cross_attention_width == 24


def test_the_bases_keep_every_bit(made, inpainting, dinov2):
    pipeline = load_pipeline(str(made), CPU, torch.float32)
    unet = UNet2DConditionModel.from_pretrained(inpainting / "unet").state_dict()
    now = pipeline.unet.state_dict()
    assert torch.equal(now["conv_in.weight"][:, :9], unet.pop("conv_in.weight"))
    assert not now["conv_in.weight"][:, 9:].any()
    assert all(torch.equal(now[name], value) for name, value in unet.items())
    for part, base in (
        (pipeline.image_encoder, Dinov2Model.from_pretrained(dinov2)),
        (pipeline.codec, AutoencoderKL.from_pretrained(inpainting / "vae")),
    ):
        assert all(torch.equal(part.state_dict()[name], value) for name, value in base.state_dict().items())


@torch.no_grad()
def test_the_unet_computes_what_its_base_did_whatever_the_new_channels_hold(made, inpainting):
    base = UNet2DConditionModel.from_pretrained(inpainting / "unet").eval()
    extended = load_pipeline(str(made), CPU, torch.float32).unet.eval()
    known, tokens = torch.randn(2, 9, 8, 8), torch.randn(2, 256, 24)
    before = base(known, 500, tokens).sample
    for added in (torch.zeros(2, 5, 8, 8), torch.randn(2, 5, 8, 8), torch.full((2, 5, 8, 8), 50.0)):
        after = extended(torch.cat([known, added], dim=1), 500, tokens).sample
        torch.testing.assert_close(after, before, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_goes_on_from_there_and_moves_it(made, recipe, scenes, tmp_path, monkeypatch, precision):
    monkeypatch.setattr("artifix.training.validation.COUNT", 2)
    recipe = replace(recipe, loop=replace(recipe.loop, precision=precision))
    outcome = train(Job(tmp_path / "run", (scenes,)), recipe, CPU)
    before, now = load_pipeline(str(made), CPU, torch.float32), outcome.network
    assert outcome.step == 3
    assert now.unet.conv_in.weight[:, 9:].abs().sum() > 0
    for part in ("unet", "projection"):
        pairs = zip(getattr(before, part).parameters(), getattr(now, part).parameters(), strict=True)
        assert any(not torch.equal(old, new) for old, new in pairs), part
    frozen = zip(before.image_encoder.parameters(), now.image_encoder.parameters(), strict=True)
    assert all(torch.equal(old, new) for old, new in frozen)


def test_a_machine_that_is_too_small_refuses_before_anything_is_loaded(recipe, scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 100_000)

    def loaded(*_):
        raise AssertionError("weights were loaded")

    monkeypatch.setattr("artifix.training.loop.start_network", loaded)
    recipe = replace(recipe, phases=(Phase(64, alignment_batch=1),))
    with pytest.raises(DeviceError, match="training needs about .* are free on cpu"):
        train(Job(tmp_path / "run", (scenes,)), recipe, CPU)
    assert not (tmp_path / "run").exists()


def test_the_same_seed_gives_the_same_projection_and_leaves_torchs_own_alone(inpainting, dinov2, tmp_path):
    state = torch.random.get_rng_state()
    seeds = {"one": 3, "same": 3, "other": 4}
    folders = {
        name: write_untrained(Bases(inpainting, dinov2), tmp_path / name, FULL, seed, overwrite=False)
        for name, seed in seeds.items()
    }
    projection = "projection/diffusion_pytorch_model.safetensors"
    read = {name: (folder / projection).read_bytes() for name, folder in folders.items()}
    assert read["one"] == read["same"] != read["other"]
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_files_hold_the_formats_asked_for(inpainting, dinov2, tmp_path):
    formats = Formats("bf16", "fp32")
    made = write_untrained(Bases(inpainting, dinov2), tmp_path / "base", formats, seed=0, overwrite=False)
    kept = {
        part: {
            value.dtype for path in (made / part).glob("*.safetensors") for value in load_file(path).values()
        }
        for part in ("unet", "image_encoder", "codec", "projection")
    }
    assert kept.pop("projection") == {torch.float32}
    assert all(dtypes == {torch.bfloat16} for dtypes in kept.values())
    assert "Safetensors in bfloat16" in (made / "README.md").read_text()


def test_the_card_says_that_nothing_was_trained_and_not_where_the_bases_lay(made, inpainting):
    card = (made / "README.md").read_text()
    assert "None yet: inpainting and dinov2 put together" in card
    assert str(inpainting.parent) not in card


def cut_into_shards(part, kind):
    """The weights of a part in several files, of which one goes missing."""
    kind.from_pretrained(part).save_pretrained(part, max_shard_size="10KB")
    (part / "diffusion_pytorch_model.safetensors").unlink(missing_ok=True)
    shards = sorted(part.glob("*-of-*.safetensors"))
    assert len(shards) > 1
    shards[-1].unlink()


def set_value(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def narrow_codec(folder):
    AutoencoderKL(block_out_channels=(8,), norm_num_groups=4, latent_channels=8).save_pretrained(
        folder / "vae"
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda unet, encoder: set_value(unet / "unet" / "config.json", _class_name="UNet2DModel"),
            "unet: is of class UNet2DModel, expected UNet2DConditionModel",
        ),
        (
            lambda unet, encoder: set_value(encoder / "config.json", model_type="vit"),
            "encoder: is of class vit, expected dinov2",
        ),
        (
            lambda unet, encoder: cut_into_shards(unet / "unet", UNet2DConditionModel),
            "unet: cannot be loaded",
        ),
        (lambda unet, encoder: narrow_codec(unet), "vae has 8 latent channels, unet 4"),
        (lambda unet, encoder: shutil.rmtree(encoder), "encoder: is not a folder"),
    ],
    ids=["a U-Net of another class", "no DINOv2", "a shard less", "another codec", "no encoder"],
)
def test_bases_that_cannot_be_used_are_refused(inpainting, dinov2, tmp_path, spoil, said):
    unet = shutil.copytree(inpainting, tmp_path / "inpainting")
    encoder = shutil.copytree(dinov2, tmp_path / "encoder")
    spoil(unet, encoder)
    with pytest.raises(WeightsError, match=said) as caught:
        write_untrained(Bases(unet, encoder), tmp_path / "out", FULL, seed=0, overwrite=False)
    assert caught.value.hint
    assert not (tmp_path / "out").exists()


def test_weights_that_are_there_are_replaced_only_if_asked(made, inpainting, dinov2, tmp_path):
    bases, out = Bases(inpainting, dinov2), tmp_path / "out"
    shutil.copytree(made, out)
    with pytest.raises(OutputError, match="out: holds weights already") as caught:
        write_untrained(bases, out, FULL, seed=1, overwrite=False)
    assert "overwrite" in caught.value.hint
    before = (out / "SHA256SUMS").read_text()
    write_untrained(bases, out, FULL, seed=1, overwrite=True)
    assert (out / "SHA256SUMS").read_text() != before


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_weights_is_never_replaced(inpainting, dinov2, tmp_path, overwrite):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds no weights, but something else"):
        write_untrained(Bases(inpainting, dinov2), tmp_path / "out", FULL, seed=0, overwrite=overwrite)
    assert (tmp_path / "out" / "letter.txt").read_text() == "mine"


def test_the_commands_import_and_go_on(artifix, inpainting, dinov2, recipe, scenes, tmp_path):
    out = tmp_path / "2026"  # a name that TOML would read as a number
    given = ("--unet", inpainting, "--encoder", dinov2, "--out", out, "--dtype", "fp16", "--json")
    made = artifix("weights", "import", *given)
    assert made.code == 0, made.err
    assert json.loads(made.out) == {"weights": str(out), "confidence_odds": None}
    again = artifix("weights", "import", *given)
    assert again.code == 7
    assert "pass --overwrite or another --out" in again.err
    config = replace(recipe, steps=1, base=BaseConfig(frozen_image_encoder=True))
    (tmp_path / "recipe.toml").write_text(to_toml(to_dict(config)))
    arguments = ("--data", scenes, "--out", tmp_path / "run", "--config", tmp_path / "recipe.toml", "-q")
    missing = artifix("train", *arguments, "--device", "cpu", "--init", tmp_path / "none")
    assert missing.code == 4
    assert "none: no such weights" in missing.err
    run = artifix("train", *arguments, "--device", "cpu", "--init", out)
    assert run.code == 0, run.err
    assert verify_weights(tmp_path / "run" / "weights")


def test_weights_with_a_tiny_autoencoder_are_imported_trained_and_repair(
    artifix, inpainting, dinov2, tiny_autoencoder, recipe, scenes, tmp_path
):
    given = ("--unet", inpainting, "--encoder", dinov2, "--out", tmp_path / "base")
    made = artifix("weights", "import", *given, "--autoencoder", tiny_autoencoder)
    assert made.code == 0, made.err
    assert "taesd" in (tmp_path / "base" / "README.md").read_text(encoding="utf-8")
    config = replace(recipe, steps=1, base=BaseConfig(frozen_image_encoder=True))
    (tmp_path / "recipe.toml").write_text(to_toml(to_dict(config)))
    arguments = ("--data", scenes, "--out", tmp_path / "run", "--config", tmp_path / "recipe.toml", "-q")
    run = artifix("train", *arguments, "--device", "cpu", "--init", tmp_path / "base")
    assert run.code == 0, run.err
    trained = load_pipeline(str(tmp_path / "run" / "weights"), CPU, torch.float32)
    assert isinstance(trained.codec, AutoencoderTiny)
    assert isinstance(trained.codec.config.scaling_factor, float)


def test_an_import_from_nowhere_exits_4(artifix, dinov2, tmp_path):
    given = ("--unet", tmp_path / "none", "--encoder", dinov2, "--out", tmp_path / "out")
    refused = artifix("weights", "import", *given)
    assert (refused.code, (tmp_path / "out").exists()) == (4, False)
    assert "none: is not a folder" in refused.err
