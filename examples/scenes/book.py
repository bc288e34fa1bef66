"""A hardback, The Heron Clock, whose title has its letters swapped, turned round and run."""

import numpy as np
from PIL import Image, ImageDraw

from .artifacts import Art, melt
from .artwork import Colour, Point, curve, disc, font, misspelt, pixels, place, sheet, spaced, star
from .example import Example, Which
from .hardback import TALL, THICK, bound, paper
from .props import apple, candle
from .shapes import shaded
from .studio import Camera, View, bitmap, ground, lamp, paint, relief, rgb
from .surfaces import Grid, move, turn
from .textures import Room, Window, noise, stone, wood

WIDTH, HEIGHT = 3490, 2310  # 110 px/cm: back, spine, front
LEFT, MIDDLE = WIDTH - 1540, WIDTH - 770  # of the front
NIGHT, SEA, GLOW, CREAM, GOLD = (22, 34, 66), (46, 96, 112), (240, 176, 118), (250, 240, 214), (242, 200, 112)
INK, RUST = (16, 26, 48), (206, 92, 58)
MOON = (MIDDLE + 20, 1290)
TITLE = ((LEFT + 60, 262, WIDTH - 60, 532), (LEFT + 60, 528, WIDTH - 60, 798))


def heron(draw: ImageDraw.ImageDraw, at: Point, scale: float) -> None:
    """A heron that stands in the water and looks to the left."""

    def shape(points: tuple[Point, ...], fill: Colour, bent: bool = True) -> None:
        draw.polygon(place(curve(points) if bent else points, at, scale), fill=fill)

    for hip, knee, foot in (((10, 90), (-6, 260), (10, 470)), ((70, 90), (96, 250), (76, 470))):
        draw.line(place([hip, knee, foot], at, scale), fill=INK, width=round(13 * scale), joint="curve")
    neck = curve(((-70, 10), (-150, -70), (-150, -170), (-86, -260), (-70, -350), (-120, -420)), False, 40)
    for i, (x, y) in enumerate(place(neck, at, scale)):
        disc(draw, (x, y), (44 - 22 * (i / len(neck)) ** 0.6) * scale, INK)
    shape(((-110, -20), (-40, -90), (90, -70), (230, 20), (330, 130), (200, 140), (40, 130), (-80, 80)), INK)
    shape(((-10, -60), (100, -40), (220, 40), (300, 128), (170, 110), (50, 70)), SEA)
    for row in range(3):
        line = curve(
            (
                (20 + 50 * row, -20 + 22 * row),
                (130 + 40 * row, 30 + 24 * row),
                (230 + 34 * row, 104 + 8 * row),
            ),
            False,
        )
        draw.line(place(line, at, scale), fill=CREAM, width=round(8 * scale))
    shape(((-80, -390), (-70, -440), (-120, -470), (-190, -450), (-200, -425), (-150, -400)), INK)
    shape(((-180, -458), (-420, -404), (-185, -420)), RUST, False)
    shape(((-100, -468), (-20, -452), (90, -380), (-30, -424), (-90, -440)), INK)
    disc(draw, place([(-150, -440)], at, scale)[0], 10 * scale, GOLD)


def reeds(draw: ImageDraw.ImageDraw, left: float, right: float, foot: float, seed: int) -> None:
    """Reeds with brown heads and bent blades."""
    rng = np.random.default_rng(seed)
    for x in np.linspace(left, right, 9):
        tall, lean = rng.uniform(260, 620), rng.normal(0, 50)
        tip = (x + lean, foot - tall)
        blade = curve(((x, foot), (x + 0.3 * lean, foot - 0.5 * tall), tip), False)
        draw.line(blade, fill=INK, width=12)
        side = rng.choice([-1, 1])
        leaf = (
            (x, foot),
            (x + 40 * side, foot - 0.6 * tall),
            (x + 190 * side, foot - 0.8 * tall),
            (x + 20 * side, foot - 0.4 * tall),
        )
        draw.polygon(curve(leaf), fill=INK)
        if tall > 380:
            head = [(tip[0] - 17, tip[1]), (tip[0] + 17, tip[1] + 130)]
            draw.rounded_rectangle((*head[0], *head[1]), 17, fill=(112, 62, 40))


