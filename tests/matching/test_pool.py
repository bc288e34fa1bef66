"""Which matchers are asked, and what is told of them."""

import numpy as np
import pytest
import torch

from artifix.config import AlignmentConfig
from artifix.errors import WeightsError
from artifix.matching import pool
from artifix.matching.pool import pool_of, seen_through
from artifix.scene import Matches, Scene

DEFAULT = AlignmentConfig().matchers
SEEN = Matches(np.zeros((7, 2)), np.zeros((7, 2)), np.ones(7), "attention", 4.0)


@pytest.fixture(autouse=True)
def forgetful():
    pool._sought.cache_clear()
    pool._seen.cache_clear()


@pytest.fixture
def shown(scene) -> Scene:
    picture, mask = scene(200, 240), np.zeros((200, 240), bool)
    mask[80:110, 90:130] = True
    return Scene(picture, mask, np.roll(picture, (6, 9), (0, 1)))


def test_all_matchers_of_the_default_are_asked_and_counted(shown):
    pytest.importorskip("kornia")
    found = pool_of(shown, DEFAULT, [SEEN, SEEN], "cpu")
    assert [matches.source for matches in found.matches] == ["sift", "xfeat", "attention", "attention"]
    assert found.told == {"sift": len(found.matches[0]), "xfeat": len(found.matches[1]), "attention": 14}
    assert min(found.told.values()) > 0


@pytest.mark.parametrize("entries", [("sift",), ("attention",), ("attention", "sift")])
def test_only_those_named_are_asked_in_their_order(shown, entries):
    found = pool_of(shown, entries, [SEEN], "cpu")
    assert tuple(matches.source for matches in found.matches) == entries
    assert tuple(found.told) == entries


def test_what_is_not_installed_is_left_out_of_the_default_and_told(shown, lacking):
    found = pool_of(shown, DEFAULT, [SEEN], "cpu")
    assert [matches.source for matches in found.matches] == ["sift", "attention"]
    assert found.told["xfeat"] == "not installed"


def test_what_was_asked_for_is_never_left_out(shown, lacking):
    with pytest.raises(WeightsError, match="xfeat: is not installed"):
        pool_of(shown, ("xfeat",), [SEEN], "cpu")


def test_a_matcher_is_asked_once_for_all_parts_of_a_mask(shown, monkeypatch):
    asked = []

    def match(features, others):
        asked.append(len(features.points))
        return SEEN

    monkeypatch.setattr(pool, "match_described", match)
    whole = shown.mask.copy()
    whole[20:40, 30:50] = True
    parts = [Scene(shown.image, part, shown.reference, whole) for part in (shown.mask, whole & ~shown.mask)]
    for part in parts:
        pool_of(part, ("sift",), [], torch.device("cpu"))
    assert len(asked) == 1
    pool_of(shown, ("sift",), [], "cpu")  # less is masked
    darker = Scene(shown.image // 2, shown.mask, shown.reference)
    pool_of(darker, ("sift",), [], "cpu")
    assert len(asked) == 3


def test_a_picture_is_described_once_for_all_questions(shown, monkeypatch):
    described = []
    describe = pool.describe
    monkeypatch.setattr(
        pool, "describe", lambda picture: described.append(picture.shape) or describe(picture)
    )
    pool_of(shown, ("sift",), [], "cpu")
    everything = seen_through(shown)
    pool_of(Scene(shown.image, ~shown.mask, shown.reference), ("sift",), [], "cpu")
    assert len(described) == 2
    assert shown.mask[tuple(everything.image.round().astype(int).T[::-1])].any()


def test_a_small_object_in_a_large_picture_is_searched_closer(shown):
    height, width = shown.mask.shape
    large = np.full((1500, 2000, 3), 200, np.uint8)
    large[900 : 900 + height, 300 : 300 + width] = shown.image
    mask = np.zeros(large.shape[:2], bool)
    mask[900 : 900 + height, 300 : 300 + width] = shown.mask
    alone = pool_of(shown, ("sift",), [], "cpu").matches
    whole, closer = pool_of(Scene(large, mask, shown.reference), ("sift",), [], "cpu").matches
    assert len(closer) > 0.9 * len(alone[0]) > 1.5 * len(whole)
    assert closer.tolerance_px < whole.tolerance_px
    shift, shift_alone = (np.median(m.image - m.reference, axis=0) for m in (closer, alone[0]))
    assert shift == pytest.approx(shift_alone + np.array([300, 900]), abs=0.1)


def test_efficientloftr_is_asked_with_its_folder(shown, tmp_path):
    with pytest.raises(WeightsError, match=r"config.json: is missing"):
        pool_of(shown, (f"efficientloftr={tmp_path}",), [SEEN], "cpu")


def test_what_is_not_needed_is_not_asked_and_told(shown):
    found = pool_of(shown, DEFAULT, [SEEN], "cpu", lambda name: name != "xfeat")
    assert [matches.source for matches in found.matches] == ["sift", "attention"]
    assert found.told["xfeat"] == "not needed"


def test_what_is_not_installed_is_told_so_needed_or_not(shown, lacking):
    assert pool_of(shown, DEFAULT, [SEEN], "cpu", lambda name: False).told["xfeat"] == "not installed"


def test_two_pools_are_joined_with_what_each_asked(shown):
    first = pool_of(shown, ("sift", "attention"), [SEEN], "cpu", lambda name: name == "attention")
    second = pool_of(shown, ("sift", "attention"), [SEEN], "cpu", lambda name: name == "sift")
    joined = first.joined(second)
    assert [matches.source for matches in joined.matches] == ["attention", "sift"]
    assert joined.told == {"sift": len(joined.matches[1]), "attention": 7}
