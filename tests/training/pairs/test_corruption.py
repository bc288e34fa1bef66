import pytest
import torch

from artifix.training.pairs.corruption import garble


@pytest.fixture(scope="module")
def garbled():
    """A batch large enough that every way of garbling is drawn: clean, mask, garbled."""
    random = torch.Generator().manual_seed(1)
    coarse = torch.rand(48, 3, 8, 8, generator=random)
    clean = torch.nn.functional.interpolate(coarse, size=(32, 32), mode="bilinear")
    mask = torch.zeros(48, 1, 32, 32)
    mask[:, :, 10:24, 8:22] = 1
    centre, radius = torch.tensor([[-0.05, 0.05]]).repeat(48, 1), torch.full((48,), 0.45)
    melts = torch.arange(48) < 12
    return clean, mask, garble(clean, mask, centre, radius, melts, random)


def test_garbling_leaves_the_outside_untouched(garbled):
    clean, mask, spoiled = garbled
    assert torch.equal(spoiled * (1 - mask), clean * (1 - mask))


def test_garbling_shows_in_every_mask(garbled):
    clean, mask, spoiled = garbled
    change = ((spoiled - clean).abs() * mask).sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3)))
    assert change.min() > 0.01
    assert change.median() > 0.05


def test_garbled_pictures_stay_in_range(garbled):
    spoiled = garbled[2]
    assert spoiled.min() >= 0
    assert spoiled.max() <= 1


def test_garbling_follows_from_the_seed(garbled):
    clean, mask, _ = garbled
    arguments = clean, mask, torch.zeros(48, 2), torch.full((48,), 0.4)
    first, again, other = (
        garble(*arguments, torch.zeros(48, dtype=torch.bool), torch.Generator().manual_seed(seed))
        for seed in (5, 5, 6)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_melt_leaves_the_layout_and_its_colours_and_loses_the_print():
    random = torch.Generator().manual_seed(2)
    fine = torch.rand(24, 3, 64, 64, generator=random)
    coarse = torch.nn.functional.interpolate(torch.rand(24, 3, 4, 4, generator=random), (64, 64))
    clean, mask = (coarse * 0.7 + fine * 0.3), torch.zeros(24, 1, 64, 64)
    mask[:, :, 12:52, 12:52] = 1
    melts = torch.arange(24) < 12
    spoiled = garble(clean, mask, torch.zeros(24, 2), torch.full((24,), 0.7), melts, random)

    def change(cells):
        small = torch.nn.functional.adaptive_avg_pool2d(spoiled - clean, cells).abs().mean((1, 2, 3))
        return small[:12].mean(), small[12:].mean()

    melted, otherwise = change(4)
    assert melted < 0.8 * otherwise
    melted, otherwise = change(64)
    assert melted > 0.5 * otherwise


def test_melts_differ_from_each_other():
    clean = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)).repeat(6, 1, 1, 1)
    mask = torch.ones(6, 1, 32, 32)
    melts = torch.ones(6, dtype=torch.bool)
    random = torch.Generator().manual_seed(0)
    spoiled = garble(clean, mask, torch.zeros(6, 2), torch.full((6,), 0.5), melts, random)
    assert (spoiled[1:] - spoiled[:-1]).abs().mean((1, 2, 3)).min() > 0.02
    assert spoiled.isfinite().all()
