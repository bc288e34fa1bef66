"""Which matchers are asked, and what is told of them."""

import numpy as np
import pytest
import torch

from artifix.alignment import pool
from artifix.alignment.matching import Matches
from artifix.alignment.pool import pool_of
from artifix.alignment.scene import Scene
from artifix.config import AlignmentConfig
from artifix.errors import WeightsError

DEFAULT = AlignmentConfig().matchers
SEEN = Matches(np.zeros((7, 2)), np.zeros((7, 2)), np.ones(7), "attention", 4.0)


@pytest.fixture(autouse=True)
def forgetful():
    pool._sought.cache_clear()


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

    def match(image, mask, reference):
        asked.append(mask.sum())
        return SEEN

    monkeypatch.setattr(pool, "match_features", match)
    whole = shown.mask.copy()
    whole[20:40, 30:50] = True
    parts = [Scene(shown.image, part, shown.reference, whole) for part in (shown.mask, whole & ~shown.mask)]
    for part in parts:
        pool_of(part, ("sift",), [], torch.device("cpu"))
    assert asked == [whole.sum()]
    pool_of(shown, ("sift",), [], "cpu")  # less is masked
    darker = Scene(shown.image // 2, shown.mask, shown.reference)
    pool_of(darker, ("sift",), [], "cpu")
    assert len(asked) == 3


def test_efficientloftr_is_asked_with_its_folder(shown, tmp_path):
    with pytest.raises(WeightsError, match=r"config.json: is missing"):
        pool_of(shown, (f"efficientloftr={tmp_path}",), [SEEN], "cpu")
