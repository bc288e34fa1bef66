"""Artifacts with known masks, of the kinds that generators make, drawn into photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from artifix.training.pairs.fonts import find_faces
from artifix.training.pairs.lettering import draw_letters

Rgb = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Random = np.random.Generator

LEAST_CHANGE = 10  # grey levels that a pixel differs by, to count as spoilt
LEAST_SHARE = 0.25  # of the drawn mask that is spoilt
TRIES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Spoilt:
    """A picture with an artifact."""

    image: Rgb
    mask: Mask  # where it differs from the picture, gaps between strokes closed
    kind: str


def blob(random: Random, shape: tuple[int, int], centre: tuple[float, float], area_px: float) -> Mask:
    """An irregular mask of about this area around a point (x, y)."""
    ratio = np.exp(random.uniform(-0.5, 0.5))
    radius = np.sqrt(area_px / np.pi)
    angle = np.sort(random.uniform(0, 2 * np.pi, 16))
    reach = random.uniform(0.8, 1.15, 16) * radius
    x, y = centre[0] + np.cos(angle) * reach * ratio, centre[1] + np.sin(angle) * reach / ratio
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.stack([x, y], 1).astype(np.int32)], 1)
    return mask > 0


def spoil(random: Random, picture: Rgb, mask: Mask, kind: str = "") -> Spoilt | None:
    """The picture with an artifact under the mask; None where nothing that shows could be drawn.

    Args:
        random: draws everything.
        picture: (H, W, 3).
        mask: (H, W).
        kind: a key of `KINDS`; any where it is empty.
    """
    names = list(KINDS)
    for _ in range(TRIES):
        chosen = kind or names[int(random.integers(len(names)))]
        bad = KINDS[chosen](random, picture, mask)
        extent = np.sqrt(mask.sum())
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.7, extent / 60)) * mask
        bad = picture + (bad.astype(np.float32) - picture) * soft[..., None]
        bad = np.clip(bad, 0, 255).round().astype(np.uint8)
        changed = np.abs(bad.astype(int) - picture).max(-1) >= LEAST_CHANGE
        side = 2 * max(1, round(0.06 * extent)) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        whole = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        whole = (cv2.morphologyEx(whole, cv2.MORPH_CLOSE, disc) > 0) & mask
        if whole.sum() >= LEAST_SHARE * mask.sum():
            return Spoilt(bad, whole, chosen)
    return None


def _box(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def _remap(picture: Rgb, right: NDArray, down: NDArray) -> Rgb:
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    moved = columns + right.astype(np.float32), rows + down.astype(np.float32)
    return cv2.remap(picture, *moved, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _melt(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    extent, field = np.sqrt(mask.sum()), []
    for _ in range(2):
        total = np.zeros(mask.shape, np.float32)
        for smooth, reach in ((0.25, 0.11), (0.08, 0.05)):
            noise = cv2.GaussianBlur(
                random.standard_normal(mask.shape).astype(np.float32), (0, 0), smooth * extent
            )
            total += noise / (noise[mask].std() + 1e-9) * reach * extent * random.uniform(0.7, 1.3)
        field.append(total)
    return cv2.GaussianBlur(_remap(picture, *field), (0, 0), max(0.6, extent / random.uniform(50, 100)))


def _swirl(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    left, top, right, bottom = _box(mask)
    x, y = (left + right) / 2, (top + bottom) / 2
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    away = np.hypot(columns - x, rows - y) / (0.7 * max(right - left, bottom - top))
    turn = np.clip(1 - away, 0, 1) * random.uniform(1.0, 3.0) * random.choice([-1, 1])
    across, along = columns - x, rows - y
    return _remap(
        picture,
        np.cos(turn) * across - np.sin(turn) * along - across,
        np.sin(turn) * across + np.cos(turn) * along - along,
    )


def _smear(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    extent = np.sqrt(mask.sum())
    if random.random() < 0.5:
        return cv2.GaussianBlur(picture, (0, 0), extent * random.uniform(0.05, 0.15))
    length = max(3, int(extent * random.uniform(0.15, 0.4)) | 1)
    kernel = np.zeros((length, length), np.float32)
    angle, half = random.uniform(0, np.pi), length // 2
    step = np.array([np.cos(angle), np.sin(angle)]) * half
    ends = [tuple(int(v) for v in np.round(half + sign * step)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def _ground_and_ink(picture: Rgb, mask: Mask) -> tuple[NDArray, NDArray]:
    """The commonest colour under the mask, and the one furthest from it."""
    pixels = picture[mask].astype(np.float32)
    ground = np.median(pixels, axis=0)
    away = np.linalg.norm(pixels - ground, axis=1)
    return ground, pixels[away >= np.quantile(away, 0.95)].mean(0)


def _lettering(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    """Other words in the colours that are there, over a cleared ground."""
    left, top, right, bottom = _box(mask)
    _, ink = _ground_and_ink(picture, mask)
    clear = Image.fromarray(_erase(random, picture, mask))
    faces = find_faces()
    face = faces[int(random.integers(len(faces)))]
    pen, lines = ImageDraw.Draw(clear), int(random.integers(1, 4))
    height = (bottom - top) / lines
    for line in range(lines):
        word = draw_letters(random, face, int(random.integers(3, 9)))
        size = max(6, int(height * 0.75))
        font = face.at(size)
        wide = font.getbbox(word)[2]
        font = face.at(max(6, int(size * min(1.0, 0.95 * (right - left) / max(wide, 1)))))
        centre = (left + right) / 2, top + (line + 0.5) * height
        pen.text(centre, word, fill=tuple(int(v) for v in ink), font=font, anchor="mm")
    return cv2.GaussianBlur(np.asarray(clear), (0, 0), 0.6)


def _glyphs(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    """Small tiles mirrored, turned over or exchanged: strokes remain, letters do not."""
    left, top, right, bottom = _box(mask)
    bad, count = picture.copy(), int(random.integers(2, 5))
    xs = np.linspace(left, right, count + 1).astype(int)
    ys = np.linspace(top, bottom, max(2, count - int(random.integers(0, 2))) + 1).astype(int)
    for y0, y1 in pairwise(ys):
        for x0, x1 in pairwise(xs):
            tile = picture[y0:y1, x0:x1]
            if tile.size:
                flip = int(random.integers(0, 4))
                bad[y0:y1, x0:x1] = tile if flip == 3 else cv2.flip(tile, (0, 1, -1)[flip])
    return cv2.GaussianBlur(bad, (0, 0), 0.7)


def _recolour(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    angle, size = random.uniform(0, 2 * np.pi), random.uniform(25, 60)
    lab[..., 1] += size * np.cos(angle)
    lab[..., 2] += size * np.sin(angle)
    lab[..., 0] = np.clip(lab[..., 0] + random.uniform(-15, 15), 0, 100)
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255, 0, 255).astype(np.uint8)


def _erase(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    return cv2.inpaint(np.ascontiguousarray(picture), mask.astype(np.uint8), 5, cv2.INPAINT_TELEA)


def _foreign(random: Random, picture: Rgb, mask: Mask) -> Rgb:
    """A part from elsewhere in the picture."""
    height, width = mask.shape
    down, right = (random.uniform(0.15, 0.4) * side * random.choice([-1, 1]) for side in (height, width))
    return _remap(picture, np.full(mask.shape, right), np.full(mask.shape, down))


KINDS: dict[str, Callable[[Random, Rgb, Mask], Rgb]] = {
    "melt": _melt,
    "swirl": _swirl,
    "smear": _smear,
    "lettering": _lettering,
    "glyphs": _glyphs,
    "recolour": _recolour,
    "erase": _erase,
    "foreign": _foreign,
}
