"""A beverage can, Zephyrine, whose brand name has melted."""

import numpy as np
from PIL import Image, ImageDraw

from .artifacts import Art, melt, swirl
from .artwork import Colour, arc_text, barcode, disc, font, lines, pixels, sheet, spaced
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, rgb
from .surfaces import lathe, mesh, move, smooth
from .textures import Room, Window, noise, stone, wood

WIDTH, HEIGHT = 4096, 2360
CREAM, DEEP, SUN, LEAF = (252, 247, 230), (6, 62, 78), (255, 205, 72), (38, 128, 84)
BRAND = (1480, 560, 2616, 930)
FACTS = (
    "Sparkling water with yuzu juice (4 %),",
    "elderflower, lemon and a pinch of sea salt.",
    "Carbonated water, yuzu juice, elderflower",
    "infusion, lemon juice, natural flavouring.",
    "Best before: see base. Serve well chilled.",
    "",
    "per 100 ml   energy 38 kJ / 9 kcal   fat 0 g",
    "carbohydrate 1.9 g   sugars 1.7 g   salt 0.02 g",
    "",
    "Zephyrine Drinks, 14 Windmill Quay, Port Alber",
)


def slice_of_fruit(
    draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, flesh: Colour
) -> None:
    """A citrus slice: rind, pith and ten segments."""
    for share, fill in ((1.0, SUN), (0.91, CREAM)):
        disc(draw, centre, share * radius, fill)
    for segment in range(10):
        start = segment * 36 + 3
        box = tuple(centre[i] + sign * 0.84 * radius for sign in (-1, 1) for i in (0, 1))
        draw.pieslice(box, start, start + 30, fill=flesh)
    disc(draw, centre, 0.08 * radius, CREAM)


def leaf(draw: ImageDraw.ImageDraw, foot: tuple[float, float], length: float, turn_deg: float) -> None:
    """A pointed leaf with a midrib."""
    t = np.linspace(0, 1, 30)
    half = 0.22 * length * np.sin(np.pi * t) ** 0.8
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    along = np.r_[t, t[::-1]] * length
    aside = np.r_[half, -half[::-1]]
    draw.polygon(
        list(zip(foot[0] + along * c - aside * s, foot[1] + along * s + aside * c, strict=True)), fill=LEAF
    )
    draw.line([foot, (foot[0] + length * c, foot[1] + length * s)], fill=CREAM, width=6)


def front(image: Image.Image, x: int) -> None:
    """The face of the label around column `x`; the can carries it twice."""
    draw = ImageDraw.Draw(image)
    for turn_deg in (200, 235, 305, 340):
        leaf(draw, (x, 1560), 560, turn_deg)
    slice_of_fruit(draw, (x, 1560), 400, (255, 226, 120))
    slice_of_fruit(draw, (x + 390, 1800), 240, (255, 214, 96))
    for ring in range(5):
        draw.arc(
            (x - 520 - 46 * ring, 80 - 8 * ring, x + 520 + 46 * ring, 1120 + 84 * ring),
            205 + 4 * ring,
            335 - 4 * ring,
            fill=SUN,
            width=13,
        )
    arc_text(image, (x, 1400), 1010, "FINE  SODA  OF  PORT  ALBER", font("bold", 66), CREAM, 9)
    spaced(draw, (x + 8, 748), "ZEPHYRINE", font("narrow", 296), (3, 40, 52), 8)
    spaced(draw, (x, 738), "ZEPHYRINE", font("narrow", 296), CREAM, 8)
    draw.rectangle((x - 510, 930, x + 510, 938), fill=SUN)
    spaced(draw, (x, 1010), "YUZU & ELDERFLOWER", font("bold", 88), SUN, 10)
    spaced(draw, (x - 300, 2120), "330 ml", font("black", 110), DEEP, 6)
    spaced(draw, (x + 260, 2120), "no added sugar", font("bold", 66), DEEP, 2)