def moon(draw: ImageDraw.ImageDraw) -> None:
    """The full moon as the face of a clock."""
    for radius, fill in ((470, (96, 122, 132)), (448, GOLD), (426, CREAM)):
        disc(draw, MOON, radius, fill)
    for x, y, radius in ((-190, -120, 84), (-60, 160, 60), (210, -160, 54), (-260, 90, 40)):
        disc(draw, (MOON[0] + x, MOON[1] + y), radius, (240, 224, 186))
    for hour in range(12):
        angle = np.radians(30 * hour)
        way = np.array([np.sin(angle), -np.cos(angle)])
        if hour % 3:
            draw.line([tuple(MOON + 350 * way), tuple(MOON + 402 * way)], fill=NIGHT, width=14)
        else:
            text = {0: "XII", 3: "III", 6: "VI", 9: "IX"}[hour]
            draw.text(tuple(MOON + 352 * way), text, font=font("serif", 104), fill=NIGHT, anchor="mm")
    for turn_deg, reach, width in ((308, 230, 26), (52, 320, 18)):
        way = np.array([np.sin(np.radians(turn_deg)), -np.cos(np.radians(turn_deg))])
        draw.line([tuple(MOON - 50 * way), tuple(MOON + reach * way)], fill=NIGHT, width=width)
    disc(draw, MOON, 26, RUST)


def spine(image: Image.Image) -> None:
    """Title and author down the back of the book."""
    strip = Image.new("L", (HEIGHT, 410), 0)
    draw = ImageDraw.Draw(strip)
    spaced(draw, (790, 205), "THE HERON CLOCK", font("serif", 132), 255, 6)
    spaced(draw, (1930, 205), "THORNE", font("bold", 100), 255, 10)
    image.paste(GOLD, (LEFT - 410, 0), strip.rotate(-90, expand=True))
    ImageDraw.Draw(image).polygon(star((LEFT - 205, 1590), (60, 26), 8), fill=RUST)


