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
    return clean, mask, garble(clean, mask, centre, radius, random)


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
    first, again, other = (garble(*arguments, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
