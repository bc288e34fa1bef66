"""The light of the crop for the aligned reference, in batches on any device.

Refinement fits light before it samples by `artifix.refinement.exact_light`, which is robust besides: pixels
that no light explains lose their weight, colours are fitted where both pictures show the same, the reference
is blurred as the image is, and residuals are bounded. That takes ten times as long, picture by picture
on the CPU. Here the same two steps are done once each, plainly. On a clean ring both come to about the same;
an occluder on the ring tints this one (docs/decisions.md, with figures). Weights were trained with it.
"""

import torch
from torch import Tensor
from torch.nn import functional


def match_light_plainly(aligned: Tensor, crop: Tensor, mask: Tensor, valid: Tensor) -> Tensor:
    """Give the aligned reference the light of the crop on the ring around the mask.

    A colour matrix by ridge least squares, then what is left on the ring, smoothed and continued into the
    mask.

    Args:
        aligned: (B, 3, S, S) in [-1, 1].
        crop: (B, 3, S, S) in [-1, 1].
        mask: (B, 1, S, S) in {0, 1}.
        valid: (B, 1, S, S) in {0, 1}, where `aligned` shows the reference.

    Returns:
        (B, 3, S, S) in [-1, 1], 0 where not valid.
    """
    reach = 2 * (crop.shape[-1] // 12) + 1
    ring = (functional.max_pool2d(mask, reach, 1, reach // 2) - mask) * valid
    with torch.autocast(crop.device.type, enabled=False):  # normal equations do not bear bf16
        fitted = _fit_colours(aligned, crop, ring)
        return (fitted + _continued((crop - fitted) * ring, ring)).clamp(-1, 1) * valid


def _fit_colours(aligned: Tensor, crop: Tensor, ring: Tensor) -> Tensor:
    """`aligned` under the colour matrix and offset that fit it to `crop` on the ring; a ridge holds it."""
    weight = (ring / ring.sum((2, 3), keepdim=True).clamp_min(1)).flatten(2)  # (B, 1, S * S)
    source, target = aligned.flatten(2), crop.flatten(2)
    mean_source, mean_target = ((p * weight).sum(-1, keepdim=True) for p in (source, target))
    spread = (source - mean_source) * weight
    scatter = spread @ (source - mean_source).transpose(1, 2)  # (B, 3, 3)
    cross = (target - mean_target) @ spread.transpose(1, 2)
    ridge = 0.02 * scatter.diagonal(dim1=1, dim2=2).mean(-1).view(-1, 1, 1) + 1e-3
    unit = torch.eye(3, device=crop.device)
    matrix = torch.linalg.solve(scatter + ridge * unit, cross + ridge * unit, left=False)
    return (matrix @ (source - mean_source) + mean_target).view_as(crop)


def _continued(total: Tensor, mass: Tensor) -> Tensor:
    """Push-pull: (B, C, S, S) sums known where (B, 1, S, S) `mass` is, smoothed and continued everywhere."""
    small, known = functional.avg_pool2d(total, 4), functional.avg_pool2d(mass, 4)
    return functional.interpolate(_pulled(small, known), size=total.shape[-2:], mode="bilinear")


def _pulled(total: Tensor, mass: Tensor) -> Tensor:
    if mass.shape[-1] < 4:
        return (total.sum((2, 3), keepdim=True) / mass.sum((2, 3), keepdim=True).clamp_min(1e-3)).expand_as(
            total
        )
    coarse = _pulled(functional.avg_pool2d(total, 2), functional.avg_pool2d(mass, 2))
    coarse = functional.interpolate(coarse, size=mass.shape[-2:], mode="bilinear")
    share = (4 * mass).clamp(0, 1)
    return share * total / mass.clamp_min(1e-3) + (1 - share) * coarse
