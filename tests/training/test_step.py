from dataclasses import replace

import pytest
import torch

from artifix.errors import UsageError
from artifix.network.building import build_network
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.step import (
    LossConfig,
    alignment_condition,
    alignment_loss,
    matching_loss,
    noise_levels,
    refinement_condition,
    refinement_loss,
    task_loss,
)
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT


@pytest.fixture
def network(tiny_recipe):
    torch.manual_seed(0)
    return build_network(tiny_recipe.network)


def draw(sources, task, count=4, config=None):
    random = torch.Generator().manual_seed(0)
    return make_pairs(sources, task, count, 32, 128, config or SynthesisConfig(), random)


def test_noise_levels_stay_inside_the_schedule_low_for_alignment_and_high_for_refinement():
    random = torch.Generator().manual_seed(0)
    alignment, refinement = (noise_levels(task, 5000, 1000, random) for task in (ALIGNMENT, REFINEMENT))
    for levels in (alignment, refinement):
        assert levels.dtype == torch.int64
        assert levels.min() >= 0
        assert levels.max() <= 999
    assert refinement.float().median() > 600
    assert alignment.float().median() < 200


def test_dropped_conditions_have_nothing_of_the_reference(network, busy_sources):
    pairs = draw(busy_sources, REFINEMENT)
    kept = torch.tensor([True, False, True, True])
    everything, some = (refinement_condition(network, pairs, rows) for rows in (None, kept))
    for whole, part in zip(of_reference(everything), of_reference(some), strict=True):
        assert whole.abs().flatten(1).amax(1).min() > 0
        assert torch.equal(part.abs().flatten(1).amax(1) > 0, kept)


def test_dropped_conditions_copy_nothing(network, busy_sources):
    kept = torch.tensor([True, False, True, True])
    pairs = draw(busy_sources, REFINEMENT)
    pairs = replace(pairs, aligned=pairs.aligned * 0, valid=pairs.valid * 0)
    share = refinement_condition(network, pairs, kept).share
    assert share.flatten(1).any(1).tolist() == kept.tolist()


def of_reference(condition):
    return condition.tokens, *condition.readings, *condition.skips


@torch.no_grad()
def test_alignment_sees_the_artifact_and_refinement_matches_it_without_seeing_it(network, busy_sources):
    pairs = draw(busy_sources, REFINEMENT)
    pairs = replace(pairs, aligned=pairs.aligned * 0, valid=pairs.valid * 0)
    cleaned = replace(pairs, garbled=pairs.clean)
    for condition_of, is_hidden in ((alignment_condition, False), (refinement_condition, True)):
        spoiled, clean = (condition_of(network, p) for p in (pairs, cleaned))
        assert not torch.allclose(spoiled.matches[0], clean.matches[0], atol=1e-3)
        assert torch.equal(spoiled.start, clean.start)
        centre = torch.nn.functional.max_pool2d(pairs.mask, 8) > 0
        inside = [(s - c).abs() * centre for s, c in zip(spoiled.features, clean.features, strict=True)]
        assert (max(part.max() for part in inside) == 0) == is_hidden


def recorded_losses(monkeypatch, network, sources, config):
    """The tokens that reach the U-Net in a refinement step, and those of each pair's own reference."""
    seen = []
    given = type(network).compare
    monkeypatch.setattr(type(network), "compare", lambda *args: seen.append(args[2]) or given(*args))
    pairs = draw(sources, REFINEMENT)
    refinement_loss(network, pairs, config, torch.Generator().manual_seed(0))
    return seen[0], pairs.reference


@torch.no_grad()
def test_wrong_regions_show_what_another_pair_shows(network, busy_sources, monkeypatch):
    seen, own = recorded_losses(monkeypatch, network, busy_sources, LossConfig(wrong_region=1.0))
    assert torch.equal(seen, own.roll(1, 0))


@torch.no_grad()
def test_right_regions_are_left_where_none_is_to_be_wrong(network, busy_sources, monkeypatch):
    seen, own = recorded_losses(monkeypatch, network, busy_sources, LossConfig(wrong_region=0.0))
    assert torch.equal(seen, own)


def test_matching_teaches_the_detail_encoder_alone(network, busy_sources):
    random = torch.Generator().manual_seed(0)
    losses = task_loss(network, MATCHING, draw(busy_sources, MATCHING), LossConfig(), random)
    losses["loss"].backward()
    assert set(losses) == {"loss", "match", "match_pck"}
    assert network.detail_encoder.to_match.weight.grad.abs().sum() > 0
    assert all(p.grad is None for part in (network.unet, network.image_encoder) for p in part.parameters())


def test_matching_needs_a_detail_encoder(network, busy_sources):
    bare = replace(network, detail_encoder=None)
    with pytest.raises(UsageError, match="no detail encoder"):
        matching_loss(bare, draw(busy_sources, MATCHING), LossConfig(), torch.Generator())


def gradients(network, part):
    return {
        name for name, p in network.unet.named_parameters() if p.grad is not None and name.startswith(part)
    }


def test_alignment_teaches_encoder_and_decoder_up_to_the_last_supervised_layer(network, busy_sources):
    random = torch.Generator().manual_seed(0)
    losses = alignment_loss(network, draw(busy_sources, ALIGNMENT), LossConfig(), random)
    losses["loss"].backward()
    assert set(losses) == {"loss", "where", "pck"}
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
        losses = refinement_loss(network, perfect, LossConfig(correspondence=0.0, matching=0.0), random)
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
    assert losses[0] == pytest.approx(5.545, abs=0.15)  # nearly even attention over 256 tokens
    assert losses[-1] < losses[0] - 0.7
