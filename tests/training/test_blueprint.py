"""The network as shapes: the one that training starts with, but for the values."""

from dataclasses import replace

import pytest

from artifix.training.blueprint import blueprint
from artifix.training.config import BaseConfig
from artifix.training.preparation import trained_parameters
from artifix.training.start import start_network
from artifix.training.step import LossConfig

SD_LAYERS = ("down_blocks.2.attentions.0", "up_blocks.1.attentions.1", "up_blocks.1.attentions.2")


@pytest.fixture
def recipes(tiny_recipe, tiny_weights, inpainting, dinov2):
    """A recipe by what it starts from."""
    coarse = replace(tiny_recipe, network=replace(tiny_recipe.network, detail_widths=()))
    of_unet = replace(tiny_recipe, losses=LossConfig(layers=SD_LAYERS))
    return {
        "nothing": tiny_recipe,
        "weights": replace(tiny_recipe, base=BaseConfig(pipeline=str(tiny_weights))),
        "encoder": replace(coarse, base=BaseConfig(image_encoder=str(dinov2))),
        "unet": replace(of_unet, base=BaseConfig(unet=str(inpainting))),
        "both": replace(
            of_unet,
            base=BaseConfig(unet=str(inpainting), image_encoder=str(dinov2), frozen_image_encoder=True),
        ),
    }


def shapes(network):
    return [
        {name: (value.shape, value.dtype) for name, value in part.state_dict().items()}
        for part in network.parts
    ]


@pytest.mark.parametrize("start", ["nothing", "weights", "encoder", "unet", "both"])
def test_it_has_the_shapes_of_the_network_that_training_starts_with(recipes, start):
    planned, built = blueprint(recipes[start]), start_network(recipes[start])
    assert shapes(planned) == shapes(built)
    counts = [sum(p.numel() for p in trained_parameters(network)) for network in (planned, built)]
    assert counts[0] == counts[1]
    assert planned.scheduler.config.prediction_type == built.scheduler.config.prediction_type


@pytest.mark.parametrize("start", ["nothing", "weights", "both"])
def test_no_value_of_it_takes_memory(recipes, start):
    parts = blueprint(recipes[start]).parts
    assert all(value.is_meta for part in parts for value in (*part.parameters(), *part.buffers()))


def test_a_network_that_no_machine_holds_is_planned_at_once(tiny_recipe):
    wide = replace(tiny_recipe.network, unet_widths=(65536, 65536, 65536), norm_groups=8)
    planned = blueprint(replace(tiny_recipe, network=wide))
    assert 4 * sum(p.numel() for p in planned.unet.parameters()) > 10**12


def test_a_base_that_is_not_there_has_no_plan(tiny_recipe, tmp_path):
    with pytest.raises(FileNotFoundError):
        blueprint(replace(tiny_recipe, base=BaseConfig(unet=str(tmp_path))))
