from dataclasses import replace

import pytest
import torch

from artifix.network.building import build_network
from artifix.training.config import OptimizerConfig
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.preparation import new_state, prepare, trained_parameters
from artifix.training.processes import open_accelerator
from artifix.training.step import task_loss
from artifix.training.tasks import ALIGNMENT, REFINEMENT

CPU = torch.device("cpu")


def prepared(recipe, **loop):
    torch.manual_seed(0)
    recipe = replace(recipe, loop=replace(recipe.loop, **loop))
    network = prepare(build_network(recipe.network), CPU, recipe)
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    return network


def gradients(network, recipe, sources, task):
    random = torch.Generator().manual_seed(0)
    pairs = make_pairs(sources, task, 2, 32, 128, SynthesisConfig(), random)
    values = task_loss(network, task, pairs, recipe.losses, random)
    values["loss"].backward()
    return [parameter.grad for parameter in trained_parameters(network)]


@pytest.mark.parametrize("task", [ALIGNMENT, REFINEMENT])
def test_gradient_checkpointing_changes_no_gradient(tiny_recipe, busy_sources, task):
    whole, sparing = (prepared(tiny_recipe, gradient_checkpointing=on) for on in (False, True))
    assert sparing.unet.is_gradient_checkpointing
    assert any(getattr(m, "gradient_checkpointing", False) for m in sparing.image_encoder.modules())
    expected = gradients(whole, tiny_recipe, busy_sources, task)
    found = gradients(sparing, tiny_recipe, busy_sources, task)
    assert [g is None for g in expected] == [g is None for g in found]
    reached = [(a, b) for a, b in zip(expected, found, strict=True) if a is not None]
    assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-7) for a, b in reached)
    assert any(a.abs().sum() > 0 for a, _ in reached)


def test_supervised_layers_keep_their_activations(tiny_recipe):
    network = prepared(tiny_recipe, gradient_checkpointing=True)
    for layer in tiny_recipe.losses.layers:
        assert not network.unet.get_submodule(layer).gradient_checkpointing
    assert network.unet.mid_block.gradient_checkpointing


def test_every_parameter_is_in_one_group_of_the_optimizer(tiny_recipe):
    network = prepared(tiny_recipe)
    accelerator = open_accelerator(CPU, tiny_recipe.loop)
    config = OptimizerConfig(learning_rate=1e-3, projection_learning_rate=4e-3)
    groups = new_state(network, config, accelerator).optimizer.param_groups
    assert [group["initial_lr"] for group in groups] == [1e-3, 4e-3]
    held = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(held) == sorted(map(id, trained_parameters(network)))
    assert {id(p) for p in groups[1]["params"]} == {id(p) for p in network.projection.parameters()}
    same = new_state(network, OptimizerConfig(learning_rate=1e-3), accelerator).optimizer.param_groups
    assert [group["initial_lr"] for group in same] == [1e-3, 1e-3]
