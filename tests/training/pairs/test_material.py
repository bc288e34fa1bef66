from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from artifix.errors import InputError, UsageError
from artifix.training.config import DataConfig
from artifix.training.pairs.material import load_data
from artifix.training.pairs.sources import ALONE
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.tasks import ALIGNMENT

from ..conftest import scene

CPU = torch.device("cpu")
SMALL = DataConfig(
    source_px=64,
    decal_px=32,
    lettering=0,
    images_share=0,
    pairs_share=0,
    procedural_share=0,
    procedural_scenes=6,
)


@pytest.fixture
def objects(tmp_path):
    """Objects in three and in two views."""
    folder = tmp_path / "objects"
    for name, count in (("cup", 3), ("shoe", 2)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(scene(number)).save(folder / name / f"{number}.png")
    return folder


def load(images=(), pairs=(), seed=0, **shares):
    return load_data(list(images), list(pairs), replace(SMALL, **shares), seed, CPU)


def test_drawn_scenes_need_no_folder_and_follow_from_the_seed():
    first, again, other = (load(procedural_share=1, lettering=3, seed=seed) for seed in (0, 0, 1))
    assert first.images.shape == (6, 3, 64, 64)
    assert first.decals.shape == (3, 4, 32, 32)
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    pairs = make_pairs(first, ALIGNMENT, 4, 32, 32, SynthesisConfig(), torch.Generator().manual_seed(0))
    assert pairs.clean.isfinite().all()


def test_the_kinds_are_chosen_by_their_shares_and_every_object_as_often(image_folder, objects):
    sources = load([image_folder], [objects], images_share=2, pairs_share=1, procedural_share=1)
    assert len(sources.images) == 2 + 5 + 6
    assert torch.allclose(sources.weights[:2], torch.full((2,), 0.25))
    assert torch.allclose(sources.weights[2:5], torch.full((3,), 0.125 / 3))
    assert torch.allclose(sources.weights[5:7], torch.full((2,), 0.125 / 2))
    assert torch.allclose(sources.weights[7:].sum(), torch.tensor(0.25))
    assert sources.objects.tolist() == [ALONE] * 2 + [0, 0, 0, 1, 1] + [ALONE] * 6


def test_several_folders_of_a_kind_are_read_as_one(image_folder, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    for number in range(3):
        Image.fromarray(scene(number + 5)).save(more / f"{number}.png")
    sources = load([image_folder, more], images_share=1)
    assert len(sources.images) == 5
    assert torch.allclose(sources.weights, torch.full((5,), 0.2))


def test_masks_of_views_keep_points_and_references_on_the_object(objects):
    mask = Image.new("L", (96, 96))
    mask.paste(255, (48, 0, 96, 48))
    for path in list((objects / "cup").iterdir()):
        mask.save(path.with_name(f"{path.stem}_mask.png"))
    sources = load(pairs=[objects], pairs_share=1)
    assert torch.allclose(sources.boxes[0], torch.tensor([0.5, -0.5, 0.5, 0.5]))
    assert torch.allclose(sources.boxes[4], torch.tensor([0.0, 0.0, 1.0, 1.0]))
    chosen, points = sources.draw_busy_points(300, 0.5, torch.Generator().manual_seed(0))
    on_cup = points[chosen < 3]
    assert on_cup[:, 0].min() >= 0
    assert on_cup[:, 1].max() <= 0
    assert 0.4 < points[chosen >= 3].abs().max() <= 0.6 + 1e-6  # without a mask: in the middle


def test_bad_views_and_lonely_views_are_skipped_and_named(objects):
    (objects / "cup/0.png").write_bytes(b"no image")
    (objects / "shoe/0.png").write_bytes(b"")
    sources = load(pairs=[objects], pairs_share=1)
    assert len(sources.images) == 2
    reasons = {"/".join(Path(reason.split(": ")[0]).parts[-2:]): reason for reason in sources.skipped}
    assert sorted(reasons) == ["cup/0.png", "shoe/0.png", "shoe/1.png"]
    assert "only usable view" in reasons["shoe/1.png"]


def test_objects_with_one_view_each_are_refused(objects):
    for path in ("cup/1.png", "cup/2.png", "shoe/1.png"):
        (objects / path).unlink()
    with pytest.raises(InputError, match=r"objects: no object has two usable views \(2 files, 2 skipped\)"):
        load(pairs=[objects], pairs_share=1)


def test_a_folder_with_a_single_image_is_refused_beside_a_good_one(image_folder, tmp_path):
    (tmp_path / "poor").mkdir()
    Image.fromarray(scene(0)).save(tmp_path / "poor" / "0.png")
    with pytest.raises(InputError, match="poor: 1 usable images, 0 skipped"):
        load([image_folder, tmp_path / "poor"], images_share=1)


def test_decals_alone_are_no_scenes(tmp_path):
    for number in range(3):
        Image.new("RGBA", (80, 80), (255, 0, 0, 90)).save(tmp_path / f"{number}.png")
    with pytest.raises(InputError, match="0 usable scenes"):
        load([tmp_path], images_share=1)


@pytest.mark.parametrize(
    ("shares", "folders", "problem"),
    [
        ({"images_share": 1}, {}, "images_share is 1, but no folder"),
        ({"pairs_share": 0.5}, {}, "pairs_share is 0.5, but no folder"),
        (
            {"procedural_share": 1},
            {"images": [Path("photos")]},
            "photos is given as images, but images_share is 0",
        ),
        ({"procedural_share": 1}, {"pairs": [Path("cups")]}, "cups is given as .*, but pairs_share is 0"),
        ({}, {}, "images_share = 0, pairs_share = 0, real_share = 0, procedural_share = 0"),
        ({"procedural_share": 2, "images_share": -1}, {}, "images_share = -1"),
        ({"procedural_share": 1, "procedural_scenes": 0}, {}, "procedural_scenes is 0"),
    ],
)
def test_shares_and_folders_that_contradict_each_other_are_refused(shares, folders, problem):
    with pytest.raises(UsageError, match=problem):
        load(**folders, **shares)


def test_scenes_in_two_styles_are_each_others_references():
    sources = load(procedural_share=1, two_styles_share=0.5)
    assert len(sources.images) == 6 + 3
    assert sources.objects.tolist() == [0, 0, 1, 1, 2, 2] + [ALONE] * 3
    assert torch.allclose(sources.weights[:6], torch.full((6,), 1 / 12))
    assert torch.allclose(sources.weights[6:], torch.full((3,), 1 / 6))
    assert torch.equal(sources.links.maps, torch.eye(3).repeat(6, 1, 1))
    assert torch.equal(sources.images[[0, 2, 4, 6, 7, 8]], load(procedural_share=1).images)
    pairs = make_pairs(sources, ALIGNMENT, 40, 32, 32, SynthesisConfig(), torch.Generator().manual_seed(0))
    assert pairs.matchable.mean() > 0.1
    assert pairs.match.isfinite().all()
