import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from artifix.errors import InputError, OutputError, UsageError
from artifix.training.config import DataConfig
from artifix.training.pairs.material import load_data
from artifix.training.pairs.pack import INDEX, is_pack, read_index, read_pack
from artifix.training.pairs.pack_plan import PackPlan
from artifix.training.pairs.packing import write_pack
from artifix.training.pairs.photo_geometry import PairRules, find_geometry
from artifix.training.pairs.preview import write_preview
from artifix.training.pairs.real_pairs import find_matchers
from artifix.training.pairs.sources import ALONE
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.pairs.warps import look
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

PATTERN = "_Packages_[^_]+_([^_]+)_"
CPU = torch.device("cpu")
BARE = SynthesisConfig(
    bend_share=0,
    reference_bend_share=0,
    crop_occluded_share=0,
    reference_occluded_share=0,
    light=0,
    glare_share=0,
    blur_share=0,
    grain_share=0,
    compression_share=0,
    wrong_aligned_share=0,
    aligned_share=1,
)


@pytest.fixture(scope="module")
def plan(product_photos):
    return PackPlan(
        objects=(product_photos.folder,), pattern=PATTERN, side_px=64, pair_side_px=96, matchers=("sift",)
    )


@pytest.fixture(scope="module")
def singles(tmp_path_factory):
    """Thirty noisy pictures, which JPEG cannot make small, and a decal."""
    folder = tmp_path_factory.mktemp("singles")
    for number in range(30):
        noise = np.random.default_rng(number).integers(0, 256, (90, 120, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{number:02d}.png")
    Image.new("RGBA", (80, 80), (255, 0, 0, 90)).save(folder / "decal.png")
    return folder


@pytest.fixture
def copied(pack_folder, tmp_path):
    return shutil.copytree(pack_folder, tmp_path / "pack")


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def load(folder, **shares):
    config = DataConfig(source_px=128, decal_px=32, lettering=0, **({"images_share": 0} | shares))
    return load_data([folder], [], config, 0, CPU)


def test_a_pack_is_read_back_equal_and_made_again_the_same(plan, singles, tmp_path):
    plan = replace(plan, images=(singles,))
    written = write_pack(tmp_path / "first", plan)
    assert read_pack(tmp_path / "first") == written
    write_pack(tmp_path / "second", plan)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["first", "second"]
    other = write_pack(tmp_path / "first", replace(plan, seed=1))  # in place of the earlier one
    assert read_pack(tmp_path / "first") == other != written


def alike(pack_folder, pack, pair, shift_px):
    """Correlation of the two squares where they match, the second laid over the first beside its place."""
    first, second = (
        cv2.GaussianBlur(np.asarray(Image.open(pack_folder / pack.pictures[place].file)), (0, 0), 1.0)
        for place in (pair.first, pair.second)
    )
    moved = np.array([[1, 0, shift_px], [0, 1, 0], [0, 0, 1.0]]) @ np.array(pair.matrix)
    laid = cv2.warpPerspective(second, np.linalg.inv(moved), first.shape[1::-1])
    inside = np.zeros(first.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.array(pair.points)), 1)
    return np.corrcoef(first[inside > 0].ravel(), laid[inside > 0].ravel())[0, 1]


def test_the_matrices_lay_one_square_over_the_other(pack_folder):
    pack = read_pack(pack_folder)
    assert len(pack.pairs) == 6
    for pair in pack.pairs:
        assert alike(pack_folder, pack, pair, 0) > 0.93
        assert max(alike(pack_folder, pack, pair, shift) for shift in (-4, 4)) < 0.8


def test_what_is_held_out_never_appears(plan, product_photos, tmp_path):
    # The folder is named twice, and its photos lie in another one as single pictures too.
    folder = shutil.copytree(product_photos.folder, tmp_path / "again")
    plan = replace(plan, images=(product_photos.folder, folder), hold_out=("Brie",), side_px=96)
    lines = []
    pack = write_pack(tmp_path / "pack", plan, lines.append)
    assert pack.held_out == ("Brie",)
    assert {picture.object for picture in pack.pictures} == {"Ale", "Cider", ""}
    assert len(pack.pictures) == 6 + 6  # six in pairs, and the copies of these six alone
    assert "2 objects, 1 held out: Brie" in lines[0]
    held_out = [np.asarray(Image.open(p)) for p in sorted(product_photos.folder.glob("*Brie*"))]
    for picture in pack.pictures:
        pixels = np.asarray(Image.open(tmp_path / "pack" / picture.file).convert("RGB"))
        for photo in held_out:
            assert find_geometry(photo, pixels, PairRules(), find_matchers(["sift"])) is None


def test_half_of_the_objects_can_be_held_out(plan, tmp_path):
    pack = write_pack(tmp_path / "pack", replace(plan, hold_out_half=True))
    assert pack.held_out == ("Ale", "Cider")
    assert {picture.object for picture in pack.pictures} == {"Brie"}


def test_the_limit_holds_and_pairs_come_first(plan, singles, tmp_path):
    plan = replace(plan, images=(singles,))
    whole = write_pack(tmp_path / "whole", plan)
    lines = []
    small = write_pack(tmp_path / "small", replace(plan, most_bytes=100_000), lines.append)
    assert sum(map(len, files_of(tmp_path / "small").values())) <= 100_000
    assert small.pairs == whole.pairs
    assert 0 < len(small.singles) < len(whole.singles) == 31
    assert "0.1 MB are reached" in lines
    with pytest.raises(OutputError, match="the photos of the pairs take 0.0 MB, the limit is 0.0 MB"):
        write_pack(tmp_path / "none", replace(plan, most_bytes=20_000))
    assert not (tmp_path / "none").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small", "whole"]


def test_the_index_tells_the_licences(pack_folder):
    sources = {source.name: source for source in read_pack(pack_folder).sources}
    assert len(sources) == 2
    assert sources.pop("single").licence == "not told"
    (cards,) = sources.values()
    assert cards.licence == "CC0 1.0 (drawn)"
    assert cards.origin == "https://example.org/cards"


def test_decals_stay_transparent_and_singles_keep_their_shape(singles, tmp_path):
    pack = write_pack(
        tmp_path / "pack", PackPlan(images=(singles,), matchers=("sift",), side_px=64, decal_px=64)
    )
    (decal,) = [picture for picture in pack.pictures if picture.file.endswith(".png")]
    assert np.asarray(Image.open(tmp_path / "pack" / decal.file))[32, 32].tolist() == [255, 0, 0, 90]
    sources = load(tmp_path / "pack", images_share=1)
    assert len(sources.images) == 30
    assert len(sources.decals) == 1


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"hold_out": ("Beer",)}, UsageError, "no object is called Beer, and so none can be held out"),
        ({"objects": ()}, UsageError, "nothing is to be packed"),
        ({"decal_px": 48}, UsageError, "squares of 64, 96 and 48 px are asked for"),
        ({"matchers": ("loftr",)}, InputError, "loftr: no such matcher"),
        ({"pattern": "_Nothing_(.*)_"}, InputError, "holds no object in several photos"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(plan, tmp_path, changes, error, said):
    with pytest.raises(error, match=said) as caught:
        write_pack(tmp_path / "pack", replace(plan, **changes))
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_not_overwritten(plan, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="holds no pack, but something else"):
        write_pack(tmp_path, plan)
    with pytest.raises(OutputError, match="is a file"):
        write_pack(tmp_path / "thesis.txt", plan)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_everything_held_out_leaves_no_pack(plan, tmp_path):
    with pytest.raises(OutputError, match="no picture is left"):
        write_pack(tmp_path / "pack", replace(plan, hold_out=("Ale", "Brie", "Cider")))


def broken(values):
    values["pairs"][0]["second"] = 99


def lonely(values):
    values["pictures"][0]["object"] = "Gin"


def flat(values):
    values["pairs"][0]["matrix"] = [[1, 0, 0], [2, 0, 0], [0, 0, 1]]


def short(values):
    values["pairs"][0]["matrix"] = [[1, 0, 0], [0, 1, 0]]


def outside(values):
    values["pictures"][0]["file"] = "../secret.jpg"


def betrayed(values):
    values["held_out"] = ["Ale"]


def pointless(values):
    values["pairs"][0]["points"] = [[1, 1], [2, 2]]


def newer(values):
    values["format"] = 7


def unnamed(values):
    del values["pictures"][0]["source"]


def unlisted(values):
    values["sources"] = []


def without(values):
    del values["pairs"]


def more(values):
    values["weather"] = "fine"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (broken, "pair 0 names pictures that are not listed"),
        (lonely, "pair 0 is not of two pictures of one object"),
        (flat, "pair 0 has no matrix of 3 x 3 numbers that can be inverted"),
        (short, "pair 0 has no matrix of 3 x 3"),
        (outside, "lies outside the pack"),
        (betrayed, "shows Ale, which is held out"),
        (pointless, "pair 0 tells fewer than three matches"),
        (newer, "its format is not 1"),
        (unnamed, "source"),
        (unlisted, "of which nothing is told"),
        (without, "it does not tell 'pairs'"),
        (more, "it tells of weather"),
    ],
)
def test_a_damaged_index_is_refused_with_its_reason(copied, change, said):
    values = json.loads((copied / INDEX).read_text())
    change(values)
    (copied / INDEX).write_text(json.dumps(values))
    with pytest.raises(InputError, match=said) as caught:
        read_pack(copied)
    assert str(copied / INDEX) in caught.value.problem
    assert "make it anew" in caught.value.hint


