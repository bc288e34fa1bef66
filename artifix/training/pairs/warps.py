"""Random views of a scene: homographies in normalised coordinates.

A view is a map from its own frame to the scene, both [-1, 1] x [-1, 1] with (x, y) and edges at -1 and 1, as
`grid_sample` with `align_corners=False` reads them. Points are planes (B, 2, ...): the x of all pixels, then
the y, which a processor reads several times faster than (x, y) in turn.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional


def uniform(shape: tuple[int, ...], low: float, high: float, random: Generator) -> Tensor:
    """Uniform numbers on the generator's device."""
    return low + (high - low) * torch.rand(shape, generator=random, device=random.device)


def log_uniform(shape: tuple[int, ...], low: float, high: float, random: Generator) -> Tensor:
    """Numbers whose logarithm is uniform."""
    return uniform(shape, math.log(low), math.log(high), random).exp()


def chance(count: int, share: float | Tensor, random: Generator) -> Tensor:
    """(count,) bool, True at the given share, which may be another for each."""
    return torch.rand(count, generator=random, device=random.device) < share


def rows_of(chosen: Tensor) -> Tensor:
    """The numbers of the True rows of (B,) bool; effects are computed for these rows alone."""
    return chosen.nonzero().squeeze(1)


def window(centre: Tensor, half: Tensor, angle: Tensor, tilt: Tensor) -> Tensor:
    """Homographies (B, 3, 3) that look at the scene through a turned, tilted window.

    Args:
        centre: (B, 2) of the window in the scene.
        half: (B, 2) half width and height of the window in the scene.
        angle: (B,) turn [rad].
        tilt: (B, 2) perspective terms; 0.2 makes one edge about 1.5 times as long as the other.
    """
    count = centre.shape[0]
    matrix = torch.zeros(count, 3, 3, device=centre.device)
    cosine, sine = angle.cos(), angle.sin()
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine * half[:, 0], -sine * half[:, 1]
    matrix[:, 1, 0], matrix[:, 1, 1] = sine * half[:, 0], cosine * half[:, 1]
    matrix[:, :2, 2] = centre
    matrix[:, 2, 2] = 1
    lean = torch.eye(3, device=centre.device).repeat(count, 1, 1)
    lean[:, 2, :2] = tilt
    return matrix @ lean


def shift(by: Tensor) -> Tensor:
    """Homographies (B, 3, 3) that move points by (B, 2)."""
    matrix = torch.eye(3, device=by.device).repeat(by.shape[0], 1, 1)
    matrix[:, :2, 2] = by
    return matrix


def frame(size_px: int, device: torch.device) -> Tensor:
    """(2, S, S) the points (x, y) of the pixel centres of a view."""
    line = (torch.arange(size_px, device=device) + 0.5) / size_px * 2 - 1
    return torch.stack(torch.meshgrid(line, line, indexing="xy"))


def apply(matrix: Tensor, points: Tensor) -> Tensor:
    """Homographies (B, 3, 3) on points (B, 2, ...)."""
    moved = torch.baddbmm(matrix[:, :, 2:], matrix[:, :, :2], points.flatten(2))
    return (moved[:, :2] / moved[:, 2:]).view(points.shape)


def carry(matrix: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Homographies (B, 3, 3) on one point (B, 2) each.

    Returns:
        The points (B, 2), and (B, 1) how much larger a small thing is there, in length.
    """
    moved = torch.baddbmm(matrix[:, :, 2:], matrix[:, :, :2], points.unsqueeze(2)).squeeze(2)
    depth = moved[:, 2:]
    there = moved[:, :2] / depth
    jacobian = (matrix[:, :2, :2] - there.unsqueeze(2) * matrix[:, 2:, :2]) / depth.unsqueeze(2)
    return there, jacobian.det().abs().sqrt().unsqueeze(1)


def look(images: Tensor, points: Tensor, padding: str = "reflection") -> Tensor:
    """Sample (B, C, H, W) images at points (B, 2, h, w)."""
    grid = points.permute(0, 2, 3, 1)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode=padding, align_corners=False)
