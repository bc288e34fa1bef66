"""The Python door."""

import numpy as np
import pytest
from PIL import Image

import artifix
from artifix import api
from artifix.errors import InputError, UsageError


class Recorder:
    """A pipeline that only notes what it is asked."""

    def refine(self, case, config, progress):
        self.asked = case, config
        return "refined"

    locate = refine


@pytest.fixture
def pipeline(monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(api, "_pipeline", lambda config: recorder)
    return recorder


@pytest.fixture
def arrays():
    mask = np.zeros((20, 30), bool)
    mask[5:9, 5:9] = True
    return np.zeros((20, 30, 3), np.uint8), mask, np.zeros((25, 25, 3), np.uint8)


@pytest.mark.parametrize("name", ["refine", "locate"])
def test_arrays_are_taken(pipeline, arrays, name):
    assert getattr(artifix, name)(*arrays) == "refined"
    assert pipeline.asked[0].mask.sum() == 16


def test_paths_are_taken(pipeline, arrays, tmp_path):
    paths = []
    for name, array in zip(("image", "mask", "reference"), arrays, strict=True):
        Image.fromarray(array).save(tmp_path / f"{name}.png")
        paths.append(str(tmp_path / f"{name}.png"))
    assert artifix.refine(*paths) == "refined"
    assert pipeline.asked[0].image.path.name == "image.png"


def test_settings_are_named_without_their_section(pipeline, arrays):
    artifix.refine(*arrays, steps=7, zoom=False, device="cpu")
    config = pipeline.asked[1]
    assert (config.refinement.steps, config.alignment.zoom, config.run.device) == (7, False, "cpu")


def test_an_unknown_setting_is_refused(pipeline, arrays):
    with pytest.raises(UsageError, match="unknown setting stepz"):
        artifix.refine(*arrays, stepz=7)


def test_paths_and_arrays_do_not_mix(pipeline, arrays):
    with pytest.raises(InputError, match="mix paths and arrays"):
        artifix.refine("image.png", *arrays[1:])


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="repair"):
        _ = artifix.repair
