import cv2
import numpy as np

from artifix.training.pairs.procedural import draw_scene, draw_scenes, draw_twins


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


def test_of_twins_the_first_is_the_scene_itself_and_both_follow_from_the_seed():
    first, second, print_ = draw_twins(64, (3, 1))
    assert np.array_equal(first, draw_scene(64, (3, 1)))
    assert second.shape == first.shape
    assert second.dtype == np.uint8
    assert print_.shape == (64, 64)
    assert all(
        np.array_equal(a, b) for a, b in zip((first, second, print_), draw_twins(64, (3, 1)), strict=True)
    )
    assert not np.array_equal(second, draw_twins(64, (3, 2))[1])


def edges(picture):
    grey = cv2.GaussianBlur(picture.astype(np.float32).mean(2), (0, 0), 1.0)
    return np.hypot(*np.gradient(grey))


def test_twins_show_the_same_print_in_its_place_in_another_style():
    kept, apart, moved = [], [], []
    for seed in range(12):
        first, second, print_ = draw_twins(96, seed)
        one, other, inside = edges(first), edges(second), print_ > 0.9
        assert inside.mean() > 0.02
        kept.append(np.corrcoef(one[inside], other[inside])[0, 1])
        moved.append(np.corrcoef(one[inside], np.roll(other, 6, 1)[inside])[0, 1])
        apart.append(np.abs(first.astype(int) - second).mean())
    assert np.median(kept) > 0.6
    assert np.median(moved) < 0.4
    assert min(apart) > 8


def test_what_twins_call_print_is_alike_on_any_ground():
    _, _, print_ = draw_twins(96, 5)
    assert print_.min() >= 0
    assert print_.max() <= 1.001
    assert len(np.unique(print_.round(3))) > 2
