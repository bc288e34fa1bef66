"""A wristwatch, Corvanne, whose moon, numerals and brand have melted on the dial."""

import numpy as np
from PIL import Image, ImageDraw

from .artifacts import Art, melt, mirror, swirl
from .artwork import arc_text, disc, font, pixels, spaced, star
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, relief, rgb
from .surfaces import lathe, mesh, move, redrawn, smooth, turn
from .textures import Room, Window, noise, soften, stone, wood
from .timepiece import Piece, coffee, crown, cushion, cushion_strap, flat_strap, hands, leather, lug, strap

SIDE = 2048
NAVY, CREAM, GOLD, ORANGE = (26, 42, 74), (240, 232, 212), (220, 176, 96), (224, 98, 46)
NIGHT = (16, 24, 52)
RADIUS = 1.72  # of the dial [cm]
CENTRE = (SIDE / 2, SIDE / 2)
MOON = (1024, 1400)  # middle of the moon's window


def on_dial(hour: float, reach: float) -> tuple[float, float]:
    """Place of an hour on the dial, `reach` px from the middle."""
    angle = np.radians(30 * hour)
    return CENTRE[0] + reach * np.sin(angle), CENTRE[1] - reach * np.cos(angle)


def draw_label() -> Art:
    """(2048, 2048, 3) dial."""
    image = Image.new("RGB", (SIDE, SIDE), NAVY)
    draw = ImageDraw.Draw(image)
    disc(draw, CENTRE, 1010, CREAM)
    disc(draw, CENTRE, 996, NAVY)
    for minute in range(60):
        inner, width = (890, 18) if minute % 5 == 0 else (930, 7)
        fill = GOLD if minute % 5 == 0 else CREAM
        draw.line([on_dial(minute / 5, inner), on_dial(minute / 5, 976)], fill=fill, width=width)
    for hour in (1, 2, 3, 4, 5, 7, 8, 9, 10, 11):
        draw.text(on_dial(hour, 730), str(hour), font=font("round", 255), fill=CREAM, anchor="mm")
    draw.polygon([(950, 190), (1098, 190), (1024, 380)], fill=CREAM)
    spaced(draw, (CENTRE[0], 590), "CORVANNE", font("narrow", 118), CREAM, 14)
    spaced(draw, (CENTRE[0], 690), "automatic", font("italic", 78), GOLD, 3)
    moon(draw)
    arc_text(image, MOON, -322, "MOONPHASE", font("bold", 64), CREAM, 8)
    return pixels(image)


def moon(draw: ImageDraw.ImageDraw) -> None:
    """A round window with a night sky: the moon and its spots, stars, clouds."""
    x, y = MOON
    for radius, fill in ((262, GOLD), (246, NIGHT)):
        disc(draw, MOON, radius, fill)
    disc(draw, (x, y - 8), 146, (246, 212, 122))
    for u, v, size in ((-54, -54, 24), (46, 42, 32), (-36, 56, 18), (58, -60, 15)):
        disc(draw, (x + u, y - 8 + v), size, (226, 178, 86))
    for u, v, size in (
        (-192, -50, 32),
        (186, -76, 36),
        (-130, -164, 24),
        (118, -184, 22),
        (-172, 54, 18),
        (200, 24, 20),
    ):
        draw.polygon(star((x + u, y + v), (size, size * 0.36), 5), fill=CREAM)
    for u, v, size in ((-110, 172, 50), (-26, 186, 60), (64, 180, 56), (136, 162, 42)):
        disc(draw, (x + u, y + v), size, (96, 122, 168))
    draw.arc((x - 262, y - 262, x + 262, y + 262), 0, 360, fill=GOLD, width=18)


def spoil_label(art: Art) -> Art:
    """Turn the 7 and 8 into other, mirrored figures, and let the moon and the line below it flow."""
    image = Image.fromarray(art)
    draw = ImageDraw.Draw(image)
    for hour, text in ((7, "5"), (8, "3")):
        x, y = (round(v) for v in on_dial(hour, 730))
        draw.rectangle((x - 112, y - 116, x + 112, y + 116), fill=NAVY)
        draw.text((x, y), text, font=font("round", 255), fill=CREAM, anchor="mm")
    art = pixels(image)
    for hour in (7, 8):
        x, y = (round(v) for v in on_dial(hour, 730))
        box = (x - 124, y - 124, x + 124, y + 124)
        art = melt(mirror(art, box), box, 18, 2.6, 10 + hour)
    x, y = MOON
    art = swirl(art, (x - 250, y - 250, x + 250, y + 250), 80)
    art = melt(art, (x - 250, y - 250, x + 250, y + 250), 30, 3.4, 4)
    return melt(art, (x - 240, y + 250, x + 240, y + 390), 22, 9, 6)


