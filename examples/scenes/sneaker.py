"""A sneaker, Orbell, whose name and planet on the side have melted."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from . import shoe
from .artifacts import Art, melt, swirl
from .artwork import Colour, Point, curve, disc, font, misspelt, pixels, place, spaced, star
from .example import Example, Which
from .props import cove
from .shapes import redrawn, shaded
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, relief, rgb
from .surfaces import Grid, lathe, mesh, move, smooth, turn
from .textures import Room, Window, noise, wood

ACROSS, UP, SCALE = 34.0, 12.0, 90  # size of one half of the upper, flattened [cm], and pixels for each cm
WIDTH, HEIGHT = round(ACROSS * SCALE), round(UP * SCALE)
CANVAS, NAVY, ORANGE, GOLD, TEAL = (
    (242, 234, 216),
    (28, 42, 78),
    (226, 104, 50),
    (246, 190, 84),
    (52, 138, 136),
)
NAME = (3.9, 1.5, 15.7, 4.3)  # left, low, right, high [cm]
PLANET = (17.5, 3.1)


def at(right: float, up: float) -> Point:
    """Pixel of the place `right` cm from the heel and `up` cm from the sole."""
    return right * SCALE, HEIGHT - up * SCALE


def rect(box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Pixels of a box (left, low, right, high) in cm."""
    (left, bottom), (right, top) = at(box[0], box[1]), at(box[2], box[3])
    return round(left), round(top), round(right), round(bottom)


def stitch(draw: ImageDraw.ImageDraw, line: list[Point], fill: Colour) -> None:
    """A dashed seam along `line`, in cm."""
    points = np.array([at(*point) for point in line])
    walked = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    for start in np.arange(0, walked[-1] - 14, 22):
        ends = [
            tuple(np.interp(way, walked, points[:, axis]) for axis in (0, 1)) for way in (start, start + 14)
        ]
        draw.line(ends, fill=fill, width=6)


def panel(
    draw: ImageDraw.ImageDraw, edge: list[Point], rest: list[Point], fill: Colour, thread: Colour
) -> None:
    """A patch of leather between a curved `edge` and the `rest`, with two seams along the edge; all in cm."""
    line = curve(edge, False)
    inside = -np.gradient(np.array(line), axis=0)[:, ::-1] * (1, -1)
    inside /= np.linalg.norm(inside, axis=1, keepdims=True)
    draw.polygon([at(*point) for point in [*line, *rest]], fill=fill)
    draw.line([at(*point) for point in line], fill=tuple(round(0.72 * v) for v in fill), width=7)
    for depth in (0.22, 0.42):
        stitch(draw, [tuple(p) for p in np.array(line) + depth * inside], thread)


def planet(draw: ImageDraw.ImageDraw, centre: Point, scale: float, turn_deg: float) -> None:
    """A banded planet with its ring and two stars."""

    def ring(reach: float, low: float, start: int, end: int, fill: Colour) -> None:
        t = np.radians(np.linspace(start, end, 60))
        outer = np.stack([reach * np.cos(t), 0.30 * reach * np.sin(t)], -1)
        inner = np.stack([low * np.cos(t), 0.28 * low * np.sin(t)], -1)[::-1]
        draw.polygon(place([*map(tuple, outer), *map(tuple, inner)], centre, scale, turn_deg), fill=fill)

    ring(205, 150, 180, 360, NAVY)
    disc(draw, centre, 118 * scale, ORANGE)
    for y, half, thick in ((-52, 104, 20), (2, 117, 24), (58, 100, 16)):
        band = [(-half, y), (half, y), (half - 6, y + thick), (-half + 6, y + thick)]
        draw.polygon(place(band, centre, scale, turn_deg), fill=GOLD)
    ring(205, 150, 0, 180, NAVY)
    for x, y, size in ((-150, -130, 40), (150, 128, 28)):
        draw.polygon(
            star(place([(x, y)], centre, scale, turn_deg)[0], (size * scale, 0.36 * size * scale), 4),
            fill=TEAL,
        )


