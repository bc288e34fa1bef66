"""A bottle of hand wash, Halcyra, whose small print is smeared."""

import numpy as np
from PIL import ImageDraw

from .artifacts import Art, smear
from .artwork import arc_text, barcode, disc, font, lines, pixels, sheet, spaced, star
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, rgb
from .surfaces import lathe, mesh, move, plate, prism, smooth, turn
from .textures import Room, Window, linen, noise, stone, wood

WIDTH, HEIGHT = 3300, 2250  # 150 px/cm
AMBER, PAPER, INK, SAGE = (92, 44, 18), (240, 234, 220), (40, 44, 42), (104, 130, 104)
SMALL = (1150, 1215, 2150, 1575)
FACTS = (
    "Aqua, sodium coco-sulfate, glycerin,",
    "oat kernel extract, fennel seed oil,",
    "sea salt, citric acid, parfum.",
    "",
    "Rinse well. Keep out of eyes.",
    "Halcyra Works, 3 Dune Lane, Ostmere",
)


def sprig(draw: ImageDraw.ImageDraw, foot: tuple[float, float], turn_deg: float, length: float) -> None:
    """A stem of fennel: fine rays with seeds on a stalk."""
    x, y = foot
    lean = np.radians(turn_deg)
    head = (x + length * np.sin(lean), y - length * np.cos(lean))
    draw.line([foot, head], fill=SAGE, width=9)
    for ray in range(-5, 6):
        angle = lean + ray * 0.2
        tip = (head[0] + 0.42 * length * np.sin(angle), head[1] - 0.42 * length * np.cos(angle))
        draw.line([head, tip], fill=SAGE, width=5)
        draw.polygon(star(tip, (17, 7), 6), fill=(206, 160, 64))


def draw_label() -> Art:
    """(2250, 3300, 3) wall of the bottle: amber plastic with a paper label on its front and back."""
    image = sheet(WIDTH, HEIGHT, AMBER, (76, 34, 14))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((1040, 330, 2260, 2020), 60, fill=PAPER)
    draw.rounded_rectangle((1076, 366, 2224, 1984), 40, outline=SAGE, width=7)
    for turn_deg, length in ((-34, 250), (0, 330), (34, 250)):
        sprig(draw, (1650, 880), turn_deg, length)
    spaced(draw, (1650, 1010), "Halcyra", font("serif", 228), INK, 4)
    draw.rectangle((1400, 1150, 1900, 1157), fill=SAGE)
    for row, text in enumerate(
        ("HAND WASH with sea fennel", "and oat milk, for skin that", "works hard in cold water")
    ):
        spaced(draw, (1650, 1285 + 110 * row), text, font("bold", 64), INK, 2)
    disc(draw, (1650, 1712), 112, SAGE)
    spaced(draw, (1650, 1712), "No 7", font("black", 84), PAPER, 2)
    spaced(draw, (1650, 1900), "300 ml  /  10.1 fl oz", font("plain", 62), INK, 2)
    for left in (-600, 2700):
        draw.rounded_rectangle((left, 330, left + 1200, 2020), 60, fill=PAPER)
    lines(draw, (2740, 520), FACTS, font("plain", 34), INK)
    barcode(draw, (2760, 1500), (360, 300), 17)
    arc_text(image, (300, 900), 200, "CLEAN HANDS", font("bold", 50), SAGE, 4)
    grain = 1 + 0.012 * noise((HEIGHT, WIDTH), (500, 700), 2, 3)[..., None]
    return np.clip(pixels(image) * grain, 0, 255).astype(np.uint8)


def spoil_label(art: Art) -> Art:
    """Smear the three lines below the name until they cannot be read."""
    left, top, right, bottom = SMALL
    art = smear(art, (left, top, right - 330, bottom), 56, 24)
    return smear(art, (left + 300, top, right, bottom), 70, -14)


