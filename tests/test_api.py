"""The Python door."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import artifix
from artifix import api
from artifix.alignment.choice import Refusal
from artifix.alignment.locate_result import LocateResult
from artifix.errors import ArtifixError, ExitCode, InputError, NoMatchError, UsageError
from artifix.pipeline import RefineByAlignPipeline
from tests.alignment.conftest import aligned

FOUND = LocateResult((aligned(confidence=1.0),), {})


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


@pytest.mark.parametrize("name", ["search", "search_best", "refine"])
def test_the_stand_in_takes_what_the_real_pipeline_takes(name):
    real, stand_in = (
        list(inspect.signature(getattr(kind, name)).parameters) for kind in (RefineByAlignPipeline, Recorder)
    )
    assert stand_in == real


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


def written(folder, **arrays):
    """Paths of the arrays, as PNG files by their names."""
    for name, array in arrays.items():
        Image.fromarray(array).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in arrays]


@pytest.mark.parametrize("kind", ["array", "PIL image", "path"])
def test_black_may_be_what_is_repainted(pipeline, arrays, tmp_path, kind):
    image, mask, reference = arrays
    black = np.where(mask, 0, 255).astype(np.uint8)
    given = {
        "array": (image, black, reference),
        "PIL image": (image, Image.fromarray(black), reference),
        "path": written(tmp_path, image=image, mask=black, reference=reference),
    }[kind]
    artifix.refine(*given, invert_mask=True)
    assert np.array_equal(pipeline.asked[0].mask, mask)


def test_a_mask_may_be_resized(pipeline, arrays):
    image, mask, reference = arrays
    half = Image.fromarray(mask).resize((15, 10))
    with pytest.raises(InputError, match="15x10") as caught:
        artifix.refine(image, half, reference)
    assert caught.value.hint.endswith("pass fit_mask=True to resize it")
    artifix.refine(image, half, reference, fit_mask=True)
    assert pipeline.asked[0].mask.shape == mask.shape


def refusals(arrays, folder):
    """Calls that are refused, by what is wrong with them."""
    image, mask, reference = arrays
    all_of_it, clear = np.ones_like(mask), np.dstack([image, np.full(mask.shape, 255, np.uint8)])
    grey = np.random.default_rng(0).integers(0, 256, image.shape, np.uint8)
    itself = written(folder, image=grey, mask=grey, reference=reference)
    return {
        "all is masked": ((image, all_of_it, reference), {}),
        "all of a file is masked": (written(folder, a=image, b=np.uint8(255) * all_of_it, c=reference), {}),
        "all is masked, inverted": ((image, np.zeros_like(mask), reference), {"invert_mask": True}),
        "nothing is masked": ((image, np.zeros_like(mask), reference), {}),
        "nothing is transparent": ((clear, None, reference), {}),
        "the mask is a photo": ((image, Image.fromarray(grey), reference), {}),
        "the mask is the image": (itself, {}),
        "the mask has no alpha": ((image, Image.fromarray(mask), reference), {"mask_from": "alpha"}),
        "two masks": ((image, mask, reference), {"mask_from": "image-alpha"}),
        "another size": ((image, Image.fromarray(mask[:9]), reference), {}),
        "no box": ((image, mask, reference), {"region": (1, 2, 3)}),
        "a box outside": ((image, mask, reference), {"region": (1, 2, 300, 9)}),
        "two hints": ((image, mask, reference), {"region": (1, 2, 3, 9), "points": [[1, 2, 3, 4]]}),
        "a hint for two": ((image, mask, [reference, reference]), {"points": [[1, 2, 3, 4]] * 2}),
        "no matches": ((image, mask, reference), {"points": [[1, 2, 3]]}),
        "any and exact": ((image, mask, reference), {"force": True, "strict": True}),
        "points and no transform": (
            (image, mask, reference),
            {"points": [[1, 2, 3, 4]], "transform": False},
        ),
        "points and a mirror": ((image, mask, reference), {"points": [[1, 2, 3, 4]], "allow_mirror": True}),
        "a matcher": ((image, mask, reference), {"matchers": ["surf"]}),
        "a number": ((image, mask, reference), {"steps": 0}),
        "a name": ((image, mask, reference), {"stepz": 3}),
        "a file": ((image, mask, reference), {"format": "png"}),
    }


def settings_refused(tiny_weights):
    """Settings that only the loaded network can refuse."""
    here = {"weights": str(tiny_weights), "device": "cpu"}
    return [
        here | {"layer": "no.such"},
        here | {"weights": "no-such"},
        here | {"device": "no-such"},
        here | {"device": "cuda:77"},
        here | {"dtype": "fp7"},
        here | {"dtype": "fp16"},
        here | {"strict": True, "min_confidence": 0.0},
        here | {"min_repair_confidence": 1.0, "min_confidence": 0.0},
        here | {"min_confidence": 1.0},
    ]


def test_no_refusal_speaks_of_the_command_line(pipeline, arrays, tmp_path, monkeypatch):
    monkeypatch.setattr("artifix.matching.installed.xfeat_path", lambda: None)
    calls = refusals(arrays, tmp_path) | {"xfeat": (arrays, {"matchers": ["xfeat"]})}
    for name, (given, settings) in calls.items():
        with pytest.raises(ArtifixError) as caught:
            artifix.refine(*given, **settings)
        assert "--" not in f"{caught.value.problem}; {caught.value.hint}", name
        assert caught.value.exit_code != ExitCode.BUG


def test_no_refusal_of_the_network_speaks_of_the_command_line(arrays, tiny_weights):
    image, mask, reference = arrays
    image = np.random.default_rng(0).integers(0, 256, (*mask.shape, 3), np.uint8)
    for settings in settings_refused(tiny_weights):
        with pytest.raises(ArtifixError) as caught:
            artifix.refine(image, mask, reference, **settings)
        assert "--" not in f"{caught.value.problem}; {caught.value.hint}", settings
