"""Weights of public base models, from their folder to a repaired picture."""

import json

import numpy as np
import pytest
import torch

from artifix.cli.app import main
from artifix.config import RefineConfig, override
from artifix.errors import WeightsError
from artifix.inputs.arrays import case_from_arrays
from artifix.pretrained import load_pipeline
from artifix.refinement.network_refiner import NetworkRefiner
from tests.base_models.conftest import CPU, MAKERS
from tests.base_models.tiny import sd_folder

FEW = override(RefineConfig(), steps=2, force=True, zoom=False)


@pytest.fixture(scope="module")
def pipelines(folders, cache):
    return {name: load_pipeline(str(folder), CPU, torch.float32) for name, folder in folders.items()}


@pytest.fixture(scope="module")
def case(scene):
    reference = scene(160, 180)
    mask = np.zeros((120, 130), bool)
    mask[40:70, 50:90] = True
    return case_from_arrays(np.where(mask[..., None], 0, reference[20:140, 30:160]), mask, reference)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_pixels_outside_the_mask_stay_and_seeds_repeat(pipelines, case, name):
    pipeline = pipelines[name]
    located = pipeline.search(case, FEW)
    first, again, other = (
        pipeline.refine(case, override(FEW, seed=seed), located=located).refined for seed in (1, 1, 2)
    )
    assert np.array_equal(first[~case.mask], case.image.pixels[~case.mask])
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_bundled_network_locates_and_the_record_names_both(folders, cache, cases, tmp_path):
    picture, mask, reference = (
        str(cases / "known" / f"{name}.png") for name in ("image", "mask", "reference")
    )
    used = ["--weights", str(folders["klein"]), "--out", str(tmp_path / "out"), "--force", "--quiet"]
    code = main(["refine", picture, "--mask", mask, "--ref", reference, *used])
    assert code == 0
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["weights"]["name"] == "klein"
    assert record["located_with"]["name"] == "artifix-small"
    used = record["settings"]["refinement"]
    assert (used["steps"], used["guidance_scale"], used["strength"]) == (4, 1.0, 0.5)


def test_the_papers_network_paints_with_its_own_weights(tiny_weights):
    pipeline = load_pipeline(str(tiny_weights), CPU, torch.float32)
    assert isinstance(pipeline.refiner, NetworkRefiner)
    assert pipeline.located_with is None


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("unet/diffusion_pytorch_model.safetensors", "unet: holds no .safetensors"),
        ("vae/config.json", "vae"),
        ("text_encoder/model.safetensors", "text_encoder: holds no .safetensors"),
        ("tokenizer/tokenizer.json", "tokenizer: holds neither"),
        ("scheduler/scheduler_config.json", "scheduler: cannot be loaded"),
        ("ip_adapter/ip-adapter.safetensors", "ip-adapter.safetensors: is missing"),
        ("ip_adapter/image_encoder/model.safetensors", "image_encoder: holds no .safetensors"),
    ],
)
def test_a_missing_part_is_named(tmp_path, monkeypatch, part, told):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = sd_folder(tmp_path / "sd")
    (folder / part).unlink()
    with pytest.raises(WeightsError, match=told):
        load_pipeline(str(folder), CPU, torch.float32)


def test_another_pipelines_folder_is_refused_by_its_class(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    with pytest.raises(WeightsError, match="is of class FluxPipeline"):
        load_pipeline(str(folder), CPU, torch.float32)


def test_an_adapter_made_for_other_weights_is_refused(tmp_path, monkeypatch, folders):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = sd_folder(tmp_path / "sd")
    path = folder / "ip_adapter" / "ip-adapter.safetensors"
    path.write_bytes((folders["klein"] / "vae/diffusion_pytorch_model.safetensors").read_bytes())
    with pytest.raises(WeightsError, match=r"ip-adapter.safetensors: cannot be loaded"):
        load_pipeline(str(folder), CPU, torch.float32)