def test_a_cut_index_is_refused(copied):
    whole = (copied / INDEX).read_text()
    (copied / INDEX).write_text(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="pack.json: is damaged or missing"):
        read_pack(copied)


def test_changed_and_missing_pictures_are_refused_by_name(copied):
    file = read_index(copied).pictures[2].file
    (copied / file).write_bytes((copied / file).read_bytes() + b" ")
    with pytest.raises(InputError, match=f"{file}: is damaged or missing: it is not the picture"):
        load(copied, real_share=1)
    (copied / file).unlink()
    with pytest.raises(InputError, match=f"{file}: is damaged or missing: No such file"):
        load(copied, real_share=1)


def test_a_folder_without_an_index_is_no_pack(image_folder):
    assert not is_pack(image_folder)
    with pytest.raises(InputError, match="is damaged or missing"):
        read_pack(image_folder)


def test_a_pack_without_pairs_has_no_real_share(singles, tmp_path):
    write_pack(tmp_path / "pack", PackPlan(images=(singles,), matchers=("sift",), side_px=64))
    with pytest.raises(InputError, match="no pair of photos is in the pack"):
        load(tmp_path / "pack", real_share=1)


def test_a_share_of_real_pairs_without_a_pack_is_refused(image_folder):
    with pytest.raises(UsageError, match="real_share is 1, but no folder of a pack is given"):
        load(image_folder, images_share=0.5, real_share=1)
    with pytest.raises(UsageError, match="is given as images, but images_share is 0"):
        load(image_folder, real_share=0.5, procedural_share=1)


