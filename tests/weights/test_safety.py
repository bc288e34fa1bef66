"""Weights from anywhere run no code, lead nowhere, and are of a class that artifix loads."""

import json
import os
import sys

import pytest

from artifix.errors import WeightsError
from artifix.weights.checksums import write_index
from artifix.weights.verification import verify_weights


@pytest.fixture
def folder(weights_folder):
    """Weights that no list holds to their bytes: what is refused here is refused for what it is."""
    (weights_folder.parent / "index.toml").unlink()
    return weights_folder


def refused(folder) -> str:
    with pytest.raises(WeightsError) as caught:
        verify_weights(folder)
    assert caught.value.hint
    return caught.value.problem


def index(folder, **changed) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


@pytest.mark.parametrize(
    "name", ["a.bin", "unet/a.PT", "a.ckpt", "x/y/a.pkl", ".hidden/a.bin", "a.joblib", "a.pickle", "a.dill"]
)
def test_a_pickle_is_refused_wherever_it_lies_and_however_it_is_spelled(folder, name):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")
    assert f"{folder / name}: is a pickle" in refused(folder)


@pytest.mark.parametrize("name", ["a.h5", "a.msgpack", "unet/a.onnx", "a.keras", "a.gguf", "a.npz"])
def test_tensors_in_another_form_are_refused(folder, name):
    (folder / name).write_bytes(b"")
    assert f"{folder / name}: is no safetensors file" in refused(folder)


@pytest.mark.parametrize("name", ["pipeline.py", "unet/a.so", "unet/adapter_config.json"])
def test_code_and_what_leads_to_other_networks_is_refused(folder, name):
    (folder / name).write_text("{}")
    assert f"{folder / name}: does not belong to weights" in refused(folder)


@pytest.mark.parametrize(
    "settings",
    [
        {"auto_map": {"AutoModel": "a--b.C"}},
        {"custom_pipeline": "a/b"},
        {"trust_remote_code": True},
        {"a": [{"b": {"auto_map": {}}}]},
        {"attn_implementation": "owner/kernel"},
        {"text_config": {"_attn_implementation": "owner/kernel:f"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["unet/config.json", "scheduler/scheduler_config.json", "model_index.json"])
def test_settings_that_ask_for_code_are_refused(folder, name, settings):
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    assert f"{path}: asks for code by " in refused(folder)


def test_settings_that_name_what_is_built_in_are_taken(folder):
    (folder / "unet" / "config.json").write_text('{"attn_implementation": "sdpa"}')
    assert verify_weights(folder)


NO_OBJECTS = {"empty": b"", "cut": b"{", "no text": b"\xff", "deep": b"[" * 100_000, "list": b"[]", "3": b"3"}


@pytest.mark.parametrize("kind", NO_OBJECTS)
@pytest.mark.parametrize("name", ["unet/config.json", "model_index.json"])
def test_settings_that_are_no_object_are_refused(folder, name, kind):
    (folder / name).write_bytes(NO_OBJECTS[kind])
    assert any(said in refused(folder) for said in ("is no JSON", "holds no object"))


def test_settings_of_many_megabytes_are_not_read(folder):
    with (folder / "unet" / "config.json").open("wb") as file:
        file.truncate(32_000_001)
    assert "has 32000001 bytes, expected at most" in refused(folder)


@pytest.mark.parametrize("found", ["StableDiffusionPipeline", "os.system", 7, None, [], "P" * 500])
def test_another_class_is_refused(folder, found):
    index(folder, _class_name=found)
    said = refused(folder)
    assert "is of class" in said
    assert len(said) < 600


@pytest.mark.parametrize(
    "value",
    [
        ["os", "system"],
        ["artifix.network.codec", "os"],
        ["artifix.training", "Projection"],
        ["custom", "Unet"],
        ["diffusers.pipelines", "X"],
        ["", ""],
        [None, "UNet2DConditionModel"],
        ["diffusers", None],
        ["diffusers", 3],
        ["diffusers", "DiffusionPipeline"],
        ["diffusers", "__builtins__"],
        ["diffusers", "logging"],
    ],
    ids=str,
)
def test_a_part_of_a_class_from_elsewhere_is_refused(folder, value):
    index(folder, unet=value)
    assert refused(folder).startswith(f"{folder / 'model_index.json'}: unet: ")


@pytest.mark.parametrize("name", ["../unet", "/unet", "a/b", "a\\b", "..", "", ".hidden", "Unet", "a b"])
def test_a_part_whose_name_is_a_path_is_refused(folder, name):
    index(folder, **{name: ["diffusers", "UNet2DConditionModel"]})
    assert "is no name of a part" in refused(folder)


def test_a_part_that_is_named_and_not_there_is_told(folder):
    index(folder, codec=["artifix.network.codec", "PixelCodec"])
    assert refused(folder) == f"{folder / 'codec'}: is missing"


def test_a_part_that_is_there_and_not_named_is_told(folder):
    index(folder, unet=[None, None])
    assert "names no unet, which RefineByAlignPipeline needs" in refused(folder)


def test_a_part_without_settings_is_told(folder):
    (folder / "unet" / "config.json").unlink()
    assert refused(folder) == f"{folder / 'unet' / 'config.json'}: is missing"


def test_lists_of_numbers_are_settings_and_no_parts(folder):
    index(folder, confidence_odds=[1.0, 2], other=[1, 2, 3])
    assert verify_weights(folder)


@pytest.mark.parametrize("shard", ["/etc/a", "../a", "..\\a", "c:a", ".a", "unet/a"])
def test_a_shard_that_lies_elsewhere_is_refused(folder, shard):
    shard = f"{shard}.safetensors"
    path = folder / "unet" / "diffusion.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": "a-00001.safetensors", "b": shard}}))
    assert f"{path}: {shard!r} is no .safetensors file beside it" in refused(folder)


