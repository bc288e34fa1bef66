"""A toy ice-cream van, Boppoli, whose name is mirrored and whose cone has melted."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .artifacts import Art, melt
from .artwork import Colour, Point, arc_text, curve, disc, font, misspelt, pixels, place, spaced, star
from .example import Example, Which
from .props import blocks, cove
from .shapes import ball, redrawn, shaded, sweep
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, relief, rgb
from .surfaces import Grid, mesh, move
from .textures import Room, Window, noise, wood
from .van import LONG, TALL, roof_cone, shell, wheels

SCALE = 120  # pixels of artwork for each cm
WIDTH, HEIGHT = round(LONG * SCALE), round(TALL * SCALE)
MINT, CREAM, RED, NAVY, GLASS = (122, 196, 176), (250, 240, 218), (214, 66, 58), (36, 48, 84), (84, 130, 158)
PINK, GOLD, BROWN = (240, 150, 160), (238, 176, 84), (122, 70, 44)
EMBLEM, RING = (545, 655), 300  # centre and radius of the painted emblem
NAME = (856, 570, 1984, 900)


def cone(draw: ImageDraw.ImageDraw, at: Point, scale: float, turn_deg: float = 0) -> None:
    """A waffle cone with three scoops and a cherry."""

    def shape(points: tuple[Point, ...], fill: Colour) -> None:
        draw.polygon(place(points, at, scale, turn_deg), fill=fill)

    shape(((-105, 20), (105, 20), (0, 250)), GOLD)
    for share in (0.0, 0.16, 0.32, 0.48, 0.64):
        for side in (-1, 1):
            low = min(1.0, share + 0.34)
            line = ((side * 105 * (1 - share), 20 + 230 * share), (-side * 105 * (1 - low), 20 + 230 * low))
            draw.line(place(line, at, scale, turn_deg), fill=BROWN, width=round(8 * scale))
    for x, y, radius, fill in ((-62, -25, 86, PINK), (62, -25, 86, CREAM), (0, -125, 88, BROWN)):
        disc(draw, place([(x, y)], at, scale, turn_deg)[0], radius * scale, fill)
    drip = ((-148, -20), (-110, 34), (-70, 12), (-30, 52), (0, 14), (44, 40), (84, 12), (120, 44), (148, -20))
    shape(tuple(curve(drip)), PINK)
    disc(draw, place([(6, -226)], at, scale, turn_deg)[0], 34 * scale, RED)
    for x, y in ((-30, -150), (24, -170), (40, -110), (-36, -96), (0, -130)):
        disc(draw, place([(x, y)], at, scale, turn_deg)[0], 10 * scale, CREAM)


def emblem(image: Image.Image, with_cone: bool) -> None:
    """A rayed disc with the cone, and text around it."""
    draw = ImageDraw.Draw(image)
    for radius, fill in ((RING, NAVY), (RING - 16, CREAM)):
        disc(draw, EMBLEM, radius, fill)
    disc(draw, EMBLEM, 214, NAVY)
    draw.polygon(star(EMBLEM, (206, 150), 18), fill=(250, 214, 132))
    arc_text(image, EMBLEM, 248, "SCOOPS & SUNDAES", font("black", 56), RED, 5)
    arc_text(image, EMBLEM, -250, "SINCE  1961", font("black", 56), NAVY, 8)
    if with_cone:
        cone(draw, (EMBLEM[0], EMBLEM[1] - 6), 0.72)


def windows(draw: ImageDraw.ImageDraw) -> None:
    """The counter under its striped awning, and the door's window."""
    draw.rounded_rectangle((420, 130, 1330, 350), 30, fill=NAVY)
    draw.rounded_rectangle((440, 150, 1310, 330), 20, fill=GLASS)
    draw.polygon([(600, 330), (760, 150), (860, 150), (700, 330)], fill=(150, 188, 206))
    for stripe in range(12):
        x, fill = 400 + 79.2 * stripe, (RED, CREAM)[stripe % 2]
        draw.rectangle((x, 90, x + 79, 170), fill=fill)
        draw.pieslice((x, 130, x + 79, 210), 0, 180, fill=fill)
    glass = [(1480, 160), (1590, 160), (1790, 500), (1480, 500)]
    draw.polygon(glass, fill=NAVY)
    draw.polygon([(1500, 182), (1578, 182), (1754, 480), (1500, 480)], fill=GLASS)


def draw_base() -> Art:
    """(1320, 2400, 3) body of the van without its print: cream over mint."""
    image = Image.new("RGB", (WIDTH, HEIGHT), CREAM)
    draw = ImageDraw.Draw(image)
    wave = curve([(0, 960), (500, 1010), (1200, 1010), (1950, 935), (2400, 770)], False)
    draw.polygon([*wave, (WIDTH, HEIGHT), (0, HEIGHT)], fill=MINT)
    draw.line(wave, fill=RED, width=26)
    return pixels(image)


