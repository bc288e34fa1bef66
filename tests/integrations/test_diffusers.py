"""The custom pipeline, loaded by diffusers as from the Hub."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline

from artifix.errors import InputError
from artifix.pipeline import RefineByAlignPipeline

FOLDER = Path(__file__).parents[2] / "integrations" / "diffusers"


@pytest.fixture
def loaded(tiny_weights):
    return DiffusionPipeline.from_pretrained(
        tiny_weights, custom_pipeline=str(FOLDER), trust_remote_code=True
    )


def test_diffusers_finds_the_pipeline_and_fills_it_with_the_weights(loaded, tiny_network):
    assert isinstance(loaded, RefineByAlignPipeline)
    known = tiny_network.unet.state_dict()
    assert all(
        torch.equal(value, known[name].half().float()) for name, value in loaded.unet.state_dict().items()
    )


def test_it_repairs_and_refuses_as_artifix_does(loaded, scene):
    image, shown, mask = scene(), scene(seed=1), np.zeros((160, 180), bool)
    mask[60:90, 70:110] = True
    result = loaded(image, mask, shown, force=True)
    assert np.array_equal(result.refined[~mask], image[~mask])
    assert len(result.alignments) == 1
    with pytest.raises(InputError, match="mask"):
        loaded(image, mask[:100], shown)
