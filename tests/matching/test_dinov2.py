"""DINOv2 from a folder: random weights of the real class."""

import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from artifix.errors import WeightsError
from artifix.geometry import Box, Crop, box_of
from artifix.matching import dinov2, tuning
from artifix.matching.descriptors import CELLS, SIDE_PX, describe_all_by, describe_by, describe_plainly
from artifix.matching.dinov2 import (
    Patches,
    _vertex,
    describe_by_dinov2,
    load_dinov2,
    match_dinov2,
    match_patches,
)
from artifix.matching.pool import pool_of
from artifix.matching.tuning import MATCHING
from artifix.registration.candidates import propose
from artifix.scene import Scene

CPU = torch.device("cpu")
SHIFT = np.array([23, 11])  # x, y, in pixels: neither is a multiple of a patch


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    sizes = {"hidden_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    made = tmp_path_factory.mktemp("eyes") / "dinov2"
    Dinov2Model(Dinov2Config(image_size=518, patch_size=14, **sizes)).save_pretrained(made)
    return made


@pytest.fixture
def shown(scene) -> Scene:
    """A picture, and the same a little farther right and down; the wider crop is all of it."""
    large, mask = cv2.GaussianBlur(scene(420, 420, 3), (0, 0), 5), np.zeros((360, 360), bool)
    mask[110:250, 110:250] = True
    x, y = SHIFT
    return Scene(large[30:390, 30:390], mask, large[30 - y : 390 - y, 30 - x : 390 - x])


def errors(matches) -> np.ndarray:
    """(N,) how far matches lie from the truth, in their tolerance."""
    return np.abs(matches.reference - matches.image - SHIFT).max(1) / matches.tolerance_px


def test_a_shifted_copy_is_found_within_a_patch_even_by_random_features(shown, folder):
    closer, wider = match_dinov2(shown.image, shown.mask, shown.reference, folder)
    assert closer.source == wider.source == "dinov2"
    assert wider.tolerance_px == pytest.approx(360 / 37)
    assert closer.tolerance_px == pytest.approx(140 / 37)
    assert len(wider) > 100
    assert (errors(wider) < 1).mean() > 0.7
    best = max(propose(wider, box_of(shown.mask)), key=lambda candidate: candidate.support.inliers)
    centre = np.array([[180.0, 180.0]])
    assert np.abs(best.transform.points(centre) - centre - SHIFT).max() < wider.tolerance_px
    assert best.support.inliers > 50


def test_what_the_mask_covers_is_matched_too_but_is_no_evidence(shown, folder):
    found = pool_of(shown, (f"dinov2={folder}",), [], CPU)
    x, y = found.guesses[1].image.round().astype(int).T
    assert shown.mask[y, x].any()
    assert [len(some) for some in found.matches] < [len(some) for some in found.guesses]
    x, y = found.matches[1].image.round().astype(int).T
    assert not shown.mask[y, x].any()
    assert found.told == {"dinov2": sum(map(len, found.matches))}


def test_places_are_refined_below_a_patch(shown, folder, monkeypatch):
    exact = match_dinov2(shown.image, shown.mask, shown.reference, folder)[1]
    monkeypatch.setattr("artifix.matching.dinov2._vertex", lambda before, peak, after: np.zeros(len(peak)))
    coarse = match_dinov2(shown.image, shown.mask, shown.reference, folder)[1]
    right = errors(coarse) < 1
    assert errors(exact)[right].mean() < 0.9 * errors(coarse)[right].mean()


def test_a_parabola_is_highest_where_it_is_and_no_farther_than_half_a_patch():
    top = np.array([-0.4, 0.0, 0.3, 2.0])
    before, peak, after = (1 - 0.2 * (x - top) ** 2 for x in (-1, 0, 1))
    assert _vertex(before, peak, after).tolist() == pytest.approx([-0.4, 0.0, 0.3, 0.5])
    flat = np.ones(1)
    assert _vertex(flat, flat, flat).tolist() == [0.0]


def test_something_else_gives_no_transform_that_many_matches_agree_on(shown, folder, scene):
    strange = match_dinov2(shown.image, shown.mask, scene(360, 360, 8), folder)
    noise = np.random.default_rng(0).integers(0, 256, (360, 360, 3)).astype(np.uint8)
    strange += match_dinov2(noise, shown.mask, shown.reference, folder)
    proposed = [c for matches in strange for c in propose(matches, box_of(shown.mask))]
    assert max((c.support.inliers for c in proposed), default=0) < 30


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (40, 300)])
def test_tiny_and_flat_references_say_nothing(shown, folder, shape):
    flat = np.full((*shape, 3), 90, np.uint8)
    for matches in match_dinov2(shown.image, shown.mask, flat, folder):
        assert matches.image.shape == matches.reference.shape == (len(matches), 2)
        assert len(matches) < 4


def test_points_lie_in_pictures_of_any_two_sizes(folder, scene):
    image, reference, mask = scene(100, 260), scene(150, 70, 1), np.zeros((100, 260), bool)
    mask[20:60, 200:250] = True
    for matches in match_dinov2(image, mask, reference, folder):
        for points, picture in ((matches.image, image), (matches.reference, reference)):
            assert (points > -0.5 - 1e-9).all()
            assert (points < np.array(picture.shape[1::-1]) - 0.5 + 1e-9).all()


