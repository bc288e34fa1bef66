import numpy as np
import pytest
import torch

from artifix.attention import probe as probe_module
from artifix.attention.correspondence import cell_centres
from artifix.attention.field import attention_field
from artifix.attention.probe import Probe, cut_out
from artifix.geometry import Box
from artifix.network.codec import encode
from artifix.scene import Scene


def test_cells_are_in_raster_order():
    centres = cell_centres(4)
    assert centres[1] == pytest.approx([-0.25, -0.75])
    assert centres[-1] == pytest.approx([0.75, 0.75])


def test_crops_are_encoded_once_however_often_the_reference_is_bent(tiny_network, scene, monkeypatch):
    seen = []
    monkeypatch.setattr(probe_module, "encode", lambda codec, pixels: seen.append(1) or encode(codec, pixels))
    image, reference = scene(), scene(140, 200, 1)
    mask = np.zeros(image.shape[:2], bool)
    mask[60:95, 70:110] = True
    probe = Probe(tiny_network, "up_blocks.1.attentions.0", 0, 7)
    attention_field(probe, Scene(image, mask, reference), Box(40, 30, 140, 130), Box(0, 0, 140, 140))
    assert len(seen) == 2  # with its mask, and without


def test_a_crop_that_is_looked_at_again_is_not_encoded_again(tiny_network, scene, monkeypatch):
    image, reference = scene(), scene(140, 200, 1)
    mask = np.zeros(image.shape[:2], bool)
    mask[60:95, 70:110] = True
    whole, boxes = Box(0, 0, 140, 140), [Box(40, 30, 140, 130), Box(50, 40, 130, 120)]
    probe = Probe(tiny_network, "up_blocks.1.attentions.0", 0, 7)
    one, two = (
        cut_out(tiny_network, Scene(image, mask, reference), part, whole) for part in (boxes[:1], boxes)
    )
    first = probe.attend(probe.prepare(one))
    seen = []
    monkeypatch.setattr(probe_module, "encode", lambda codec, x: seen.append(len(x)) or encode(codec, x))
    both = probe.attend(probe.prepare(two))
    assert seen == [1, 1]
    torch.testing.assert_close(both[:1], first)
    fresh = Probe(tiny_network, "up_blocks.1.attentions.0", 0, 7)
    assert torch.equal(both, fresh.attend(fresh.prepare(two)))


@torch.inference_mode()
def test_crops_beside_another_view_attend_as_when_encoded_with_it(tiny_network, scene):
    image, reference = scene(), scene(140, 200, 1)
    mask = np.zeros(image.shape[:2], bool)
    mask[60:95, 70:110] = True
    probe = Probe(tiny_network, "up_blocks.1.attentions.0", 0, 7)
    shown = [Box(0, 0, 140, 140), Box(20, 0, 160, 140)]
    one, other = (
        cut_out(tiny_network, Scene(image, mask, reference), [Box(40, 30, 140, 130)], b) for b in shown
    )
    assert torch.equal(
        probe.attend(probe.prepare(one).beside(other.shown)), probe.attend(probe.prepare(other))
    )


def test_field_of_a_network_lies_on_the_crop_and_in_the_pictures(tiny_network, scene):
    image, reference = scene(), scene(140, 200, 1)
    mask = np.zeros(image.shape[:2], bool)
    mask[60:95, 70:110] = True
    probe = Probe(tiny_network, "up_blocks.1.attentions.0", 0, 7)
    boxes = Box(40, 30, 140, 130), Box(0, 0, 140, 140)
    found, again = (attention_field(probe, Scene(image, mask, reference), *boxes) for _ in range(2))
    assert found.box == boxes[0]
    assert len(found.matches) == 16  # the queries of the tiny network
    assert found.matches.image.min(0) == pytest.approx([40 + 12.5 - 0.5, 30 + 12.5 - 0.5])
    assert found.matches.image.max(0) == pytest.approx([140 - 12.5 - 0.5, 130 - 12.5 - 0.5])
    assert np.isfinite(found.matches.reference).all()
    assert 0 <= found.matches.weights.min() <= found.trust <= found.matches.weights.max() <= 1
    assert np.array_equal(found.matches.reference, again.matches.reference)