def draw_label() -> Art:
    """(2360, 4096, 3) wrap of the can; its middle column is the front."""
    image = sheet(WIDTH, HEIGHT, (4, 74, 92), (126, 208, 186))
    draw = ImageDraw.Draw(image)
    t = np.arange(0, WIDTH + 8, 8)
    for wave, tone in enumerate(((34, 132, 134), (84, 176, 162), (196, 232, 208))):
        crest = 1560 + 240 * wave + 70 * np.sin(t / WIDTH * 2 * np.pi * (5 + wave) + wave * 2)
        draw.polygon([(0, HEIGHT), *zip(t.tolist(), crest.tolist(), strict=True), (WIDTH, HEIGHT)], fill=tone)
    image = Image.fromarray(np.roll(pixels(image), WIDTH // 2, 1))
    front(image, WIDTH // 4)
    front(image, 3 * WIDTH // 4)
    image = Image.fromarray(np.roll(pixels(image), WIDTH // 4, 1))
    draw = ImageDraw.Draw(image)
    lines(draw, (2742, 640), FACTS, font("plain", 36), CREAM)
    barcode(draw, (820, 800), (420, 560), 3)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Melt and twist the brand name on the front."""
    left, top, right, bottom = BRAND
    third = (right - left) // 3
    art = swirl(art, (left + third // 2, top, left + 2 * third, bottom), 80)
    art = swirl(art, (left + 2 * third - 120, top, right, bottom), -70)
    return melt(art, BRAND, 30, 7, 5)


def lid_and_rims() -> dict:
    """Bare aluminium: the seam, the sunken lid with its tab, the foot."""
    metal = {"type": "twosided", "bsdf": {"type": "roughconductor", "material": "Al", "alpha": 0.16}}
    seam = smooth(
        [
            (2.62, 11.62),
            (2.74, 11.72),
            (2.78, 11.95),
            (2.66, 12.02),
            (2.56, 11.9),
            (2.5, 11.45),
            (2.3, 11.4),
            (2.2, 11.62),
            (0.02, 11.64),
        ],
        0.03,
        0.05,
    )
    foot = smooth([(0.02, 0.7), (1.9, 0.45), (2.25, 0.0), (2.4, 0.06)], 0.04, 0.15)
    grid = lathe(np.stack([np.linspace(1, 0.01, 30), np.zeros(30)], -1), 120)
    hole = np.hypot(grid[..., 0] / 0.42, (grid[..., 1] - 0.45) / 0.36) < 1
    tab = grid * (0.62, 1.15, 1) + np.where(hole, 0, 0.09)[..., None] * (0, 0, 1)
    return {
        "seam": mesh("seam", lathe(seam), metal),
        "foot": mesh("foot", lathe(foot), metal),
        "tab": mesh("tab", move(tab, 0, 0.3, 11.66), metal),
    }


def orange(name: str, x: float, y: float, radius: float, seed: int) -> dict:
    """A dimpled orange that lies on the table."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 240)
    ball = lathe(np.stack([np.cos(angle), np.sin(angle)], -1), 481)
    dimples = noise(ball.shape[:2], (90, 180), 1, seed)
    ball = ball * (radius * (1 + 0.0022 * dimples))[..., None] * (1, 1, 0.95)
    return {
        name: mesh(name, move(ball, x, y, 0.95 * radius), paint(rgb(0.83, 0.27, 0.015), 0.38, specular=0.5))
    }


def build(art: Art, which: Which) -> dict:
    """The can; on a wooden counter with oranges, or on linen in a studio."""
    body = lathe(
        smooth([(2.38, 0.02), (2.6, 0.2), (3.3, 1.0), (3.3, 10.3), (2.72, 11.55), (2.64, 11.66)], 0.05, 0.35)
    )
    ink = paint(bitmap(art), 0.3, metallic=0.3, specular=0.5, clearcoat=0.6, clearcoat_gloss=0.9)
    objects = {LABEL: mesh(LABEL, body, ink), **lid_and_rims()}
    if which == "image":
        table = ground(
            wood((0.20, 0.11, 0.06), (0.58, 0.37, 0.21), 7, 21), (90, 60), (0, 12), 4, roughness=0.32
        )
        table_lamp = lamp((-22, -30, 30), (20, 20), (15, 14.4, 13.5))
        return {
            **objects,
            "table": table,
            "lamp": table_lamp,
            **orange("one", -6.6, 3.4, 3.7, 1),
            **orange("two", 7.6, 6.8, 3.9, 2),
            **orange("three", 11.5, 1.0, 3.4, 3),
        }
    cloth = ground(stone((0.55, 0.55, 0.54), (0.92, 0.91, 0.89), 0.3, 4), (160, 120), (0, 30), 20)
    return {**objects, "table": cloth, "lamp": lamp((-26, -22, 34), (26, 26), (9, 9, 9.4))}


EXAMPLE = Example(
    name="can",
    shows="a beverage can between oranges on a wooden counter",
    wrong="The brand name on the can has melted into illegible, twisted letters.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(-9, 9, 46, (0.6, 0, 5.9), 25, 0.42),
        Room(
            (0.52, 0.47, 0.40),
            (0.9, 0.88, 0.84),
            (0.16, 0.12, 0.09),
            (
                Window(-68, 14, 44, 46, (15, 15.5, 16.5), 3),
                Window(118, 16, 34, 40, (7, 7, 7.6), 2),
                Window(24, 12, 20, 26, (3.2, 3.3, 3.6), 2),
            ),
            60,
            9,
        ),
        key=0.36,
        warmth=0.03,
        seed=1,
    ),
    reference=View(
        Camera(17, 13, 50, (0, 0, 5.9), 19.5, 0.3, -1.5),
        Room(
            (0.62, 0.63, 0.66),
            (0.8, 0.8, 0.84),
            (0.5, 0.5, 0.5),
            (Window(95, 20, 36, 60, (9, 9.2, 9.6)), Window(-110, 20, 26, 60, (5, 5, 5))),
            0,
            6,
        ),
        key=0.5,
        seed=2,
    ),
    seed=11,
)