def toe_line(grid: Grid, x: float) -> list[Point]:
    """Where the toe cap begins on the flattened upper: about `x` cm from the heel of the shoe."""
    along, up = shoe.lengths(grid), shoe.heights(grid)
    start = x - 0.06 * grid[..., 1] ** 2
    columns = np.flatnonzero(grid[0, :, 0] > start[0])[::9]
    rows = np.argmax(grid[:, columns, 0] < start[:, columns], axis=0)
    line = [(float(along[c]), float(up[r, c])) for r, c in zip(rows, columns, strict=True)]
    return [(line[0][0] - 0.05, -0.2), *line, (ACROSS, line[-1][1])]


def draw_base() -> Image.Image:
    """Canvas and leather of one side without its print."""
    grid = shoe.upper(-1)
    image = Image.new("RGB", (WIDTH, HEIGHT), CANVAS)
    draw = ImageDraw.Draw(image)
    panel(draw, [(3.5, -0.2), (3.2, 3.2), (4.3, 6.2), (6.0, 12)], [(-1, 12), (-1, -0.2)], NAVY, GOLD)
    edge = np.stack([shoe.lengths(grid), shoe.heights(grid)[-1]], -1)
    row = edge[(edge[:, 0] > 12.4) & (edge[:, 0] < 26)][::12] - (0, 1.5)
    eyelets = [(10.6, 12.0), (11.4, float(row[0][1]) + 0.5), *map(tuple, row[1:-3])]
    panel(draw, eyelets, [(30, 12), (11, 12)], NAVY, GOLD)
    panel(draw, toe_line(grid, 24.9)[::-1], [(25.2, -0.2), (ACROSS, -0.2)], TEAL, CANVAS)
    return image


