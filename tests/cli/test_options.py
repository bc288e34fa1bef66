"""Where a setting comes from: option, then environment, then file, then default."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from artifix.cli.app import main
from artifix.config import CommandConfig, RefinementConfig
from artifix.refinement.refiner import Sampling

pytestmark = pytest.mark.usefixtures("pipeline")


@pytest.fixture
def toml(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("seed = 3\n[refinement]\nsteps = 11\n[alignment]\nzoom = false\n")
    return path


def test_defaults_are_those_of_the_config(artifix, files, pipeline):
    artifix("refine", *files.arguments())
    sampling = Sampling(1, 1.0, 1.0)  # of the weights
    assert pipeline.seen == [replace(CommandConfig(), refinement=sampling.settle(RefinementConfig()))]


def test_a_file_wins_over_the_defaults(artifix, files, pipeline, toml):
    artifix("refine", *files.arguments(), "--config", toml)
    config = pipeline.seen[0]
    assert (config.seed, config.refinement.steps, config.alignment.zoom) == (3, 11, False)


def test_the_environment_wins_over_the_file(artifix, files, pipeline, toml, monkeypatch):
    monkeypatch.setenv("ARTIFIX_STEPS", "12")
    monkeypatch.setenv("ARTIFIX_CONFIG", str(toml))
    artifix("refine", *files.arguments())
    assert (pipeline.seen[0].refinement.steps, pipeline.seen[0].seed) == (12, 3)


def test_an_option_wins_over_the_environment(artifix, files, pipeline, toml, monkeypatch):
    monkeypatch.setenv("ARTIFIX_STEPS", "12")
    artifix("refine", *files.arguments(), "--config", toml, "--steps", "13", "--zoom")
    assert (pipeline.seen[0].refinement.steps, pipeline.seen[0].alignment.zoom) == (13, True)


def test_a_mask_that_is_mostly_grey_is_told_of(artifix, files, pipeline):
    hard = np.asarray(Image.open(files.mask))
    Image.fromarray(cv2.GaussianBlur(hard, (0, 0), 4)).save(files.mask)
    run = artifix("refine", *files.arguments(), "--mask-threshold", "0.4")
    assert run.code == 0
    assert "of the mask is grey: from 0.4 of " in run.err
    assert pipeline.seen[0].alignment.mask_threshold == 0.4
    assert "grey" not in artifix("refine", *files.arguments(), "--overwrite", "--quiet").err


def test_grain_can_be_switched_off(artifix, files, pipeline):
    artifix("refine", *files.arguments(), "--no-grain")
    assert not pipeline.seen[0].refinement.grain


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("stepz = 3", 2, "unknown setting stepz"),
        ("[refinement]\nsteps = 0", 2, "steps is 0"),
        ('[refinement]\nsteps = "four"', 2, "expected int"),
        ("refinement = 3", 2, "expected a table"),
        ("[refinement", 3, "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_name(artifix, files, pipeline, toml, text, code, said):
    toml.write_text(text)
    run = artifix("refine", *files.arguments(), "--config", toml)
    assert (run.code, pipeline.seen) == (code, [])
    assert "settings.toml" in run.err
    assert said in run.err


def test_a_missing_file_exits_3(artifix, files, tmp_path):
    assert artifix("refine", *files.arguments(), "--config", tmp_path / "none.toml").code == 3


def test_help_tells_the_default_of_the_config(capsys):
    main(["refine", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Sampling steps, 1 to 1000. Default: as the weights are best." in said
