from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from artifix.network.building import build_network
from artifix.training import validation
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.step import LossConfig
from artifix.training.tasks import ALIGNMENT, REFINEMENT


@pytest.fixture(scope="module")
def network(tiny_recipe):
    torch.manual_seed(0)
    return build_network(tiny_recipe.network)


@pytest.fixture(scope="module")
def pairs(network, busy_sources):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "COUNT", 18)
        return validation.validation_pairs(busy_sources, network, SynthesisConfig())


def test_untrained_network_scores_what_the_careful_paste_scores(network, pairs):
    figures = validation.validate(network, pairs, LossConfig(), steps=2)
    assert figures["refined_db"] == pytest.approx(figures["paste_db"], abs=1e-3)
    assert figures["tokens_db"] < figures["refined_db"]


def test_figures_tell_of_every_level_and_layer(network, pairs):
    figures = validation.validate(network, pairs, LossConfig(), steps=1)
    places = *LossConfig().layers, "detail"
    layers = {f"{figure}_{place}" for figure in ("pck", "miou") for place in places}
    levels = {f"denoising_{level}" for level in (10, 30, 50, 70, 90)}
    assert set(figures) == {"pck", "paste_db", "refined_db", "tokens_db"} | layers | levels
    assert figures["pck"] == figures[f"pck_{LossConfig().layers[-1]}"]
    assert all(0 <= value <= 1 for name, value in figures.items() if name.startswith("pck"))
    # The untrained network's output is its starting estimate, whatever the noise.
    assert len({round(figures[name], 6) for name in levels}) == 1


def test_pairs_without_an_aligned_reference_have_no_score(network, pairs):
    bare = replace(pairs[REFINEMENT], valid=torch.zeros_like(pairs[REFINEMENT].valid))
    figures = validation.validate(network, pairs | {REFINEMENT: bare}, LossConfig(), steps=1)
    assert not {"paste_db", "refined_db", "tokens_db"} & set(figures)


def test_a_network_without_a_detail_encoder_has_no_figure_for_it(tiny_recipe, busy_sources, monkeypatch):
    monkeypatch.setattr(validation, "COUNT", 4)
    network = build_network(replace(tiny_recipe.network, detail_widths=(), patch_px=4))
    pairs = validation.validation_pairs(busy_sources, network, SynthesisConfig())
    assert "pck_detail" not in validation.validate(network, pairs, LossConfig(), steps=1)


def test_what_passes_at_once_does_not_change_where_it_looks(network, pairs, monkeypatch):
    in_parts = validation.validate(network, pairs, LossConfig(), steps=1)
    monkeypatch.setattr(validation, "AT_ONCE", len(pairs[ALIGNMENT].clean))
    at_once = validation.validate(network, pairs, LossConfig(), steps=1)
    where = [name for name in in_parts if name.startswith(("pck", "miou"))]
    assert len(where) > 2
    for name in where:
        assert at_once[name] == pytest.approx(in_parts[name], abs=0.05)


def test_validation_is_the_same_every_time(network, pairs):
    assert validation.validate(network, pairs, LossConfig()) == validation.validate(
        network, pairs, LossConfig()
    )


@torch.no_grad()
def test_drawing_leaves_the_crop_outside_the_mask_as_it_was(network, pairs):
    batch = pairs[REFINEMENT]
    drawn = validation.draw(network, batch, steps=1)
    assert torch.equal(drawn * (1 - batch.mask), batch.clean * (1 - batch.mask))
    assert drawn.abs().max() <= 1


def test_sheet_shows_five_columns(network, pairs, tmp_path):
    validation.write_sheet(tmp_path / "sheet.png", network, pairs[REFINEMENT], rows=3, steps=1)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (3 * 32, 5 * 32, 3)
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.png"]
    clean = ((pairs[REFINEMENT].clean[0] + 1) * 127.5).permute(1, 2, 0).numpy()
    assert np.abs(sheet[:32, 4 * 32 :] - clean).max() <= 1


def test_what_is_no_number_is_drawn_too(tmp_path):
    broken = torch.full((1, 3, 8, 8), float("nan"))
    validation.save_sheet(tmp_path / "sheet.png", [broken, torch.zeros(1, 3, 16, 16)])
    assert Image.open(tmp_path / "sheet.png").size == (16, 8)