@pytest.mark.parametrize("shards", [None, [], {"a": 3}, {"a": None}, "a"], ids=str)
def test_an_index_that_names_no_shards_is_refused(folder, shards):
    path = folder / "unet" / "diffusion.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": shards}))
    assert f"{path}: has no weight_map of names" in refused(folder)


def test_a_shard_that_is_missing_is_named_by_the_index(folder):
    path = folder / "unet" / "diffusion.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": "a-00003.safetensors"}}))
    assert refused(folder) == f"{folder / 'unet' / 'a-00003.safetensors'}: is missing"


def test_a_shard_that_is_a_pickle_is_refused(folder):
    path = folder / "unet" / "pytorch_model.bin.index.json"
    path.write_text(json.dumps({"weight_map": {"a": "pytorch_model.bin"}}))
    assert "is no .safetensors file" in refused(folder)


needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


@needs_links
def test_a_link_that_leads_out_of_the_folder_is_refused(folder, tmp_path):
    shard = folder / "unet" / "a-00001.safetensors"
    shard.rename(tmp_path / "elsewhere.safetensors")
    shard.symlink_to(tmp_path / "elsewhere.safetensors")
    assert refused(folder) == f"{shard}: is a link that leads out of the folder"


@needs_links
def test_a_link_to_a_folder_is_refused(folder):
    (folder / "unet").rename(folder / "other")
    (folder / "unet").symlink_to("other")
    assert refused(folder) == f"{folder / 'unet'}: is a link to a folder"


@needs_links
def test_a_link_to_nothing_and_a_pipe_are_refused(folder):
    path = folder / "unet" / "a-00009.safetensors"
    path.symlink_to("nothing")
    assert refused(folder) == f"{path}: is no ordinary file"
    path.unlink()
    os.mkfifo(path)
    assert refused(folder) == f"{path}: is no ordinary file"


@needs_links
def test_links_within_the_folder_and_to_the_blobs_of_the_hubs_cache_are_taken(folder, tmp_path):
    (folder / "unet" / "b.safetensors").symlink_to("a-00001.safetensors")
    assert verify_weights(folder)
    home = tmp_path / "models--owner--name"
    blob = home / "blobs" / "0123"
    blob.parent.mkdir(parents=True)
    (home / "snapshots").mkdir()
    moved = folder.rename(home / "snapshots" / "commit")
    shard = moved / "unet" / "a-00001.safetensors"
    shard.rename(blob)
    shard.symlink_to("../../../blobs/0123")
    assert verify_weights(moved)
    (home / "snapshots").rename(home / "elsewhere")
    assert "leads out of the folder" in refused(home / "elsewhere" / "commit")


def test_what_changed_is_told_before_what_is_wrong_with_it(weights_folder):
    write_index(weights_folder.parent)
    (weights_folder / "unet" / "a-00001.safetensors").write_bytes(b"cut")
    assert "a-00001.safetensors: was changed" in refused(weights_folder)


@pytest.fixture
def encoder(tmp_path, weights_folder):
    """A DINOv2 as the Hub has it."""
    home = tmp_path / "dinov2"
    home.mkdir()
    (weights_folder / "image_encoder" / "b.safetensors").rename(home / "model.safetensors")
    (home / "config.json").write_text('{"model_type": "dinov2"}')
    return home


def test_a_bare_image_encoder_is_taken(encoder):
    assert verify_weights(encoder)


def test_a_bare_folder_of_another_network_is_refused(encoder):
    (encoder / "config.json").write_text('{"model_type": "bert"}')
    assert "is of model type bert, expected dinov2" in refused(encoder)
    (encoder / "config.json").unlink()
    assert refused(encoder) == f"{encoder}: holds no model_index.json"


def test_a_bare_image_encoder_without_tensors_is_told(encoder):
    (encoder / "model.safetensors").unlink()
    assert refused(encoder) == f"{encoder}: holds no .safetensors file"
