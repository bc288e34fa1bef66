import numpy as np

from artifix.training.pairs.procedural import draw_scenes


def test_the_same_seed_draws_the_same_scenes():
    first, again, other = (draw_scenes(3, 64, seed) for seed in (4, 4, 5))
    assert first.shape == (3, 64, 64, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_scenes_differ_and_none_is_empty():
    scenes = draw_scenes(30, 64, 0)
    assert len({scene.tobytes() for scene in scenes}) == 30
    slopes = np.abs(np.diff(scenes.astype(int), axis=2)).mean((1, 2, 3))
    assert slopes.min() > 1


def test_more_scenes_start_with_the_same_ones():
    assert np.array_equal(draw_scenes(2, 48, 1), draw_scenes(4, 48, 1)[:2])
