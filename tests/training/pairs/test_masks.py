import cv2
import numpy as np
import pytest
import torch

from artifix.training.pairs.masks import draw_masks


def draw(count, blobs_share, stroke_share, area=0.06, seed=0, size_px=96):
    random = torch.Generator().manual_seed(seed)
    radius = torch.full((count,), (area * 4 / torch.pi) ** 0.5)
    centre = torch.rand(count, 2, generator=random) * 0.7 - 0.35
    return draw_masks(centre, radius, size_px, blobs_share, stroke_share, random)


def parts(mask):
    return cv2.connectedComponents(mask[0].numpy().astype(np.uint8))[0] - 1


@pytest.mark.parametrize(("blobs_share", "stroke_share"), [(0, 0), (1, 0), (0, 1), (0.3, 0.3)])
@pytest.mark.parametrize("area", [0.012, 0.06, 0.3])
def test_masks_have_the_area_asked_for_whatever_their_kind(blobs_share, stroke_share, area):
    share = draw(40, blobs_share, stroke_share, area).mean((1, 2, 3))
    assert (share / area).min() > 0.7
    assert (share / area).max() < 1.3


def test_blobs_are_in_one_part_and_several_blobs_often_are_not():
    assert [parts(mask) for mask in draw(30, 0, 0)] == [1] * 30
    several = [parts(mask) for mask in draw(40, 1, 0)]
    assert sum(count > 1 for count in several) > 12
    assert max(several) <= 3


def test_strokes_are_longer_than_they_are_wide():
    ratios = []
    for mask in draw(30, 0, 1):
        places = torch.nonzero(mask[0]).float()
        spread = torch.linalg.svdvals(places - places.mean(0))
        ratios.append(spread[0] / spread[1])
    assert torch.stack(ratios).median() > 2


def test_a_blob_covers_its_centre():
    random = torch.Generator().manual_seed(0)
    centre, radius = torch.zeros(30, 2), torch.full((30,), 0.4)
    assert draw_masks(centre, radius, 33, 0, 0, random)[:, 0, 16, 16].all()


def test_masks_follow_from_the_seed():
    first, again, other = (draw(8, 0.3, 0.3, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