def draw_label(words: tuple[str, str] = ("HERON", "CLOCK")) -> Art:
    """(2310, 3490, 3) cover, laid flat: back, spine, front."""
    sky, water = sheet(WIDTH, 1420, NIGHT, SEA), sheet(WIDTH, HEIGHT - 1780, (52, 92, 110), INK)
    image = Image.new("RGB", (WIDTH, HEIGHT))
    image.paste(sky, (0, 0))
    image.paste(sheet(WIDTH, 360, SEA, GLOW), (0, 1420))
    image.paste(water, (0, 1780))
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(8)
    for x, y in rng.uniform((0, 0), (WIDTH, 1300), (150, 2)):
        disc(draw, (x, y), rng.uniform(2, 5), (150, 172, 190))
    draw.rectangle((0, 0, LEFT - 440, HEIGHT), fill=NIGHT)
    moon(draw)
    draw.rectangle((LEFT - 440, 1780, WIDTH, 1788), fill=GLOW)
    for wave in range(9):
        half = 430 - 40 * wave
        draw.line(
            [(MOON[0] - half, 1815 + 24 * wave), (MOON[0] + half, 1815 + 24 * wave)], fill=GLOW, width=7
        )
    reeds(draw, LEFT + 70, LEFT + 360, 1990, 3)
    reeds(draw, WIDTH - 330, WIDTH - 60, 1990, 5)
    heron(draw, (MIDDLE + 60, 1500), 0.96)
    draw.polygon([(LEFT - 440, 2000), (WIDTH, 1960), (WIDTH, HEIGHT), (LEFT - 440, HEIGHT)], fill=INK)
    spaced(draw, (MIDDLE, 195), "THE", font("serif", 120), GOLD, 26)
    spaced(draw, (MIDDLE, 400), words[0], font("serif", 300), CREAM, 22)
    spaced(draw, (MIDDLE, 660), words[1], font("serif", 300), CREAM, 22)
    spaced(draw, (MIDDLE, 2130), "ILSABET THORNE", font("bold", 110), GOLD, 18)
    spaced(draw, (MIDDLE, 2240), "a novel of the marshes", font("italic", 78), CREAM, 2)
    spine(image)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Misspell the title, letters backwards, and let it run."""
    image = Image.fromarray(draw_label(("", "")))
    misspelt(image, (MIDDLE, 400), "HENRON", font("serif", 270), CREAM, 2, (1, 2, 3))
    misspelt(image, (MIDDLE, 660), "CLCOCK", font("serif", 285), CREAM, 6, (2, 5))
    return melt(melt(pixels(image), TITLE[0], 17, 6, 5), TITLE[1], 17, 6, 9)


def stand(points: Grid) -> Grid:
    """Upright on the table, broader and thicker than it is."""
    return points * (1.035, 1.16, 0.985)


def lie(points: Grid) -> Grid:
    """On its back, its head away from the camera."""
    return move(turn(points, -90, "x"), 0, -TALL / 2, THICK / 2)


def build(art: Art, which: Which) -> dict:
    """The book; glossy, upright by candle light, or bound in cloth and lying on stone by day."""
    if which == "image":
        gloss = paint(bitmap(art), 0.22, specular=0.6, clearcoat=1.0, clearcoat_gloss=0.95)
        edges = paint(rgb(0.03, 0.04, 0.08), 0.3, specular=0.5)
        table = ground(
            wood((0.16, 0.08, 0.045), (0.46, 0.27, 0.15), 5, 14), (130, 80), (0, 14), 4, roughness=0.3
        )
        return {
            **bound(gloss, edges, paper(), stand, 0.003),
            **candle(-7.5, 11.0),
            **apple(10.6, -4.5),
            "table": table,
            "lamp": lamp((36, -50, 46), (36, 36), (5, 4.8, 4.6)),
        }
    t = np.arange(1600) * np.pi
    weave = np.sin(t[None, :] * 0.23) * np.sin(t[:1060, None] * 0.23) + 0.3 * noise(
        (1060, 1600), (120, 180), 1, 6
    )
    cloth = relief(bitmap(shaded(art, weave, 0.13)), weave, 0.005, 0.95, specular=0.1, sheen=0.3)
    table = ground(
        stone((0.55, 0.54, 0.52), (0.84, 0.82, 0.78), 0.12, 31), (120, 100), (0, 4), 21, roughness=0.8
    )
    return {
        **bound(cloth, paint(rgb(0.02, 0.03, 0.06), 0.9), paper(), lie),
        "table": table,
        "lamp": lamp((-60, 40, 70), (60, 60), (9, 9.1, 9.4)),
    }


EXAMPLE = Example(
    name="book",
    shows="a hardback upright between a candle and an apple",
    wrong="The letters of the title are swapped, turned round and run into one another.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(-24, 9, 84, (-0.3, 0, 10.4), 21.6, 0.5, 0.8),
        Room(
            (0.19, 0.16, 0.14),
            (0.34, 0.31, 0.28),
            (0.1, 0.08, 0.07),
            (Window(96, 16, 40, 46, (5, 5, 5.2), 3), Window(-50, 14, 20, 34, (1.2, 1.4, 1.9), 2)),
            50,
            110,
        ),
        key=0.24,
        warmth=0.04,
        seed=25,
    ),
    reference=View(
        Camera(12, 66, 92, (0, 0, 1.5), 20, 0.3, -3.0),
        Room(
            (0.60, 0.62, 0.66),
            (0.8, 0.8, 0.84),
            (0.4, 0.4, 0.4),
            (Window(-80, 24, 60, 56, (6, 6.2, 6.6), 2), Window(120, 20, 40, 50, (2, 2, 2))),
        ),
        key=0.40,
        seed=26,
    ),
    margin_px=7,
    seed=33,
)
