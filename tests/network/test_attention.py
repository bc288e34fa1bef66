import copy

import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor
from torch.utils.flop_counter import FlopCounterMode

from artifix.network.attention import cross_attention_layers, record_attention, remembered_tokens

NINTH = "up_blocks.1.attentions.2"
BUNDLED_LAYER = "up_blocks.1.attentions.0"


@pytest.fixture(scope="module")
def unet(sd_unet):
    return sd_unet


@pytest.fixture(scope="module")
def inputs():
    random = torch.Generator().manual_seed(2)
    return {
        "sample": torch.randn(2, 9, 16, 16, generator=random),
        "timestep": torch.tensor([10, 700]),
        "encoder_hidden_states": torch.randn(2, 25, 24, generator=random),
    }


def processors(unet):
    return dict(unet.attn_processors)


def test_stable_diffusion_has_sixteen_layers_and_the_ninth_is_in_the_decoder(unet):
    layers = cross_attention_layers(unet)
    assert len(layers) == 16
    assert [sum(name.startswith(part) for name in layers) for part in ("down", "mid", "up")] == [6, 1, 9]
    assert layers[6] == "mid_block.attentions.0"
    assert layers[9] == NINTH


def test_ninth_registered_processor_is_another_layer(unet):
    crossing = [name for name in unet.attn_processors if ".attn2." in name]
    assert not crossing[9].startswith(NINTH)


@torch.no_grad()
def test_layers_are_listed_in_the_order_they_run(unet, inputs):
    ran = []
    layers = cross_attention_layers(unet)
    hooks = [
        unet.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name))
        for name in reversed(layers)
    ]
    unet(**inputs)
    for hook in hooks:
        hook.remove()
    assert ran == layers


@torch.no_grad()
def test_recording_leaves_the_output_as_it_is(unet, inputs):
    expected = unet(**inputs).sample
    with record_attention(unet, cross_attention_layers(unet)):
        recorded = unet(**inputs).sample
    assert torch.allclose(recorded, expected, atol=1e-5)


@torch.no_grad()
def test_recorded_probabilities_are_averaged_over_heads_and_rows_sum_to_one(unet, inputs):
    with record_attention(unet, ["down_blocks.0.attentions.0", NINTH]) as recorders:
        unet(**inputs)
    sizes = {name: recorder.probabilities.shape for name, recorder in recorders.items()}
    assert sizes == {"down_blocks.0.attentions.0": (2, 256, 25), NINTH: (2, 16, 25)}
    for recorder in recorders.values():
        assert torch.allclose(recorder.probabilities.sum(-1), torch.ones(()), atol=1e-5)


@torch.no_grad()
def test_recorded_probabilities_are_those_of_the_layer(unet, inputs):
    seen = {}
    attention = unet.get_submodule(f"{NINTH}.transformer_blocks.0.attn2")
    hook = attention.to_q.register_forward_hook(lambda module, _, out: seen.update(query=out))
    other = attention.to_k.register_forward_hook(lambda module, _, out: seen.update(key=out))
    with record_attention(unet, [NINTH]) as recorders:
        unet(**inputs)
    hook.remove(), other.remove()
    query, key = (seen[k].unflatten(-1, (attention.heads, -1)).transpose(1, 2) for k in ("query", "key"))
    expected = (query @ key.transpose(-1, -2) * attention.scale).softmax(-1).mean(1)
    assert torch.allclose(recorders[NINTH].probabilities, expected, atol=1e-5)


@torch.no_grad()
def test_stopping_skips_everything_after_the_last_layer(unet, inputs):
    ran = []
    later = [unet.get_submodule(f"{NINTH}.transformer_blocks.0.ff"), unet.up_blocks[2], unet.conv_out]
    hooks = [module.register_forward_hook(lambda *_: ran.append("later")) for module in later]
    earlier = unet.get_submodule("up_blocks.1.attentions.1").register_forward_hook(
        lambda *_: ran.append("earlier")
    )
    with record_attention(unet, ["mid_block.attentions.0", NINTH], stop_after_last=True) as recorders:
        unet(**inputs)
        ran.append("statement after the pass")
    for hook in (*hooks, earlier):
        hook.remove()
    assert ran == ["earlier"]
    assert all(recorder.probabilities is not None for recorder in recorders.values())


