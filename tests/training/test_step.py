from dataclasses import replace

import pytest
import torch

from artifix.network.assembly import build_network
from artifix.training.step import LossConfig, alignment_loss, conditions, noise_levels, refinement_loss
from artifix.training.synthesis import ALIGNMENT, REFINEMENT, SynthesisConfig, make_pairs


@pytest.fixture
def network(tiny_recipe):
    torch.manual_seed(0)
    return build_network(tiny_recipe.network)


def draw(sources, task, count=4, config=None):
    random = torch.Generator().manual_seed(0)
    return make_pairs(sources, task, count, 32, 128, config or SynthesisConfig(), random)


def test_noise_levels_stay_inside_the_schedule_and_are_low_for_alignment():
    random = torch.Generator().manual_seed(0)
    alignment, refinement = (noise_levels(task, 5000, 1000, random) for task in (ALIGNMENT, REFINEMENT))
    for levels in (alignment, refinement):
        assert levels.dtype == torch.int64
        assert levels.min() >= 0
        assert levels.max() <= 999
    assert 450 < refinement.float().mean() < 550
    assert alignment.float().median() < 200


def test_dropped_conditions_have_no_tokens(network, busy_sources):
    pairs, random = draw(busy_sources, REFINEMENT), torch.Generator().manual_seed(0)
    condition, kept = conditions(network, pairs, 1.0, random)
    assert not kept.any()
    assert not condition.tokens.any()
    condition, kept = conditions(network, pairs, 0.0, random)
    assert kept.all()
    assert condition.tokens.abs().amax((1, 2)).min() > 0


def gradients(network, part):
    return {
        name for name, p in network.unet.named_parameters() if p.grad is not None and name.startswith(part)
    }


def test_alignment_teaches_encoder_and_decoder_up_to_the_last_supervised_layer(network, busy_sources):
    random = torch.Generator().manual_seed(0)
    losses = alignment_loss(network, draw(busy_sources, ALIGNMENT), LossConfig(), random)
    losses["loss"].backward()
    assert set(losses) == {"loss", "detail", "where", "hits"}
    assert network.projection.layers[1].weight.grad.abs().sum() > 0
    assert network.image_encoder.embeddings.position_embeddings.grad.abs().sum() > 0
    assert gradients(network, "up_blocks.1.attentions.0")
    assert not gradients(network, "up_blocks.2")
    assert not gradients(network, "conv_out")


def test_refinement_teaches_the_whole_network(network, busy_sources):
    random = torch.Generator().manual_seed(0)
    losses = refinement_loss(network, draw(busy_sources, REFINEMENT), LossConfig(), random)
    losses["loss"].backward()
    assert gradients(network, "up_blocks.2")
    assert network.unet.conv_out.weight.grad.abs().sum() > 0


def test_untrained_network_pays_for_the_careful_paste_alone(network, busy_sources):
    pairs = draw(busy_sources, REFINEMENT)
    perfect = replace(pairs, aligned=pairs.clean, valid=torch.ones_like(pairs.mask))
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        losses = refinement_loss(network, perfect, LossConfig(correspondence=0.0), random)
    assert losses["what"].item() == pytest.approx(0.02, abs=0.002)
    assert losses["loss"] == losses["what"]


def test_a_batch_of_alignment_pairs_can_be_learnt(network, busy_sources):
    pairs = draw(busy_sources, ALIGNMENT, config=SynthesisConfig(foreign_background_share=0))
    parts = (network.unet, network.image_encoder, network.projection)
    optimizer = torch.optim.AdamW([p for part in parts for p in part.parameters()], lr=3e-3)
    losses = []
    for _ in range(40):
        values = alignment_loss(network, pairs, LossConfig(), torch.Generator().manual_seed(0))
        optimizer.zero_grad()
        values["loss"].backward()
        optimizer.step()
        losses.append(values["where"].item())
    assert losses[0] == pytest.approx(5.545, abs=0.1)  # even attention over 256 tokens
    assert losses[-1] < losses[0] - 0.7
