import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.training.losses import (
    correspondence_loss,
    denoising_loss,
    map_overlap,
    matching_accuracy,
    soft_targets,
)

QUARTERS = torch.tensor(
    [[-0.75, -0.75], [0.75, -0.75], [-0.75, 0.75], [0.75, 0.75]]
)  # (4, 2), of a 2 x 2 grid


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def known(side):
    return torch.ones(1, 1, side, side)


def test_denoising_loss_of_a_perfect_prediction_is_its_floor():
    clean = torch.zeros(2, 3, 4, 4)
    assert denoising_loss(clean, clean, torch.ones(2, 1, 4, 4)).item() == pytest.approx(0.02)


def test_denoising_loss_by_hand():
    clean, mask = torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, 0.0]]]])
    predicted = torch.tensor([[[[0.3, 0.7]]]])
    inside, outside = (0.3**2 + 0.02**2) ** 0.5, (0.7**2 + 0.02**2) ** 0.5
    loss = denoising_loss(clean, predicted, mask, outside_weight=0.5)
    assert loss.item() == pytest.approx((inside + 0.5 * outside) / 1.5)


def overlap_of(attended, tokens=4):
    """The overlap where two masked queries in a row truly lie in tokens 5 and 6 and attend to `attended`."""
    line = (torch.arange(4) + 0.5) / 4 * 2 - 1
    match = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).unsqueeze(0)
    mask = torch.zeros(1, 1, 4, 4)
    mask[0, 0, 1, 1:3] = 1
    probabilities = torch.full((1, 16, 16), 1 / 16)
    for query, token in zip((5, 6), attended, strict=True):
        probabilities[0, query] = torch.nn.functional.one_hot(torch.tensor(token), 16)
    return map_overlap(probabilities, match, known(4), mask).item()


def test_map_overlap_by_hand():
    assert overlap_of((5, 6)) == 1
    assert overlap_of((6, 5)) == 1  # the map does not ask which query looks where
    assert overlap_of((5, 7)) == pytest.approx(1 / 3)
    assert overlap_of((0, 1)) == 0


def test_map_overlap_of_nothing_masked_is_nothing():
    assert map_overlap(torch.ones(1, 16, 16) / 16, torch.zeros(1, 4, 4, 2), known(4), known(4) * 0) == 0


def test_denoising_loss_weighs_the_pictures_of_a_batch():
    clean, mask = torch.zeros(2, 3, 4, 4), torch.ones(2, 1, 4, 4)
    predicted = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)])
    only_first = denoising_loss(clean, predicted, mask, torch.tensor([2.0, 0.0]))
    assert only_first.item() == pytest.approx(0.02)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 16), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_soft_targets_are_a_distribution_around_the_match(grid, x, y):
    target = soft_targets(torch.tensor([[[x, y]]]), grid)
    assert target.shape == (1, 1, grid * grid)
    assert target.min() >= 0
    assert torch.allclose(target.sum(), torch.tensor(1.0), atol=1e-4)
    assert (target > 0).sum() <= 4
    line = (torch.arange(grid) + 0.5) / grid * 2 - 1
    cells = target.view(grid, grid)
    mean = torch.stack([(cells.sum(0) * line).sum(), (cells.sum(1) * line).sum()])
    reachable = torch.tensor([x, y]).clamp(line[0].item(), line[-1].item())
    assert torch.allclose(mean, reachable, atol=1e-3)


def test_correspondence_loss_is_least_at_the_target(random):
    match = (torch.rand(1, 4, 4, 2, generator=random) * 2 - 1) * 0.9
    target = soft_targets(match.flatten(1, 2), 8)
    arguments = match, known(4), torch.ones(1, 1, 4, 4)
    least = correspondence_loss(target, *arguments)
    for _ in range(20):
        other = torch.rand(target.shape, generator=random)
        mixed = 0.8 * target + 0.2 * other / other.sum(-1, keepdim=True)
        assert correspondence_loss(mixed, *arguments) > least


def test_correspondence_loss_of_even_attention_is_the_logarithm_of_the_tokens():
    even = torch.full((1, 4, 64), 1 / 64)
    loss = correspondence_loss(even, QUARTERS.view(1, 2, 2, 2), known(2), known(2))
    assert loss.item() == pytest.approx(torch.tensor(64.0).log().item(), abs=1e-3)


def test_unmatchable_queries_teach_nothing(random):
    match, matchable = torch.zeros(1, 2, 2, 2), torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    attention = torch.rand(1, 4, 16, generator=random)
    other = attention.clone()
    other[:, 1:] = 0.5
    losses = [correspondence_loss(p, match, matchable, known(2)) for p in (attention, other)]
    assert losses[0] == losses[1]


def test_nothing_matchable_costs_nothing(random):
    attention = torch.rand(1, 4, 16, generator=random)
    assert correspondence_loss(attention, torch.zeros(1, 2, 2, 2), known(2) * 0, known(2)) == 0
    assert matching_accuracy(attention, torch.zeros(1, 2, 2, 2), known(2) * 0, known(2)) == 0


def test_queries_outside_the_mask_weigh_less():
    match = QUARTERS.view(1, 2, 2, 2) * 2 / 3  # centres of a 2 x 2 grid of tokens
    attention = torch.eye(4).unsqueeze(0).clone()
    attention[0, 3] = 0.25  # one query outside the mask is wrong
    mask = torch.tensor([[[[1.0, 1.0], [1.0, 0.0]]]])
    loss = correspondence_loss(attention, match, known(2), mask, context_weight=0.5)
    assert loss.item() == pytest.approx(0.5 * torch.tensor(4.0).log().item() / 3.5, abs=1e-4)


def attention_to(cells, tokens):
    """(1, 4, tokens ** 2): each of four queries looks at one (column, row)."""
    attention = torch.zeros(1, 4, tokens**2)
    for query, (column, row) in enumerate(cells):
        attention[0, query, row * tokens + column] = 1
    return attention


@pytest.mark.parametrize(
    ("cells", "share"),
    [
        ([(0, 0), (3, 0), (0, 3), (3, 3)], 1.0),
        ([(0, 0), (3, 0), (0, 3), (0, 0)], 0.75),
        ([(0, 0), (0, 3), (3, 0), (3, 3)], 0.5),
        ([(1, 0), (2, 0), (1, 3), (2, 3)], 0.0),  # a quarter of the side beside the match
    ],
)
def test_matching_accuracy_by_hand(cells, share):
    accuracy = matching_accuracy(attention_to(cells, 4), QUARTERS.view(1, 2, 2, 2), known(2), known(2))
    assert accuracy.item() == share


def test_matching_accuracy_counts_masked_and_matchable_queries_only():
    cells = [(0, 0), (0, 0), (0, 3), (0, 0)]  # right, wrong, right, wrong
    mask = torch.tensor([[[[1.0, 0.0], [1.0, 1.0]]]])
    matchable = torch.tensor([[[[1.0, 1.0], [1.0, 0.0]]]])
    accuracy = matching_accuracy(attention_to(cells, 4), QUARTERS.view(1, 2, 2, 2), matchable, mask)
    assert accuracy.item() == 1.0


def test_near_is_a_tenth_of_the_reference_side():
    match = torch.zeros(1, 1, 1, 2)
    attention = torch.zeros(1, 1, 10**2)
    attention[0, 0, 4 * 10 + 5] = 1  # centre at (0.1, -0.1): 0.07 of the side away
    assert matching_accuracy(attention, match, known(1), known(1)) == 1
    assert matching_accuracy(attention, match, known(1), known(1), within=0.05) == 0