def bottle(art: Art) -> dict:
    """Wall with the artwork, shoulder, pump."""
    glossy = {"specular": 0.5, "clearcoat": 0.7, "clearcoat_gloss": 0.95}
    wall = smooth([(3.1, 0.02), (3.4, 0.2), (3.5, 0.7), (3.5, 15.0)], 0.05, 0.25)
    shoulder = smooth(
        [(3.5, 15.0), (3.46, 15.6), (2.9, 16.7), (1.5, 17.3), (1.25, 17.8), (1.25, 18.2)], 0.05, 0.5
    )
    collar = smooth(
        [
            (1.5, 17.9),
            (1.62, 18.0),
            (1.62, 19.5),
            (1.45, 19.7),
            (0.5, 19.8),
            (0.5, 21.6),
            (1.0, 21.7),
            (1.0, 22.6),
            (0.9, 22.8),
            (0.02, 22.8),
        ],
        0.04,
        0.08,
    )
    black = paint(rgb(0.022, 0.022, 0.024), 0.32, specular=0.5)
    spout = prism(1.1, 4.4, np.linspace(21.9, 22.55, 12), 0.3, 0.0)
    lid = plate(1.08, 4.4, 22.55)
    return {
        LABEL: mesh(LABEL, lathe(wall), paint(bitmap(art), 0.3, **glossy)),
        "shoulder": mesh("shoulder", lathe(shoulder), paint(rgb(0.107, 0.025, 0.006), 0.3, **glossy)),
        "pump": mesh("pump", lathe(collar), black),
        "spout": mesh("spout", turn(move(spout, 0, -1.6), -50), black),
        "lid": mesh("lid", turn(move(lid, 0, -1.6), -50), black),
    }


def soap() -> dict:
    """A dish with a bar of soap, and a folded towel."""
    dish = lathe(
        smooth([(0.02, 0.3), (3.6, 0.3), (4.6, 1.2), (4.5, 1.3), (3.5, 0.5), (0.02, 0.5)], 0.05, 0.3)
    ) * (1.25, 0.9, 1)
    rounded = smooth([(0.02, 0.6), (2.5, 0.6), (3.2, 1.2), (3.2, 2.0), (2.5, 2.7), (0.02, 2.8)], 0.05, 0.5)
    bar = lathe(rounded) * (1, 0.66, 1)
    place = {"dish": (dish, rgb(0.62, 0.64, 0.62), 0.2), "bar": (bar, rgb(0.74, 0.69, 0.56), 0.4)}
    return {
        name: mesh(name, move(turn(grid, 18), 9.0, -1.2), paint(colour, roughness))
        for name, (grid, colour, roughness) in place.items()
    }


def build(art: Art, which: Which) -> dict:
    """The bottle; beside a soap dish on a stone washstand, or on a cloth."""
    if which == "image":
        top = ground(
            stone((0.30, 0.31, 0.32), (0.62, 0.62, 0.60), 0.25, 18), (110, 60), (0, 10), 10, roughness=0.28
        )
        return {
            **bottle(art),
            **soap(),
            "table": top,
            "lamp": lamp((-32, -36, 40), (26, 26), (13, 12.6, 11.8)),
        }
    table = ground(wood((0.50, 0.38, 0.26), (0.84, 0.70, 0.53), 5, 71), (200, 160), (0, 40), 6, roughness=0.6)
    cloth = ground(linen((0.66, 0.64, 0.58), (0.92, 0.90, 0.84), 170, 25, 1024), (26, 22), (1, 2), 35)
    cloth["to_world"] = type(cloth["to_world"])().translate([0, 0, 0.02]) @ cloth["to_world"]
    return {**bottle(art), "table": table, "cloth": cloth, "lamp": lamp((38, -34, 40), (30, 30), (9, 9, 9.4))}


EXAMPLE = Example(
    name="bottle",
    shows="a bottle of hand wash beside a soap dish on a washstand",
    wrong="The three lines below the name are smeared until they cannot be read.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(12, 11, 66, (2.2, 0, 10.6), 25, 0.5, -1.0),
        Room(
            (0.62, 0.58, 0.50),
            (0.9, 0.9, 0.9),
            (0.2, 0.2, 0.2),
            (Window(-74, 14, 44, 48, (10, 10.4, 11), 2), Window(120, 16, 30, 40, (5, 5, 5.4), 2)),
            26,
            75,
        ),
        key=0.39,
        seed=11,
    ),
    reference=View(
        Camera(-14, 15, 70, (0, 0, 11.0), 21.5, 0.4, 1.0),
        Room(
            (0.64, 0.62, 0.58),
            (0.85, 0.84, 0.82),
            (0.4, 0.36, 0.32),
            (Window(80, 16, 40, 56, (7, 7, 7.2)), Window(-120, 20, 40, 60, (4, 4, 4))),
            12,
            5,
        ),
        key=0.40,
        warmth=0.02,
        seed=12,
    ),
    margin_px=7,
    seed=16,
)
