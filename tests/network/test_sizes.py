"""Sizes of weights that no file backs."""

import json

import pytest
import torch
from safetensors.torch import save_file

from artifix.errors import WeightsError
from artifix.network.sizes import require_sizes


@pytest.fixture
def part(tmp_path):
    """Write a part of two tensors with the given settings."""

    def write(text):
        folder = tmp_path / "unet"
        folder.mkdir()
        save_file({"a": torch.zeros(1), "b": torch.zeros(1)}, folder / "model.safetensors")
        (folder / "config.json").write_text(text)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"layers_per_block": 3}, "layers_per_block is 3, but the part has 2 tensors"),
        ({"transformer_layers_per_block": [1, [2**63 - 1]]}, f"is {2**63 - 1}, expected at most"),
        ({"num_train_timesteps": 2**31}, f"num_train_timesteps is {2**31}, expected at most 1000000"),
    ],
)
def test_sizes_beyond_the_files_are_refused(part, settings, said):
    with pytest.raises(WeightsError, match=said) as caught:
        require_sizes(part(json.dumps(settings)))
    assert "unet/config.json" in caught.value.problem


@pytest.mark.parametrize(
    "text", ['{"layers_per_block": 2, "sample_size": 1000, "eps": 1e9}', "[3]", "no JSON", "[" * 10**5]
)
def test_what_is_plausible_or_cannot_be_read_is_left_to_the_libraries(part, text):
    require_sizes(part(text))


def test_settings_that_are_no_sizes_may_be_large(tmp_path):
    (tmp_path / "tokenizer").mkdir()
    large = {"model_max_length": 10**30, "rope_theta": 5_000_000}
    (tmp_path / "tokenizer" / "tokenizer_config.json").write_text(json.dumps(large))
    require_sizes(tmp_path)
