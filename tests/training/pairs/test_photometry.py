import pytest
import torch

from artifix.training.pairs.photometry import (
    Flaws,
    blur,
    draw_light,
    glare,
    grain,
    photograph,
    shine,
    soften,
)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


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
