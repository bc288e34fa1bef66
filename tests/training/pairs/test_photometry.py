import pytest
import torch

from artifix.training.pairs.photometry import (
    Flaws,
    blur,
    draw_light,
    glare,
    grain,
    match_light,
    photograph,
    shine,
    soften,
)


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


def test_light_without_strength_leaves_pictures_as_they_are(random):
    pictures = torch.rand(2, 3, 8, 8, generator=random).clamp_min(1e-3)
    assert torch.allclose(shine(draw_light(torch.full((2,), 0.0), random), pictures), pictures, atol=1e-5)


def test_light_changes_pictures_and_stays_in_range(random):
    pictures = torch.rand(16, 3, 8, 8, generator=random)
    lit = shine(draw_light(torch.full((16,), 1.0), random), pictures)
    assert (lit - pictures).abs().mean((1, 2, 3)).min() > 0.01
    assert lit.min() >= 0
    assert lit.max() <= 1


def test_a_light_falls_on_every_pixel_alone_whatever_is_beside_it(random):
    light = draw_light(torch.full((2,), 1.0), random)
    one, other = torch.rand(2, 2, 3, 8, 8, generator=random)
    of_one = torch.rand(2, 1, 8, 8, generator=random) > 0.5
    lit, apart = (shine(light, picture) for picture in (torch.where(of_one, one, other), one))
    expected = torch.where(of_one, apart, shine(light, other))
    assert torch.allclose(lit, expected, atol=1e-6)
    assert not torch.allclose(lit, torch.where(of_one, one, other), atol=0.02)


def test_blur_keeps_flat_pictures_and_flattens_others_by_their_own_width(random):
    flat = torch.full((2, 3, 16, 16), 0.3)
    assert torch.allclose(blur(flat, torch.tensor([0.5, 3.0])), flat, atol=1e-6)
    noise = torch.rand(1, 3, 32, 32, generator=random).repeat(2, 1, 1, 1)
    sharp, soft = blur(noise, torch.tensor([0.05, 2.0]))
    assert torch.allclose(sharp, noise[0], atol=1e-6)
    assert soft.std() < 0.3 * sharp.std()


def test_grain_and_softening_stay_in_range(random):
    pictures = torch.rand(8, 3, 16, 16, generator=random).round()
    spoiled = grain(soften(pictures, random), random)
    assert spoiled.min() >= 0
    assert spoiled.max() <= 1
    assert (spoiled - pictures).abs().amax((1, 2, 3)).min() > 0.01


def test_glare_only_brightens_and_leaves_most_of_most_pictures(random):
    pictures = torch.rand(40, 3, 32, 32, generator=random)
    brighter = glare(pictures, random) - pictures
    assert brighter.min() >= 0
    assert brighter.amax((1, 2, 3)).median() > 0.1
    assert (brighter.mean((1, 2, 3)) < 0.2).float().mean() > 0.8


def test_a_perfect_camera_changes_nothing(random):
    pictures = torch.rand(4, 3, 24, 24, generator=random).clamp_min(1e-3)
    before = pictures.clone()
    taken = photograph(pictures, draw_light(torch.full((4,), 0.0), random), Flaws(0, 0, 0, 0), random)
    assert torch.allclose(taken, pictures, atol=1e-5)
    assert torch.equal(pictures, before)


@pytest.mark.parametrize("name", ["glare", "blur", "grain", "compression"])
def test_each_flaw_shows_in_its_share_of_the_photos(random, name):
    pictures = torch.rand(60, 3, 24, 24, generator=random) * 0.8 + 0.1
    flaws = Flaws(**{"glare": 0, "blur": 0, "grain": 0, "compression": 0, name: 0.5})
    taken = photograph(pictures, draw_light(torch.full((60,), 0.0), random), flaws, random)
    changed = (taken - pictures).abs().amax((1, 2, 3)) > 1e-3
    assert 0.3 < changed.float().mean() < 0.7
    assert taken.min() >= 0
    assert taken.max() <= 1


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (1.0, 0.3), (0.6, 0.2), (1.8, -0.05)])
def test_light_that_differs_by_gain_and_offset_is_matched(crop, mask, gain, offset):
    per_channel = torch.tensor([1.0, 0.9, 1.1]).view(1, 3, 1, 1)
    aligned = crop * gain * per_channel + offset
    matched = match_light(aligned, crop, mask, torch.ones_like(mask))
    # A ridge holds the fit near 1, so a large gain is followed to a few hundredths only.
    assert (matched - crop).abs().max() < 0.01 + 0.1 * (aligned - crop).abs().max()
    assert (matched - crop).abs().mean() < 0.01 + 0.05 * abs(1 - gain)


def test_the_masked_part_has_no_say_in_the_light(crop, mask):
    valid = torch.ones_like(mask)
    spoiled = torch.where(mask > 0, torch.ones(()), crop)
    assert torch.equal(match_light(crop, spoiled, mask, valid), match_light(crop, crop, mask, valid))


def test_invalid_reference_has_no_say_in_the_light_and_stays_zero(crop, mask):
    valid = torch.ones_like(mask)
    valid[..., :20] = 0
    elsewhere = torch.where(valid > 0, crop * 0.7 + 0.1, torch.ones(()))
    matched = match_light(elsewhere, crop, mask, valid)
    assert (matched - crop).abs()[..., 20:].max() < 0.01
    assert not matched[..., :20].any()


def test_no_aligned_reference_gives_zeros(crop, mask):
    nothing = torch.zeros_like(mask)
    assert not match_light(crop * 0, crop, mask, nothing).any()


def test_light_that_falls_across_the_mask_is_continued_into_it(crop, mask):
    fall = torch.linspace(-0.2, 0.2, 48).view(1, 1, 1, 48)
    matched = match_light(crop * 0.5, crop * 0.5 + fall, mask, torch.ones_like(mask))
    wrong = ((matched - crop * 0.5 - fall).abs() * mask).sum() / (3 * mask.sum())
    ignored = (fall.abs() * mask).sum() / mask.sum()
    assert wrong < 0.3 * ignored


def test_hardly_any_texture_is_not_blown_up(crop, mask):
    matched = match_light(crop * 0.001, crop, mask, torch.ones_like(mask))
    assert matched.std() < 0.5 * crop.std()
