import numpy as np

from artifix.training.pairs.lettering import draw_decals


def test_the_same_seed_draws_the_same_decals():
    first, again, other = (draw_decals(6, 48, seed) for seed in (4, 4, 5))
    assert first.shape == (6, 48, 48, 4)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_decal_shows_something():
    decals = draw_decals(40, 48, 0)
    assert (decals[..., 3] > 0).mean((1, 2)).min() > 0.005
    assert len({decal.tobytes() for decal in decals}) == 40


def test_more_decals_start_with_the_same_ones():
    assert np.array_equal(draw_decals(2, 32, 1), draw_decals(5, 32, 1)[:2])
