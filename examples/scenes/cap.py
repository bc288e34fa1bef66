"""A baseball cap, Wrenfell, embroidered in the reference; in the picture its fish has melted."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .artifacts import Art, melt, mirror, swirl
from .artwork import arc_text, disc, font, pixels, sheet, spaced
from .example import Example, Which
from .headgear import (
    FRONT_DEG,
    HIGH,
    SEAMS_DEG,
    crown,
    embroidered,
    front_uv,
    peak,
    peak_cloth,
    stitched,
    twill,
)
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, relief, rgb
from .surfaces import cord, lathe, mesh, move, redrawn, smooth, tube
from .textures import Room, Window, noise, stone, wood

SIZE = (18.0, 17.0)  # of the cloth that the front is cut from [cm]
SCALE = 96  # pixels of artwork for each cm
WIDTH, HEIGHT = round(SIZE[0] * SCALE), round(SIZE[1] * SCALE)
ECRU, NAVY, TEAL, RUST = (236, 228, 208), (28, 44, 74), (44, 118, 124), (206, 86, 46)
MUSTARD, SILVER, PINK = (230, 172, 72), (176, 194, 196), (232, 140, 110)
MIDDLE, CENTRE = WIDTH / 2, HEIGHT - 612  # of the emblem
LINE = (MIDDLE - 430, CENTRE + 236, MIDDLE + 430, CENTRE + 352)


def draw_label() -> Art:
    """(1870, 1980, 3) front panel of the cap."""
    image = Image.new("RGB", (WIDTH, HEIGHT), ECRU)
    draw = ImageDraw.Draw(image)
    x, y = MIDDLE, CENTRE
    arc_text(image, (x, y + 330), 640, "WRENFELL", font("black", 182), NAVY, 14)
    disc(draw, (x, y + 10), 214, MUSTARD)
    draw.polygon(
        [(x - 470, y + 110), (x - 300, y - 90), (x - 210, y - 10), (x - 110, y - 130), (x + 60, y + 110)],
        fill=TEAL,
    )
    draw.polygon([(x - 150, y - 80), (x - 110, y - 130), (x - 66, y - 76), (x - 108, y - 60)], fill=ECRU)
    draw.polygon(
        [(x - 50, y + 110), (x + 190, y - 70), (x + 290, y + 10), (x + 350, y - 40), (x + 480, y + 110)],
        fill=(30, 88, 96),
    )
    for row, (half, drop) in enumerate(((490, 122), (400, 158), (290, 194))):
        draw.rounded_rectangle((x - half, y + drop, x + half, y + drop + 18), 9, fill=(NAVY, TEAL, NAVY)[row])
    fish(draw, (x + 20, y + 36))
    spaced(draw, (x, y + 294), "FLY FISHING CO.", font("narrow", 108), RUST, 12)
    return pixels(image)


def fish(draw: ImageDraw.ImageDraw, centre: tuple[float, float]) -> None:
    """A leaping trout: an arched body, fins, spots."""
    t = np.linspace(0, 1, 80)
    spine = np.stack([-300 + 600 * t, 70 - 210 * np.sin(np.pi * (0.16 + 0.72 * t))], -1)
    half = 92 * np.sin(np.pi * np.clip(0.06 + 0.9 * t, 0, 1)) ** 0.75 * (1 - 0.35 * (1 - t)) + 5
    along = np.gradient(spine, axis=0)
    normal = np.stack([along[:, 1], -along[:, 0]], -1) / np.hypot(*along.T)[:, None]

    def place(points: NDArray) -> list[tuple[float, float]]:
        return [(centre[0] + u, centre[1] + v) for u, v in points]

    def strip(low: float, high: float, start: int, end: int) -> list[tuple[float, float]]:
        upper = spine + normal * (half * high)[:, None]
        lower = spine + normal * (half * low)[:, None]
        return place(np.concatenate([upper[start:end], lower[start:end][::-1]]))

    tail = [
        spine[2],
        spine[0] + (-118, -46),
        spine[0] + (-70, 22),
        spine[0] + (-100, 100),
        spine[2] + (6, 30),
    ]
    draw.polygon(place(np.array(tail)), fill=RUST)
    draw.polygon(
        place(np.array([spine[34] + (0, -70), spine[40] + (-44, -156), spine[54] + (6, -72)])), fill=RUST
    )
    draw.polygon(
        place(np.array([spine[40] + (0, 60), spine[36] + (-30, 138), spine[52] + (0, 66)])), fill=RUST
    )
    draw.polygon(strip(-1.12, 1.12, 0, 80), fill=NAVY)
    draw.polygon(strip(-0.94, 0.94, 1, 79), fill=SILVER)
    draw.polygon(strip(0.2, 0.94, 1, 79), fill=(70, 132, 120))
    draw.polygon(strip(-0.18, 0.14, 4, 66), fill=PINK)
    for step, reach in ((16, 0.6), (26, 0.5), (34, 0.72), (43, 0.5), (52, 0.7), (58, 0.44)):
        disc(draw, place([spine[step] + normal[step] * half[step] * reach])[0], 12, NAVY)
    draw.line(strip(-0.86, 0.86, 64, 66)[:2] + strip(-0.86, 0.86, 64, 66)[2:], fill=NAVY, width=9)
    disc(draw, place([spine[71] + normal[71] * 22])[0], 19, ECRU)
    disc(draw, place([spine[71] + normal[71] * 22])[0], 11, NAVY)


def spoil_label(art: Art) -> Art:
    """Let the fish flow into the hills and turn the line below it backwards, its letters running."""
    x, y = round(MIDDLE), CENTRE
    art = swirl(art, (x - 330, y - 170, x + 370, y + 170), 70)
    art = melt(art, (x - 470, y - 180, x + 480, y + 180), 34, 5, 4)
    line = tuple(round(v) for v in LINE)
    return melt(mirror(art, line), line, 10, 10, 6)


def front_cloth(art: Art, which: Which) -> dict:
    """Thread on twill; in the picture a smooth print on a smooth, slightly shining panel."""
    if which == "image":
        soft = 1 + 0.004 * noise((HEIGHT, WIDTH), (90, 90), 3, 12)
        flat = np.clip(art * soft[..., None], 0, 255).astype(np.uint8)
        return paint(bitmap(flat), 0.5, specular=0.5, sheen=0.3)
    rib = twill((HEIGHT, WIDTH), 9)
    covered = np.abs(art.astype(int) - ECRU).max(-1, keepdims=True) > 26
    cloth = np.where(covered, art, np.clip(art * (1 + 0.05 * rib[..., None]), 0, 255)).astype(np.uint8)
    picture, rise = embroidered(cloth, ECRU, 9, 14)
    return relief(bitmap(picture), 0.8 * rise + 0.06 * rib, 0.11, 0.6, specular=0.35, sheen=0.6)


def shell(art: Art, which: Which) -> dict[str, tuple]:
    """Front panel, other panels, peak and its rim; in the picture a few per cent lower and wider."""
    rise = np.linspace(0, 0.999, 200)
    before = np.linspace(-FRONT_DEG, FRONT_DEG, 301)
    around = np.linspace(FRONT_DEG, 360 - FRONT_DEG, 700)
    face, rest = crown(before, rise, 5), crown(around, rise, 6)
    uv = front_uv(face, before, SIZE)
    drawn = which == "image"
    if drawn:
        uv = redrawn(uv, 0.0025, 5, 33)
    period = 5.0 if drawn else 9.0
    rib = twill((1024, 3600), period)
    tone = np.clip(
        np.array(NAVY) * (1 + 0.10 * rib + 0.05 * noise((1024, 3600), (8, 30), 3, 7))[..., None], 0, 255
    )
    navy = relief(bitmap(tone.astype(np.uint8)), 0.5 + 0.3 * rib, 0.02, 0.55 if drawn else 0.85, sheen=0.5)
    sheet, stitches = peak_cloth(NAVY, (88, 108, 140) if drawn else (150, 160, 178), 8)
    brim = relief(bitmap(sheet), stitches, 0.05, 0.5 if drawn else 0.85, sheen=0.4)
    points, places = peak()
    rim = points[0]
    thread = paint(rgb(0.55, 0.5, 0.4), 0.8)
    pieces = {
        LABEL: (face, front_cloth(art, which), {"uv": uv}),
        "panels": (rest, navy, {}),
        "peak": (points, brim, {"uv": places}),
        "rim": (
            cord(rim, np.full(len(rim), 0.17), rim * (0, 0, 1) + (0, 0, 9)),
            paint(rgb(0.012, 0.022, 0.06), 0.7),
            {},
        ),
        "button": (
            move(lathe(smooth([(0.75, 0), (0.7, 0.28), (0.02, 0.42)], 0.03, 0.2), 61), 0, 0, HIGH - 0.1),
            navy,
            {},
        ),
    }
    for seam in SEAMS_DEG:
        for side in (-1, 1):
            path = crown(np.array([seam + side * 2.4]), np.linspace(0.01, 0.9, 120), 6)[:, 0]
            pieces[f"seam{seam}{side}"] = (stitched(path, path * (1, 1, 0.4)), thread, {})
    size = (1.025, 1, 0.97) if drawn else (1, 1, 1)
    return {name: (grid * size, *more) for name, (grid, *more) in pieces.items()}


def mug() -> dict[str, tuple]:
    """An enamel mug that stands behind the cap."""
    wall = smooth(
        [(0.02, 0.1), (3.9, 0.1), (4.1, 0.4), (4.1, 8.2), (4.25, 8.4), (3.95, 8.2), (3.9, 0.6), (0.02, 0.5)],
        0.06,
        0.15,
    )
    t = np.linspace(-np.pi / 2, np.pi / 2, 60)
    handle = tube(np.stack([3.9 + 2.4 * np.cos(t), 0 * t, 4.6 + 2.5 * np.sin(t)], -1), np.full((60, 2), 0.42))
    enamel = paint(rgb(0.42, 0.06, 0.03), 0.15, specular=0.6, clearcoat=0.5)
    return {
        name: (move(grid, 12.2, 14), enamel, {}) for name, grid in (("mug", lathe(wall)), ("handle", handle))
    }


def lake() -> dict:
    """The far shore: sky, wooded hills and their image in the water."""
    rng = np.random.default_rng(17)
    image = sheet(1200, 800, (196, 214, 228), (238, 228, 206))
    draw = ImageDraw.Draw(image)
    x = np.arange(0, 1201, 6)
    for level, rough, fill in (
        (330, 60, (142, 164, 170)),
        (392, 46, (96, 128, 120)),
        (440, 30, (52, 84, 66)),
    ):
        ridge = level - rough * noise((1, len(x)), (1, 6), 3, int(rng.integers(99)))[0]
        draw.polygon([*zip(x.tolist(), ridge.tolist(), strict=True), (1200, 520), (0, 520)], fill=fill)
    water = np.asarray(image)[260:520][::-1] * 0.82 + (6, 12, 16)
    image.paste(Image.fromarray(water.astype(np.uint8)), (0, 520))
    across, up = np.meshgrid(np.linspace(-325, -5, 3), np.linspace(-92, 84, 3))
    shore = np.stack([across, 0 * across + 620, up], -1)
    return {"shore": mesh("shore", shore, paint(bitmap(pixels(image)), 0.9))}


def build(art: Art, which: Which) -> dict:
    """The cap on a jetty table with a mug, or on a grey table."""
    pieces = shell(art, which)
    lift = 0.02 - min(grid[..., 2].min() for grid, *_ in pieces.values())
    pieces = {name: (move(grid, 0, 0, lift), *more) for name, (grid, *more) in pieces.items()}
    if which == "image":
        pieces |= mug()
        table = ground(
            wood((0.27, 0.22, 0.18), (0.62, 0.54, 0.45), 7, 91), (200, 110), (0, 18), 4, roughness=0.5
        )
        light = lamp((-60, -50, 70), (40, 40), (13, 12.4, 11.4), (0, 0, 6))
    else:
        table = ground(
            stone((0.56, 0.57, 0.58), (0.80, 0.80, 0.80), 0, 93), (500, 400), (0, 110), roughness=0.8
        )
        light = lamp((75, -60, 60), (50, 50), (11, 11, 11.3), (0, 0, 6))
    shapes = {
        name: mesh(name, grid, material, **options) for name, (grid, material, options) in pieces.items()
    }
    backdrop = lake() if which == "image" else {}
    return {**shapes, **backdrop, "table": table, "lamp": light}


EXAMPLE = Example(
    name="cap",
    shows="a baseball cap by a lake, its emblem flat as if printed; in the reference it is embroidered",
    wrong="The fish of the emblem has melted into the hills, the line below it runs backwards.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(15, 6, 92, (1.2, -3, 6.6), 17, 1.0, 0.5),
        Room(
            (0.20, 0.30, 0.22),
            (0.75, 0.88, 1.05),
            (0.2, 0.18, 0.15),
            (Window(-70, 30, 60, 40, (7, 6.8, 6.2)), Window(170, 20, 120, 50, (2.2, 2.3, 2.5))),
        ),
        key=0.32,
        warmth=0.02,
        seed=25,
    ),
    reference=View(
        Camera(-16, 9, 92, (0, -3, 6.8), 15.5, 0.4, -0.5),
        Room((0.6, 0.6, 0.63), (0.85, 0.85, 0.88), (0.5, 0.5, 0.5), (Window(90, 20, 40, 60, (5, 5.1, 5.4)),)),
        key=0.44,
        seed=26,
    ),
    margin_px=8,
    seed=22,
)
