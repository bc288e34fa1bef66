"""Likeness as encoders see it: tiny random ones of the real classes."""

import json

import numpy as np
import pytest
import torch
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Dinov2Config,
    Dinov2Model,
)

from artifix.errors import WeightsError
from artifix.evaluation.scores.embeddings import clip_scorer, dino_scorer
from artifix.evaluation.scores.parts import both_parts

VISION = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION |= {"image_size": 32, "patch_size": 8, "projection_dim": 12}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Encoders by the name of their score."""
    torch.manual_seed(0)
    dino = Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=4
    )
    nets = {"dino": Dinov2Model(dino), "clip": CLIPVisionModelWithProjection(CLIPVisionConfig(**VISION))}
    parent = tmp_path_factory.mktemp("encoders")
    for name, network in nets.items():
        network.save_pretrained(parent / name, safe_serialization=True)
    return {name: parent / name for name in nets}


@pytest.fixture(params=["dino", "clip"])
def scorer(request, folders):
    make = {"dino": dino_scorer, "clip": clip_scorer}[request.param]
    return make(folders[request.param])


def test_a_part_is_wholly_like_itself_and_less_like_another(repaired, scorer, scene):
    one = repaired()
    spoilt = np.where(one.mask[..., None], scene(100, 120, 7), one.truth)
    assert scorer.score(one)[scorer.name] == pytest.approx(1, abs=1e-5)
    assert scorer.score(repaired(refined=spoilt))[scorer.name] < 0.9999


def test_without_a_region_nothing_is_said(repaired, scorer):
    assert np.isnan(scorer.score(repaired(region=None))[scorer.name])
    assert not np.isnan(scorer.score(repaired(region=None, found=repaired().region))[scorer.name])


def test_the_score_is_the_cosine_of_the_projected_embeddings(repaired, folders):
    rng = np.random.default_rng(3)
    one = repaired(refined=rng.integers(0, 256, (100, 120, 3)).astype(np.uint8))
    network = CLIPVisionModelWithProjection.from_pretrained(folders["clip"]).eval()
    mean = np.array([0.48145466, 0.4578275, 0.40821073])
    std = np.array([0.26862954, 0.26130258, 0.27577711])
    a, b = (
        network(torch.tensor((part / 255 - mean) / std, dtype=torch.float32).permute(2, 0, 1)[None])
        .image_embeds[0]
        .detach()
        .numpy()
        for part in both_parts(one, 32)
    )
    expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert clip_scorer(folders["clip"]).score(one)["clip"] == pytest.approx(expected, abs=1e-5)


def test_parts_are_squares_on_mask_and_region(repaired):
    one = repaired()  # both boxes are 50 x 40 px, the reference's 20 px to the right and 10 px lower
    mine, other = both_parts(one, 50)
    assert (mine == one.refined[25:75, 40:90]).all()
    assert (other == one.reference[35:85, 60:110]).all()


def test_the_vision_half_of_a_whole_clip_will_do(repaired, tmp_path):
    whole = CLIPModel(
        CLIPConfig(
            text_config={
                "hidden_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "vocab_size": 9,
            },
            vision_config=VISION,
            projection_dim=12,
        )
    )
    whole.save_pretrained(tmp_path, safe_serialization=True)
    assert clip_scorer(tmp_path).score(repaired())["clip"] == pytest.approx(1, abs=1e-5)


def test_an_encoder_of_another_class_is_refused(folders):
    with pytest.raises(WeightsError, match="model type clip_vision_model, expected dinov2"):
        dino_scorer(folders["clip"])
    with pytest.raises(WeightsError, match="model type dinov2, expected clip_vision_model"):
        clip_scorer(folders["dino"])


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="none: is not a folder"):
        dino_scorer(tmp_path / "none")
    with pytest.raises(WeightsError, match=r"config.json: is missing"):
        dino_scorer(tmp_path)


def test_pickles_and_code_are_refused_before_anything_is_loaded(folders, tmp_path):
    for path in folders["dino"].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80")
    with pytest.raises(WeightsError, match="is a pickle"):
        dino_scorer(tmp_path)
    (tmp_path / "pytorch_model.bin").unlink()
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "a.b"}}))
    with pytest.raises(WeightsError, match="asks for code by auto_map"):
        dino_scorer(tmp_path)