def sunburst(art: Art, strength: float) -> Art:
    """The dial brushed from its middle: streaks that run outwards on what is not printed."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    angle = np.arctan2(x, -y)
    streak = noise((1, 4096), (1, 900), 2, 9)[0]
    rays = np.interp(angle, np.linspace(-np.pi, np.pi, 4096), streak)
    sheen = 0.55 * np.cos(2 * (angle - 0.6)) + 0.25 * rays
    bare = (1 - soften(np.abs(art.astype(int) - NAVY).max(-1) > 20, 2))[..., None]
    return np.clip(art * (1 + strength * bare * sheen[..., None]), 0, 255).astype(np.uint8)


def dial(art: Art, which: Which) -> Piece:
    """The dial: brushed with raised figures; in the picture lacquered, flat, and a little redrawn."""
    face = lathe(np.stack([np.linspace(RADIUS, 0.002, 60), np.zeros(60)], -1))
    uv = np.stack([0.5 + face[..., 0] / (2 * RADIUS), 0.5 - face[..., 1] / (2 * RADIUS)], -1)
    if which == "image":
        lacquer = paint(bitmap(sunburst(art, 0.10)), 0.4, specular=0.5, clearcoat=0.6, clearcoat_gloss=0.95)
        return face, lacquer, {"uv": redrawn(uv, 0.002, 5, 71)}
    raised = soften(art.mean(-1) > 118, 4)
    brushed = relief(bitmap(sunburst(art, 0.34)), raised, 0.02, 0.42, specular=0.4, metallic=0.1)
    return face, brushed, {"uv": uv}


def body(art: Art, which: Which) -> dict[str, Piece]:
    """Case, bezel, crown, lugs, dial and hands; in the picture polished and a few per cent wider."""
    drawn = which == "image"
    steel = paint(rgb(0.72, 0.72, 0.74), 0.13 if drawn else 0.32, metallic=1.0)
    case = smooth([(0.02, -0.75), (1.5, -0.75), (1.98, -0.45), (2.02, 0.0), (1.98, 0.06)], 0.02, 0.14)
    bezel = [(2.02, -0.12), (2.03, 0.08), (1.92, 0.22), (1.80, 0.22), (1.74, 0.10), (1.715, -0.03)]
    pieces = {
        LABEL: dial(art, which),
        "case": (lathe(case), steel, {}),
        "bezel": (lathe(smooth(bezel, 0.01, 0.04)), steel, {}),
        "crown": (crown(), steel, {"rounded": False}),
    }
    for i, (across, along) in enumerate(((-1, 1), (1, 1), (-1, -1), (1, -1))):
        pieces[f"lug{i}"] = (lug(across, along), steel, {})
    pieces |= hands(paint(rgb(0.82, 0.8, 0.76), 0.2, metallic=1.0), 10.15, 1.9, 9.45 if drawn else 2.5)
    wide = np.array([1.03 if drawn else 1.0, 1, 1])
    return {name: (grid * wide, *rest) for name, (grid, *rest) in pieces.items()}


def build(art: Art, which: Which) -> dict:
    """The watch around a cushion on a desk, or flat on pale stone."""
    if which == "image":
        hide = leather((128, 72, 38), (230, 202, 158), 41, 0.42)
        pieces = body(art, which) | strap(cushion_strap(), 1.98, hide) | cushion()
        pieces = {name: (turn(grid, 42, "x"), *rest) for name, (grid, *rest) in pieces.items()}
        table = ground(
            wood((0.16, 0.09, 0.06), (0.42, 0.26, 0.16), 5, 64), (110, 70), (0, 8), 8, roughness=0.3
        )
        light = lamp((-18, -12, 24), (14, 14), (9, 8.8, 8.4), (0, 0, 4))
    else:
        pieces = body(art, which) | strap(
            flat_strap(), 1.98, leather((104, 62, 36), (206, 176, 130), 43, 0.7)
        )
        table = ground(
            stone((0.62, 0.62, 0.61), (0.90, 0.89, 0.87), 0.16, 35), (90, 90), (0, 0), 20, roughness=0.5
        )
        light = lamp((18, 14, 24), (18, 18), (8, 8, 8.2), (0, 0, 1))
    lift = 0.01 - min(grid[..., 2].min() for grid, *_ in pieces.values())
    shapes = {
        name: mesh(name, move(grid, 0, 0, lift), material, **options)
        for name, (grid, material, options) in pieces.items()
    }
    if which == "image":
        shapes |= coffee()
    return {**shapes, "table": table, "lamp": light}


EXAMPLE = Example(
    name="watch",
    shows="a wristwatch around a cushion on a desk",
    wrong="The moon on the dial and the line below it have melted; 7 and 8 are other figures, mirrored.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(-13, 33, 30, (-0.15, -0.4, 5.5), 13.0, 0.16, 1.5),
        Room(
            (0.5, 0.45, 0.38),
            (0.8, 0.78, 0.74),
            (0.16, 0.12, 0.1),
            (Window(-70, 30, 50, 40, (8, 8.2, 8.8), 3), Window(120, 20, 40, 40, (3, 3, 3.2), 2)),
            30,
            3,
        ),
        key=0.30,
        warmth=0.03,
        seed=21,
    ),
    reference=View(
        Camera(9, 70, 30, (0, 0, 0.7), 12.2, 0.12, -4.0),
        Room((0.6, 0.6, 0.62), (0.9, 0.9, 0.9), (0.4, 0.4, 0.4), (Window(70, 40, 60, 50, (4, 4, 4.2)),)),
        key=0.44,
        seed=22,
    ),
    margin_px=8,
    seed=19,
)
