import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.training.pairs.bends import draw_bend
from artifix.training.pairs.warps import frame

CPU = torch.device("cpu")


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def points(count, size_px=24):
    return frame(size_px, CPU).expand(count, -1, -1, -1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_way_back_is_exact(seed, cylinder_share):
    bend = draw_bend(12, 1.0, cylinder_share, random(seed))
    assert torch.allclose(bend.from_flat(bend.to_flat(points(12))), points(12), atol=3e-5)
    on_surface = points(12) * 0.8
    assert torch.allclose(bend.to_flat(bend.from_flat(on_surface)), on_surface, atol=3e-5)


def test_the_way_back_is_none_of_another_bend():
    first, second = (draw_bend(12, 1.0, 0.5, random(seed)) for seed in (1, 2))
    assert (second.from_flat(first.to_flat(points(12))) - points(12)).abs().max() > 0.05


def test_behind_the_horizon_of_a_cylinder_is_outside_the_frame():
    bend = draw_bend(40, 1.0, 1.0, random())
    angle = torch.linspace(0, 2 * math.pi, 64)
    ring = torch.stack([angle.cos(), angle.sin()]).view(1, 2, 1, 64).expand(40, -1, -1, -1)
    for distance in (1.5, 3.0, 8.0):
        seen = bend.from_flat(ring * distance)
        seen_inside = seen.abs().amax(1) < 1
        # What is seen inside is really there: the way on leads back to it.
        gap = (bend.to_flat(seen) - ring * distance).norm(dim=1)
        assert gap[seen_inside].numel() == 0 or gap[seen_inside].max() < 1e-3


@pytest.mark.parametrize("cylinder_share", [0.0, 1.0])
def test_only_the_share_of_rows_is_bent(cylinder_share):
    flat = points(200)
    bent = draw_bend(200, 0.4, cylinder_share, random()).to_flat(flat)
    moved = (bent - flat).abs().amax((1, 2, 3)) > 1e-3
    assert 0.3 < moved.float().mean() < 0.5
    assert torch.equal(bent[~moved], flat[~moved])
    assert torch.equal(draw_bend(3, 0.0, 0.5, random()).to_flat(flat[:3]), flat[:3])


def test_cloth_moves_no_point_further_than_its_height():
    bend = draw_bend(50, 1.0, 0.0, random())
    moved = (bend.to_flat(points(50)) - points(50)).norm(dim=1)
    assert moved.max() <= 0.12 + 1e-6


def test_bends_follow_from_the_seed():
    first, again, other = (draw_bend(8, 1.0, 0.5, random(seed)).to_flat(points(8)) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
