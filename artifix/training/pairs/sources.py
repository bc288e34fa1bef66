"""Training images of all kinds, decoded once and kept as bytes on the device."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from artifix.errors import InputError
from artifix.training.pairs.links import Links, no_links

BUSY_CELLS = 10  # cells a side of the map that says where an image is textured
ALONE = -1  # the object of images that no other image shows the object of


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """The images that pairs are made of."""

    images: Tensor  # (N, 3, S, S) uint8, each squeezed to a square
    halves: Tensor  # (N, 3, S / 2, S / 2) uint8, the same for views that shrink them
    busyness: Tensor  # (N, G * G) float, share of each cell in the texture; rows sum to 1; 0 off the object
    weights: Tensor  # (N,) float, how often each image is chosen; sums to 1
    objects: Tensor  # (N,) int64, the object that a view shows, ALONE for images without other views
    boxes: Tensor  # (N, 4) float, centre (x, y) and half (width, height) of the object, in [-1, 1]
    decals: Tensor  # (M, 4, D, D) uint8, RGB and alpha: logos and lettering to print on the images
    skipped: tuple[str, ...]  # files that could not be used, each with its reason
    links: Links  # between images whose geometry is known

    def draw_busy_points(
        self, count: int, busy_share: float, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Choose images by their weights and a point in each, `busy_share` of them where there is texture.

        Returns:
            indices (count,) int64 and points (count, 2), (x, y) in [-1, 1].
        """
        device = self.images.device
        chosen = torch.multinomial(self.weights, count, replacement=True, generator=random)
        busy = self.busyness[chosen]
        is_busy = torch.rand((count, 1), generator=random, device=device) < busy_share
        cell = torch.multinomial(torch.where(is_busy, busy, (busy > 0).float()), 1, generator=random)
        corner = torch.cat([cell % BUSY_CELLS, cell // BUSY_CELLS], dim=1)
        inside = torch.rand((count, 2), generator=random, device=device)
        return chosen, (corner + inside) / BUSY_CELLS * 2 - 1

    def draw_partners(self, chosen: Tensor, random: torch.Generator) -> Tensor:
        """(B,) another view of the object of each of the `chosen` (B,); itself where there is none.

        Views with links are left as they are: their partner is that of a link.
        """
        partners = chosen.clone()
        has_views = self.objects[chosen] != ALONE
        rows = (has_views & ~self.links.has(chosen)).nonzero().squeeze(1)
        if len(rows):
            own = chosen[rows].unsqueeze(1)
            shows_it = self.objects[own] == self.objects
            shows_it.scatter_(1, own, False)
            partners[rows] = torch.multinomial(shows_it.float(), 1, generator=random).squeeze(1)
        return partners

    def split(self, kept: int) -> tuple["Sources", "Sources"]:
        """Training sources and others held out for validation, evenly spread over the images.

        Args:
            kept: images to hold out; at most half of them are. Views of one object stay on one side.

        Raises:
            InputError: there is nothing that can be held out.
        """
        objects, groups = self.objects, self._groups()
        names, sizes = groups.unique(return_counts=True)
        most = min(max(kept, 1), len(objects) // 2)
        if len(names) < 2:
            raise InputError(
                f"{len(objects)} views of one object: nothing is left for validation", "add another object"
            )
        step = max(len(names) // most, 1) if most else 1
        order = sorted(range(len(names)), key=lambda place: (place % step != 0, place))
        held, count = [], 0
        for place in order:
            if count + sizes[place] <= most:
                held.append(int(names[place]))
                count += int(sizes[place])
        is_held = torch.isin(groups, torch.tensor(held)).to(self.images.device)
        return self._only(~is_held), self._only(is_held)

    def of_each_object(self) -> list["Sources"]:
        """The same for every object, or image alone: others may be seen behind it, but none is chosen."""
        groups = self._groups().to(self.weights.device)
        shares = [self.weights * (groups == name) for name in groups.unique()]
        return [replace(self, weights=share / share.sum()) for share in shares if share.sum() > 0]

    def _groups(self) -> Tensor:
        """(N,) int64 on the CPU: the same number for views of one object, and one for each image alone."""
        objects = self.objects.cpu()
        return torch.where(objects == ALONE, torch.arange(len(objects)) + objects.max() + 1, objects)

    def _only(self, chosen: Tensor) -> "Sources":
        weights = self.weights[chosen]
        return replace(
            self,
            images=self.images[chosen],
            halves=self.halves[chosen],
            busyness=self.busyness[chosen],
            weights=weights / weights.sum(),
            objects=self.objects[chosen],
            boxes=self.boxes[chosen],
            links=self.links.among(chosen),
        )


def assemble(
    images: Tensor,
    decals: Tensor,
    skipped: Sequence[str] = (),
    *,
    weights: Tensor | None = None,
    objects: Tensor | None = None,
    coverage: Tensor | None = None,
    boxes: Tensor | None = None,
    links: Links | None = None,
) -> Sources:
    """Sources of images in memory, all of them alone and equally likely unless told otherwise.

    Args:
        images: (N, 3, S, S) uint8.
        decals: (M, 4, D, D) uint8.
        skipped: reasons to be told.
        weights: (N,) how often each image is chosen, of any sum.
        objects: (N,) int64.
        coverage: (N, G * G) share of each cell that the object covers.
        boxes: (N, 4).
        links: on the device of the images.
    """
    device, count = images.device, len(images)
    weights = torch.ones(count, device=device) if weights is None else weights
    if boxes is None:
        boxes = torch.tensor([0.0, 0.0, 1.0, 1.0], device=device).repeat(count, 1)
    busyness = _busyness(images) if coverage is None else _busyness(images) * coverage
    return Sources(
        images=images,
        halves=_halved(images),
        busyness=busyness / busyness.sum(1, keepdim=True),
        weights=weights / weights.sum(),
        objects=torch.full((count,), ALONE, device=device) if objects is None else objects,
        boxes=boxes,
        decals=decals,
        skipped=tuple(skipped),
        links=no_links(device) if links is None else links,
    )


def _halved(images: Tensor) -> Tensor:
    return torch.cat(
        [(functional.avg_pool2d(batch.float(), 2) + 0.5).to(torch.uint8) for batch in images.split(64)]
    )


def _busyness(images: Tensor) -> Tensor:
    rows = []
    for batch in images.split(64):
        grey = batch.float().mean(1, keepdim=True)
        slope = (grey[..., 1:, 1:] - grey[..., :-1, :-1]).abs()
        slope = slope + (grey[..., 1:, :-1] - grey[..., :-1, 1:]).abs()
        rows.append(functional.adaptive_avg_pool2d(slope, BUSY_CELLS).flatten(1) + 1)
    return torch.cat(rows)
