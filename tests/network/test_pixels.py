import numpy as np
import pytest
import torch

from artifix.network.pixels import to_batch, to_pictures

CPU = torch.device("cpu")


def test_pictures_come_back_as_they_went():
    pictures = list(np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), np.uint8))
    batch = to_batch(pictures, CPU, torch.float32)
    assert batch.shape == (2, 3, 5, 7)
    assert np.array_equal(to_pictures(batch).round().astype(np.uint8), np.stack(pictures))


def test_black_is_minus_one_and_white_is_one():
    black_and_white = np.array([[[0] * 3, [255] * 3]], np.uint8)
    assert to_batch([black_and_white], CPU, torch.float32)[0, 0].tolist() == [[-1, 1]]


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_all_kinds_of_samples_have_the_same_scale(kind):
    picture = np.full((2, 2, 3), 51, kind)
    assert to_batch([picture], CPU, torch.float32).unique().item() == pytest.approx(-0.6)


def test_masks_are_zero_and_one():
    mask = np.zeros((4, 6), bool)
    mask[1, 2] = True
    batch = to_batch([mask, ~mask], CPU, torch.bfloat16)
    assert batch.shape == (2, 1, 4, 6)
    assert batch.dtype == torch.bfloat16
    assert batch[0, 0, 1, 2] == 1
    assert batch.sum() == 24


def test_pictures_are_rounded_to_the_number_format_once_only():
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    batch = to_batch([picture], CPU, torch.bfloat16)
    assert batch.dtype == torch.bfloat16
    assert torch.equal(batch, to_batch([picture], CPU, torch.float32).bfloat16())


def test_what_lies_outside_the_range_is_kept():
    assert to_pictures(torch.full((1, 3, 1, 1), 1.2)).max() == pytest.approx(280.5)
