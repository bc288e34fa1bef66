import numpy as np
import pytest
import torch
from PIL import Image

from artifix.network.assembly import build_network
from artifix.training import validation
from artifix.training.step import LossConfig
from artifix.training.synthesis import REFINEMENT, SynthesisConfig


@pytest.fixture(scope="module")
def network(tiny_recipe):
    torch.manual_seed(0)
    return build_network(tiny_recipe.network)


@pytest.fixture(scope="module")
def pairs(network, busy_sources):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "COUNT", 12)
        return validation.validation_pairs(busy_sources, network, SynthesisConfig())


def test_untrained_network_scores_what_the_careful_paste_scores(network, pairs):
    figures = validation.validate(network, pairs, LossConfig(), steps=2)
    assert set(figures) == {"hits", "paste_db", "refined_db", "tokens_db"}
    assert figures["refined_db"] == pytest.approx(figures["paste_db"], abs=1e-3)
    assert 0 <= figures["hits"] < 0.5


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
