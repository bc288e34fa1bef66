import torch

from artifix.training.pairs.outlines import draw_outline
from artifix.training.pairs.warps import frame

CPU = torch.device("cpu")


def outlines(count=30):
    random = torch.Generator().manual_seed(0)
    return draw_outline(torch.tensor([[0.3, 0.1]]).repeat(count, 1), torch.full((count,), 0.4), random)


def test_depth_is_one_at_the_centre_and_negative_far_away():
    points = torch.tensor([[[[0.3, 3.0]], [[0.1, 3.0]]]]).repeat(30, 1, 1, 1)
    depth = outlines().depth(points)
    assert torch.allclose(depth[:, 0, 0, 0], torch.ones(30))
    assert depth[:, 0, 0, 1].max() < 0


def test_cover_is_opaque_well_inside_and_nothing_outside():
    points = frame(64, CPU).expand(30, -1, -1, -1)
    depth, cover = outlines().depth(points), outlines().cover(points)
    assert (cover[depth > 0.03] == 1).all()
    assert (cover[depth <= 0] == 0).all()


def test_mean_radius_is_the_one_asked_for():
    area = (outlines(200).depth(frame(64, CPU).expand(200, -1, -1, -1)) > 0).float().mean((1, 2, 3)) * 4
    assert abs(area.mean() - torch.pi * 0.4**2) < 0.05


def test_shapes_of_some_rows_are_those_of_all():
    points = frame(16, CPU)
    rows = torch.tensor([4, 0])
    whole = outlines().depth(points.expand(30, -1, -1, -1))
    assert torch.equal(outlines().of_rows(rows).depth(points.expand(2, -1, -1, -1)), whole[rows])
