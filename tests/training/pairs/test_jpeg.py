import io

import numpy as np
import pytest
import torch
from PIL import Image

from artifix.training.pairs.jpeg import compress


@pytest.fixture
def photo():
    """(1, 3, 64, 64): soft hills of colour with some texture."""
    random = torch.Generator().manual_seed(0)
    hills, texture = (torch.rand(1, 3, size, size, generator=random) for size in (5, 32))
    hills, texture = (torch.nn.functional.interpolate(p, (64, 64), mode="bilinear") for p in (hills, texture))
    return 0.8 * hills + 0.2 * texture


def error(first, second):
    return (first - second).square().mean().sqrt().item()


def test_the_best_quality_changes_hardly_anything_but_fine_colour(photo):
    grey = photo.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    assert error(compress(grey, torch.tensor([100.0])), grey) < 0.003


def test_flat_pictures_remain_flat():
    flat = torch.full((1, 3, 16, 16), 0.5)
    assert compress(flat, torch.tensor([30.0])).std() < 1e-5


def test_lower_quality_loses_more(photo):
    losses = [error(compress(photo, torch.tensor([quality])), photo) for quality in (95.0, 60.0, 25.0, 5.0)]
    assert losses == sorted(losses)
    assert losses[-1] > 2 * losses[0]


@pytest.mark.parametrize("quality", [30, 60, 85])
def test_the_loss_is_that_of_a_real_jpeg(photo, quality):
    pixels = (photo[0].permute(1, 2, 0) * 255).round().byte().numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    real = torch.from_numpy(np.asarray(Image.open(file)).copy()).permute(2, 0, 1)[None] / 255
    ours = compress(photo, torch.tensor([float(quality)]))
    assert 0.6 < error(ours, photo) / error(real, photo) < 1.6
    assert error(ours, real) < 1.2 * error(real, photo)


def test_blocks_do_not_reach_into_each_other(photo):
    changed = photo.clone()
    changed[..., :8, :8] = 0
    first, second = (compress(p, torch.tensor([40.0])) for p in (photo, changed))
    assert torch.allclose(first[..., 8:], second[..., 8:], atol=1e-5)
    assert not torch.allclose(first[..., :8, :8], second[..., :8, :8], atol=0.1)


def test_each_picture_has_its_own_quality_and_any_size(photo):
    odd = photo[..., :37, :51].repeat(2, 1, 1, 1)
    both = compress(odd, torch.tensor([90.0, 10.0]))
    assert both.shape == odd.shape
    assert error(both[1], odd[1]) > 1.5 * error(both[0], odd[0])
    assert both.min() >= 0
    assert both.max() <= 1
