"""Log-odds of the confidence, fitted to held-out pairs: in their own references, and in others."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from artifix.training import logit_weights
from artifix.training.logit_weights import fitted_logit_weights
from artifix.training.pairs.sources import assemble
from artifix.training.pairs.synthesis import Pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig

LAYER = "up_blocks.0.attentions.1"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(logit_weights, "COUNT", 32)


@pytest.fixture(scope="module")
def held_out():
    """Sixteen images alone."""
    random = np.random.default_rng(0)
    cells = random.integers(0, 256, (16, 3, 16, 16), dtype=np.uint8)
    return assemble(torch.from_numpy(cells.repeat(4, 2).repeat(4, 3)), torch.zeros(0, 4, 32, 32).byte())


@pytest.fixture
def known(tiny_network, held_out):
    return list(logit_weights.known_pairs(tiny_network, held_out, SynthesisConfig()))


@pytest.fixture
def seeing(known, monkeypatch):
    """Exchange the alignment: seeing(right share) is right so often in the own references."""

    def exchange(share):
        regions = {pair.scene.image.tobytes(): pair for pair in known}
        random = np.random.default_rng(0)
        asked = []

        def align(network, scene, config, calibration, seed):
            pair = regions[scene.image.tobytes()]
            is_own = np.array_equal(scene.reference, pair.scene.reference)
            is_right = is_own and random.random() < share
            asked.append((scene, pair, is_own, calibration))
            trust, certainty = random.uniform(0.5, 0.9) if is_right else random.uniform(0.1, 0.6), 0.7
            region = pair.region if is_right else np.zeros_like(pair.region)
            return SimpleNamespace(trust=trust, certainty=certainty, region=region)

        monkeypatch.setattr(logit_weights, "align", align)
        return asked

    return exchange


def test_a_network_that_sees_gets_odds_that_tell_right_from_wrong(tiny_network, held_out, seeing):
    seeing(0.95)
    fitted = fitted_logit_weights(tiny_network, held_out, SynthesisConfig(), LAYER)
    by_trust, by_certainty, bias = fitted.logit_weights
    assert by_trust * 0.8 + by_certainty * 0.7 + bias > 0 > by_trust * 0.2 + by_certainty * 0.7 + bias
    assert "right and" in fitted.told


def test_every_pair_is_sought_in_its_reference_and_in_that_of_another_object(
    tiny_network, held_out, seeing, known
):
    asked = seeing(0.9)
    fitted_logit_weights(tiny_network, held_out, SynthesisConfig(), LAYER)
    objects = {pair.scene.reference.tobytes(): pair.object for pair in known}
    assert [is_own for _, _, is_own, _ in asked] == [True, False] * len(known)
    strangers = [(scene, pair) for scene, pair, is_own, _ in asked if not is_own]
    assert all(objects[scene.reference.tobytes()] != pair.object for scene, pair in strangers)
    assert {(c.layer, c.timestep) for *_, c in asked} == {(LAYER, 0)}


def test_a_network_that_sees_nothing_gets_none(tiny_network, held_out, seeing):
    seeing(0.0)
    fitted = fitted_logit_weights(tiny_network, held_out, SynthesisConfig(), LAYER)
    assert fitted.logit_weights is None
    assert "0 right and" in fitted.told


def test_a_few_objects_are_no_sample(tiny_network, held_out, monkeypatch):
    monkeypatch.setattr(logit_weights, "align", lambda *_: pytest.fail("located"))
    held_in, two = held_out.split(2)
    fitted = fitted_logit_weights(tiny_network, two, SynthesisConfig(), LAYER)
    assert fitted.logit_weights is None
    assert fitted.told == "too few objects were held out: 2, and 8 are the least"
    assert len(held_in.of_each_object()) == 14


def test_a_network_of_the_real_classes_is_located_with(tiny_network, held_out, monkeypatch):
    monkeypatch.setattr(logit_weights, "COUNT", 3)
    monkeypatch.setattr(logit_weights, "LEAST_OF_A_KIND", 0)
    fitted = fitted_logit_weights(tiny_network, held_out, SynthesisConfig(), LAYER)
    assert np.isfinite(fitted.logit_weights).all()


def test_pairs_are_the_same_every_time_and_larger_than_what_the_network_sees(tiny_network, held_out, known):
    again = list(logit_weights.known_pairs(tiny_network, held_out, SynthesisConfig()))
    assert len(again) == len(known) > 16
    assert all(np.array_equal(a.scene.image, b.scene.image) for a, b in zip(again, known, strict=True))
    scene = known[0].scene
    assert scene.image.shape == (64, 64, 3)
    assert scene.reference.shape == (256, 256, 3)
    assert known[0].region.shape == (256, 256)


def pairs_of(mask, matchable):
    """One pair whose reference shows the left half of the crop."""
    line = (torch.arange(8) + 0.5) / 8 * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    picture = torch.zeros(1, 3, 8, 8)
    match = torch.stack([2 * x + 1, y], -1)[None]
    none = torch.zeros(1, 1, 8, 8)
    return Pairs(picture, picture, mask, torch.zeros(1, 3, 16, 16), picture, none, match, matchable)


def test_the_true_region_is_where_the_masked_pixels_match():
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:4, 1:3] = 1
    rows, columns = np.nonzero(logit_weights.region_of(pairs_of(mask, torch.ones_like(mask)), 0))
    assert (rows.min(), rows.max()) == (5, 7)
    assert (columns.min(), columns.max()) == (6, 10)


def test_what_the_reference_hardly_shows_has_no_region():
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:4, 1:5] = 1
    half = torch.ones_like(mask)
    half[..., 3:] = 0
    assert logit_weights.region_of(pairs_of(mask, half), 0) is None
    assert logit_weights.region_of(pairs_of(mask, torch.zeros_like(mask)), 0) is None
