"""The nodes of ComfyUI, loaded and called as ComfyUI does, without it."""

import importlib.util
import inspect
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

import artifix
from artifix.errors import InputError, NoMatchError

FOLDER = Path(__file__).parents[2] / "integrations" / "comfyui"


@pytest.fixture(scope="module")
def pack():
    """The package as ComfyUI imports a folder of custom_nodes."""
    given = {"submodule_search_locations": [str(FOLDER)]}
    spec = importlib.util.spec_from_file_location("custom_artifix", FOLDER / "__init__.py", **given)
    module = importlib.util.module_from_spec(spec)
    sys.modules["custom_artifix"] = module
    spec.loader.exec_module(module)
    yield module
    for name in [name for name in sys.modules if name.startswith("custom_artifix")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def sure():
    """A print that lies as it is in a larger reference, and a mask over a part of it that is garbled."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 256, (24, 24, 3), np.uint8)
    reference = np.kron(blocks, np.ones((10, 10, 1), np.uint8))
    reference = (reference * 0.7 + random.integers(0, 70, reference.shape)).astype(np.uint8)
    image = reference[20:220, 30:230].copy()
    truth = image.copy()
    image[80:120, 70:120] = random.integers(0, 256, (40, 50, 3))
    mask = np.zeros(image.shape[:2], np.float32)
    mask[80:120, 70:120] = 1
    return tuple(
        torch.from_numpy(part) for part in (image / np.float32(255), mask, reference / np.float32(255), truth)
    )


def node(pack, name):
    return pack.NODE_CLASS_MAPPINGS[name]()


@pytest.mark.parametrize("name", ["ArtifixLocate", "ArtifixRefine"])
def test_what_a_node_offers_is_what_its_function_takes(pack, name):
    kind = pack.NODE_CLASS_MAPPINGS[name]
    offered = kind.INPUT_TYPES()
    taken = list(inspect.signature(getattr(kind(), kind.FUNCTION)).parameters.values())
    assert [one.name for one in taken] == [*offered["required"], *offered["optional"]]
    assert all(one.default is inspect.Parameter.empty for one in taken if one.name in offered["required"])
    for one in taken[len(offered["required"]) :]:
        shown, *more = offered["optional"][one.name]
        default = (more[0] if more else {}).get("default", shown[0] if isinstance(shown, list) else None)
        assert default == one.default
    assert len(kind.RETURN_TYPES) == len(kind.RETURN_NAMES)
    assert kind.CATEGORY
    assert pack.NODE_DISPLAY_NAME_MAPPINGS.keys() == pack.NODE_CLASS_MAPPINGS.keys()


def test_a_batch_is_repaired_and_nothing_outside_the_masks_changes(pack, sure):
    image, mask, reference, truth = sure
    noisy = image + 0.001 * torch.rand(image.shape, generator=torch.Generator().manual_seed(0))
    batch = torch.stack([image, noisy.clamp(0, 1)])
    repaired, confidence, repair, said = node(pack, "ArtifixRefine").refine(
        batch, mask[None], reference[None]
    )
    assert repaired.shape == batch.shape
    assert repaired.dtype == torch.float32
    assert torch.equal(repaired[:, mask == 0], batch[:, mask == 0])
    error = (repaired[:, mask > 0] * 255 - truth[mask > 0]).abs().mean()
    assert error < 6 < (batch[:, mask > 0] * 255 - truth[mask > 0]).abs().mean()
    assert confidence > 0.9
    assert 0 < repair <= 1
    assert said == ""


def test_the_match_is_shown_on_the_reference(pack, sure):
    image, mask, reference, _ = sure
    heat, region, confidence, said = node(pack, "ArtifixLocate").locate(
        image[None], mask[None], reference[None]
    )
    assert heat.shape == reference[None].shape
    assert region.shape == reference[None].shape[:3]
    assert (heat >= 0).all()
    assert (heat <= 1).all()
    rows, columns = np.nonzero(region[0].numpy())
    assert abs(rows.mean() - 120) < 8
    assert abs(columns.mean() - 125) < 8
    assert confidence > 0.9
    assert said == ""


@pytest.fixture
def refused(pack, monkeypatch):
    """Nothing matches."""

    def refuse(*given, **settings):
        raise NoMatchError("the reference shows nothing like it", "take another")

    monkeypatch.setattr(sys.modules["custom_artifix.nodes"], "refine", refuse)


def test_no_match_stops_or_keeps_the_image_as_asked(pack, sure, refused):
    image, mask, reference, _ = (part[None] for part in sure)
    with pytest.raises(NoMatchError):
        node(pack, "ArtifixRefine").refine(image, mask, reference)
    kept = node(pack, "ArtifixRefine").refine(image, mask, reference, no_match="keep the image")
    assert torch.equal(kept[0], image)
    assert kept[1:3] == (0, 0)
    assert "the reference shows nothing like it" in kept[3]


def test_batches_that_do_not_fit_are_told_by_their_numbers(pack, sure):
    image, mask, reference, _ = sure
    with pytest.raises(InputError, match="2 of mask for 3 of image"):
        node(pack, "ArtifixRefine").refine(
            image.expand(3, -1, -1, -1), mask.expand(2, -1, -1), reference[None]
        )
    with pytest.raises(InputError, match="the image is 200 high and 200 wide"):
        node(pack, "ArtifixRefine").refine(image[None], torch.zeros(1, 64, 64), reference[None])


def test_the_settings_reach_artifix_and_the_bar_of_comfyui_moves(pack, sure, monkeypatch):
    image, mask, reference, _ = (part[None] for part in sure)
    asked, moves = [], []

    def repair(picture, marked, shown, progress, **settings):
        asked.append(settings)
        progress("align", 1, 1)
        progress("sample", 1, 1)
        return types.SimpleNamespace(
            refined=picture,
            alignments=[types.SimpleNamespace(confidence=0.9, repair_confidence=0.8)],
            notes=("soft",),
        )

    class Bar:
        def __init__(self, total):
            assert total == 100

        def update_absolute(self, value):
            moves.append(value)

    monkeypatch.setattr(sys.modules["custom_artifix.nodes"], "refine", repair)
    monkeypatch.setitem(sys.modules, "comfy", types.ModuleType("comfy"))
    monkeypatch.setitem(sys.modules, "comfy.utils", types.SimpleNamespace(ProgressBar=Bar))
    told = node(pack, "ArtifixRefine").refine(image, mask, reference, 7, 2, "stop", True, "klein-4b")
    assert asked == [{"seed": 7, "candidates": 2, "force": True, "weights": "klein-4b"}]
    assert moves == [50, 100]
    assert told[1:] == (pytest.approx(0.9), pytest.approx(0.8), "soft")


def test_the_pack_asks_for_this_package():
    lines = (FOLDER / "requirements.txt").read_text(encoding="utf-8").split()
    assert lines == [f"artifix>={artifix.__version__}"]