def patches(features: torch.Tensor, grid: tuple[int, int], box: Box) -> Patches:
    return Patches(Crop(box, (grid[0] * 14, grid[1] * 14)), grid, features)


def test_a_patch_is_matched_in_the_middle_of_its_place():
    features = torch.eye(6, 8)
    turned = features.flip(0)
    found = match_patches(
        patches(features, (2, 3), Box(10, 20, 40, 40)), patches(turned, (2, 3), Box(0, 0, 60, 40))
    )
    middles = [[x, y] for y in (24.5, 34.5) for x in (14.5, 24.5, 34.5)]
    np.testing.assert_allclose(found.image, middles)
    assert found.reference[0] == pytest.approx([49.5, 29.5])
    assert found.reference[-1] == pytest.approx([9.5, 9.5])
    assert found.tolerance_px == 10 * MATCHING.dinov2_tolerance_cells


def test_what_is_there_twice_is_not_matched():
    alone, doubled = torch.zeros(6, 8), torch.zeros(6, 8)
    alone[:, 7] = doubled[:, 7] = 1
    alone[2, 0] = doubled[0, 0] = doubled[5, 0] = 3
    once = doubled.clone()
    once[5, 0] = 0
    line, image = (1, 6), Box(0, 0, 60, 10)
    assert len(match_patches(patches(alone, line, image), patches(doubled, line, image))) == 0
    assert len(match_patches(patches(alone, line, image), patches(once, line, image))) == 1


def test_the_same_pictures_give_the_same_matches(shown, folder):
    first = match_dinov2(shown.image, shown.mask, shown.reference, folder)
    dinov2._seen.cache_clear()
    second = match_dinov2(shown.image, shown.mask, shown.reference, folder)
    assert all(np.array_equal(a.reference, b.reference) for a, b in zip(first, second, strict=True))


def test_a_picture_is_read_once_for_all_parts_of_a_mask(shown, folder, monkeypatch):
    read = []
    tokens = dinov2._tokens
    monkeypatch.setattr(dinov2, "_tokens", lambda *given: read.append(given) or tokens(*given))
    dinov2._seen.cache_clear()
    first = match_dinov2(shown.image, shown.mask, shown.reference, folder)
    assert len(read) == 3
    again = match_dinov2(shown.image, shown.mask, shown.reference, folder)
    assert len(read) == 3
    assert np.array_equal(first[1].reference, again[1].reference)
    match_dinov2(shown.image, np.roll(shown.mask, 9, 1), shown.reference, folder)
    assert len(read) == 4  # the closer crop; the wider one is all of the image
    match_dinov2(shown.image // 2, shown.mask, shown.reference, folder)
    assert len(read) == 6


def test_a_crop_that_another_equals_is_read_once(shown, folder, monkeypatch):
    monkeypatch.setattr(tuning, "MATCHING", replace(MATCHING, dinov2_contexts=(3.0, 4.0)))
    assert len(match_dinov2(shown.image, shown.mask, shown.reference, folder)) == 1


def test_descriptors_are_those_of_a_patch_for_each_cell(folder, label):
    describe = describe_by_dinov2(folder, CPU, CELLS)
    picture, other = label(0, SIDE_PX, SIDE_PX), label(7, SIDE_PX, SIDE_PX)
    found = describe([picture, other])
    assert found.shape == (2, CELLS, CELLS, 48)
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-4)
    np.testing.assert_allclose(found[1], describe([other])[0], atol=1e-5)
    assert abs(found[0].mean((0, 1))).max() < 0.3


def test_how_far_pictures_are_alike_is_the_mean_of_both(folder, label):
    entries = ("sift", f"dinov2={folder}")
    pictures = [label(0, SIDE_PX, SIDE_PX), label(7, SIDE_PX, SIDE_PX)]
    alike = [
        (seen[0] * seen[1]).sum(-1)
        for seen in (
            describe_all_by(entries, CPU)(pictures),
            describe_plainly(pictures),
            describe_by_dinov2(folder, CPU, CELLS)(pictures),
        )
    ]
    np.testing.assert_allclose(alike[0], (alike[1] + alike[2]) / 2, atol=1e-5)


def test_evidence_goes_by_descriptors_that_it_was_fitted_to_whoever_is_chosen(folder):
    entries = ("sift", f"dinov2={folder}")
    assert describe_by(entries, CPU) is describe_plainly
    assert describe_all_by(("sift",), CPU) is describe_plainly


def test_it_is_loaded_once_and_downloads_nothing(folder, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *given: pytest.fail("connects"))
    network = load_dinov2(folder, CPU)
    assert load_dinov2(folder, CPU) is network
    assert not network.training
    assert network.dtype == torch.float32


def test_pickled_damaged_and_incomplete_weights_are_refused(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    spoiled = shutil.copytree(folder, tmp_path / "copy")
    weights = spoiled / "model.safetensors"
    data, parts = weights.read_bytes(), load_file(weights)
    save_file(dict(list(parts.items())[1:]), weights, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match="copy: lacks 1 weights"):
        load_dinov2(spoiled, CPU)
    weights.write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match="copy: cannot be loaded"):
        load_dinov2(spoiled, CPU)
    weights.unlink()
    torch.save(parts, spoiled / "pytorch_model.bin")
    with pytest.raises(
        WeightsError, match="no .safetensors file, only the pickle pytorch_model.bin"
    ) as caught:
        load_dinov2(spoiled, CPU)
    assert caught.value.hint
