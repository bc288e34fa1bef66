"""Every layer and many noise levels of the first look, in as few passes as it takes."""

from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from artifix.attention.coarse_match import match_coarsely
from artifix.attention.probe import Probe
from artifix.attention.sweep import over_reference, read_chain, read_single, start_sweep
from artifix.network.attention import cross_attention_layers
from artifix.scene import Scene

CONTEXTS = (1.8, 3.0)
SEED = 5
TIMESTEPS = (0, 400, 999)


@pytest.fixture
def whole(scene):
    mask = np.zeros((160, 180), bool)
    mask[60:95, 70:110] = True
    return Scene(scene(), mask, scene(140, 200, 1))


@pytest.fixture
def sweep(tiny_network, whole):
    return start_sweep(tiny_network, whole, CONTEXTS, SEED)


@contextmanager
def counted(network):
    """How often each part runs."""
    calls = Counter()
    hooks = [
        getattr(network, part).register_forward_pre_hook(lambda *_, part=part: calls.update([part]))
        for part in ("unet", "image_encoder", "detail_encoder")
    ]
    yield calls
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("read", [read_single, read_chain])
def test_all_layers_of_a_timestep_come_from_one_pass(tiny_network, sweep, read):
    with counted(tiny_network) as calls:
        maps = read(sweep, TIMESTEPS)
    assert calls == {"unet": len(TIMESTEPS)}
    assert maps.shape == (len(TIMESTEPS), len(cross_attention_layers(tiny_network.unet)), 16, 16)
    assert maps.dtype == np.float32
    assert maps.sum((2, 3)) == pytest.approx(1, abs=1e-4)


def test_image_and_reference_are_encoded_once(tiny_network, whole):
    with counted(tiny_network) as calls:
        sweep = start_sweep(tiny_network, whole, CONTEXTS, SEED)
        read_single(sweep, TIMESTEPS), read_chain(sweep, TIMESTEPS)
    assert calls["image_encoder"] == 1
    assert calls["detail_encoder"] == 2  # once for the crops, once for the reference


def test_a_single_reading_is_what_stage_1_sees_first(tiny_network, whole, sweep):
    maps = read_single(sweep, TIMESTEPS)
    for place, layer in ((0, 5), (1, 2), (2, 0)):
        name = cross_attention_layers(tiny_network.unet)[layer]
        coarse = match_coarsely(
            Probe(tiny_network, name, TIMESTEPS[place], SEED), whole, CONTEXTS, zoom=False
        )
        found = over_reference(maps[place, layer], whole.reference.shape)
        assert found == pytest.approx(coarse.correspondence, abs=1e-5)
        assert found.shape == (140, 200)


def test_a_chain_begins_with_noise_alone_and_goes_down_step_by_step(tiny_network, sweep):
    # Untrained, the network predicts the starting estimate at every step, so that all latents are known.
    prepared = sweep.prepared
    maps = read_chain(sweep, TIMESTEPS)
    for place, timestep in enumerate(TIMESTEPS):
        at = torch.full((len(prepared.noise),), timestep)
        with torch.inference_mode():
            latents = tiny_network.noisy(prepared.condition.start, prepared.noise, at)
            expected = sweep.maps(prepared.attend(sweep.layers, latents, timestep))
        assert maps[place] == pytest.approx(expected, abs=1e-5)
    assert not np.allclose(maps[0], read_single(sweep, TIMESTEPS)[0], atol=1e-5)


def test_a_chain_may_have_one_step(sweep):
    single, chain = read_single(sweep, (999,)), read_chain(sweep, (999,))
    assert chain == pytest.approx(single, abs=1e-5)  # at the last level nothing of the image is left
