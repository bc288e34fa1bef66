"""A stoneware mug, Tindrel, whose badge has lost its drawing."""

import numpy as np
from PIL import Image, ImageDraw

from .artifacts import Art, melt
from .artwork import arc_text, disc, font, pixels, spaced, star
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, rgb
from .surfaces import lathe, mesh, move, plate, prism, smooth, tube, turn
from .textures import Room, Window, linen, stone, wood

WIDTH, HEIGHT = 3600, 1300  # 140 px/cm
CLAY, NAVY, RUST, SAND = (236, 229, 214), (30, 48, 84), (190, 84, 44), (226, 170, 92)
CENTRE, RADIUS = (1800, 620), 400
DRAWING = (1555, 390, 2045, 840)


def pine(draw: ImageDraw.ImageDraw, foot: tuple[float, float], height: float) -> None:
    """A fir of four tiers."""
    x, y = foot
    draw.rectangle((x - 4, y - 10, x + 4, y + 10), fill=NAVY)
    for tier in range(4):
        low, high, half = (
            y - height * 0.21 * tier,
            y - height * (0.34 + 0.22 * tier),
            height * (0.27 - 0.055 * tier),
        )
        draw.polygon([(x - half, low), (x, high), (x + half, low)], fill=NAVY)


def badge(image: Image.Image) -> None:
    """Ring text around mountains, firs, a rayed sun and a lake."""
    draw = ImageDraw.Draw(image)
    x, y = CENTRE
    for radius, fill in (
        (RADIUS, NAVY),
        (RADIUS - 14, CLAY),
        (RADIUS - 24, NAVY),
        (RADIUS - 30, CLAY),
        (268, NAVY),
        (258, (244, 236, 218)),
    ):
        disc(draw, CENTRE, radius, fill)
    arc_text(image, CENTRE, 314, "TINDREL  COFFEE  HOUSE", font("black", 72), NAVY, 7)
    arc_text(image, CENTRE, -318, "SLOW SINCE SUNRISE", font("bold", 56), RUST, 8)
    draw.polygon(star((x + 6, y - 70), (176, 122), 20), fill=SAND)
    disc(draw, (x + 6, y - 70), 104, RUST)
    draw.polygon([(x - 215, y + 80), (x - 92, y - 118), (x + 20, y + 80)], fill=(84, 112, 150))
    draw.polygon([(x - 62, y + 80), (x + 96, y - 168), (x + 222, y + 80)], fill=(52, 78, 122))
    draw.polygon(
        [
            (x + 58, y - 108),
            (x + 96, y - 168),
            (x + 127, y - 108),
            (x + 104, y - 126),
            (x + 90, y - 98),
            (x + 76, y - 122),
        ],
        fill=CLAY,
    )
    draw.polygon([(x - 118, y - 76), (x - 92, y - 118), (x - 69, y - 76), (x - 92, y - 90)], fill=CLAY)
    for offset, height in ((-196, 104), (-150, 150), (-106, 118), (132, 120), (172, 158), (206, 96)):
        pine(draw, (x + offset, y + 92), height)
    draw.chord((x - 258, y - 258, x + 258, y + 258), 20, 160, fill=NAVY)
    for wave in range(4):
        half = 190 - 42 * wave
        draw.line([(x - half, y + 120 + 30 * wave), (x + half, y + 120 + 30 * wave)], fill=SAND, width=7)