def draw_label(printed: bool = True) -> Art:
    """(1080, 3060, 3) outer side of the upper, flattened: heel on the left, the sole below."""
    image = draw_base()
    draw = ImageDraw.Draw(image)
    spaced(draw, at(9.8, 0.92), "ORBIT CLUB  1977", font("bold", 72), ORANGE, 10)
    if printed:
        spaced(draw, at(9.8, 2.9), "ORBELL", font("black", 240), NAVY, 8)
        planet(draw, at(*PLANET), 0.8, -18)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Misspell the name, letters backwards, and let it run; twist the planet into a smear."""
    image = Image.fromarray(draw_label(printed=False))
    misspelt(image, at(9.8, 2.9), "ORBREL", font("black", 228), NAVY, 2, (0, 2, 4))
    planet(ImageDraw.Draw(image), at(*PLANET), 0.8, -18)
    x, y = (round(v) for v in at(*PLANET))
    around = (x - 205, y - 152, x + 205, y + 152)
    art = melt(pixels(image), rect(NAME), 15, 6, 6)
    return melt(swirl(art, around, 140), around, 20, 3, 4)


def laid_out(grid: Grid) -> NDArray:
    """Place on the artwork of each point of one half of the upper."""
    up = shoe.heights(grid)
    return np.stack(np.broadcast_arrays(shoe.lengths(grid)[None, :] / ACROSS, 1 - up / UP), -1)


def leather_or_canvas(art: Art, which: Which) -> dict:
    """Smooth shiny leather, or woven canvas."""
    if which == "image":
        pores = noise((700, 2000), (220, 620), 2, 4)
        return relief(bitmap(art), pores, 0.0008, 0.3, specular=0.55, clearcoat=0.55, clearcoat_gloss=0.9)
    t = np.arange(2000) * np.pi * 0.16
    weave = np.sin(t)[None, :] * np.sin(t[:700, None]) + 0.3 * noise((700, 2000), (90, 250), 1, 6)
    return relief(bitmap(shaded(art, weave, 0.07)), weave, 0.007, 0.95, specular=0.1, sheen=0.3)


def sidewall(gum: bool) -> Art:
    """(140, 8, 3) rubber of the sole from its top to its underside, with a coloured line."""
    tone = (188, 140, 88) if gum else (232, 228, 216)
    rows = np.tile(np.array(tone, np.uint8), (140, 8, 1))
    rows[54:70] = ORANGE
    return rows


def sneaker(art: Art, which: Which) -> dict:
    """The whole shoe, standing on the table, its middle at the origin."""
    shiny = which == "image"
    outer, inner = shoe.upper(-1), shoe.upper(1)
    plain = pixels(draw_base())
    rubber = paint(bitmap(sidewall(shiny)), 0.4 if shiny else 0.65, specular=0.4)
    lace = paint(rgb(0.84, 0.80, 0.70), 0.85, sheen=0.4)
    soft = paint(rgb(0.52, 0.14, 0.045), 0.9, sheen=0.4)
    dark = paint(rgb(0.02, 0.03, 0.075), 0.35 if shiny else 0.9, specular=0.4)
    tongue, roll = shoe.tongue()
    uv = laid_out(outer)
    parts = {
        LABEL: (outer, leather_or_canvas(art, which), redrawn(uv, 0.003, 5, 5) if shiny else uv),
        "inner": (inner, leather_or_canvas(plain, which), laid_out(inner)),
        "sole": (shoe.sole(0.42 if shiny else 0.34), rubber, None),
        "binding": (shoe.binding(0.30 if shiny else 0.24), dark, None),
        "bed": (shoe.foot_bed(), soft, None),
        "tongue": (tongue, dark, None),
        "roll": (roll, dark, None),
    }
    for side in (-1, 1):
        parts[f"lining{side + 1}"] = (shoe.lining(side), soft, None)
    for i, grid in enumerate(shoe.laces(0.30 if shiny else 0.24)):
        parts[f"lace{i}"] = (grid, lace, None)
    stretch = (0.965, 1.02, 1.05) if shiny else (1, 1, 1)
    return {
        name: mesh(name, move(grid, -14.5, 0) * stretch, material, places)
        for name, (grid, material, places) in parts.items()
    }


def stage() -> dict:
    """Coloured paper, a round plinth under the shoe and a disc behind it."""
    peach, coral = paint(rgb(0.76, 0.47, 0.34), 0.8, specular=0.1), paint(rgb(0.70, 0.24, 0.15), 0.75)
    drum = lathe(smooth([(0.02, 0.0), (20.5, 0.0), (20.8, -0.3), (20.8, -7.0)], 0.05, 0.2))
    disc_ = turn(lathe(smooth([(0.02, 0.0), (16.5, 0.0), (16.7, -0.2), (16.7, -1.5)], 0.05, 0.2)), 90, "x")
    return {
        "cove": mesh("cove", move(cove(), 0, 0, -7.0), peach),
        "plinth": mesh("plinth", move(drum, 0, 3.0), paint(rgb(0.82, 0.60, 0.46), 0.7)),
        "disc": mesh("disc", move(disc_, 5.0, 30, 9.5), coral),
    }


def build(art: Art, which: Which) -> dict:
    """The shoe; of leather on coloured paper, or of canvas on floor boards."""
    shapes = sneaker(art, which)
    if which == "image":
        return {
            **shapes,
            **stage(),
            "lamp": lamp((-50, -46, 74), (26, 26), (34, 32.6, 30)),
            "fill": lamp((70, -40, 40), (30, 50), (3, 3, 3.3)),
        }
    floor = ground(
        wood((0.40, 0.28, 0.18), (0.78, 0.62, 0.44), 9, 93), (170, 140), (0, 20), 12, roughness=0.4
    )
    return {**shapes, "floor": floor, "lamp": lamp((50, -50, 70), (50, 50), (10, 10, 10.2))}


EXAMPLE = Example(
    name="sneaker",
    shows="a leather sneaker on coloured paper",
    wrong="The name and the planet on the side of the shoe have melted.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(17, 17, 100, (0.3, 0, 5.6), 18.2, 0.4, 0.0),
        Room(
            (0.62, 0.58, 0.56),
            (0.95, 0.95, 0.95),
            (0.5, 0.4, 0.36),
            (Window(-70, 30, 60, 50, (5, 5, 5)), Window(110, 25, 40, 60, (3, 3, 3.2))),
        ),
        key=0.40,
        seed=27,
    ),
    reference=View(
        Camera(-13, 13, 100, (0, 0, 5.2), 18.6, 0.4, -1.5),
        Room(
            (0.56, 0.54, 0.5),
            (0.9, 0.88, 0.86),
            (0.25, 0.2, 0.16),
            (Window(70, 18, 46, 50, (8, 8.2, 8.6), 2), Window(-120, 16, 30, 40, (4, 4, 4.2), 2)),
            40,
            39,
        ),
        key=0.38,
        warmth=0.02,
        seed=28,
    ),
    margin_px=7,
    seed=34,
)
