"""What training starts with; the bases are random networks of the real classes, in diffusers folders."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file

from artifix.errors import UsageError, WeightsError
from artifix.network.codec import decode, encode
from artifix.network.diffusion import has_aligned_channels
from artifix.training.blueprint import blueprint
from artifix.training.config import BaseConfig
from artifix.training.export import export_weights
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.preparation import trained_parts
from artifix.training.start import check_layers, start_network
from artifix.training.step import LossConfig, task_loss
from artifix.training.tasks import ALIGNMENT, REFINEMENT

SD_LAYERS = ("down_blocks.2.attentions.0", "up_blocks.1.attentions.1", "up_blocks.1.attentions.2")


@pytest.fixture
def copied(inpainting, tmp_path):
    """A copy of the base, to be spoiled."""
    return shutil.copytree(inpainting, tmp_path / "inpainting")


@pytest.fixture
def recipe(tiny_recipe):
    """A recipe for these bases: recipe(unet=folder, ...)."""

    def make(**base):
        layers = SD_LAYERS if "unet" in base else LossConfig().layers
        folders = {n: value if isinstance(value, bool) else str(value) for n, value in base.items()}
        return replace(tiny_recipe, base=BaseConfig(**folders), losses=LossConfig(layers=layers))

    return make


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_without_a_base_the_network_is_new(recipe):
    network = start_network(recipe())
    assert network.residual
    assert network.detail_encoder is not None
    assert network.working_size_px == 32


def test_a_base_gives_unet_autoencoder_schedule_and_encoder(recipe, inpainting, dinov2):
    network = start_network(recipe(unet=inpainting, image_encoder=dinov2))
    assert (network.working_size_px, network.reference_size_px) == (64, 224)
    assert network.unet.config.in_channels == 4 + 1 + 4 + 4 + 1
    assert isinstance(network.codec, AutoencoderKL)
    assert isinstance(network.scheduler, DDIMScheduler)
    assert network.scheduler.config.prediction_type == "epsilon"
    assert network.scheduler.config.beta_start == 0.00085
    assert not network.residual
    assert network.detail_encoder is None
    with torch.no_grad():
        pictures = torch.zeros(1, 3, 224, 224)
        assert network.compare(pictures, pictures).tokens.shape == (1, 256, 24)


@torch.no_grad()
def test_the_extended_unet_computes_what_the_base_did(recipe, inpainting):
    base = UNet2DConditionModel.from_pretrained(inpainting / "unet", use_safetensors=True)
    extended = start_network(recipe(unet=inpainting)).unet
    known, tokens = torch.randn(2, 9, 8, 8), torch.randn(2, 256, 24)
    before = base(known, 500, tokens).sample
    for added in (torch.zeros(2, 5, 8, 8), torch.randn(2, 5, 8, 8)):
        after = extended(torch.cat([known, added], dim=1), 500, tokens).sample
        torch.testing.assert_close(after, before)
    assert not extended.conv_in.weight[:, 9:].any()


def test_without_aligned_channels_the_unet_stays_the_base(recipe, inpainting):
    config = recipe(unet=inpainting)
    network = start_network(replace(config, network=replace(config.network, aligned_channels=False)))
    assert network.unet.config.in_channels == 9
    assert not has_aligned_channels(network.unet)


def test_the_kind_of_prediction_is_kept(recipe, copied):
    change(copied / "scheduler" / "scheduler_config.json", prediction_type="v_prediction")
    assert start_network(recipe(unet=copied)).scheduler.config.prediction_type == "v_prediction"


def test_weights_in_half_precision_become_full_ones(recipe, copied):
    for part in ("unet", "vae"):
        path = copied / part / "diffusion_pytorch_model.safetensors"
        halves = {name: value.half() for name, value in load_file(path).items()}
        save_file(halves, path.with_name("diffusion_pytorch_model.fp16.safetensors"))
        path.unlink()
    network = start_network(recipe(unet=copied))
    assert (network.dtype, network.codec.dtype) == (torch.float32, torch.float32)


def test_without_a_base_encoder_it_is_new_and_of_the_recipes_size(recipe, inpainting):
    network = start_network(recipe(unet=inpainting))
    assert network.image_encoder.config.hidden_size == 32
    assert network.projection.config.token_width == 32


def test_a_base_encoder_goes_with_a_new_unet(recipe, dinov2):
    config = recipe(image_encoder=dinov2)
    network = start_network(replace(config, network=replace(config.network, detail_widths=())))
    assert network.reference_size_px == 224
    assert network.projection.config.token_width == 16
    with pytest.raises(UsageError, match="has patches of 14 px, the detail encoder") as caught:
        start_network(config)
    assert "network.detail_widths" in caught.value.hint


def test_fine_tuning_starts_with_the_earlier_weights(recipe, tiny_network, tmp_path):
    export_weights(tiny_network, tmp_path / "earlier", layer="up_blocks.0.attentions.1")
    network = start_network(recipe(pipeline=tmp_path / "earlier"))
    assert network.dtype == torch.float32
    assert network.unet.training
    for now, before in zip(network.unet.parameters(), tiny_network.unet.parameters(), strict=True):
        torch.testing.assert_close(now, before, atol=1e-3, rtol=1e-3)


def test_the_codec_is_not_trained(recipe, inpainting):
    network = start_network(recipe(unet=inpainting))
    assert not any(p.requires_grad for p in network.codec.parameters())
    assert all(p.requires_grad for p in network.unet.parameters())


def test_a_frozen_encoder_is_not_trained(recipe):
    network = start_network(recipe(frozen_image_encoder=True))
    assert not any(p.requires_grad for p in network.image_encoder.parameters())
    assert "image_encoder" not in trained_parts(network)
    assert "projection" in trained_parts(network)


@pytest.mark.parametrize("task", [ALIGNMENT, REFINEMENT])
def test_a_training_step_teaches_unet_encoder_and_projection(recipe, inpainting, dinov2, busy_sources, task):
    config, random = recipe(unet=inpainting, image_encoder=dinov2), torch.Generator().manual_seed(0)
    network = start_network(config)
    pairs = make_pairs(busy_sources, task, 2, 64, 224, SynthesisConfig(), random)
    result = task_loss(network, task, pairs, config.losses, random)
    assert torch.isfinite(result["loss"])
    result["loss"].backward()
    assert network.projection.layers[1].weight.grad.abs().sum() > 0
    assert network.image_encoder.embeddings.position_embeddings.grad.abs().sum() > 0
    aligned = network.unet.conv_in.weight.grad[:, 9:]
    # Where attention is trained no reference is aligned yet.
    assert (aligned.abs().sum() > 0) == (task == REFINEMENT)
    assert not any(p.grad is not None for p in network.codec.parameters())


def drop_weight(folder):
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({k: v for k, v in load_file(path).items() if k != "conv_in.weight"}, path)


def pickle_instead(folder):
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(
        folder / "unet" / "diffusion_pytorch_model.bin"
    )


def cut(folder):
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-8])


SPOILERS = {
    "no U-Net": (lambda f: shutil.rmtree(f / "unet"), r"unet/config.json: is missing"),
    "no autoencoder": (lambda f: shutil.rmtree(f / "vae"), r"vae/config.json: is missing"),
    "no schedule": (lambda f: shutil.rmtree(f / "scheduler"), r"scheduler_config.json: is missing"),
    "a text-to-image U-Net": (
        lambda f: change(f / "unet" / "config.json", in_channels=4),
        "unet: has 4 input channels, for inpainting it needs 9",
    ),
    "a U-Net of SDXL": (
        lambda f: change(f / "unet" / "config.json", addition_embed_type="text_time"),
        "unet: wants more than tokens",
    ),
    "a U-Net of several widths": (
        lambda f: change(f / "unet" / "config.json", cross_attention_dim=[24, 24, 24, 24]),
        "expected one width",
    ),
    "another class": (
        lambda f: change(f / "vae" / "config.json", _class_name="VQModel"),
        "vae: is of class VQModel, expected AutoencoderKL",
    ),
    "a schedule without betas": (
        lambda f: (f / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "FlowMatch"}'),
        "FlowMatch has no beta_schedule",
    ),
    "an unknown schedule": (
        lambda f: change(f / "scheduler" / "scheduler_config.json", beta_schedule="wild"),
        "scheduler: cannot be used",
    ),
    "a config that is no JSON": (lambda f: (f / "unet" / "config.json").write_text("{"), "cannot be read"),
    "a config of another form": (
        lambda f: (f / "unet" / "config.json").write_text("[]"),
        "is no table of settings",
    ),
    "a pickle": (
        pickle_instead,
        "unet: holds no .safetensors file, only the pickle diffusion_pytorch_model.bin",
    ),
    "a weight less": (drop_weight, "unet: lacks 1 weights, conv_in.weight among them"),
    "a cut file": (cut, "vae: cannot be loaded"),
}


@pytest.mark.parametrize("name", SPOILERS)
def test_a_base_that_cannot_be_used_is_refused(recipe, copied, name):
    spoil, said = SPOILERS[name]
    spoil(copied)
    with pytest.raises(WeightsError, match=said) as caught:
        start_network(recipe(unet=copied))
    assert caught.value.hint


def test_an_autoencoder_of_other_latents_is_refused(recipe, copied):
    AutoencoderKL(block_out_channels=(8,), norm_num_groups=4, latent_channels=8).save_pretrained(
        copied / "vae"
    )
    with pytest.raises(WeightsError, match="vae has 8 latent channels, unet 4"):
        start_network(recipe(unet=copied))


def test_another_autoencoder_may_take_the_place_of_the_bases_own(recipe, inpainting, tiny_autoencoder):
    network = start_network(recipe(unet=inpainting, autoencoder=tiny_autoencoder))
    assert isinstance(network.codec, AutoencoderTiny)
    assert not any(parameter.requires_grad for parameter in network.codec.parameters())
    assert network.working_size_px == 64
    pixels = torch.rand(2, 3, 64, 64) * 2 - 1
    latents = encode(network.codec, pixels)
    assert torch.equal(latents, network.codec.encode(pixels).latents)
    assert latents.shape == (2, 4, 8, 8)
    assert decode(network.codec, latents).shape == pixels.shape
    shapes = blueprint(recipe(unet=inpainting, autoencoder=tiny_autoencoder))
    assert isinstance(shapes.codec, AutoencoderTiny)


def test_what_is_no_autoencoder_of_these_latents_is_refused(recipe, inpainting, dinov2, tmp_path):
    with pytest.raises(WeightsError, match="expected AutoencoderKL or AutoencoderTiny"):
        start_network(recipe(unet=inpainting, autoencoder=dinov2))
    folder = tmp_path / "flux"
    AutoencoderTiny(latent_channels=16).save_pretrained(folder)
    with pytest.raises(WeightsError, match="flux has 16 latent channels, unet 4"):
        start_network(recipe(unet=inpainting, autoencoder=folder))


def test_folders_that_are_missing_are_named(recipe, inpainting, tmp_path):
    for base in ({"unet": tmp_path / "none"}, {"unet": inpainting, "image_encoder": tmp_path / "none"}):
        with pytest.raises(WeightsError, match="none: is not a folder"):
            start_network(recipe(**base))
    with pytest.raises(WeightsError, match="none: no such weights"):
        start_network(recipe(pipeline=tmp_path / "none"))


def test_another_encoder_than_dinov2_is_refused(recipe, dinov2, tmp_path):
    folder = shutil.copytree(dinov2, tmp_path / "vit")
    change(folder / "config.json", model_type="vit")
    with pytest.raises(WeightsError, match="vit: is of class vit, expected dinov2"):
        start_network(recipe(image_encoder=folder))


def test_layers_of_another_network_are_answered_with_those_there_are(recipe):
    config = replace(recipe(), losses=LossConfig(layers=SD_LAYERS))
    with pytest.raises(UsageError, match="no cross-attention up_blocks.1.attentions.2") as caught:
        start_network(config)
    assert "mid_block.attentions.0" in caught.value.hint
    assert "base.unet" in caught.value.hint


def test_layers_must_be_named_in_execution_order(tiny_network):
    check_layers(tiny_network, LossConfig().layers)
    with pytest.raises(UsageError, match="not in execution order"):
        check_layers(tiny_network, LossConfig().layers[::-1])
    with pytest.raises(UsageError, match="names no layer"):
        check_layers(tiny_network, ())
