"""A table clock, Quillon, two of whose numerals are wrong."""

import numpy as np
from PIL import Image, ImageDraw

from .artifacts import Art, melt
from .artwork import disc, font, pixels, spaced, star
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, rgb
from .surfaces import Grid, lathe, mesh, move, prism, smooth, turn
from .textures import Room, Window, stone, wood

SIDE = 2048
IVORY, BLACK, GREEN, RED = (243, 236, 218), (32, 30, 34), (48, 96, 84), (184, 54, 40)
RADIUS, MIDDLE = 8.4, 9.9  # of the face, and its height over the table [cm]
CENTRE = (SIDE / 2, SIDE / 2)


def on_dial(hour: float, reach: float) -> tuple[float, float]:
    """Place of an hour on the face, `reach` px from the middle."""
    angle = np.radians(30 * hour)
    return CENTRE[0] + reach * np.sin(angle), CENTRE[1] - reach * np.cos(angle)


def draw_label() -> Art:
    """(2048, 2048, 3) face of the clock."""
    image = Image.new("RGB", (SIDE, SIDE), IVORY)
    draw = ImageDraw.Draw(image)
    for radius, fill in ((990, GREEN), (968, IVORY), (300, (236, 226, 202)), (296, IVORY)):
        disc(draw, CENTRE, radius, fill)
    for minute in range(60):
        inner, width = (880, 16) if minute % 5 == 0 else (916, 7)
        draw.line([on_dial(minute / 5, inner), on_dial(minute / 5, 950)], fill=BLACK, width=width)
    for hour in range(1, 13):
        draw.text(on_dial(hour, 745), str(hour), font=font("serif", 250), fill=BLACK, anchor="mm")
    draw.polygon(star((CENTRE[0], 610), (62, 26), 8), fill=RED)
    spaced(draw, (CENTRE[0], 720), "QUILLON", font("narrow", 118), GREEN, 12)
    spaced(draw, (CENTRE[0], 1330), "SEVEN JEWELS", font("bold", 50), BLACK, 8)
    spaced(draw, (CENTRE[0], 1398), "made in Varsund", font("italic", 60), BLACK, 1)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Swap the 7 and the 8 for a mirrored 4 and a melted 3."""
    image = Image.fromarray(art)
    for hour, text in ((7, "4"), (8, "3")):
        x, y = (round(v) for v in on_dial(hour, 745))
        image.paste(IVORY, (x - 118, y - 112, x + 118, y + 112))
        glyph = Image.new("RGB", (236, 224), IVORY)
        ImageDraw.Draw(glyph).text((118, 112), text, font=font("serif", 250), fill=BLACK, anchor="mm")
        image.paste(
            glyph.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(14, fillcolor=IVORY), (x - 118, y - 112)
        )
        art = melt(pixels(image), (x - 140, y - 124, x + 140, y + 124), 11, 2.5, hour)
        image = Image.fromarray(art)
    return art


def upright(points: Grid) -> Grid:
    """A surface turned about z, laid with its axis along y, the top to the front, at the clock's height."""
    return move(turn(points, 90, "x"), 0, 0, MIDDLE)


def hand(reach: float, tail: float, width: float, hour: float, lift: float) -> Grid:
    """A tapered hand that points to `hour`, `lift` cm before the face."""
    along = np.linspace(-tail, reach, 40)
    half = width / 2 * np.interp(along, [-tail, 0.6 * reach, reach], [0.8, 1.0, 0.15])
    across = np.linspace(-1, 1, 9)
    x, y = half[:, None] * across, along[:, None] + 0 * across
    ridge = lift + 0.06 * (1 - np.abs(across)) + 0 * y
    return upright(turn(np.stack([x, y, ridge], -1), -30 * hour))