def draw_label(printed: bool = True) -> Art:
    """(1320, 2400, 3) side of the van."""
    image = Image.fromarray(draw_base())
    draw = ImageDraw.Draw(image)
    windows(draw)
    emblem(image, printed)
    draw = ImageDraw.Draw(image)
    if printed:
        spaced(draw, (1428, 744), "BOPPOLI", font("round", 244), NAVY, 6)
        spaced(draw, (1420, 738), "BOPPOLI", font("round", 244), RED, 6)
    spaced(draw, (1200, 1130), "ice cream for all", font("italic", 100), NAVY, 2)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Misspell the name, letters backwards, and let it and the cone run."""
    image = Image.fromarray(draw_label(printed=False))
    for shift, fill in ((8, NAVY), (0, RED)):
        at = (1420 + shift, 738 + 0.75 * shift)
        misspelt(image, at, "BOPOPIL", font("round", 226), fill, 4, (0, 2, 4, 5))
    art = melt(pixels(image), NAME, 19, 6, 3)
    x, y = EMBLEM
    draw = ImageDraw.Draw(image)
    disc(draw, EMBLEM, RING, NAVY)
    draw.polygon(star(EMBLEM, (206, 140), 14), fill=(250, 214, 132))
    cone(draw, (x + 30, y + 20), 0.66, 64)
    run = melt(pixels(image), (x - 215, y - 215, x + 215, y + 215), 30, 3.5, 8)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.hypot(columns - x, rows - y) < 206
    return np.where(inside[..., None], run, art)


def flat_places(grid: Grid) -> NDArray:
    """Place on the artwork as seen straight from the side."""
    return np.stack([grid[..., 0] / LONG, 1 - grid[..., 2] / TALL], -1)


def van(art: Art, which: Which) -> dict:
    """The whole toy around the origin; the shapes of its two makes differ a little."""
    plastic = which == "image"
    side, strip, glass = shell(1.1 if plastic else 0.7)
    plain = draw_base()
    grain = noise((HEIGHT, WIDTH), (60, 3), 3, 5)
    lobes = {"specular": 0.6, "clearcoat": 1.0, "clearcoat_gloss": 0.96} if plastic else {"specular": 0.2}

    def material(colours: Art) -> dict:
        if plastic:
            return paint(bitmap(colours), 0.16, **lobes)
        return relief(bitmap(shaded(colours, grain, 0.045)), grain, 0.002, 0.75, **lobes)

    def coloured(red: float, green: float, blue: float) -> dict:
        return paint(rgb(red, green, blue), 0.25 if plastic else 0.75, **lobes)

    parts = {
        LABEL: (side, material(art)),
        "strip": (strip, material(plain)),
        "far": (side[:, ::-1] * (1, -1, 1), material(plain)),
        "glass": (glass, paint(rgb(0.03, 0.06, 0.09), 0.1 if plastic else 0.5, specular=0.5)),
    }
    tyre = coloured(0.02, 0.02, 0.024) if plastic else coloured(0.50, 0.31, 0.15)
    parts |= wheels(2.4 if plastic else 2.1, tyre, coloured(0.66, 0.055, 0.04))
    scoops = (coloured(0.83, 0.27, 0.32), coloured(0.92, 0.85, 0.68), coloured(0.16, 0.06, 0.028))
    parts |= roof_cone(coloured(0.80, 0.42, 0.10), scoops)
    for side_ in (-1, 1):
        name = f"light{side_ + 1}"
        parts[name] = (move(ball((0.35, 0.8, 0.8)), 19.75, side_ * 2.9, 3.4), coloured(0.9, 0.78, 0.4))
    y = np.linspace(-4.6, 4.6, 40)
    bumper = np.stack([20.2 - 0.035 * y**2, y, np.full(40, 0.9)], -1)
    parts["bumper"] = (
        sweep(bumper, 0.43 * np.sqrt(np.clip(1.01 - (y / 4.6) ** 8, 0, 1))),
        coloured(0.66, 0.055, 0.04),
    )
    stretch = (0.965, 1.03, 1.04) if plastic else (1, 1, 1)
    shapes = {}
    for name, (grid, surface) in parts.items():
        uv = flat_places(grid)
        if name == LABEL and plastic:
            uv = redrawn(uv, 0.004, 4, 4)
        shapes[name] = mesh(name, move(grid, -LONG / 2, 0, 1.7) * stretch, surface, uv)
    return shapes


def build(art: Art, which: Which) -> dict:
    """The van; of shiny plastic in a grey studio, or of painted wood on a floor before blocks."""
    toy = van(art, which)
    if which == "image":
        grey = mesh("cove", cove(), paint(rgb(0.50, 0.50, 0.51), 0.8, specular=0.1))
        return {
            **toy,
            "cove": grey,
            "lamp": lamp((-40, -60, 80), (30, 30), (34, 33.2, 32)),
            "fill": lamp((70, -30, 50), (30, 50), (5, 5, 5.2)),
        }
    floor = ground(
        wood((0.46, 0.33, 0.21), (0.82, 0.66, 0.47), 8, 91), (150, 120), (0, 20), 8, roughness=0.45
    )
    return {**toy, **blocks(), "floor": floor, "lamp": lamp((50, -50, 60), (44, 44), (10, 9.8, 9.3))}


EXAMPLE = Example(
    name="toy",
    shows="a toy ice-cream van of plastic before grey",
    wrong="The name on the van runs backwards and the cone in its emblem has melted.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(24, 20, 92, (0.2, 0, 9.4), 19.6, 0.4, 0.0),
        Room(
            (0.46, 0.46, 0.47),
            (0.55, 0.55, 0.55),
            (0.6, 0.6, 0.6),
            (Window(-64, 26, 40, 36, (9, 9, 9)), Window(-168, 34, 40, 26, (7, 7, 7.2))),
        ),
        key=0.50,
        seed=23,
    ),
    reference=View(
        Camera(-8, 10, 92, (0, 0, 9.0), 18.6, 0.45, 1.0),
        Room(
            (0.56, 0.52, 0.46),
            (0.9, 0.88, 0.84),
            (0.25, 0.2, 0.16),
            (Window(74, 16, 46, 46, (9, 9.2, 9.6), 3), Window(-120, 16, 30, 40, (4, 4, 4.2), 2)),
            50,
            36,
        ),
        key=0.36,
        warmth=0.02,
        seed=24,
    ),
    margin_px=7,
    seed=32,
)