def test_every_object_of_a_pack_is_chosen_as_often(pack_folder):
    sources = load(pack_folder, images_share=0.5, real_share=0.5)
    assert len(sources.images) == 4 + 6
    assert sources.objects.tolist() == [ALONE] * 4 + [0] * 3 + [1] * 3
    assert torch.allclose(sources.weights[:4], torch.full((4,), 0.125))
    assert torch.allclose(sources.weights[4:], torch.full((6,), 1 / 12))
    assert len(sources.links) == 12


@pytest.mark.parametrize("task", [MATCHING, ALIGNMENT, REFINEMENT])
def test_the_other_photo_shows_at_the_match_what_the_crop_shows(pack_folder, task):
    sources = load(pack_folder, real_share=1)
    random = torch.Generator().manual_seed(0)
    pairs = make_pairs(sources, task, 40, 64, 64, replace(BARE, melted_share=0), random)

    def error(shift):
        seen = look(pairs.reference, pairs.match.permute(0, 3, 1, 2) + shift)
        return ((seen - pairs.clean).abs().mean(1, keepdim=True) * known).sum() / known.sum()

    known = pairs.matchable
    assert known.mean() > 0.2
    assert (known * pairs.mask).sum() / pairs.mask.sum() > 0.5
    # The cards hang in another light: what is left is that, and what 64 px cannot show.
    assert error(0.0) < 0.6 * min(error(0.1), error(-0.1))


def test_the_other_photo_laid_over_the_crop_is_the_aligned_reference(pack_folder):
    sources = load(pack_folder, real_share=1)
    pairs = make_pairs(sources, REFINEMENT, 40, 64, 64, BARE, torch.Generator().manual_seed(0))
    shown = pairs.valid * pairs.matchable
    assert (pairs.valid > 0).float().mean() > 0.5
    near = ((pairs.aligned - pairs.clean).abs().mean(1, keepdim=True) * shown).sum() / shown.sum()
    off = pairs.aligned.roll(6, -1)
    far = ((off - pairs.clean).abs().mean(1, keepdim=True) * shown).sum() / shown.sum()
    assert near < 0.7 * far
    assert not pairs.aligned[(pairs.valid == 0).expand_as(pairs.aligned)].any()


def test_the_artifacts_of_real_pairs_melt_in_place(pack_folder):
    sources = load(pack_folder, real_share=1)
    pairs = make_pairs(sources, ALIGNMENT, 40, 64, 64, BARE, torch.Generator().manual_seed(0))
    coarse = torch.nn.functional.avg_pool2d(pairs.garbled - pairs.clean, 16)
    assert coarse.abs().mean() < 0.1
    inside = pairs.mask.expand_as(pairs.clean) > 0
    assert (pairs.garbled - pairs.clean).abs()[inside].mean() > 0.05


def test_held_out_objects_of_a_pack_stay_apart_in_validation(pack_folder):
    training, held_out = load(pack_folder, real_share=1).split(3)
    for part in (training, held_out):
        assert len(part.images) == 3
        assert part.links.first.max() < 3
        assert len(part.links) == 6


def test_a_preview_of_real_pairs_is_drawn(pack_folder, tmp_path):
    sources = load(pack_folder, real_share=1)
    write_preview(tmp_path / "sheet.png", sources, SynthesisConfig(), 0, 64, 64, rows=3)
    assert Image.open(tmp_path / "sheet.png").height == 3 * 70
