"""A bookshop's hanging sign, Owl & Ember, whose owl and lower lines are garbled."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from .artifacts import Art, melt, mirror, pseudo_text, swirl
from .artwork import arc_text, disc, font, pixels, spaced, star
from .example import Example, Which
from .studio import LABEL, Camera, View, amount, bitmap, ground, lamp, paint, relief, rgb
from .surfaces import Grid, cut_out, lathe, mesh, move, redrawn, smooth, tube
from .textures import Room, Window, bricks, noise, soften, wood

WIDE, TALL, LIFT = 58.0, 76.0, 40.0  # of the board, and its middle over the ground [cm]
SCALE = 36  # pixels of artwork for each cm
WIDTH, HEIGHT = round(WIDE * SCALE), round(TALL * SCALE)
GREEN, CREAM, GOLD, EMBER = (22, 62, 56), (244, 234, 208), (226, 176, 78), (214, 88, 44)
BROWN, DARK = (128, 78, 46), (14, 40, 38)
MIDDLE, OWL = WIDTH / 2, 1110
TRADE, WARES = (300, 1760, 1788, 2000), (390, 2050, 1698, 2190)
POINTS = 420


def outline() -> NDArray:
    """(N, 2) closed edge of the board [cm]: an arch on top, rounded corners below."""
    t = np.linspace(-1, 1, 200)
    arch = np.stack([28.2 * t, 24 + 13 * np.sqrt(np.clip(1 - t**2, 0, 1))], -1)
    corners = np.concatenate(
        [arch, [(28.2, -26), (18, -33.5), (0, -37), (-18, -33.5), (-28.2, -26), (-28.2, 24)]]
    )
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T))]
    along = np.linspace(0, length[-1], 900)[:-1]
    path = np.stack([np.interp(along, length, corners[:, axis]) for axis in (0, 1)], -1)
    return ndimage.gaussian_filter1d(path, 9, axis=0, mode="wrap")


def on_art(path: NDArray, inset: float = 1.0) -> list[tuple[float, float]]:
    """Pixels of the artwork under places on the board [cm], drawn towards the middle by `inset`."""
    return [(MIDDLE + x * inset * SCALE, HEIGHT / 2 - z * inset * SCALE) for x, z in path]


def draw_label() -> Art:
    """(2736, 2088, 3) face of the board."""
    image = Image.new("RGB", (WIDTH, HEIGHT), GREEN)
    draw = ImageDraw.Draw(image)
    for inset, fill in ((0.94, GOLD), (0.92, GREEN), (0.90, GOLD), (0.893, GREEN)):
        draw.polygon(on_art(outline(), inset), fill=fill)
    arc_text(image, (MIDDLE, OWL + 60), 705, "OWL & EMBER", font("serif", 320), CREAM, 14)
    owl(draw)
    spaced(draw, (MIDDLE, 1880), "BOOKSELLERS", font("narrow", 250), CREAM, 22)
    spaced(draw, (MIDDLE, 2120), "RARE MAPS & PRINTS", font("bold", 122), GOLD, 8)
    for side in (-1, 1):
        draw.polygon(star((MIDDLE + side * 330, 2325), (42, 15), 4), fill=EMBER)
        draw.line([(MIDDLE + side * 390, 2325), (MIDDLE + side * 560, 2325)], fill=GOLD, width=8)
    spaced(draw, (MIDDLE, 2325), "SINCE 1891", font("italic", 104), CREAM, 2)
    return pixels(image)


def owl(draw: ImageDraw.ImageDraw) -> None:
    """An owl on a pile of books, a crescent moon and stars around it."""
    x, y = MIDDLE, OWL
    disc(draw, (x, y + 20), 480, DARK)
    disc(draw, (x + 270, y - 190), 96, GOLD)
    disc(draw, (x + 232, y - 208), 84, DARK)
    for u, v, size in ((-290, -200, 40), (-350, -20, 24), (350, 40, 28), (-190, -340, 26), (130, -370, 22)):
        draw.polygon(star((x + u, y + v), (size, size * 0.34), 4), fill=CREAM)
    for row, (half, fill) in enumerate(((330, EMBER), (280, CREAM), (310, (60, 120, 112)))):
        top = y + 250 + 62 * row
        draw.rounded_rectangle((x - half, top, x + half, top + 56), 14, fill=fill)
        draw.rectangle((x - half + 50, top, x - half + 66, top + 56), fill=GOLD)
    draw.ellipse((x - 205, y - 190, x + 205, y + 262), fill=BROWN)
    draw.polygon([(x - 190, y - 300), (x - 40, y - 200), (x - 200, y - 80)], fill=BROWN)
    draw.polygon([(x + 190, y - 300), (x + 40, y - 200), (x + 200, y - 80)], fill=BROWN)
    draw.ellipse((x - 195, y - 250, x + 195, y + 60), fill=BROWN)
    draw.ellipse((x - 120, y - 10, x + 120, y + 250), fill=(222, 182, 120))
    for row in range(4):
        for column in range(-1 - row % 2, 2):
            u, v = x + 52 * (column + 0.5 * (row % 2)), y + 50 + 48 * row
            draw.arc((u - 24, v - 24, u + 24, v + 24), 20, 160, fill=BROWN, width=9)
    for side in (-1, 1):
        disc(draw, (x + side * 92, y - 96), 92, (222, 182, 120))
        disc(draw, (x + side * 88, y - 96), 70, CREAM)
        disc(draw, (x + side * 84, y - 94), 42, (20, 22, 24))
        disc(draw, (x + side * 84 - 14, y - 108), 13, CREAM)
        draw.ellipse((x + side * 62 - 44, y + 236, x + side * 62 + 44, y + 270), fill=GOLD)
    draw.polygon([(x - 32, y - 60), (x + 32, y - 60), (x, y + 14)], fill=EMBER)


def spoil_label(art: Art) -> Art:
    """Twist the owl, write one line backwards with letters that run, the next in no alphabet."""
    x, y = round(MIDDLE), OWL
    art = swirl(art, (x - 250, y - 310, x + 250, y + 130), 65)
    art = melt(art, (x - 260, y - 320, x + 260, y + 270), 34, 3.2, 3)
    image = Image.fromarray(art)
    draw = ImageDraw.Draw(image)
    draw.rectangle(TRADE, fill=GREEN)
    spaced(draw, (MIDDLE, 1880), "BOSKELLERLS", font("narrow", 250), CREAM, 24)
    art = mirror(pixels(image), (round(MIDDLE) + 40, TRADE[1], TRADE[2], TRADE[3]))
    art = melt(art, TRADE, 14, 11, 6)
    return pseudo_text(art, WARES, GREEN, GOLD, (15, 1), 23)


def board(art: Art, which: Which) -> dict:
    """Face, back and frame: painted wood with leaf gold, or, in the picture, glossy enamel a little wider."""
    drawn = which == "image"
    path = outline()
    inside = Image.new("1", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(inside).polygon(on_art(path), fill=1)
    row, column, keep = cut_out(np.asarray(inside), POINTS)
    x, z = column / SCALE - WIDE / 2, TALL / 2 - row / SCALE
    dent = 0.12 * noise((POINTS, POINTS), (3, 3), 2, 50) if drawn else 0 * x
    face = np.stack([x, -1.0 + dent, z + LIFT], -1)
    uv = np.stack([column / (WIDTH - 1), row / (HEIGHT - 1)], -1)
    if drawn:
        enamel = paint(bitmap(art), 0.22, specular=0.6, clearcoat=0.8, clearcoat_gloss=0.97)
        uv = redrawn(uv, 0.0022, 6, 52)
        skin, iron = enamel, paint(rgb(0.02, 0.02, 0.022), 0.3, specular=0.6)
    else:
        skin, iron = painted_wood(art), paint(rgb(0.16, 0.085, 0.04), 0.5)
    ring = np.stack([path[:, 0], 0 * path[:, 0], path[:, 1] + LIFT], -1)
    rim = tube(np.concatenate([ring, ring[:2]]), np.full((len(ring) + 2, 2), (1.1, 1.7)))
    wide = np.array([1.025 if drawn else 1.0, 1, 1])
    return {
        LABEL: mesh(LABEL, (face * wide)[::-1], skin, uv[::-1], keep[::-1]),
        "back": mesh("back", (face * wide + (0, 1.8, 0))[::-1], iron, keep=keep[::-1]),
        "rim": mesh("rim", rim * wide, iron),
    }


def painted_wood(art: Art) -> dict:
    """Matt paint brushed on grained boards, the light yellow laid on in leaf gold."""
    grain = noise((HEIGHT // 2, WIDTH // 2), (HEIGHT / 110, WIDTH / 5), 3, 61)
    joints = np.minimum(*(np.abs(np.arange(WIDTH // 2) - WIDTH // 2 * part) for part in (0.335, 0.665)))
    height = 0.5 + 0.05 * grain - 0.7 * np.exp(-((joints / 2.5) ** 2))[None, :]
    worn = noise((HEIGHT, WIDTH), (HEIGHT / 60, WIDTH / 9), 3, 62)
    faded = art * (1 + 0.05 * worn[..., None])
    faded = np.where((worn > 2.5)[..., None], (96, 74, 54), faded)
    gold = soften(np.abs(art.astype(int) - GOLD).max(-1) < 30, 2)
    picture = bitmap(np.clip(faded, 0, 255).astype(np.uint8))
    return relief(picture, height, 0.09, 0.62, specular=0.25, metallic=amount(0.75 * gold))


def bracket() -> dict:
    """A wrought bar that comes out of the wall, a scroll on it, and the rings that hold the board."""
    iron = paint(rgb(0.016, 0.016, 0.018), 0.42, specular=0.6)
    top = LIFT + 48.8
    bar = np.stack([np.linspace(-62, 36, 40), np.zeros(40), np.full(40, top)], -1)
    t = np.linspace(0, 1, 220)
    angle, reach = np.pi * (-0.5 + 4.2 * t), 9.5 * (1 - 0.82 * t)
    scroll = np.stack([-38 + reach * np.cos(angle), 0 * t, top + 10.4 + reach * np.sin(angle)], -1)
    brace = np.stack([-60 + 88 * t, 0 * t, top + 26 * (1 - t) ** 2.2 + 0.6], -1)
    knob = lathe(smooth([(0.02, -1.9), (1.5, -1.2), (1.9, 0), (1.5, 1.2), (0.02, 1.9)], 0.05, 0.5))
    shapes: dict[str, Grid] = {
        "bar": tube(bar, np.full((40, 2), 1.1)),
        "scroll": tube(scroll, np.full((220, 2), 0.8)),
        "brace": tube(brace, np.full((220, 2), 0.8)),
        "knob": move(knob, 37, 0, top),
    }
    turn_ = np.linspace(0, 2 * np.pi, 60)
    for side in (-1, 1):
        for link, (height, radius) in enumerate(((13.2, 2.6), (9.0, 2.6), (4.8, 2.6))):
            ring = np.stack(
                [
                    side * 17 + 0.62 * radius * np.cos(turn_),
                    0 * turn_,
                    top - 15.2 + height + radius * np.sin(turn_),
                ],
                -1,
            )
            grid = tube(ring, np.full((60, 2), 0.42), 24)
            if link == 1:
                grid = np.stack([side * 17 + grid[..., 1], grid[..., 0] - side * 17, grid[..., 2]], -1)
            shapes[f"link{side}{link}"] = grid
    return {name: mesh(name, grid, iron) for name, grid in shapes.items()}


def street() -> dict:
    """The brick wall of the shop on the left, a house across the street."""
    picture, height = bricks((0.27, 0.15, 0.12), (0.52, 0.33, 0.26), 44, 71)
    y, z = np.meshgrid(np.linspace(-260, 260, 3), np.linspace(-160, 260, 3))
    clay = relief(bitmap(picture, 1.6), height, 0.9, 0.9)
    house, rng = Image.new("RGB", (2000, 1500), (142, 133, 126)), np.random.default_rng(5)
    draw = ImageDraw.Draw(house)
    for row in range(4):
        for column in range(7):
            left, up = 90 + 275 * column, 60 + 370 * row
            lit = rng.uniform() < 0.55
            draw.rectangle((left - 16, up - 16, left + 166, up + 256), fill=(196, 192, 186))
            draw.rectangle((left, up, left + 150, up + 240), fill=(198, 146, 84) if lit else (58, 68, 80))
            draw.line([(left + 75, up), (left + 75, up + 240)], fill=(196, 192, 186), width=12)
    across, up = np.meshgrid(np.linspace(-900, 700, 3), np.linspace(-420, 520, 3))
    front = np.stack([across, 0 * across + 620, up], -1)
    return {
        "shop": mesh("shop", np.stack([0 * y - 62, y, z], -1), clay),
        "house": mesh("house", front, paint(bitmap(pixels(house), 3), 0.9)),
    }


def build(art: Art, which: Which) -> dict:
    """The board over a street in the evening, or on the sign painter's bench."""
    if which == "image":
        sun = lamp((170, -220, 230), (90, 90), (26, 23.5, 20), (0, 0, LIFT))
        return {**board(art, which), **bracket(), **street(), "lamp": sun}
    bench = ground(wood((0.40, 0.29, 0.2), (0.74, 0.58, 0.42), 5, 73), (300, 120), (0, 20), roughness=0.6)
    x, z = np.meshgrid(np.linspace(-200, 200, 3), np.linspace(-5, 260, 3))
    planks = wood((0.66, 0.66, 0.64), (0.86, 0.86, 0.84), 10, 75)
    back = mesh("planks", np.stack([x, 0 * x + 7, z], -1), paint(bitmap(planks), 0.8))
    light = lamp((-130, -150, 190), (80, 80), (16, 16, 16.6), (0, 0, LIFT))
    return {**board(art, which), "bench": bench, "planks": back, "lamp": light}


EXAMPLE = Example(
    name="sign",
    shows="a bookshop's sign over a street; in the reference it stands on a bench",
    wrong="The owl's head is twisted; one line runs backwards, the next has letters of no alphabet.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(19, -5, 270, (-3.5, 0, LIFT + 6), 19.5, 2.2, 0.5),
        Room(
            (0.55, 0.6, 0.7),
            (0.9, 1.0, 1.15),
            (0.22, 0.2, 0.19),
            (Window(110, 30, 60, 30, (5, 4.4, 3.6)),),
            0,
            2,
        ),
        key=0.30,
        warmth=0.03,
        seed=23,
    ),
    reference=View(
        Camera(-11, 6, 260, (0, 0, LIFT), 19.5, 0.4, -1.0),
        Room(
            (0.55, 0.55, 0.56),
            (0.8, 0.8, 0.8),
            (0.4, 0.38, 0.35),
            (Window(-80, 25, 60, 50, (5, 5.1, 5.4), 3),),
        ),
        key=0.42,
        seed=24,
    ),
    margin_px=8,
    seed=20,
)
