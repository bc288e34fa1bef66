"""What is told where weights are loaded."""

import json
import shutil

import pytest

from artifix.alignment.calibration import Calibration
from artifix.alignment.confidence import ATTENTION_LOGIT_WEIGHTS
from artifix.config import AlignmentConfig, RunConfig
from artifix.network.stored_calibration import write_calibration
from artifix.repair.loading import load
from artifix.weights.checksums import write_sums


@pytest.fixture
def copied(tiny_weights, tmp_path):
    return shutil.copytree(tiny_weights, tmp_path / "mine")


def told_of(weights):
    lines = []
    loaded = load(RunConfig(weights=str(weights), device="cpu"), lines.append)
    return lines, Calibration.of(loaded.pipeline.config, AlignmentConfig()).logit_weights


def test_weights_whose_odds_are_not_known_say_so_and_how_to_fit_them(tiny_weights):
    lines, odds = told_of(tiny_weights)
    (said,) = lines[1:]
    assert said.startswith("confidence of these weights is not calibrated")
    assert said.endswith(f"benchmarks/confidence.py CASES --weights {tiny_weights} --fit --write")
    assert odds == ATTENTION_LOGIT_WEIGHTS  # whatever is said ranks as before


def test_weights_of_which_they_were_fitted_later_say_nothing(copied):
    write_calibration(copied, {"confidence_odds": [1.0, 2.0, -3.0]})
    lines, odds = told_of(copied)
    assert len(lines) == 1
    assert odds == (1.0, 2.0, -3.0)


def test_weights_from_before_there_was_such_a_setting_load_as_ever(copied):
    path = copied / "model_index.json"
    settings = json.loads(path.read_text())
    del settings["confidence_odds"]
    path.write_text(json.dumps(settings))
    write_sums(copied)
    lines, odds = told_of(copied)
    assert len(lines) == 1
    assert odds == ATTENTION_LOGIT_WEIGHTS
