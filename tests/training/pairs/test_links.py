import numpy as np
import torch

from artifix.training.pairs.links import CELLS, cover_around, make_links, no_links
from artifix.training.pairs.warps import apply

SHIFT = np.array([[1.0, 0, 0.5], [0, 1, 0], [0, 0, 1]])  # a quarter of the side to the right
ALL, LEFT = np.ones((CELLS, CELLS), np.float32), np.zeros((CELLS, CELLS), np.float32)
LEFT[:, : CELLS // 2] = 1


def random():
    return torch.Generator().manual_seed(0)


def test_links_lead_both_ways():
    links = make_links([(0, 1, SHIFT, LEFT)])
    assert links.first.tolist() == [0, 1]
    assert links.second.tolist() == [1, 0]
    assert torch.allclose(links.maps[0] @ links.maps[1], torch.eye(3))
    there = links.cover[1, 0].mean(0) > 0.5
    assert there.nonzero().flatten().tolist() == list(range(CELLS // 4, 3 * CELLS // 4))


def test_images_are_led_to_what_shows_the_same_and_others_are_left_out():
    links = make_links([(0, 1, SHIFT, ALL), (0, 2, SHIFT, ALL)])
    images = torch.tensor([3, 0, 1, 0, 2] * 20)
    drawn = links.draw(images, torch.zeros(100, 2), random())
    assert torch.equal(drawn.rows, (images != 3).nonzero().flatten())
    assert torch.equal(drawn.links.first, images[drawn.rows])
    assert set(drawn.links.second[images[drawn.rows] == 0].tolist()) == {1, 2}
    assert torch.equal(drawn.maps[0], torch.eye(3))
    assert torch.allclose(apply(drawn.maps[1:2], torch.zeros(1, 2, 1)).flatten(), torch.tensor([0.5, 0]))


def test_of_several_links_one_that_holds_at_the_point_is_taken():
    links = make_links([(0, 1, np.eye(3), LEFT), (0, 2, np.eye(3), 1 - LEFT)])
    focus = torch.tensor([[-0.5, 0.0], [0.5, 0.0]]).repeat(50, 1)
    drawn = links.draw(torch.zeros(100, dtype=torch.int64), focus, random())
    assert (drawn.links.second.view(50, 2) == torch.tensor([1, 2])).float().mean() > 0.98


def test_what_a_map_does_not_hold_for_is_hidden():
    links = make_links([(0, 1, np.eye(3), LEFT)])
    drawn = links.draw(torch.tensor([5, 0]), torch.zeros(2, 2), random())
    matchable, points = torch.ones(2, 1, 1, 2), torch.tensor([[[-0.5, 0.5]], [[0.0, 0.0]]]).expand(2, 2, 1, 2)
    drawn.hide(matchable, points)
    assert matchable.flatten().tolist() == [1, 1, 1, 0]


def test_links_between_chosen_images_are_numbered_anew():
    links = make_links([(0, 1, SHIFT, ALL), (2, 4, np.eye(3), ALL)])
    kept = links.among(torch.tensor([True, False, True, False, True]))
    assert kept.first.tolist() == [1, 2]
    assert kept.second.tolist() == [2, 1]
    assert torch.equal(kept.maps[0], torch.eye(3))


def test_no_links_draw_nothing_and_no_random_number():
    first, second = random(), random()
    drawn = no_links(torch.device("cpu")).draw(torch.arange(4), torch.zeros(4, 2), first)
    assert not len(drawn.rows)
    assert torch.equal(torch.rand(3, generator=first), torch.rand(3, generator=second))
    assert torch.equal(drawn.maps, torch.eye(3).repeat(4, 1, 1))


def test_a_map_is_believed_near_its_matches_and_inside_their_outline():
    corners = np.array([[2, 2], [29, 2], [29, 61], [2, 61]])
    dense = np.stack(np.meshgrid(np.arange(2, 30, 4), np.arange(2, 62, 4)), -1).reshape(-1, 2)
    cover = cover_around(np.concatenate([corners, dense]), 64)
    assert cover.shape == (CELLS, CELLS)
    assert cover[2:-2, 2:14].min() == 1
    assert cover[:, CELLS // 2 :].max() == 0
    sparse = cover_around(corners, 64)
    assert sparse[CELLS // 2, CELLS // 4] == 0
    assert sparse[2, 2] == 1