def draw_label() -> Art:
    """(1300, 3600, 3) wall of the mug: speckled glaze with the badge on the front and a line of text."""
    image = Image.new("RGB", (WIDTH, HEIGHT), CLAY)
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(2)
    for _ in range(1900):
        x, y, radius = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.gamma(1.6, 1.5)
        disc(draw, (x, y), radius, (158, 132, 104))
    badge(image)
    spaced(draw, (1800, 1120), "brewed by the lake at Arnhollow", font("italic", 60), NAVY, 2)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Replace the landscape in the badge by two flat hills and a blot of sun."""
    image = Image.fromarray(art)
    draw = ImageDraw.Draw(image)
    x, y = CENTRE
    disc(draw, CENTRE, 250, (244, 236, 218))
    draw.ellipse((x - 110, y - 150, x + 60, y - 10), fill=(206, 120, 66))
    draw.polygon(
        [(x - 205, y + 120), (x - 120, y - 40), (x + 10, y + 10), (x + 90, y - 70), (x + 215, y + 120)],
        fill=(60, 84, 124),
    )
    draw.chord((x - 258, y - 258, x + 258, y + 258), 26, 154, fill=NAVY)
    draw.ellipse((x - 120, y + 132, x + 140, y + 158), fill=(150, 130, 104))
    melted = melt(pixels(image), DRAWING, 18, 4, 3)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.hypot(columns - x, rows - y) < 248
    return np.where(inside[..., None], melted, art)


def mug_body(art: Art) -> dict:
    """Wall with the artwork, rim and inside, handle, coffee."""
    wall = smooth([(3.5, 0.02), (3.85, 0.25), (4.1, 0.9), (4.1, 9.3)], 0.05, 0.3)
    inside = smooth(
        [(4.1, 9.3), (4.07, 9.52), (3.86, 9.5), (3.72, 9.0), (3.72, 1.2), (3.2, 0.7), (0.02, 0.7)], 0.05, 0.14
    )
    t = np.linspace(0, np.pi, 60)
    path = np.stack([3.75 + 3.0 * np.sin(t) ** 0.75, 0 * t, 5.0 + 2.75 * np.cos(t)], -1)
    thick = np.stack([0.40 + 0.16 * np.cos(t) ** 4, 0.62 + 0.22 * np.cos(t) ** 4], -1)
    glaze = {"specular": 0.55, "clearcoat": 0.5, "clearcoat_gloss": 0.95}
    plain = paint(rgb(0.83, 0.78, 0.67), 0.24, **glaze)
    coffee = lathe(np.stack([np.linspace(3.73, 0.01, 30), np.full(30, 8.3)], -1))
    return {
        LABEL: mesh(LABEL, lathe(wall), paint(bitmap(art), 0.24, **glaze)),
        "inside": mesh("inside", lathe(inside), plain),
        "handle": mesh("handle", turn(tube(path, thick), -8), plain),
        "coffee": mesh("coffee", coffee, paint(rgb(0.035, 0.014, 0.006), 0.06, specular=0.5)),
    }


def books() -> dict:
    """Three books, one on another, behind the mug: boards and pages."""
    shapes = {}
    stack = (
        (0.0, 2.6, (0.07, 0.16, 0.17), 12),
        (2.6, 2.1, (0.42, 0.12, 0.07), -6),
        (4.7, 1.8, (0.6, 0.5, 0.3), 20),
    )
    for i, (foot, thick, tone, angle) in enumerate(stack):
        cover, paper = paint(rgb(*tone), 0.6), paint(rgb(0.80, 0.75, 0.64), 0.8)
        parts = {
            f"back{i}": (prism(17, 12.5, np.linspace(0, 0.25, 5), 0.1, 0.0), cover),
            f"pages{i}": (prism(16.4, 12, np.linspace(0.25, thick - 0.25, 5), 0.1, 0.0), paper),
            f"front{i}": (prism(17, 12.5, np.linspace(thick - 0.25, thick, 5), 0.1, 0.0), cover),
            f"top{i}": (plate(16.9, 12.4, thick), cover),
        }
        for name, (grid, material) in parts.items():
            shapes[name] = mesh(name, move(turn(grid, angle), -9, 14, foot), material)
    return shapes


def build(art: Art, which: Which) -> dict:
    """The mug; on a marble table before some books, or on a wooden board by a window."""
    if which == "image":
        table = ground(
            stone((0.42, 0.42, 0.44), (0.93, 0.92, 0.90), 0.75, 8), (90, 70), (0, 14), 30, roughness=0.22
        )
        return {
            **mug_body(art),
            **books(),
            "table": table,
            "lamp": lamp((-26, -34, 30), (24, 24), (8, 7.8, 7.4)),
        }
    table = ground(wood((0.24, 0.16, 0.11), (0.62, 0.46, 0.32), 5, 41), (80, 60), (0, 14), 12, roughness=0.45)
    cloth = ground(linen((0.30, 0.36, 0.40), (0.58, 0.64, 0.66), 150, 9, 1024), (19, 15), (0.5, 0.5), 25)
    cloth["to_world"] = type(cloth["to_world"])().translate([0, 0, 0.02]) @ cloth["to_world"]
    return {
        **mug_body(art),
        "table": table,
        "cloth": cloth,
        "lamp": lamp((30, -30, 34), (22, 22), (9, 9, 9.4)),
    }


EXAMPLE = Example(
    name="mug",
    shows="a stoneware mug of coffee on a marble table before some books",
    wrong="The landscape in the badge on the mug is reduced to shapeless blots.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(-11, 20, 49, (1.2, 0, 4.7), 22.5, 0.45, -1.0),
        Room(
            (0.56, 0.52, 0.46),
            (0.9, 0.9, 0.88),
            (0.2, 0.17, 0.14),
            (Window(-78, 16, 46, 46, (15, 15.2, 16), 3), Window(100, 16, 30, 40, (4, 4, 4.4), 2)),
            50,
            25,
        ),
        key=0.36,
        warmth=0.02,
        seed=5,
    ),
    reference=View(
        Camera(14, 11, 44, (1.0, 0, 4.6), 19.5, 0.32, 1.5),
        Room(
            (0.50, 0.54, 0.58),
            (0.9, 0.9, 0.92),
            (0.2, 0.18, 0.16),
            (
                Window(64, 14, 40, 46, (11, 11.6, 13), 2),
                Window(-120, 16, 30, 40, (5, 5, 5)),
            ),
            40,
            31,
        ),
        key=0.36,
        seed=6,
    ),
    margin_px=7,
    seed=13,
)
