"""Planes, features, the classifier and proposals, each on its own."""

import numpy as np
import pytest

from artifix.detection import classifier as models
from artifix.detection.classifier import Classifier, load_classifier, probability
from artifix.detection.comparison import planes_of
from artifix.detection.features import CONTEXT, DISAGREEMENT, features_of
from artifix.detection.laying import lay
from artifix.detection.plane import shifted
from artifix.detection.proposals import TRAITS, mask_over, parts_of
from artifix.errors import WeightsError
from artifix.geometry import Box, Crop


@pytest.fixture(scope="module")
def planes(pair):
    return planes_of(lay(pair.image, pair.reference))


@pytest.mark.slow
def test_all_planes_have_one_shape_and_are_finite(planes):
    assert set(planes) == {*DISAGREEMENT, *CONTEXT}
    assert len({plane.shape for plane in planes.values()}) == 1
    assert all(np.isfinite(plane).all() for plane in planes.values())


@pytest.mark.slow
def test_disagreement_is_larger_on_the_artifact(pair, planes):
    laid = lay(pair.image, pair.reference)
    wrong = Crop(laid.crop.box, planes["valid"].shape).share(pair.mask) > 0.9
    right = (planes["enclosed"] > 0.5) & (Crop(laid.crop.box, planes["valid"].shape).share(pair.mask) < 0.01)
    for name in ("structure_mid", "strokes", "learned_near"):
        assert planes[name][wrong].mean() > 1.5 * planes[name][right].mean(), name


def test_the_classifier_that_comes_along_fits_the_features_and_traits(planes):
    classifier = load_classifier()
    features = features_of(planes)
    assert classifier.mean.shape == (len(features),)
    assert classifier.proposal.shape == (3, len(TRAITS) + 1)
    assert classifier.cells(features).shape == planes["valid"].shape


def test_features_do_without_xfeat(planes):
    plain = {name: plane for name, plane in planes.items() if not name.startswith("learned")}
    assert features_of(plain).shape == features_of(planes).shape
    assert np.isfinite(load_classifier().cells(features_of(plain))).all()


def test_a_changed_classifier_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "disagreement.safetensors"
    path.write_bytes(models.WEIGHTS.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(models, "WEIGHTS", path)
    load_classifier.cache_clear()
    with pytest.raises(WeightsError, match="was changed"):
        load_classifier()
    path.unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        load_classifier()
    monkeypatch.undo()
    load_classifier.cache_clear()


def test_the_classifier_is_a_logistic_regression_over_silu_units():
    mean, spread = np.array([1.0], np.float32), np.array([2.0], np.float32)
    hidden, output = np.array([[3.0, 0.5]], np.float32), np.array([2.0, -1.0], np.float32)
    made = Classifier(mean, spread, hidden, output, np.array([[0, 0], [1, 1], [1.5, 0.25]], np.float32))
    inner = 3 * (4 - 1) / 2 + 0.5
    expected = 2 * inner / (1 + np.exp(-inner)) - 1
    assert made.cells(np.full((1, 2, 2), 4, np.float32)) == pytest.approx(expected, rel=1e-5)
    assert made.traits(np.array([2.0])) == pytest.approx(3.25)


def test_probability_neither_overflows_nor_leaves_its_range():
    assert probability(np.array([-1e9, 0, 1e9])) == pytest.approx([0, 0.5, 1])


def blank(shape):
    return {name: np.ones(shape, np.float32) for name in (*DISAGREEMENT, *CONTEXT)}


def test_parts_are_the_connected_cells_that_are_likely_enough():
    odds = np.full((60, 80), -6, np.float32)
    odds[10:20, 10:25] = 4
    odds[40:50, 50:60] = 3
    odds[30:32, 5:7] = 4  # too few cells
    parts = parts_of(odds, blank(odds.shape))
    assert len(parts) == 2
    assert sorted(bool(part.cells[15, 15]) for part in parts) == [False, True]
    assert all(part.traits.shape == (len(TRAITS),) for part in parts)


def test_nothing_is_proposed_where_the_reference_shows_nothing():
    odds = np.full((60, 80), 5, np.float32)
    planes = blank(odds.shape)
    planes["valid"][:] = 0
    assert parts_of(odds, planes) == []


def test_a_mask_lies_where_its_cells_do_and_has_no_holes():
    odds = np.full((40, 40), -6, np.float32)
    odds[10:30, 10:30] = 5
    odds[18:22, 18:22] = -6
    part = parts_of(odds, blank(odds.shape))[0]
    mask = mask_over(part, Crop(Box(100, 50, 180, 130), (160, 160)), (200, 300))
    rows, columns = np.nonzero(mask)
    assert abs(columns.mean() - 140) < 2
    assert abs(rows.mean() - 90) < 2
    assert mask[90, 140]


def test_shifted_repeats_the_edge():
    plane = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert shifted(plane, 1, -1).tolist() == [[3, 3, 4], [3, 3, 4]]
