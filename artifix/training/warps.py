"""Random views of a scene: homographies and smooth bends in normalised coordinates.

A view is a map from its own frame to the scene, both [-1, 1] x [-1, 1] with (x, y) and edges at -1 and 1, as
`grid_sample` with `align_corners=False` reads them.
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


def chance(count: int, share: float, random: Generator) -> Tensor:
    """(count,) bool, True at the given share."""
    return torch.rand(count, generator=random, device=random.device) < share


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
    """(S, S, 2) the points (x, y) of the pixel centres of a view."""
    line = (torch.arange(size_px, device=device) + 0.5) / size_px * 2 - 1
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1)


def apply(matrix: Tensor, points: Tensor) -> Tensor:
    """Homographies (B, 3, 3) on points (B, ..., 2)."""
    flat = points.reshape(points.shape[0], -1, 2)
    moved = flat @ matrix[:, :, :2].transpose(1, 2) + matrix[:, None, :, 2]
    return (moved[..., :2] / moved[..., 2:]).reshape(points.shape)


def bend(points: Tensor, strength: Tensor, random: Generator) -> Tensor:
    """Displace points (B, H, W, 2) by two smooth waves, as cloth and curved surfaces do.

    Args:
        points: in any normalised frame.
        strength: (B,) largest displacement.
        random: seeds the waves.
    """
    count = points.shape[0]
    moved = points
    for _ in range(2):
        heading = uniform((count, 1, 1), 0, 2 * math.pi, random)
        push = uniform((count, 1, 1), 0, 2 * math.pi, random)
        waves = uniform((count, 1, 1), 1.0, 4.0, random)
        phase = uniform((count, 1, 1), 0, 2 * math.pi, random)
        along = points[..., 0] * heading.cos() + points[..., 1] * heading.sin()
        height = (along * waves + phase).sin() * strength.view(-1, 1, 1) / 2
        moved = moved + torch.stack([height * push.cos(), height * push.sin()], dim=-1)
    return moved


def look(images: Tensor, points: Tensor, padding: str = "reflection") -> Tensor:
    """Sample (B, C, H, W) images at points (B, h, w, 2)."""
    return functional.grid_sample(images, points, mode="bilinear", padding_mode=padding, align_corners=False)


def blob(points: Tensor, centre: Tensor, radius: Tensor, random: Generator) -> Tensor:
    """Irregular closed shapes, as masks are drawn by hand.

    Args:
        points: (B, H, W, 2).
        centre: (B, 2).
        radius: (B,) mean radius in the points' units.
        random: seeds the outline.

    Returns:
        (B, 1, H, W), positive inside, 1 at the centre, 0 on the outline.
    """
    count = points.shape[0]
    offset = points - centre.view(-1, 1, 1, 2)
    stretch = log_uniform((count, 1, 1), 0.65, 1.55, random)
    turn = uniform((count, 1, 1), 0, math.pi, random)
    x = (offset[..., 0] * turn.cos() + offset[..., 1] * turn.sin()) * stretch
    y = (offset[..., 1] * turn.cos() - offset[..., 0] * turn.sin()) / stretch
    around = torch.atan2(y, x)
    reach = torch.ones_like(around)
    for wave in range(2, 7):
        height = uniform((count, 1, 1), 0, 0.5 / wave, random)
        phase = uniform((count, 1, 1), 0, 2 * math.pi, random)
        reach = reach + height * (wave * around + phase).cos()
    distance = torch.hypot(x, y) / radius.view(-1, 1, 1)
    return (1 - distance / reach).unsqueeze(1)
