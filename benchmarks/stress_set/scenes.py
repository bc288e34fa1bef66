"""The flat pictures that both views of a case see, some with a place on them that must be masked."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from stress_set.masks import BUSY, choose_place
from stress_set.pictures import Pictures, fit_shorter, stick

TWIN = 0.6  # correlation with the mirrored picture from which a mirrored part passes for a real one


@dataclass(frozen=True, slots=True)
class Target:
    """A disc of the canvas."""

    centre: tuple[float, float]  # (x, y) [canvas px]
    radius_px: float  # [canvas px]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What there is to see."""

    canvas: NDArray[np.uint8]  # (H, W, 3)
    source: str  # file name of the photo
    target: Target | None = None  # what is masked; None = anything that shows as much as is asked for

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the canvas."""
        return self.canvas.shape[:2]


def photo_scene(
    random: Generator, pictures: Pictures, shorter_px: tuple[float, float] = (350, 430), longest_px: int = 600
) -> Scene:
    """A photo as it is."""
    photo, path = pictures.draw_photo(random)
    return Scene(fit_shorter(photo, random.uniform(*shorter_px), longest_px), path.name)


def logo_scene(random: Generator, pictures: Pictures, longer_px: tuple[float, float]) -> Scene | None:
    """A photo in much detail with one decal, which is the target; None where it cannot be made out."""
    scene = photo_scene(random, pictures, (660, 760), 1000)
    side = random.uniform(*longer_px)
    centre = _inside(random, scene.size, 1.5 * side)
    canvas, seen = stick(scene.canvas, *pictures.draw_decal(random), centre, side)
    if seen.sum() < 0.15 * side * side:
        return None
    return Scene(canvas, scene.source, Target(centre, 0.56 * side))


def repeated_scene(random: Generator, pictures: Pictures) -> Scene | None:
    """A photo with a sheet of one print many times; the target is one of the prints."""
    scene = photo_scene(random, pictures)
    rows, columns = (int(n) for n in random.integers(2, 5, 2))
    cell = random.uniform(46, 66)
    size = round(rows * cell), round(columns * cell)
    if min(a - b for a, b in zip(scene.size, size, strict=True)) < 90:
        return None
    top, left = (int(random.integers(30, a - b - 30)) for a, b in zip(scene.size, size, strict=True))
    canvas = scene.canvas.copy()
    canvas[top : top + size[0], left : left + size[1]] = random.integers(40, 256, 3)
    decal, cover = pictures.draw_decal(random)
    for row in range(rows):
        for column in range(columns):
            centre = left + (column + 0.5) * cell, top + (row + 0.5) * cell
            canvas, seen = stick(canvas, decal, cover, centre, 0.8 * cell)
    if seen.sum() < 0.12 * cell * cell:
        return None
    row, column = random.integers(rows), random.integers(columns)
    centre = left + (column + 0.5) * cell, top + (row + 0.5) * cell
    return Scene(canvas, scene.source, Target(centre, random.uniform(0.38, 0.5) * cell))


def one_sided_scene(random: Generator, pictures: Pictures) -> Scene | None:
    """A photo with a target whose surroundings are not found again in the mirrored photo."""
    scene = photo_scene(random, pictures)
    height, width = scene.size
    radius = math.sqrt(random.uniform(0.008, 0.03) * height * width / math.pi)
    place = choose_place(random, scene.canvas, np.ones(scene.size, np.float32), 1.5 * radius, BUSY)
    if place is None:
        return None
    x, y, reach = round(place[0]), round(place[1]), round(2.5 * radius)
    part = scene.canvas[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach]
    twin = cv2.matchTemplate(scene.canvas[:, ::-1].copy(), part, cv2.TM_CCOEFF_NORMED)
    return None if twin.max() > TWIN else Scene(scene.canvas, scene.source, Target(place, radius))


def _inside(random: Generator, size: tuple[int, int], margin_px: float) -> tuple[float, float]:
    x, y = (float(random.uniform(margin_px, side - margin_px)) for side in size[::-1])
    return x, y
