"""A cereal box, Nordvale, whose banner and claim are written in letters of no alphabet."""

import numpy as np
from PIL import Image, ImageDraw

from .artifacts import Art, pseudo_text
from .artwork import Colour, arc_text, barcode, disc, font, lines, pixels, sheet, spaced, star
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, rgb
from .surfaces import Grid, lathe, mesh, move, plate, prism, smooth, turn
from .textures import Room, Window, stone, wood

WIDE, DEEP, TALL = 19.0, 6.5, 28.0
WIDTH, HEIGHT = 4080, 2240  # 80 px/cm; the front is 1280...2800
NAVY, RED, CREAM, HONEY, OAT = (24, 44, 92), (196, 40, 40), (255, 248, 228), (246, 168, 40), (214, 152, 74)
BANNER, CLAIM = (1424, 950, 2656, 1110), (1500, 1165, 2580, 1325)
NUTRITION = (
    "NUTRITION  per 100 g",
    "",
    "Energy   1 590 kJ / 377 kcal",
    "Fat   5.9 g",
    "of which saturates   1.0 g",
    "Carbohydrate   66 g",
    "of which sugars   14 g",
    "Fibre   9.2 g",
    "Protein   10.6 g",
    "Salt   0.45 g",
    "",
    "INGREDIENTS  whole-grain",
    "oat flour (71 %), wheat",
    "flour, heather honey (9 %),",
    "barley malt, rapeseed oil,",
    "sea salt, iron, niacin.",
)


def oat_ring(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float) -> None:
    """One cereal ring with a highlight."""
    x, y = centre
    disc(draw, (x + 3, y + 5), radius, (150, 92, 36))
    disc(draw, centre, radius, OAT)
    draw.arc(
        (x - 0.8 * radius, y - 0.8 * radius, x + 0.8 * radius, y + 0.8 * radius),
        180,
        290,
        fill=(246, 204, 136),
        width=round(radius / 5),
    )
    disc(draw, centre, 0.36 * radius, (138, 84, 34))


def landscape(draw: ImageDraw.ImageDraw, left: int, right: int) -> None:
    """Sun, mountains with snow, hills."""
    middle = (left + right) / 2
    draw.polygon(star((middle, 620), (760, 560), 28), fill=(255, 214, 110))
    disc(draw, (middle, 620), 520, (255, 228, 150))
    for x, y, half, tone in (
        (left + 330, 560, 420, (92, 132, 178)),
        (right - 300, 520, 460, (92, 132, 178)),
        (middle + 60, 640, 400, (62, 100, 152)),
    ):
        draw.polygon([(x - half, 1150), (x, y), (x + half, 1150)], fill=tone)
        draw.polygon(
            [
                (x - half * 0.25, y + 150),
                (x, y),
                (x + half * 0.25, y + 150),
                (x + 40, y + 110),
                (x - 20, y + 165),
            ],
            fill=CREAM,
        )


def bowl(draw: ImageDraw.ImageDraw, centre: tuple[float, float], seed: int) -> None:
    """A blue bowl heaped with rings, milk and a wooden dipper's honey."""
    x, y = centre
    rng = np.random.default_rng(seed)
    draw.ellipse((x - 520, y - 170, x + 520, y + 150), fill=(250, 250, 246))
    for _ in range(120):
        reach, angle = np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        oat_ring(
            draw,
            (x + 440 * reach * np.cos(angle), y - 40 - 130 * (1 - reach) + 110 * reach * np.sin(angle)),
            rng.uniform(52, 66),
        )
    draw.chord((x - 545, y - 480, x + 545, y + 480), 2, 178, fill=NAVY)
    for dot in range(-4, 5):
        disc(draw, (x + dot * 105, y + 150 - abs(dot) * 8), 22, CREAM)


def front(image: Image.Image) -> None:
    """The face of the box."""
    draw = ImageDraw.Draw(image)
    landscape(draw, 1280, 2800)
    draw.polygon(
        [(1280, 1180), (1700, 1040), (2300, 1090), (2800, 1000), (2800, HEIGHT), (1280, HEIGHT)],
        fill=(150, 186, 84),
    )
    draw.polygon([(1280, 1420), (1900, 1330), (2800, 1450), (2800, HEIGHT), (1280, HEIGHT)], fill=HONEY)
    for offset, fill in ((12, NAVY), (0, CREAM)):
        arc_text(image, (2040 + offset / 2, 1780 + offset), 1290, "NORDVALE", font("round", 252), fill, 6)
    arc_text(image, (2040, 1780), 1520, "FROM THE MILL AT TARN BRIDGE", font("bold", 60), NAVY, 9)
    draw.polygon([(1370, 930), (2710, 930), (2660, 1030), (2710, 1130), (1370, 1130), (1420, 1030)], fill=RED)
    spaced(draw, (2040, 1030), "HONEY OAT RINGS", font("black", 116), CREAM, 6)
    draw.rounded_rectangle((1480, 1160, 2600, 1330), 40, fill=CREAM)
    spaced(draw, (2040, 1212), "Crunchy whole-grain hoops, baked with", font("bold", 58), NAVY)
    spaced(draw, (2040, 1282), "heather honey and a pinch of sea salt", font("bold", 58), NAVY)
    bowl(draw, (2040, 1620), 7)
    disc(draw, (1450, 1500), 125, (40, 120, 72))
    for row, text in enumerate(("71 %", "whole", "grain")):
        draw.text((1450, 1440 + 62 * row), text, font=font("black", 62), fill=CREAM, anchor="mm")
    draw.text((2740, 2180), "450 g e", font=font("bold", 80), fill=NAVY, anchor="rs")


