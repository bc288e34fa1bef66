"""Invented lettering as decals: print is what generators garble most, and it needs no data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&!?%"


def draw_decals(count: int, side_px: int, seed: int) -> NDArray[np.uint8]:
    """Random words, numbers and emblems.

    Args:
        count: of decals.
        side_px: side of each [px].
        seed: the same seed gives the same decals.

    Returns:
        (count, side_px, side_px, 4) RGB and alpha.
    """
    random = np.random.default_rng(seed)
    return np.stack([_decal(random, side_px) for _ in range(count)])


def _decal(random: np.random.Generator, side_px: int) -> NDArray[np.uint8]:
    picture = Image.new("RGBA", (side_px, side_px), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    if random.random() < 0.6:
        _emblem(pen, random, side_px)
    rows = int(random.integers(1, 4))
    for row in range(rows):
        _word(pen, random, side_px, (row + 0.5) / rows)
    return np.asarray(picture)


def _colour(random: np.random.Generator) -> tuple[int, int, int, int]:
    red, green, blue = (int(v) for v in random.integers(0, 256, 3))
    return red, green, blue, 255


def _emblem(pen: ImageDraw.ImageDraw, random: np.random.Generator, side_px: int) -> None:
    left, top = random.uniform(0, 0.3, 2) * side_px
    right, bottom = side_px - random.uniform(0, 0.3, 2) * side_px
    draw = (pen.rectangle, pen.ellipse, pen.rounded_rectangle)[int(random.integers(3))]
    outline = _colour(random) if random.random() < 0.5 else None
    arguments: dict[str, Any] = {
        "fill": _colour(random),
        "outline": outline,
        "width": int(random.integers(2, 8)),
    }
    if draw == pen.rounded_rectangle:
        arguments["radius"] = side_px // 8
    draw((left, top, right, bottom), **arguments)
    for _ in range(int(random.integers(0, 4))):
        pen.polygon([tuple(p) for p in random.uniform(0.1, 0.9, (3, 2)) * side_px], fill=_colour(random))


def _word(pen: ImageDraw.ImageDraw, random: np.random.Generator, side_px: int, height: float) -> None:
    letters = "".join(random.choice(list(ALPHABET), int(random.integers(2, 8))))
    size_px = int(random.uniform(0.15, 0.4) * side_px)
    pen.text(
        (side_px / 2, height * side_px),
        letters,
        fill=_colour(random),
        font=ImageFont.load_default(size_px),
        anchor="mm",
        stroke_width=int(random.integers(0, 3)),
    )