def body(art: Art) -> dict:
    """Case, brass ring, face, hands and feet."""
    profile = smooth([(0.02, -4.2), (7.4, -4.2), (9.1, -3.2), (9.1, 0.1), (8.9, 0.25)], 0.06, 0.5)
    ring = smooth(
        [(9.12, -0.4), (9.25, 0.0), (9.05, 0.5), (8.6, 0.55), (8.35, 0.2), (8.32, -0.3)], 0.04, 0.12
    )
    brass = {
        "type": "twosided",
        "bsdf": {
            "type": "roughconductor",
            "material": "Cu",
            "alpha": 0.14,
            "specular_reflectance": rgb(0.86, 0.94, 0.72),
        },
    }
    lacquer = paint(rgb(0.045, 0.17, 0.14), 0.25, specular=0.5, clearcoat=0.6)
    rings = np.linspace(RADIUS, 0.01, 40)
    face = lathe(np.stack([rings, np.zeros(40)], -1))
    uv = np.stack([0.5 + face[..., 0] / (2 * RADIUS), 0.5 - face[..., 1] / (2 * RADIUS)], -1)
    black, red = paint(rgb(0.02, 0.02, 0.024), 0.35), paint(rgb(0.5, 0.05, 0.03), 0.35)
    cap = lathe(smooth([(0.42, 0.1), (0.42, 0.5), (0.02, 0.56)], 0.03, 0.06))
    parts = {
        LABEL: mesh(LABEL, upright(face), paint(bitmap(art), 0.6, specular=0.3), uv),
        "case": mesh("case", upright(lathe(profile)), lacquer),
        "ring": mesh("ring", upright(lathe(ring)), brass),
        "hours": mesh("hours", hand(4.3, 1.0, 0.62, 10.15, 0.18), black),
        "minutes": mesh("minutes", hand(6.7, 1.2, 0.46, 1.8, 0.27), black),
        "seconds": mesh("seconds", hand(6.9, 1.8, 0.14, 3.4, 0.36), red),
        "cap": mesh("cap", upright(cap), brass),
    }
    foot = smooth([(0.45, 2.6), (0.5, 1.2), (0.75, 0.4), (0.7, 0.0), (0.02, 0.0)], 0.05, 0.2)
    for name, x, y in (("left", -5.2, 0.9), ("right", 5.2, 0.9), ("rear", 0.0, 3.2)):
        parts[name] = mesh(name, move(lathe(foot, 61), x, y), brass)
    return parts


def shelf() -> dict:
    """Books that stand behind the clock, and a vase."""
    rng = np.random.default_rng(6)
    shapes, x = {}, -26.0
    tones = (
        (0.33, 0.09, 0.06),
        (0.07, 0.12, 0.22),
        (0.55, 0.42, 0.22),
        (0.10, 0.18, 0.12),
        (0.62, 0.58, 0.5),
        (0.40, 0.20, 0.08),
    )
    for i in range(9):
        thick, tall = rng.uniform(2.2, 4.4), rng.uniform(17, 24)
        block = move(prism(thick, 14, np.linspace(0, tall, 10), 0.3, 0.0), x + thick / 2, 17)
        shapes[f"book{i}"] = mesh(f"book{i}", block, paint(rgb(*tones[i % 6]), 0.55))
        x += thick + 0.15
    vase = smooth(
        [(3.0, 0.02), (4.6, 3), (4.9, 6), (3.0, 10.5), (1.7, 13), (2.1, 15), (1.8, 15), (1.4, 13), (1.4, 9)],
        0.08,
        2.0,
    )
    shapes["vase"] = mesh("vase", move(lathe(vase), 15.5, 8), paint(rgb(0.66, 0.32, 0.17), 0.35))
    return shapes


def build(art: Art, which: Which) -> dict:
    """The clock; on a sideboard before books, or on a desk of pale stone."""
    if which == "image":
        board = ground(
            wood((0.22, 0.12, 0.07), (0.56, 0.36, 0.22), 4, 61), (120, 64), (0, 14), 0, roughness=0.3
        )
        return {**body(art), **shelf(), "table": board, "lamp": lamp((-40, -44, 44), (34, 34), (8, 7.7, 7.2))}
    desk = ground(stone((0.55, 0.55, 0.56), (0.84, 0.83, 0.81), 0.1, 12), (300, 260), (0, 80), roughness=0.7)
    return {**body(art), "table": desk, "lamp": lamp((46, -40, 46), (44, 44), (8, 8, 8.3))}


EXAMPLE = Example(
    name="clock",
    shows="a table clock on a sideboard before some books",
    wrong="The numerals 7 and 8 of the clock are wrong, mirrored and melted.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(-13, 8, 70, (0.6, 0, 9.6), 24, 0.55, 1.0),
        Room(
            (0.52, 0.45, 0.36),
            (0.85, 0.82, 0.78),
            (0.16, 0.12, 0.1),
            (Window(-80, 14, 44, 44, (11, 11.4, 12), 3), Window(150, 14, 40, 40, (4, 4, 4.4), 2)),
            30,
            44,
        ),
        key=0.32,
        warmth=0.04,
        seed=9,
    ),
    reference=View(
        Camera(16, 12, 74, (0, 0, 9.6), 18.5, 0.4, -1.5),
        Room(
            (0.60, 0.62, 0.66),
            (0.8, 0.8, 0.84),
            (0.5, 0.5, 0.5),
            (Window(85, 20, 40, 60, (6, 6.2, 6.6)), Window(-120, 20, 40, 60, (4, 4, 4))),
        ),
        key=0.5,
        seed=10,
    ),
    margin_px=7,
    seed=15,
)