@torch.no_grad()
def test_stopped_pass_records_what_a_whole_pass_does(unet, inputs):
    with record_attention(unet, [NINTH]) as whole:
        unet(**inputs)
    with record_attention(unet, [NINTH], stop_after_last=True) as stopped:
        unet(**inputs)
    assert torch.equal(whole[NINTH].probabilities, stopped[NINTH].probabilities)


@torch.no_grad()
@pytest.mark.parametrize("stop", [False, True])
def test_processors_are_put_back(unet, inputs, stop):
    before = processors(unet)
    with record_attention(unet, [NINTH], stop_after_last=stop):
        assert processors(unet) != before
        unet(**inputs)
    assert processors(unet) == before


def test_processors_are_put_back_after_an_error(unet):
    before = processors(unet)
    with pytest.raises(ZeroDivisionError), record_attention(unet, [NINTH], stop_after_last=True):
        raise ZeroDivisionError
    assert processors(unet) == before


def test_unknown_layer_changes_nothing(unet):
    before = processors(unet)
    with pytest.raises(AttributeError), record_attention(unet, [NINTH, "up_blocks.9.attentions.0"]):
        pass
    assert processors(unet) == before


def test_asking_for_what_was_not_recorded_is_an_error(unet):
    with record_attention(unet, [NINTH]) as recorders:
        pass
    with pytest.raises(RuntimeError, match="has not run"):
        _ = recorders[NINTH].recorded


def test_gradients_flow_through_recorded_probabilities(unet, inputs):
    with record_attention(unet, [NINTH], stop_after_last=True) as recorders:
        unet(**inputs)
    attention = unet.get_submodule(f"{NINTH}.transformer_blocks.0.attn2")
    (gradient,) = torch.autograd.grad(recorders[NINTH].probabilities[..., 0].sum(), attention.to_k.weight)
    assert gradient.abs().sum() > 0


@torch.no_grad()
def test_locating_costs_about_three_fifths_of_a_pass(bundled):
    unet = copy.deepcopy(bundled.unet).to("meta")
    unet.set_attn_processor(AttnProcessor())
    assert BUNDLED_LAYER in cross_attention_layers(unet)
    side = unet.config.sample_size
    arguments = (
        torch.zeros(1, unet.config.in_channels, side, side, device="meta"),
        torch.zeros(1, dtype=torch.int64, device="meta"),
        torch.zeros(1, 256, unet.config.cross_attention_dim, device="meta"),
    )
    with FlopCounterMode(display=False) as whole:
        unet(*arguments)
    with (
        FlopCounterMode(display=False) as part,
        record_attention(unet, [BUNDLED_LAYER], stop_after_last=True),
    ):
        unet(*arguments)
    assert 0.2 < part.get_total_flops() / whole.get_total_flops() < 0.61


@torch.no_grad()
def test_tokens_are_projected_once_while_they_are_remembered(unet, inputs, monkeypatch):
    """The same tensor once, another one anew, and what comes out is the same."""
    layer = unet.get_submodule(f"{NINTH}.transformer_blocks.0.attn2.to_v")
    asked, forward = [], layer.forward
    monkeypatch.setattr(layer, "forward", lambda given: asked.append(given) or forward(given))
    counting = layer.forward
    other = inputs | {"encoder_hidden_states": inputs["encoder_hidden_states"] * 0}
    expected = [unet(**given).sample for given in (inputs, other)]
    asked.clear()
    with remembered_tokens(unet):
        found = [unet(**given).sample for given in (inputs, other, inputs, other)]
    assert len(asked) == 2
    assert all(map(torch.equal, found, expected * 2))
    assert layer.forward is counting


@torch.no_grad()
def test_nothing_is_remembered_after_an_error(unet, inputs):
    layer = unet.get_submodule(f"{NINTH}.transformer_blocks.0.attn2.to_k")
    with pytest.raises(RuntimeError, match="stop"), remembered_tokens(unet):
        raise RuntimeError("stop")
    assert "forward" not in vars(layer)
    assert torch.isfinite(unet(**inputs).sample).all()
