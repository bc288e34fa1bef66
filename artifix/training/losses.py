"""The two losses: what the masked part looks like, and where in the reference it lies."""

import torch
from torch import Tensor
from torch.nn import functional


def denoising_loss(
    clean: Tensor,
    predicted: Tensor,
    mask: Tensor,
    row_weight: Tensor | None = None,
    outside_weight: float = 0.05,
) -> Tensor:
    """Charbonnier distance of the predicted clean picture, mean over the batch.

    A robust loss, because what the reference does not show cannot be known.

    Args:
        clean: (B, C, H, W).
        predicted: (B, C, H, W).
        mask: (B, 1, H, W) in [0, 1]; pixels outside weigh `outside_weight`.
        row_weight: (B,) of each picture; None weighs them alike.
        outside_weight: of the pixels that will not be pasted.
    """
    weight = outside_weight + (1 - outside_weight) * mask
    distance = ((clean.float() - predicted.float()).square() + 0.02**2).sqrt().mean(1, keepdim=True)
    rows = (distance * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))
    return (rows if row_weight is None else rows * row_weight).mean()


def soft_targets(match: Tensor, grid: int) -> Tensor:
    """Spread each match over the four nearest tokens, bilinearly.

    Args:
        match: (B, Q, 2) points (x, y) of the reference in [-1, 1].
        grid: tokens a side.

    Returns:
        (B, Q, grid * grid), rows sum to 1.
    """
    place = ((match.clamp(-1, 1) + 1) / 2 * grid - 0.5).clamp(0, grid - 1)
    cells = torch.arange(grid, device=match.device)
    near = (1 - (place.unsqueeze(-1) - cells).abs()).clamp_min(0)  # (B, Q, 2, grid)
    return (near[:, :, 1].unsqueeze(-1) * near[:, :, 0].unsqueeze(-2)).flatten(2)


def correspondence_loss(
    probabilities: Tensor, match: Tensor, matchable: Tensor, mask: Tensor, context_weight: float = 0.3
) -> Tensor:
    """Cross-entropy between head-averaged cross-attention and the true matches.

    Args:
        probabilities: (B, Q, K) of one layer, Q and K square grids.
        match: (B, S, S, 2) where in the reference each pixel lies, in [-1, 1].
        matchable: (B, 1, S, S), where that match exists.
        mask: (B, 1, S, S); queries outside the mask weigh `context_weight`.
        context_weight: of the queries outside the mask.
    """
    queries, tokens = (round(n**0.5) for n in probabilities.shape[1:])
    points = functional.adaptive_avg_pool2d(match.permute(0, 3, 1, 2), queries).flatten(2).transpose(1, 2)
    known = (functional.adaptive_avg_pool2d(matchable, queries) > 0.9).float().flatten(1)
    masked = functional.adaptive_max_pool2d(mask, queries).flatten(1)
    weight = known * (context_weight + (1 - context_weight) * masked)
    surprise = -(soft_targets(points, tokens) * (probabilities.float() + 1e-6).log()).sum(-1)
    return (surprise * weight).sum() / weight.sum().clamp_min(1)


def matching_accuracy(
    probabilities: Tensor, match: Tensor, matchable: Tensor, mask: Tensor, within: float = 0.1
) -> Tensor:
    """Share of the masked queries whose most attended token lies within `within` of the reference's side.

    Arguments as in `correspondence_loss`; returns a scalar, 0 where no query counts.
    """
    queries, tokens = (round(n**0.5) for n in probabilities.shape[1:])
    points = functional.adaptive_avg_pool2d(match.permute(0, 3, 1, 2), queries).flatten(2).transpose(1, 2)
    known = (functional.adaptive_avg_pool2d(matchable, queries) > 0.9).float().flatten(1)
    counted = known * (functional.adaptive_avg_pool2d(mask, queries).flatten(1) > 0.5)
    best = probabilities.argmax(-1)
    found = (torch.stack([best % tokens, best // tokens], -1) + 0.5) / tokens * 2 - 1
    near = ((found - points).norm(dim=-1) / 2 <= within).float()
    return (near * counted).sum() / counted.sum().clamp_min(1)


def map_overlap(probabilities: Tensor, match: Tensor, matchable: Tensor, mask: Tensor) -> Tensor:
    """Mean intersection over union of M* and where the masked part truly lies, on the token grid.

    What the paper calibrates by: M* is the attention of the masked queries together. Both maps are cut at
    half their maximum. Arguments as in `correspondence_loss`; returns a scalar, 0 where no row counts.
    """
    queries, tokens = (round(n**0.5) for n in probabilities.shape[1:])
    points = functional.adaptive_avg_pool2d(match.permute(0, 3, 1, 2), queries).flatten(2).transpose(1, 2)
    known = (functional.adaptive_avg_pool2d(matchable, queries) > 0.9).float().flatten(1)
    weight = (known * functional.adaptive_avg_pool2d(mask, queries).flatten(1)).unsqueeze(1)
    found, true = (
        (weight @ maps.float()).squeeze(1) for maps in (probabilities, soft_targets(points, tokens))
    )
    found, true = (maps >= maps.amax(1, keepdim=True) / 2 for maps in (found, true))
    counted = (weight.sum((1, 2)) > 0).float()
    overlap = (found & true).sum(1) / (found | true).sum(1)
    return (overlap * counted).sum() / counted.sum().clamp_min(1)
