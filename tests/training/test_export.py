import copy
import json
import shutil
from dataclasses import replace

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from artifix.errors import OutputError, WeightsError
from artifix.pipeline import RefineByAlignPipeline
from artifix.pretrained import load_pipeline
from artifix.training import export
from artifix.training.export import export_weights
from artifix.weights.checksums import write_sums
from artifix.weights.verification import verify_weights

LAYER = "up_blocks.0.attentions.1"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def written(tiny_network, tmp_path_factory):
    return export_weights(tiny_network, tmp_path_factory.mktemp("run") / "weights", layer=LAYER, timestep=7)


@pytest.fixture
def weights(written, tmp_path):
    """A copy, to be spoiled."""
    return shutil.copytree(written, tmp_path / "weights")


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_pipeline_loads_what_was_written(written, tiny_network):
    pipeline = load_pipeline(str(written), CPU, torch.float32)
    assert (pipeline.config.alignment_layer, pipeline.config.alignment_timestep) == (LAYER, 7)
    assert pipeline.network.residual
    for now, before in zip(pipeline.unet.parameters(), tiny_network.unet.parameters(), strict=True):
        torch.testing.assert_close(now, before, atol=1e-3, rtol=1e-3)


def test_odds_that_were_fitted_come_back_and_others_are_not_invented(written, tiny_network, tmp_path):
    assert load_pipeline(str(written), CPU, torch.float32).config.confidence_odds is None
    assert json.loads((written / "model_index.json").read_text())["confidence_odds"] is None
    fitted = export_weights(tiny_network, tmp_path / "weights", layer=LAYER, logit_weights=(7.5, 3.25, -6.0))
    assert load_pipeline(str(fitted), CPU, torch.float32).config.confidence_odds == [7.5, 3.25, -6.0]


def test_the_network_is_not_changed(tiny_network, tmp_path):
    export_weights(tiny_network, tmp_path / "weights", layer=LAYER)
    assert tiny_network.dtype == torch.float32


def test_weights_are_half_precision_safetensors_below_16_mb(written):
    tensors = list(written.rglob("*.safetensors"))
    assert all(path.stat().st_size < 16e6 for path in tensors)
    assert load_pipeline(str(written), CPU, torch.float16).unet.dtype == torch.float16


def test_weights_are_cut_into_files_of_the_size_meant_and_load(tiny_network, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_SMALL_SHARD", "500KB")
    weights = export_weights(tiny_network, tmp_path / "weights", layer=LAYER)
    assert len(list((weights / "unet").glob("*.safetensors"))) > 1
    loaded = load_pipeline(str(weights), CPU, torch.float32).unet.parameters()
    for now, before in zip(loaded, tiny_network.unet.parameters(), strict=True):
        torch.testing.assert_close(now, before, atol=1e-3, rtol=1e-3)


def test_a_network_with_an_autoencoder_is_written_and_loaded(tiny_network, tmp_path):
    codec = AutoencoderKL(
        block_out_channels=(8, 8),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=tiny_network.unet.config.out_channels,
    )
    network = replace(tiny_network, codec=codec, residual=False, detail_encoder=None)
    pipeline = load_pipeline(str(export_weights(network, tmp_path / "w", layer=LAYER)), CPU, torch.float32)
    assert isinstance(pipeline.network.codec, AutoencoderKL)
    assert pipeline.network.detail_encoder is None
    assert not pipeline.network.residual


def test_no_file_tells_where_the_bases_lay(written, tmp_path):
    again = load_pipeline(str(written), CPU, torch.float32).network
    export_weights(again, tmp_path / "weights", layer=LAYER)
    texts = [path.read_text() for path in (tmp_path / "weights").rglob("*.json")]
    assert not any(str(written.parent) in text for text in texts)


def test_every_file_but_the_card_is_summed(written):
    sums = (written / "SHA256SUMS").read_text().splitlines()
    files = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert {line.split("  ")[1] for line in sums} == files - {"README.md", "SHA256SUMS"}


def test_a_changed_file_is_refused_when_loaded(weights):
    index = weights / "model_index.json"
    index.write_text(index.read_text().replace(LAYER, "mid_block.attentions.0"))
    with pytest.raises(WeightsError, match=r"model_index.json: was changed"):
        load_pipeline(str(weights), CPU, torch.float32)


@pytest.mark.parametrize("part", ["unet", "image_encoder", "projection", "detail_encoder"])
def test_a_file_that_gives_a_parameter_no_value_is_refused(weights, part):
    (path,) = (weights / part).glob("*.safetensors")
    tensors = load_file(path)
    lost = min(tensors)
    save_file({name: tensor for name, tensor in tensors.items() if name != lost}, path)
    write_sums(weights)
    with pytest.raises(WeightsError, match=rf"{part}: lacks .*{lost}"):
        load_pipeline(str(weights), CPU, torch.float32)


def test_a_codec_that_does_not_fit_the_unet_is_refused(weights):
    path = weights / "codec" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"factor": 7}))
    write_sums(weights)
    with pytest.raises(WeightsError, match="codec has 147 latent channels, unet"):
        load_pipeline(str(weights), CPU, torch.float32)


