"""EfficientLoFTR from a folder: random weights of the real class."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from artifix.errors import WeightsError
from artifix.matching import loftr, tuning
from artifix.matching.loftr import load_loftr, match_loftr
from artifix.matching.tuning import MATCHING

CLEAR = np.zeros((160, 180), bool)


@pytest.fixture(scope="module")
def network():
    from transformers import EfficientLoFTRConfig, EfficientLoFTRForKeypointMatching

    torch.manual_seed(0)
    config = EfficientLoFTRConfig(
        stage_num_blocks=[1, 1, 1, 1],
        out_features=[16, 16, 32, 64],
        hidden_size=64,
        num_attention_layers=1,
        num_attention_heads=8,
        fine_matching_slice_dim=4,
        coarse_matching_border_removal=0,
        coarse_matching_threshold=1e-6,  # what is random is sure of nothing
    )
    made = EfficientLoFTRForKeypointMatching(config).eval()
    for module in made.modules():  # transformers begins with norms of nearly zero
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(module.weight)
    return made


@pytest.fixture
def folder(network, tmp_path):
    network.save_pretrained(tmp_path, safe_serialization=True)
    return tmp_path


def test_matches_are_the_pairs_of_cells_that_the_network_means(folder, network, scene, monkeypatch):
    """transformers lists those of the two pictures in different orders."""
    cells = 20 * 24  # of 160x192 px
    partner = np.random.default_rng(0).permutation(cells)
    scores = torch.zeros(1, cells, cells)
    scores[0, torch.arange(cells), torch.from_numpy(partner)] = torch.linspace(0.3, 0.9, cells)

    def known(self, features, scale):
        pairs, weights = self._get_matches_from_scores(scores.view(1, 20, 24, 20, 24))
        return torch.stack([pairs % 24, pairs // 24], -1) * scale, weights, pairs

    monkeypatch.setattr(type(network), "_coarse_matching", known)
    matches = match_loftr(scene(), CLEAR, scene(160, 180, 1), folder)
    assert matches.source == "efficientloftr"
    assert matches.tolerance_px == MATCHING.loftr_tolerance_px
    first, second = ((points // 8 @ [1, 24]).astype(int) for points in (matches.image, matches.reference))
    assert len(matches) > 0.8 * cells  # the others lie in what was added around the pictures
    assert np.array_equal(second, partner[first])
    np.testing.assert_allclose(matches.weights, np.linspace(0.3, 0.9, cells)[first], atol=1e-6)


def test_inside_two_cells_the_pixels_most_alike_are_matched(network):
    features = torch.randn(3, 64, 32, generator=torch.Generator().manual_seed(0))
    moved = torch.randn(3, 10, 10, 32, generator=torch.Generator().manual_seed(1))
    moved[:, 1 + 5, 1 + 2] = 9 * features[:, 8 * 3 + 6]  # pixel (2, 5) of the one is (6, 3) of the other
    features[:, 8 * 3 + 6] *= 9
    cells = [torch.tensor([0, 1, 24]), torch.tensor([2, 0, 25])]
    points = loftr._refined(network, cells, [features, moved.flatten(1, 2)], 192)
    assert points[0].tolist() == [[6, 3], [14, 3], [6, 11]]
    assert points[1].tolist() == [[18, 5], [2, 5], [10, 13]]


def test_a_whole_pass_of_the_network_gives_matches(folder, scene):
    matches = match_loftr(scene(), CLEAR, scene(), folder)
    assert np.array_equal(matches.image, matches.reference)
    assert matches.weights.min() > 0
    assert matches.weights.max() <= 1


def test_no_match_lies_within_the_margin_of_the_mask(folder, scene):
    mask = CLEAR.copy()
    mask[40:120, 50:130] = True
    matches = match_loftr(scene(), mask, scene(), folder)
    x, y = matches.image.round().astype(int).T
    assert len(matches)
    assert not ((x > 45) & (x < 134) & (y > 35) & (y < 124)).any()


def test_points_lie_in_pictures_of_any_two_sizes(folder, scene, monkeypatch):
    monkeypatch.setattr(tuning, "MATCHING", replace(MATCHING, loftr_side_px=128))
    image, reference = scene(100, 260), scene(150, 70, 1)
    matches = match_loftr(image, np.zeros((100, 260), bool), reference, folder)
    assert matches.tolerance_px == pytest.approx(MATCHING.loftr_tolerance_px * 260 / 128, rel=0.05)
    for points, picture in ((matches.image, image), (matches.reference, reference)):
        assert (points > -1.5).all()
        assert (points < np.array(picture.shape[1::-1]) + 0.5).all()


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (60, 60)])
def test_tiny_and_flat_pictures_are_no_error(folder, scene, shape):
    flat = np.full((*shape, 3), 90, np.uint8)
    matches = match_loftr(scene(), CLEAR, flat, folder)
    assert matches.image.shape == matches.reference.shape == (len(matches), 2)


def test_a_network_that_is_sure_of_nothing_gives_no_matches(network, tmp_path, scene, monkeypatch):
    monkeypatch.setattr(network.config, "coarse_matching_threshold", 1.0)
    network.save_pretrained(tmp_path, safe_serialization=True)
    assert len(match_loftr(scene(), CLEAR, scene(), tmp_path)) == 0


def test_the_same_pictures_give_the_same_matches(folder, scene):
    first, second = (match_loftr(scene(), CLEAR, scene(160, 180, 1), folder) for _ in range(2))
    assert np.array_equal(first.image, second.image)


def test_it_is_loaded_once_and_downloads_nothing(folder, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *given: pytest.fail("connects"))
    network = load_loftr(folder, torch.device("cpu"))
    assert load_loftr(folder, torch.device("cpu")) is network
    assert not network.training


def test_another_class_is_refused(tmp_path, folder):
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace("EfficientLoFTRFor", "SuperGlueFor"))
    with pytest.raises(
        WeightsError, match="is of class SuperGlueForKeypointMatching, expected EfficientLoFTR"
    ):
        load_loftr(folder, torch.device("cpu"))


def test_pickled_missing_and_damaged_weights_are_refused(network, folder):
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    weights.write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_loftr(folder, torch.device("cpu"))
    weights.unlink()
    torch.save(network.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_loftr(folder, torch.device("cpu"))


def test_incomplete_weights_are_refused(folder):
    from safetensors.torch import load_file, save_file

    weights = folder / "model.safetensors"
    parts = load_file(weights)
    save_file(dict(list(parts.items())[1:]), weights, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match="lacks 1 weights"):
        load_loftr(folder, torch.device("cpu"))
