from unittest.mock import MagicMock

import pytest
import torch
from torch import nn

from artifix.base_models import tuning
from artifix.base_models.placing import Placing, choose_offload, place
from artifix.errors import DeviceError

CARD = torch.device("cuda:0")
GB = 10**9
ROOM = tuning.BASE_MODELS.activations_gb


class Part(nn.Module):
    """A module that takes so many gigabytes, without memory: on the meta device."""

    def __init__(self, gigabytes: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(int(gigabytes * GB / 2), dtype=torch.bfloat16, device="meta"))


PARTS = {"transformer": Part(8), "vae": Part(1), "scheduler": object()}  # 9 GB in all


@pytest.mark.parametrize(
    ("free", "chosen"),
    [(9 + ROOM, "none"), (8.9 + ROOM, "model"), (8 + ROOM, "model"), (7.9 + ROOM, "layers")],
)
def test_as_much_lies_on_the_card_as_fits(free, chosen):
    assert choose_offload(PARTS, "auto", CARD, int(free * GB)) == chosen


@pytest.mark.parametrize("wanted", ["model", "layers"])
def test_a_user_may_keep_less_on_the_card(wanted):
    assert choose_offload(PARTS, wanted, CARD, 40 * GB) == wanted


def test_a_card_too_small_says_how_much_is_needed_and_what_helps():
    with pytest.raises(DeviceError) as caught:
        choose_offload(PARTS, "none", CARD, int(10 * GB))
    assert "10.0 GB are free" in str(caught.value)
    assert f"{9 + ROOM:.1f} GB" in str(caught.value)
    assert "model" in caught.value.hint
    with pytest.raises(DeviceError) as caught:
        choose_offload(PARTS, "auto", CARD, int(ROOM * GB / 2))
    assert f"{ROOM:.1f} GB" in str(caught.value)


def test_what_paints_is_compiled_if_that_is_wanted(folders, load, monkeypatch):
    compiled = []
    monkeypatch.setattr(nn.Module, "compile", lambda module: compiled.append(type(module).__name__))
    for name in ("klein", "sd15-ip"):
        load(folders[name])
        load(folders[name], compile=True)
    assert compiled == ["Flux2Transformer2DModel", "UNet2DConditionModel"]


@pytest.mark.parametrize(
    ("offload", "asked"), [("model", "enable_model_cpu_offload"), ("layers", "enable_sequential_cpu_offload")]
)
def test_parts_lie_in_main_memory_by_the_hooks_of_diffusers(monkeypatch, offload, asked):
    pipeline = MagicMock(components=PARTS)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (24 * GB, 24 * GB))
    place(pipeline, Placing(CARD, torch.bfloat16, offload))
    getattr(pipeline, asked).assert_called_once_with(device=CARD)
    pipeline.to.assert_not_called()
    whole = MagicMock(components=PARTS)
    place(whole, Placing(CARD, torch.bfloat16, "none"))
    whole.to.assert_called_once_with(CARD)
