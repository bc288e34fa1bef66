"""Scenes that the classifier of artifix.detection is fitted to: two pictures of a thing, artifacts in one.

Real pairs are packages (shelf photo and shop picture, or two shelf photos); the others are one photo seen
twice, the second time from another side, in another light, softened and noisy.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from detect_artifacts import Random, Rgb, blob, spoil
from numpy.typing import NDArray
from PIL import Image

from artifix.detection.comparison import planes_of
from artifix.detection.laying import Laid, lay
from artifix.detection.plane import Plane, cells_of
from artifix.detection.warping import flow_left, seen, warp_along
from artifix.errors import NoMatchError

SEED = 7
PHOTOS, SINGLE = 14, 70  # pairs of each product; single photos of each folder
ARTIFACTS = 2  # of each pair
AREA = 0.006, 0.07  # of the frame, least and largest
SIDE_PX = 700  # longer side of a single photo
LOST = {"recolour": 0.3}  # share of the matches on an artifact that are lost; of the other kinds nearly all


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Planes of one picture, and where its artifact is."""

    group: str  # the product, or the single photo: never on both sides of a split
    kind: str  # "" without an artifact
    planes: dict[str, Plane]
    wrong: NDArray[np.bool_]  # (rows, columns)


@dataclass(frozen=True, slots=True)
class Job:
    """A pair; without a reference it is made of one photo."""

    group: str
    image: Path
    reference: Path | None


def jobs_of(packages: Path, products: list[str], singles: list[Path]) -> list[Job]:
    """Pairs in a drawn order.

    Args:
        packages: folder of photos whose names carry the product.
        products: beginnings of the names of those that may be used.
        singles: folders of photos of anything.
    """
    random = np.random.default_rng(SEED)
    by_product: dict[str, list[Path]] = {}
    for path in sorted(packages.glob("*Packages*")):
        name = re.search(r"Packages_[^_]+_([^_]+)_", path.name)
        if name and name[1].startswith(tuple(products)):
            by_product.setdefault(name[1], []).append(path)
    jobs = []
    for product, paths in by_product.items():
        shop = [path for path in paths if "iconic" in path.name.lower()]
        shelf = [path for path in paths if path not in shop]
        picked = [shelf[k] for k in random.permutation(len(shelf))[: PHOTOS + 4]]
        for k, image in enumerate(picked[:PHOTOS]):
            jobs.append(Job(product, image, shop[0] if shop and k % 5 < 3 else picked[PHOTOS + k % 4]))
    for folder in singles:
        paths = sorted(folder.glob("*.jpg"))
        jobs += [Job(paths[k].stem, paths[k], None) for k in random.permutation(len(paths))[:SINGLE]]
    return [jobs[k] for k in random.permutation(len(jobs))]


def samples_of(job: Job, number: int) -> Iterator[Sample]:
    """The clean pair, then with artifacts; nothing where the two do not match."""
    random = np.random.default_rng([SEED, number])
    image = np.asarray(Image.open(job.image).convert("RGB"))
    if job.reference is not None:
        reference = np.asarray(Image.open(job.reference).convert("RGB"))
    else:
        image, reference = seen_twice(random, image)
    try:
        laid = lay(image, reference)
    except NoMatchError:
        return
    nothing = np.zeros(laid.crop.size, np.bool_)
    yield _sample(job, laid, nothing, "")
    for _ in range(ARTIFACTS):
        spoilt = _spoilt(random, laid, reference)
        if spoilt is not None:
            yield _sample(job, *spoilt)


def _sample(job: Job, laid: Laid, wrong: NDArray[np.bool_], kind: str) -> Sample:
    size = cells_of(laid.crop.size)
    share = cv2.resize(wrong.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    return Sample(job.group, kind, planes_of(laid), share > 0.5)


def _spoilt(random: Random, laid: Laid, reference: Rgb) -> tuple[Laid, NDArray[np.bool_], str] | None:
    """The pair with an artifact around a match, laid again; None where none shows there."""
    height, width = laid.crop.size
    points = laid.points
    inner = points[((points > 10) & (points < np.array([width, height]) - 10)).all(1)]
    if len(inner) < 10:
        return None
    area = np.exp(random.uniform(*np.log(AREA))) * height * width
    mask = blob(random, (height, width), tuple(inner[int(random.integers(len(inner)))]), area)
    spoilt = spoil(random, laid.image, mask)
    if spoilt is None:
        return None
    transform = warp_along(laid.transform, spoilt.image, reference, laid.crop)
    warped, valid = seen(transform, reference, laid.crop)
    columns, rows = points.astype(int).clip(0, np.array([width, height]) - 1).T
    lost = spoilt.mask[rows, columns] & (random.random(len(points)) < LOST.get(spoilt.kind, 0.97))
    again = replace(
        laid,
        image=spoilt.image,
        reference=warped,
        valid=valid,
        points=points[~lost],
        flow=flow_left(spoilt.image, warped),
        transform=transform,
    )
    return again, spoilt.mask, spoilt.kind


def seen_twice(random: Random, photo: Rgb) -> tuple[Rgb, Rgb]:
    """A photo, and the same from another side, bent, in another light; which is the image is drawn."""
    scale = min(1.0, SIDE_PX / max(photo.shape[:2]))
    photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else photo
    height, width = photo.shape[:2]
    extent, centre = max(height, width), np.array([width / 2, height / 2])
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32)
    moved = corners + random.normal(0, 0.06, (4, 2)) * extent
    angle, zoom = random.normal(0, 0.2), np.exp(random.uniform(-0.5, 0.2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * zoom
    moved = (moved - centre) @ turn.T + centre + random.normal(0, 0.05, 2) * extent
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    other = cv2.warpPerspective(photo, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    bend = [_smooth(random, photo.shape[:2], 0.15 * extent) * 0.012 * extent for _ in range(2)]
    other = cv2.remap(
        other, columns + bend[0], rows + bend[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    lit = other * (1 + 0.15 * _smooth(random, photo.shape[:2], 0.2 * extent)[..., None])
    lit = lit * (1 + random.normal(0, 0.1, 3)) + random.normal(0, 8, 3)
    lit = 255 * np.clip(lit / 255, 0, 1) ** np.exp(random.normal(0, 0.25))
    lit = cv2.GaussianBlur(lit, (0, 0), np.exp(random.uniform(-1, 0.7)))
    lit = lit + random.normal(0, random.uniform(0, 6), lit.shape)
    other = np.clip(lit, 0, 255).astype(np.uint8)
    return (photo, other) if random.random() < 0.5 else (other, photo)


def _smooth(random: Random, shape: tuple[int, ...], sigma: float) -> NDArray[np.float32]:
    """Smooth noise of deviation 1."""
    noise = cv2.GaussianBlur(random.standard_normal(shape).astype(np.float32), (0, 0), sigma)
    return np.asarray(noise / noise.std(), np.float32)
