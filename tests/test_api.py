"""The Python door."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import artifix
from artifix import api
from artifix.alignment.choice import Refusal
from artifix.alignment.located import LocateResult
from artifix.errors import InputError, NoMatchError, UsageError

FOUND = LocateResult((SimpleNamespace(confidence=1.0, transform=None, placed="rough"),), {})


class Recorder:
    """A pipeline that only notes what it is asked."""

    def search(self, case, config, progress):
        self.asked = case, config
        return FOUND

    def search_best(self, cases, config, progress):
        self.asked = cases[-1], config
        return len(cases) - 1, [FOUND] * len(cases)

    def refine(self, case, config, progress, located):
        assert located is FOUND
        assert case is self.asked[0]
        return "refined"


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
    assert getattr(artifix, name)(*arrays) in ("refined", FOUND)
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


def test_matchers_are_chosen_by_name(pipeline, arrays, monkeypatch):
    artifix.refine(*arrays, matchers=["sift", "attention"])
    assert pipeline.asked[1].alignment.matchers == ("sift", "attention")
    monkeypatch.setattr("artifix.matching.installed.xfeat_path", lambda: None)
    artifix.refine(*arrays)
    with pytest.raises(UsageError, match="xfeat: is not installed"):
        artifix.refine(*arrays, matchers=["sift", "xfeat", "attention"])


def test_an_unknown_setting_is_refused(pipeline, arrays):
    with pytest.raises(UsageError, match="unknown setting stepz"):
        artifix.refine(*arrays, stepz=7)


def test_paths_and_arrays_do_not_mix(pipeline, arrays):
    with pytest.raises(InputError, match="mix paths and arrays"):
        artifix.refine("image.png", *arrays[1:])


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="mend"):
        _ = artifix.mend


def test_of_several_references_the_best_is_used(pipeline, arrays):
    image, mask, reference = arrays
    other = np.ones_like(reference)
    assert artifix.refine(image, mask, [reference, other]) == "refined"
    assert np.array_equal(pipeline.asked[0].reference.rgb, other)


@pytest.mark.parametrize("region", [(2, 3, 9, 8), np.pad(np.ones((5, 7), bool), ((3, 17), (2, 16)))])
def test_the_region_may_be_given(pipeline, arrays, region):
    artifix.locate(*arrays, region=region)
    found = pipeline.asked[0].hint.region
    assert found[3:8, 2:9].all()
    assert found.sum() == 35


def test_matches_may_be_given(pipeline, arrays):
    artifix.locate(*arrays, points=np.array([[1, 2, 3, 4], [5.5, 6, 7, 8]]))
    assert pipeline.asked[0].hint.points.tolist() == [[1, 2, 3, 4], [5.5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"region": (0, 0, 99, 5)}, UsageError, "does not lie in the reference"),
        ({"region": np.zeros((25, 25), bool)}, InputError, "marks 0 pixels"),
        ({"region": np.ones((9, 9), bool)}, InputError, r"array \(9, 9\)"),
        ({"points": [[1, 2, 3]]}, InputError, "1,2,3 is no match"),
        ({"points": [[1, 2, 3, 4]], "region": (0, 0, 5, 5)}, UsageError, "both say where"),
        ({"points": [[1, 2, 3, 4]], "transform": False}, UsageError, "points gives a transform"),
        ({"points": [[1, 2, 3, 4]], "allow_mirror": True}, UsageError, "points says how the part is seen"),
        ({"force": True, "strict": True}, UsageError, "force takes any match, and strict only"),
    ],
)
def test_what_is_given_wrongly_is_refused(pipeline, arrays, given, error, said):
    with pytest.raises(error, match=said):
        artifix.locate(*arrays, **given)


def test_what_is_not_sure_enough_is_refused_with_what_was_found(pipeline, arrays, monkeypatch):
    unsure = replace(FOUND, refusal=Refusal("nothing matches", "use another"))
    monkeypatch.setattr(pipeline, "search", lambda case, config, progress: unsure)
    with pytest.raises(NoMatchError, match="nothing matches") as caught:
        artifix.locate(*arrays)
    assert caught.value.found is unsure
    assert caught.value.hint == "use another"


def test_no_reference_and_a_region_for_several_are_refused(pipeline, arrays):
    image, mask, reference = arrays
    with pytest.raises(InputError, match="empty list"):
        artifix.locate(image, mask, [])
    with pytest.raises(UsageError, match="for one reference"):
        artifix.locate(image, mask, [reference, reference], region=(0, 0, 5, 5))