@pytest.mark.parametrize(
    ("part", "setting", "value"), [("unet", "act_fn", 3), ("image_encoder", "hidden_size", None)]
)
def test_settings_of_weights_that_no_library_understands_are_refused(weights, part, setting, value):
    path = weights / part / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {setting: value}))
    write_sums(weights)
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_pipeline(str(weights), CPU, torch.float32)


def test_the_card_may_be_rewritten(weights):
    (weights / "README.md").write_text("in other words")
    assert verify_weights(weights)


def test_earlier_weights_are_replaced(weights, tiny_network):
    (weights / "old.md").write_text("of the earlier weights")
    export_weights(tiny_network, weights, layer="mid_block.attentions.0")
    assert (
        json.loads((weights / "model_index.json").read_text())["alignment_layer"] == "mid_block.attentions.0"
    )
    assert not (weights / "old.md").exists()
    assert listing(weights.parent)[0] == "weights"  # nothing hidden is left beside it


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        SafetensorError("I/O error: No space left"),
        KeyboardInterrupt(),
    ],
)
def test_earlier_weights_stay_whole_if_the_disk_refuses(weights, tiny_network, monkeypatch, error):
    def fail(self, folder, **_):
        (folder / "unet").mkdir(parents=True)
        raise error

    before = listing(weights.parent)
    monkeypatch.setattr(RefineByAlignPipeline, "save_pretrained", fail)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else OutputError
    with pytest.raises(expected) as caught:
        export_weights(tiny_network, weights, layer=LAYER)
    assert listing(weights.parent) == before
    assert verify_weights(weights)
    if expected is OutputError:
        assert "No space left" in caught.value.problem


def test_a_folder_of_something_else_is_not_replaced(tiny_network, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"a")
    with pytest.raises(OutputError, match="photos: exists and holds no weights"):
        export_weights(tiny_network, tmp_path / "photos", layer=LAYER)
    with pytest.raises(OutputError, match="a.png: exists and is a file"):
        export_weights(tiny_network, tmp_path / "photos" / "a.png", layer=LAYER)
    assert listing(tmp_path) == ["photos", "photos/a.png"]


def test_an_empty_folder_is_filled(tiny_network, tmp_path):
    (tmp_path / "weights").mkdir()
    assert verify_weights(export_weights(tiny_network, tmp_path / "weights", layer=LAYER))


def test_a_weight_that_is_no_number_is_not_exported(tiny_network, tmp_path):
    projection = copy.deepcopy(tiny_network.projection)
    torch.nn.init.constant_(projection.layers[1].bias, 1e6)
    with pytest.raises(OutputError, match=r"Projection: layers.1.bias holds a number"):
        export_weights(replace(tiny_network, projection=projection), tmp_path / "weights", layer=LAYER)
    assert not listing(tmp_path)


def test_full_size_weights_are_not_cut_into_crumbs(tiny_network, monkeypatch):
    assert export.shard_size(tiny_network) == "15MB"
    monkeypatch.setattr(export, "SMALL_BYTES", 1000)
    assert export.shard_size(tiny_network) == "5GB"
