"""Drawing tools for labels: free fonts, spaced text, text on a circle, polygons."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]

# Font packages of PyPI; the fonts have the SIL Open Font License, Caladea the Apache licence.
FONTS = {
    "narrow": ("font_fjallaone", "FjallaOne-Regular.ttf"),
    "black": ("font_lato", "Lato-Black.ttf"),
    "bold": ("font_lato", "Lato-Bold.ttf"),
    "plain": ("font_lato", "Lato-Regular.ttf"),
    "round": ("font_fredoka_one", "FredokaOne-Regular.ttf"),
    "serif": ("font_caladea", "Caladea-Bold.ttf"),
    "italic": ("font_caladea", "Caladea-BoldItalic.ttf"),
}


@cache
def font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The font of `FONTS` called `name`, `size_px` high."""
    package, file = FONTS[name]
    with as_file(files(package) / "files" / file) as path:
        return ImageFont.truetype(str(path), size_px)


def sheet(width: int, height: int, top: Colour, bottom: Colour) -> Image.Image:
    """An RGB picture of (width, height) that runs from `top` to `bottom`."""
    t = np.linspace(0, 1, height)[:, None, None]
    rows = np.array(top) * (1 - t) + np.array(bottom) * t
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).round().astype(np.uint8).copy())


def spaced(
    draw: ImageDraw.ImageDraw,
    centre: Point,
    text: str,
    face: ImageFont.FreeTypeFont,
    fill: Colour,
    gap: float = 0,
) -> None:
    """Write `text` around `centre`, with `gap` px of extra room between its letters."""
    width = sum(face.getlength(letter) + gap for letter in text) - gap
    x = centre[0] - width / 2
    for letter in text:
        draw.text((x, centre[1]), letter, font=face, fill=fill, anchor="lm")
        x += face.getlength(letter) + gap


def lines(
    draw: ImageDraw.ImageDraw, start: Point, texts: Iterable[str], face: ImageFont.FreeTypeFont, fill: Colour
) -> None:
    """Write `texts` below one another, left-aligned from `start`."""
    for row, text in enumerate(texts):
        draw.text((start[0], start[1] + row * face.size * 1.25), text, font=face, fill=fill, anchor="ls")


def arc_text(
    image: Image.Image,
    centre: Point,
    radius: float,
    text: str,
    face: ImageFont.FreeTypeFont,
    fill: Colour,
    gap: float = 0,
) -> None:
    """Write `text` on a circle: over its top, or, with a negative `radius`, under its bottom."""
    advance = [(face.getlength(letter) + gap) / abs(radius) for letter in text]
    angle = -sum(advance) / 2
    side = round(face.size * 2)
    for letter, step in zip(text, advance, strict=True):
        middle = angle + step / 2
        glyph = Image.new("L", (side, side), 0)
        ImageDraw.Draw(glyph).text((side / 2, side / 2), letter, font=face, fill=255, anchor="mm")
        turn = -np.degrees(middle) * np.sign(radius)
        glyph = glyph.rotate(turn, Image.Resampling.BICUBIC)
        x = centre[0] + abs(radius) * np.sin(middle)
        y = centre[1] - radius * np.cos(middle)
        image.paste(fill, (round(x - side / 2), round(y - side / 2)), glyph)
        angle += step


def star(centre: Point, radii: tuple[float, float], points: int, turn_deg: float = 0) -> list[Point]:
    """A star polygon between the outer and inner `radii`."""
    angles = np.radians(turn_deg) + np.arange(2 * points) * np.pi / points
    reach = np.where(np.arange(2 * points) % 2 == 0, radii[0], radii[1])
    return [
        (centre[0] + r * np.sin(a), centre[1] - r * np.cos(a)) for a, r in zip(angles, reach, strict=True)
    ]


def disc(draw: ImageDraw.ImageDraw, centre: Point, radius: float, fill: Colour) -> None:
    """A filled circle."""
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def barcode(draw: ImageDraw.ImageDraw, corner: Point, size: Point, seed: int) -> None:
    """Bars of random widths on white, `size` (width, height) px."""
    x, y = corner
    draw.rectangle((x, y, x + size[0], y + size[1]), fill=(250, 250, 248))
    rng = np.random.default_rng(seed)
    edge, right = x + 0.06 * size[0], x + 0.94 * size[0]
    while edge < right:
        width, gap = rng.integers(1, 4, 2) * size[0] / 130
        draw.rectangle(
            (edge, y + 0.08 * size[1], min(edge + width, right), y + 0.8 * size[1]), fill=(20, 20, 22)
        )
        edge += width + gap
    draw.text(
        (x + size[0] / 2, y + 0.9 * size[1]),
        "4 090117 263054",
        font=font("plain", round(0.11 * size[0])),
        fill=(20, 20, 22),
        anchor="mm",
    )


def pixels(image: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of an RGB picture."""
    return np.asarray(image.convert("RGB")).copy()


def curve(points: Iterable[Point], closed: bool = True, steps: int = 14) -> list[Point]:
    """A smooth line through `points` (Catmull-Rom), to be filled as a polygon or drawn as a line."""
    knots = np.array(list(points), float)
    padded = (
        np.concatenate([knots[-1:], knots, knots[:2]])
        if closed
        else np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    )
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = 2 * before - 5 * start + 4 * end - after
        twist = 3 * start - before - 3 * end + after
        pieces.append(start + 0.5 * t * (end - before + t * (bend + t * twist)))
    if not closed:
        pieces.append(knots[-1:])
    return [(float(x), float(y)) for x, y in np.concatenate(pieces)]


def place(points: Iterable[Point], at: Point, scale: float, turn_deg: float = 0) -> list[Point]:
    """`points` scaled, turned clockwise and moved so that their origin lies `at`."""
    c, s = scale * np.cos(np.radians(turn_deg)), scale * np.sin(np.radians(turn_deg))
    return [(at[0] + x * c - y * s, at[1] + x * s + y * c) for x, y in points]


def misspelt(
    image: Image.Image,
    centre: Point,
    text: str,
    face: ImageFont.FreeTypeFont,
    fill: Colour,
    gap: float,
    turned: Iterable[int],
) -> None:
    """Write like `spaced`, but the letters at the places `turned` backwards."""
    width = sum(face.getlength(letter) + gap for letter in text) - gap
    x = centre[0] - width / 2
    tall = round(face.size * 2)
    for i, letter in enumerate(text):
        glyph = Image.new("L", (round(face.getlength(letter)), tall), 0)
        ImageDraw.Draw(glyph).text((0, tall / 2), letter, font=face, fill=255, anchor="lm")
        if i in turned:
            glyph = glyph.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        image.paste(fill, (round(x), round(centre[1] - tall / 2)), glyph)
        x += face.getlength(letter) + gap