def side(image: Image.Image, left: int, right: int, title: Colour) -> None:
    """A narrow side with the nutrition table."""
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, 0, right, HEIGHT), fill=title)
    draw.rounded_rectangle((left + 40, 420, right - 40, 1620), 26, fill=CREAM)
    spaced(draw, ((left + right) / 2, 220), "NORDVALE", font("round", 76), CREAM, 2)
    lines(draw, (left + 66, 520), NUTRITION, font("bold", 31), NAVY)
    barcode(draw, (left + 90, 1720), (340, 260), 9)


def draw_label() -> Art:
    """(2240, 4080, 3) wrap of the box: back, left side, front, right side, back."""
    image = sheet(WIDTH, HEIGHT, (120, 188, 226), (246, 226, 170))
    front(image)
    side(image, 2800, 3320, NAVY)
    side(image, 760, 1280, NAVY)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Write the banner and the claim below it in glyphs that mean nothing."""
    art = pseudo_text(art, BANNER, RED, CREAM, (13, 1), 21)
    return pseudo_text(art, CLAIM, CREAM, NAVY, (30, 2), 22)


def hoops(
    rng: np.random.Generator, count: int, spread: float, height: float, centre: tuple[float, float]
) -> list[Grid]:
    """Baked rings thrown within `spread` cm, tilted where they lie on a heap."""
    angle = np.linspace(0, 2 * np.pi, 25)
    grids = []
    for _ in range(count):
        radius = rng.uniform(0.52, 0.62)
        ring = lathe(np.stack([radius + 0.26 * np.cos(angle), 0.24 * np.sin(angle)], -1), 49)
        reach, way = spread * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        tilt = rng.uniform(-35, 35) if height else 0.0
        ring = turn(turn(ring, tilt, "x"), rng.uniform(0, 360))
        lift = height + 0.24 + (0.9 * (1 - reach / spread) * rng.uniform() if height else 0)
        grids.append(move(ring, centre[0] + reach * np.cos(way), centre[1] + reach * np.sin(way), lift))
    return grids


def breakfast() -> dict:
    """A stoneware bowl of oat rings and a few that fell beside it."""
    rng = np.random.default_rng(4)
    wall = smooth(
        [
            (0.02, 0.3),
            (2.6, 0.3),
            (2.9, 0),
            (3.2, 0.1),
            (5.2, 2.0),
            (6.2, 4.6),
            (6.0, 4.7),
            (4.9, 2.2),
            (3.0, 0.7),
            (0.02, 0.6),
        ],
        0.06,
        0.4,
    )
    glaze = paint(rgb(0.10, 0.17, 0.26), 0.18, specular=0.6)
    baked = paint(rgb(0.50, 0.24, 0.065), 0.75)
    grids = hoops(rng, 95, 5.0, 3.4, (13.6, -10.0)) + hoops(rng, 9, 6.5, 0.0, (1.0, -10.5))
    rings = {f"ring{i}": mesh(f"ring{i}", grid, baked) for i, grid in enumerate(grids)}
    milk = lathe(np.stack([np.linspace(5.6, 0.01, 20), np.full(20, 3.3)], -1))
    return {
        "bowl": mesh("bowl", move(lathe(wall), 13.6, -10), glaze),
        "milk": mesh("milk", move(milk, 13.6, -10), paint(rgb(0.88, 0.86, 0.8), 0.3)),
        **rings,
    }


def build(art: Art, which: Which) -> dict:
    """The box; on a kitchen table behind a bowl, or alone on a grey sweep."""
    heights = np.linspace(0, TALL, 90)
    card = paint(bitmap(art), 0.42, specular=0.45)
    flap = plate(WIDE, DEEP, TALL)
    flap[..., 2] += np.where(flap[..., 1] > 0.6, -0.07, 0.05)
    objects = {
        LABEL: mesh(LABEL, prism(WIDE, DEEP, heights, 0.16, 0.22), card),
        "flap": mesh("flap", flap, paint(rgb(0.18, 0.42, 0.62), 0.5)),
    }
    if which == "image":
        table = ground(
            wood((0.42, 0.29, 0.18), (0.80, 0.64, 0.45), 6, 33), (150, 100), (0, 20), -3, roughness=0.4
        )
        return {
            **objects,
            **breakfast(),
            "table": table,
            "lamp": lamp((-50, -60, 60), (46, 46), (9, 8.8, 8.4)),
        }
    sweep = ground(
        stone((0.62, 0.63, 0.65), (0.80, 0.80, 0.80), 0, 3, 1024), (500, 400), (0, 110), roughness=0.8
    )
    return {**objects, "table": sweep, "lamp": lamp((70, -60, 70), (70, 70), (8, 8, 8.2))}


EXAMPLE = Example(
    name="cereal",
    shows="a cereal box behind a bowl of oat rings on a kitchen table",
    wrong="Banner and claim of the box are written in letters of no alphabet.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(14, 12, 100, (3.2, 0, 12.2), 25.5, 0.7, 1.0),
        Room(
            (0.50, 0.46, 0.40),
            (0.9, 0.88, 0.84),
            (0.18, 0.15, 0.12),
            (Window(-50, 16, 46, 44, (9, 9.4, 10), 3), Window(130, 16, 40, 44, (6, 6, 6.4), 2)),
            55,
            14,
        ),
        key=0.38,
        warmth=0.03,
        seed=3,
    ),
    reference=View(
        Camera(-19, 8, 96, (0.6, 0, 13.6), 21.5, 0.5, -1.0),
        Room(
            (0.66, 0.67, 0.70),
            (0.8, 0.8, 0.84),
            (0.6, 0.6, 0.6),
            (Window(-100, 20, 40, 70, (5, 5.2, 5.6)), Window(150, 25, 50, 50, (4, 4, 4))),
        ),
        key=0.5,
        seed=4,
    ),
    seed=12,
)
