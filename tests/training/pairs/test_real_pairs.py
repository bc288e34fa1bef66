import importlib.machinery
import shutil
import sys
import types

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.geometry import transform_points
from artifix.matching.sift import match_features
from artifix.scene import Matches
from artifix.training.pairs import real_pairs
from artifix.training.pairs.folders import read_photo
from artifix.training.pairs.photo_geometry import PairRules, find_geometry
from artifix.training.pairs.real_pairs import LEARNED, find_matchers, find_objects, find_pairs

PATTERN = "_Packages_[^_]+_([^_]+)_"
SIFT = {"sift": match_features}


@pytest.fixture(scope="module")
def objects(product_photos):
    return find_objects(product_photos.folder, PATTERN)


def geometry_of(first, second, matchers=SIFT):
    return find_geometry(read_photo(first, 1024), read_photo(second, 1024), PairRules(), matchers)


def test_the_geometry_of_two_photos_is_that_of_the_thing_they_show(objects, product_photos):
    for paths in objects.values():
        for first, second in ((paths[0], paths[1]), (paths[2], paths[0])):
            found = geometry_of(first, second)
            homes = [product_photos.homes[path.name] for path in (first, second)]
            true = homes[1] @ np.linalg.inv(homes[0])
            apart = transform_points(found.matrix, found.hull) - transform_points(true, found.hull)
            assert np.linalg.norm(apart, axis=1).max() < 2
            assert found.inliers >= 20
            assert found.agreement > 0.9
            assert found.matcher == "sift"


def test_the_outline_of_the_matches_lies_on_the_thing(objects, product_photos):
    first, second, _ = objects["Ale"]
    on_card = transform_points(
        np.linalg.inv(product_photos.homes[first.name]), geometry_of(first, second).hull
    )
    assert (on_card > -3).all()
    assert (on_card < (183, 243)).all()
    assert np.ptp(on_card, axis=0).min() > 100


def test_photos_of_other_things_are_no_pair(objects):
    assert geometry_of(objects["Ale"][0], objects["Brie"][0]) is None
    assert geometry_of(objects["Cider"][1], objects["Brie"][1]) is None


def test_what_does_not_look_alike_is_no_pair(objects):
    first, second, _ = objects["Ale"]
    turned = 255 - read_photo(second, 1024)
    true = match_features(read_photo(first, 1024), np.zeros((360, 300), bool), read_photo(second, 1024))
    matchers = {"told": lambda image, mask, reference: true}
    assert find_geometry(read_photo(first, 1024), read_photo(second, 1024), PairRules(), matchers)
    assert find_geometry(read_photo(first, 1024), turned, PairRules(), matchers) is None


def test_a_mirrored_thing_is_no_pair():
    random = np.random.default_rng(0)
    points = random.uniform(20, 180, (60, 2))
    mirrored = np.stack([200 - points[:, 0], points[:, 1]], 1)
    matches = Matches(points, mirrored, np.ones(60), "told", 3.0)
    picture = random.integers(0, 256, (200, 200, 3), np.uint8)
    matchers = {"told": lambda *_: matches}
    assert find_geometry(picture, picture[:, ::-1].copy(), PairRules(), matchers) is None


def test_few_matches_are_not_believed():
    points = np.random.default_rng(0).uniform(20, 180, (19, 2))
    picture = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    matchers = {"told": lambda *_: Matches(points, points, np.ones(19), "told", 3.0)}
    assert find_geometry(picture, picture, PairRules(), matchers) is None
    assert find_geometry(picture, picture, PairRules(least_inliers=19), matchers).inliers == 19


def test_objects_are_read_from_names_and_from_subfolders(product_photos, tmp_path):
    named = find_objects(product_photos.folder, PATTERN)
    assert {name: len(paths) for name, paths in named.items()} == {"Ale": 3, "Brie": 3, "Cider": 3}
    for name, paths in named.items():
        (tmp_path / name).mkdir()
        for path in paths:
            shutil.copy(path, tmp_path / name)
    Image.new("RGB", (80, 80)).save(tmp_path / "alone.jpg")
    found = find_objects(tmp_path)
    assert {name: [p.name for p in paths] for name, paths in found.items()} == {
        name: [p.name for p in paths] for name, paths in named.items()
    }


def test_an_object_in_one_photo_is_none(tmp_path):
    for name in ("a_Packages_x_One_1.jpg", "a_Packages_x_Two_1.jpg", "a_Packages_x_Two_2.jpg", "other.jpg"):
        Image.new("RGB", (80, 80)).save(tmp_path / name)
    assert list(find_objects(tmp_path, PATTERN)) == ["Two"]


def test_a_folder_without_objects_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no image"):
        find_objects(tmp_path, PATTERN)
    Image.new("RGB", (80, 80)).save(tmp_path / "one.jpg")
    with pytest.raises(InputError, match="no object in several photos whose names match") as caught:
        find_objects(tmp_path, PATTERN)
    assert "subfolder" in caught.value.hint
    with pytest.raises(InputError, match="holds no object in several views"):
        find_objects(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        find_objects(tmp_path / "none", PATTERN)


@pytest.mark.parametrize(("partners", "most"), [(1, 8 + 16), (3, 8 + 32)])
def test_every_photo_is_tried_with_the_anchors_and_with_some_others_once(
    monkeypatch, tmp_path, partners, most
):
    paths = [tmp_path / f"{n}.png" for n in range(8)] + [tmp_path / "iconic.png"]
    for path in paths:
        Image.new("RGB", (80, 80), (int(path.stem) if path.stem != "iconic" else 99,) * 3).save(path)
    tried = []
    monkeypatch.setattr(
        real_pairs, "find_geometry", lambda a, b, *_: tried.append(frozenset((a.max(), b.max())))
    )
    lines = []
    assert find_pairs({"it": paths}, PairRules(partners=partners), SIFT, 0, lines.append) == {}
    assert len(tried) == len(set(tried)) <= most
    assert all(frozenset((n, 99)) in tried for n in range(8))
    assert lines == [f"it: 0 of {len(tried)} pairs of 9 photos"]


def test_an_unreadable_photo_is_told_and_skipped(objects, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    lines = []
    pairs = find_pairs({"Ale": [*objects["Ale"], tmp_path / "bad.jpg"]}, PairRules(), SIFT, 0, lines.append)
    assert len(pairs["Ale"]) == 3
    assert "bad.jpg" in lines[0]


def test_a_matcher_that_is_not_installed_is_refused():
    with pytest.raises(InputError, match="loftr: no such matcher is installed"):
        find_matchers(["sift", "loftr"])
    assert list(find_matchers(["sift"])) == ["sift"]


def test_the_learned_matcher_joins_where_it_is_installed(monkeypatch, objects):
    fake = types.ModuleType(LEARNED)
    fake.__spec__ = importlib.machinery.ModuleSpec(LEARNED, None)
    fake.match_xfeat = match_features
    monkeypatch.setitem(sys.modules, LEARNED, fake)
    monkeypatch.setattr(real_pairs, "LEARNED_NEEDS", ("cv2",))
    assert list(find_matchers()) == ["sift", "xfeat"]
    poor = {"sift": lambda *_: Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "sift", 3.0)}
    found = geometry_of(*objects["Ale"][:2], matchers=poor | find_matchers(["xfeat"]))
    assert found.matcher == "xfeat"
    monkeypatch.setattr(real_pairs, "LEARNED_NEEDS", ("no_such_package",))
    assert list(find_matchers()) == ["sift"]
