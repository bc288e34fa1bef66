"""What lives in the passes of a batch, counted without numbers."""

from dataclasses import replace

import pytest
import torch

from artifix.network.building import build_network
from artifix.training.blueprint import blueprint
from artifix.training.config import BaseConfig
from artifix.training.dry_run import rehearse
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.preparation import prepare, trained_parameters
from artifix.training.step import LossConfig, task_loss
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

CPU = torch.device("cpu")
LAYERS = ("down_blocks.2.attentions.0", "up_blocks.1.attentions.1", "up_blocks.1.attentions.2")


def with_loop(recipe, **values):
    return replace(recipe, loop=replace(recipe.loop, **({"precision": "fp32"} | values)))


def peak(recipe, batch, again=False):
    return rehearse(blueprint(recipe), recipe, CPU, batch, again)


@pytest.fixture(scope="module")
def plain(tiny_recipe):
    return with_loop(tiny_recipe)


def kept_for_backward(recipe, sources, task, count):
    """Bytes that autograd keeps in reality, parameters excepted."""
    torch.manual_seed(0)
    network = prepare(build_network(recipe.network), CPU, recipe)
    own = {parameter.data_ptr() for parameter in trained_parameters(network)}
    kept = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    random = torch.Generator().manual_seed(0)
    pairs = make_pairs(sources, task, count, 32, network.reference_size_px, SynthesisConfig(), random)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss = task_loss(network, task, pairs, recipe.losses, random)["loss"]
    assert loss.requires_grad
    return sum(kept.values())


@pytest.mark.parametrize("task", [MATCHING, ALIGNMENT, REFINEMENT])
def test_it_counts_a_little_more_than_autograd_really_keeps(plain, busy_sources, task):
    real = kept_for_backward(plain, busy_sources, task, 4)
    assert real < peak(plain, (task, 4, 32)) < 1.5 * real + 4 * 2**20


def test_twice_the_pairs_take_about_twice_as_much(plain):
    four, eight = (peak(plain, (REFINEMENT, count, 32)) for count in (4, 8))
    assert 1.6 * four < eight < 2 * four


def test_gradients_that_are_there_already_count(plain):
    gradients = 4 * sum(parameter.numel() for parameter in trained_parameters(blueprint(plain)))
    first, later = (peak(plain, (REFINEMENT, 4, 32), again) for again in (False, True))
    assert first + gradients / 2 < later <= first + gradients


def test_checkpointing_and_half_precision_take_less(plain):
    batch = (REFINEMENT, 16, 32)
    usual = peak(plain, batch)
    assert peak(with_loop(plain, gradient_checkpointing=True), batch) < 0.8 * usual
    assert peak(with_loop(plain, precision="bf16"), batch) < 0.95 * usual


def test_a_base_with_an_autoencoder_is_rehearsed(plain, inpainting, dinov2):
    base = BaseConfig(unet=str(inpainting), image_encoder=str(dinov2), frozen_image_encoder=True)
    recipe = replace(plain, base=base, losses=LossConfig(layers=LAYERS))
    assert peak(recipe, (ALIGNMENT, 2, 64)) < peak(recipe, (REFINEMENT, 2, 64))


def test_nothing_is_allocated_however_large_the_batch(plain):
    assert peak(plain, (REFINEMENT, 10**6, 32)) > 10**12
