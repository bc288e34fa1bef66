import math

import torch

from artifix.training.pairs.warps import (
    apply,
    chance,
    frame,
    log_uniform,
    look,
    rows_of,
    shift,
    uniform,
    window,
)

CPU = torch.device("cpu")


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def test_frame_holds_pixel_centres():
    points = frame(4, CPU)
    assert points[0, 0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert points[1, :, 0].tolist() == [-0.75, -0.25, 0.25, 0.75]


def test_looking_at_the_frame_gives_the_image_back():
    image = torch.rand(2, 3, 16, 16, generator=random())
    assert torch.allclose(look(image, frame(16, CPU).expand(2, -1, -1, -1)), image, atol=1e-5)


def test_window_looks_where_it_is_told():
    quarter_turn = torch.tensor([math.pi / 2])
    view = window(torch.tensor([[0.2, -0.1]]), torch.tensor([[0.5, 0.25]]), quarter_turn, torch.zeros(1, 2))
    corners = torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    assert torch.allclose(
        apply(view, corners)[0].T, torch.tensor([[0.2, -0.1], [0.2, 0.4], [-0.05, -0.1]]), atol=1e-6
    )


def test_tilt_makes_one_edge_longer():
    view = window(torch.zeros(1, 2), torch.ones(1, 2), torch.zeros(1), torch.tensor([[0.2, 0.0]]))
    left, right = (apply(view, torch.tensor([[[x, x], [-1.0, 1.0]]]))[0].T for x in (-1.0, 1.0))
    assert torch.allclose(
        (left[1] - left[0]).norm() / (right[1] - right[0]).norm(), torch.tensor(1.5), atol=1e-5
    )


def test_shift_moves_points():
    moved = apply(shift(torch.tensor([[0.5, -1.0]])), torch.tensor([[[1.0], [2.0]]]))
    assert moved.tolist() == [[[1.5], [1.0]]]


def test_random_numbers_stay_in_their_range():
    even = uniform((1000,), 2, 3, random())
    assert even.min() >= 2
    assert even.max() <= 3
    drawn = log_uniform((4000,), 0.01, 1, random())
    assert drawn.min() >= 0.01
    assert drawn.max() <= 1
    assert abs(drawn.median() - 0.1) < 0.02
    assert not chance(1000, 0.0, random()).any()
    assert chance(1000, 1.0, random()).all()
    assert rows_of(torch.tensor([False, True, True])).tolist() == [1, 2]


def test_points_in_space_and_in_rows_are_moved_alike():
    view = window(
        torch.tensor([[0.2, -0.1]]), torch.tensor([[0.5, 0.3]]), torch.ones(1), torch.full((1, 2), 0.1)
    )
    grid = frame(6, CPU).unsqueeze(0)
    assert torch.equal(apply(view, grid).flatten(2), apply(view, grid.flatten(2)))
