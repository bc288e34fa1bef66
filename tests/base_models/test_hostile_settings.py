"""Settings of public base models that no library understands are refused, whatever the library raises."""

import json
import shutil

import pytest
import torch

from artifix.errors import WeightsError
from artifix.pretrained import load_pipeline
from tests.base_models.conftest import CPU

CASES = {
    "a number that is none": ("sd15-ip", "text_encoder/config.json", {"layer_norm_eps": "x"}),
    "blocks that are none": ("sdxl-ip", "vae/config.json", {"block_out_channels": []}),
    "a function that is none": ("sd15-ip", "unet/config.json", {"act_fn": 3}),
    "a width of millions": ("klein", "text_encoder/config.json", {"hidden_size": 10**7}),
    "more layers than tensors": (
        "sd15-ip",
        "ip_adapter/image_encoder/config.json",
        {"num_hidden_layers": 900},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_settings_that_no_library_understands_are_refused(folders, cache, tmp_path, kind):
    name, file, settings = CASES[kind]
    folder = shutil.copytree(folders[name], tmp_path / "weights")
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    with pytest.raises(WeightsError, match=str(folder)):
        load_pipeline(str(folder), CPU, torch.float32)


def test_a_template_that_is_cut_is_refused(folders, cache, tmp_path):
    folder = shutil.copytree(folders["klein"], tmp_path / "weights")
    path = folder / "tokenizer" / "chat_template.jinja"
    path.write_text(path.read_text()[:40])
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_pipeline(str(folder), CPU, torch.float32)
