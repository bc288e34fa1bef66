"""The light of the crop in training, and how far it is from that of refinement."""

import cv2
import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from artifix.refinement.exact_light import match_light_exactly
from artifix.training.pairs.light_match import match_light_plainly
from artifix.training.pairs.photometry import draw_light, shine

COUNT, SIDE_PX = 12, 64
HOLE = slice(24, 40)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def crop(random):
    return torch.rand(3, 3, 48, 48, generator=random) - 0.5


@pytest.fixture
def mask():
    mask = torch.zeros(3, 1, 48, 48)
    mask[:, :, 16:30, 12:28] = 1
    return mask


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (1.0, 0.3), (0.6, 0.2), (1.8, -0.05)])
def test_light_that_differs_by_gain_and_offset_is_matched(crop, mask, gain, offset):
    per_channel = torch.tensor([1.0, 0.9, 1.1]).view(1, 3, 1, 1)
    aligned = crop * gain * per_channel + offset
    matched = match_light_plainly(aligned, crop, mask, torch.ones_like(mask))
    # A ridge holds the fit near 1, so a large gain is followed to a few hundredths only.
    assert (matched - crop).abs().max() < 0.01 + 0.1 * (aligned - crop).abs().max()
    assert (matched - crop).abs().mean() < 0.01 + 0.05 * abs(1 - gain)


def test_the_masked_part_has_no_say_in_the_light(crop, mask):
    valid = torch.ones_like(mask)
    spoiled = torch.where(mask > 0, torch.ones(()), crop)
    assert torch.equal(
        match_light_plainly(crop, spoiled, mask, valid), match_light_plainly(crop, crop, mask, valid)
    )


def test_invalid_reference_has_no_say_in_the_light_and_stays_zero(crop, mask):
    valid = torch.ones_like(mask)
    valid[..., :20] = 0
    elsewhere = torch.where(valid > 0, crop * 0.7 + 0.1, torch.ones(()))
    matched = match_light_plainly(elsewhere, crop, mask, valid)
    assert (matched - crop).abs()[..., 20:].max() < 0.01
    assert not matched[..., :20].any()


def test_no_aligned_reference_gives_zeros(crop, mask):
    nothing = torch.zeros_like(mask)
    assert not match_light_plainly(crop * 0, crop, mask, nothing).any()


def test_light_that_falls_across_the_mask_is_continued_into_it(crop, mask):
    fall = torch.linspace(-0.2, 0.2, 48).view(1, 1, 1, 48)
    matched = match_light_plainly(crop * 0.5, crop * 0.5 + fall, mask, torch.ones_like(mask))
    wrong = ((matched - crop * 0.5 - fall).abs() * mask).sum() / (3 * mask.sum())
    ignored = (fall.abs() * mask).sum() / mask.sum()
    assert wrong < 0.3 * ignored


def test_hardly_any_texture_is_not_blown_up(crop, mask):
    matched = match_light_plainly(crop * 0.001, crop, mask, torch.ones_like(mask))
    assert matched.std() < 0.5 * crop.std()


@pytest.fixture
def pairs(scene) -> tuple[Tensor, Tensor, Tensor]:
    """References in [0, 1], the same in other light, and masks: (B, C, S, S) each."""
    pictures = torch.from_numpy(np.stack([scene(SIDE_PX, SIDE_PX, seed) for seed in range(COUNT)]))
    references = pictures.permute(0, 3, 1, 2).float() / 255
    truths = shine(draw_light(torch.full((COUNT,), 1.0), Generator().manual_seed(3)), references)
    mask = torch.zeros(COUNT, 1, SIDE_PX, SIDE_PX)
    mask[:, :, HOLE, HOLE] = 1
    return references, truths, mask


def grey_levels(pictures: Tensor) -> np.ndarray:
    """(B, S, S, 3) in [0, 255] of (B, 3, S, S) in [0, 1]."""
    return (255 * pictures).permute(0, 2, 3, 1).numpy()


def errors(references: Tensor, seen: Tensor, truths: Tensor, mask: Tensor) -> tuple[float, float, float]:
    """Mean absolute differences inside the mask [grey levels]: of both fits, and of each from the truth."""
    everywhere = np.ones((SIDE_PX, SIDE_PX), bool)
    plain = match_light_plainly(2 * references - 1, 2 * seen - 1, mask, torch.ones_like(mask))
    plain = grey_levels((plain + 1) / 2)
    exact = np.stack(
        [
            match_light_exactly(reference, everywhere, image, hole)
            for reference, image, hole in zip(
                grey_levels(references), grey_levels(seen), mask[:, 0].numpy() > 0, strict=True
            )
        ]
    )
    inside, truth = mask[:, 0].numpy() > 0, grey_levels(truths)
    pairs = ((plain, exact), (plain, truth), (exact, truth))
    apart, of_plain, of_exact = (float(np.abs(a - b)[inside].mean()) for a, b in pairs)
    return apart, of_plain, of_exact


def test_in_light_alone_the_fits_of_training_and_refinement_come_to_about_the_same(pairs):
    references, truths, mask = pairs
    unlit = np.abs(grey_levels(references) - grey_levels(truths)).mean()
    apart, of_plain, of_exact = errors(references, truths, truths, mask)
    assert unlit > 20
    assert apart < 5
    assert max(of_plain, of_exact) < 6


def test_an_occluder_on_the_ring_tints_the_fit_of_training_and_not_that_of_refinement(pairs):
    references, truths, mask = pairs
    seen = truths.clone()
    seen[:, :, 16:24, 24:32] = torch.tensor([1.0, 0, 0]).view(3, 1, 1)
    apart, of_plain, of_exact = errors(references, seen, truths, mask)
    assert apart > 8
    assert of_exact < 0.5 * of_plain


def test_only_the_fit_of_refinement_follows_the_blur_of_the_image(pairs):
    references, truths, mask = pairs
    blurred = [cv2.GaussianBlur(picture, (0, 0), 1.2) for picture in truths.permute(0, 2, 3, 1).numpy()]
    soft = torch.from_numpy(np.stack(blurred)).permute(0, 3, 1, 2)
    apart, of_plain, of_exact = errors(references, soft, soft, mask)
    assert apart > 2
    assert of_exact < of_plain
