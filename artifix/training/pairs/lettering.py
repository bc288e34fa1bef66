"""Invented lettering as decals: print is what generators garble most, and it needs no data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from artifix.training.pairs.fonts import SCRIPTS, Face, Font, find_faces

COMMONEST = 0.6  # share of words in Latin letters and digits
Colour = tuple[int, int, int, int]


def draw_decals(count: int, side_px: int, seed: int) -> NDArray[np.uint8]:
    """Random words, numbers and emblems.

    Args:
        count: of decals.
        side_px: side of each [px].
        seed: the same seed gives the same decals on a machine with the same fonts.

    Returns:
        (count, side_px, side_px, 4) RGB and alpha.
    """
    random = np.random.default_rng(seed)
    return np.stack([_decal(random, side_px) for _ in range(count)])


def draw_word(
    pen: ImageDraw.ImageDraw,
    random: np.random.Generator,
    box: tuple[float, float, float, float],
    colour: Colour,
    face: Face | None = None,
) -> None:
    """Write an invented word as large as fits into `box` (left, top, right, bottom) [px], in its middle."""
    face = face or draw_face(random)
    text = draw_letters(random, face, int(random.integers(2, 10)))
    font = _fitting(face, text, box[2] - box[0], box[3] - box[1])
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    stroke: dict[str, Any] = {}
    if random.random() < 0.15:
        stroke = {"stroke_width": max(int(box[3] - box[1]) // 30, 1), "stroke_fill": draw_colour(random)}
    pen.text(centre, text, fill=colour, font=font, anchor="mm", **stroke)


def draw_face(random: np.random.Generator) -> Face:
    """One of the fonts of this machine."""
    faces = find_faces()
    return faces[int(random.integers(len(faces)))]


def draw_letters(random: np.random.Generator, face: Face, count: int) -> str:
    """A word in one of the scripts that the font has."""
    common = [name for name in ("latin", "digits") if name in face.scripts]
    names = common if common and random.random() < COMMONEST else list(face.scripts) or ["digits"]
    letters = list(SCRIPTS[names[int(random.integers(len(names)))]])
    word = "".join(random.choice(letters, count))
    style = random.random()
    return word.upper() if style < 0.3 else word.capitalize() if style < 0.7 else word


def draw_colour(random: np.random.Generator, alpha: int = 255) -> Colour:
    """Any colour, a third of them pale, dark or grey, as most paper and ink is."""
    rgb = random.uniform(0, 256, 3)
    if random.random() < 0.35:
        rgb = rgb.mean() + (rgb - rgb.mean()) * 0.2
        rgb = np.where(rgb.mean() < 128, rgb / 2, 255 - (255 - rgb) / 2)
    red, green, blue = (int(v) for v in rgb)
    return red, green, blue, alpha


def draw_emblem(
    pen: ImageDraw.ImageDraw, random: np.random.Generator, box: tuple[float, float, float, float]
) -> None:
    """A plate in `box` with up to three triangles on it."""
    draw = (pen.rectangle, pen.ellipse, pen.rounded_rectangle)[int(random.integers(3))]
    size = min(box[2] - box[0], box[3] - box[1])
    arguments: dict[str, Any] = {
        "fill": draw_colour(random),
        "outline": draw_colour(random) if random.random() < 0.5 else None,
        "width": max(int(size * random.uniform(0.015, 0.06)), 1),
    }
    if draw == pen.rounded_rectangle:
        arguments["radius"] = size / 8
    draw(box, **arguments)
    corner, extent = np.array(box[:2]), np.array(box[2:]) - box[:2]
    for _ in range(int(random.integers(0, 4))):
        points = corner + random.uniform(0.1, 0.9, (3, 2)) * extent
        pen.polygon([tuple(p) for p in points], fill=draw_colour(random))


def _decal(random: np.random.Generator, side_px: int) -> NDArray[np.uint8]:
    picture = Image.new("RGBA", (side_px, side_px), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    if random.random() < 0.6:
        left, top = random.uniform(0, 0.3, 2) * side_px
        right, bottom = side_px - random.uniform(0, 0.3, 2) * side_px
        draw_emblem(pen, random, (left, top, right, bottom))
    rows = int(random.integers(1, 4))
    for row in range(rows):
        height = random.uniform(0.5, 1.0) / rows * side_px
        middle = (row + 0.5) / rows * side_px
        box = (0.04 * side_px, middle - height / 2, 0.96 * side_px, middle + height / 2)
        draw_word(pen, random, box, draw_colour(random))
    return np.asarray(picture)


def _fitting(face: Face, text: str, width_px: float, height_px: float) -> Font:
    """The font at the size at which the text fills the width or the height."""
    trial_px = 32
    left, top, right, bottom = face.at(trial_px).getbbox(text)
    scale = min(width_px / max(right - left, 1), height_px / max(bottom - top, 1))
    return face.at(max(int(trial_px * scale * 0.95), 6))
